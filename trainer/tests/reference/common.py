"""A small ESM-2 whose weights both sides can make: parameter i, in checkpoint order, is randn(shape) * 0.2 after manual_seed(1000 + i);
LayerNorm weights have 1 added. libtorch's generator is the same in Python and in tch."""

import torch
from transformers import EsmConfig, EsmForSequenceClassification

RESIDUES = "LAGVSERTIDPKQNFYMHWCXBUZO"


def config(classes, **changes):
    sizes = dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=64)
    return EsmConfig(
        vocab_size=33, mask_token_id=32, pad_token_id=1, max_position_embeddings=1026, layer_norm_eps=1e-5,
        position_embedding_type="rotary", token_dropout=True, emb_layer_norm_before=False, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, num_labels=classes, **(sizes | changes),
    )


def checkpoint_names(layers):
    yield "esm.embeddings.word_embeddings.weight"
    for i in range(layers):
        at = f"esm.encoder.layer.{i}."
        for name in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
                     "attention.LayerNorm", "intermediate.dense", "output.dense", "LayerNorm"):
            yield f"{at}{name}.weight"
            yield f"{at}{name}.bias"
    for name in ("esm.encoder.emb_layer_norm_after", "esm.contact_head.regression", "classifier.dense", "classifier.out_proj"):
        yield f"{name}.weight"
        yield f"{name}.bias"


def fill(model):
    parameters = dict(model.named_parameters())
    names = list(checkpoint_names(model.config.num_hidden_layers))
    assert set(names) == set(parameters), set(names) ^ set(parameters)
    with torch.no_grad():
        for i, name in enumerate(names):
            torch.manual_seed(1000 + i)
            value = torch.randn(parameters[name].shape) * 0.2
            if "LayerNorm.weight" in name or "layer_norm_after.weight" in name:
                value += 1
            parameters[name].copy_(value)
    return model


def small_model(classes, **changes):
    return fill(EsmForSequenceClassification(config(classes, **changes))).eval()


def sequences(rng, count, shortest, longest):
    return ["".join(rng.choice(RESIDUES) for _ in range(rng.randint(shortest, longest))) for _ in range(count)]


VOCABULARY = "<cls> <pad> <eos> <unk> L A G V S E R T I D P K Q N F Y M H W C X B U Z O . - <null_1> <mask>".split()


def encode(sequence):
    return [0] + [VOCABULARY.index(residue) for residue in sequence] + [2]


def pad(batch):
    longest = max(map(len, batch))
    ids = torch.tensor([row + [1] * (longest - len(row)) for row in batch])
    return {"input_ids": ids, "attention_mask": (ids != 1).long()}
