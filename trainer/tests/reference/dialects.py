"""Checkpoints as the classes of transformers save them, and what transformers computes from each: dialects.py FOLDER

Makes a folder for each in FOLDER, from the small model of common.py, and writes FOLDER/answers.json: the hidden states of <cls>, read back from
the folder by `EsmModel`, and the logits of those that keep their head. Needs torch 2.11 and transformers 4.57.1."""

import json, pathlib, random, sys

import torch
from safetensors.torch import load_file, save_file
from transformers import EsmForMaskedLM, EsmForSequenceClassification, EsmForTokenClassification, EsmModel

from common import config, encode, pad, sequences, small_model

OUT = pathlib.Path(sys.argv[1])
torch.set_num_threads(1)
torch.manual_seed(7)
source = small_model(3)
encoder = {name.removeprefix("esm."): value for name, value in source.state_dict().items() if name.startswith("esm.")}


def holding(model, prefix):
    """The model with the encoder of the small one; what else it has stays as it was drawn."""
    missing, unexpected = model.load_state_dict({prefix + name: value for name, value in encoder.items()}, strict=False)
    assert not unexpected and not any(name.startswith(("encoder.", "esm.encoder.")) for name in missing), (missing, unexpected)
    return model.eval()


def renamed(name, rename):
    """The file of the small model with other names."""
    folder = OUT / name
    source.save_pretrained(folder)
    save_file({rename(key): value for key, value in load_file(folder / "model.safetensors").items()},
              folder / "model.safetensors", metadata={"format": "pt"})


holding(EsmModel(config(3)), "").save_pretrained(OUT / "bare")
holding(EsmModel(config(3), add_pooling_layer=False), "").save_pretrained(OUT / "bare-without-pooler")
holding(EsmForMaskedLM(config(3)), "esm.").save_pretrained(OUT / "masked-lm")
holding(EsmForTokenClassification(config(4)), "esm.").save_pretrained(OUT / "token-classifier")
holding(EsmForSequenceClassification(config(5)), "esm.").save_pretrained(OUT / "five-classes")
source.save_pretrained(OUT / "classifier")
source.save_pretrained(OUT / "sharded", max_shard_size="40KB")
holding(EsmModel(config(3)), "").save_pretrained(OUT / "bare-sharded", max_shard_size="40KB")
small_model(3).half().save_pretrained(OUT / "fp16")
small_model(3).bfloat16().save_pretrained(OUT / "bf16")
renamed("compiled", "_orig_mod.{}".format)
renamed("parallel", "module.{}".format)

proteins = sequences(random.Random(3), 4, 8, 30)
batch = pad([encode(protein) for protein in proteins])
answers = {}
for folder in sorted(path for path in OUT.iterdir() if path.is_dir()):
    # transformers does not take the wrappers' prefixes off: these two hold what `classifier` holds.
    read = OUT / "classifier" if folder.name in ("compiled", "parallel") else folder
    kept = read.name in ("classifier", "sharded", "fp16", "bf16")
    with torch.no_grad():
        hidden = EsmModel.from_pretrained(read, dtype=torch.float32).eval()(**batch).last_hidden_state[:, 0]
        head = EsmForSequenceClassification.from_pretrained(read, dtype=torch.float32).eval() if kept else None
        logits = head(**batch).logits.tolist() if head else None
    answers[folder.name] = {"hidden": hidden.tolist(), "logits": logits}
(OUT / "answers.json").write_text(json.dumps({"sequences": proteins, "answers": answers}))
