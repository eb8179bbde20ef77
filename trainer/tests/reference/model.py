"""Logits, hidden states, loss and gradients of EsmForSequenceClassification: model.py [FOLDER]

Writes model.json (a small model, a padded batch). With FOLDER, a real checkpoint, writes esm2_8m.json instead: its logits under a head
drawn after manual_seed(42), and gradient norms. Needs torch 2.11 and transformers 4.57.1."""

import json, pathlib, random, sys

import torch
from transformers import EsmForSequenceClassification

from common import encode, pad, sequences, small_model

HERE = pathlib.Path(__file__).parent


def record(model, proteins, labels):
    batch = pad([encode(protein) for protein in proteins])
    model.zero_grad()
    hidden = model.esm(**batch).last_hidden_state
    result = model(**batch, labels=torch.tensor(labels))
    result.loss.backward()
    gradients = {
        name: {"norm": p.grad.norm().item(), "first": p.grad.flatten()[:3].tolist()}
        for name, p in model.named_parameters()
        if p.grad is not None
    }
    return {
        "sequences": proteins,
        "labels": labels,
        "hidden": [[hidden[i, -1 if len(p) == max(map(len, proteins)) else len(p) + 1, :4].tolist(), hidden[i, 0, :4].tolist()]
                   for i, p in enumerate(proteins)],
        "logits": result.logits.tolist(),
        "loss": result.loss.item(),
        "gradients": gradients,
    }


torch.set_num_threads(1)
if len(sys.argv) == 1:
    rng = random.Random(1)
    out = record(small_model(3), sequences(rng, 5, 8, 40), [0, 2, 1, 1, 0])
    (HERE / "model.json").write_text(json.dumps(out, indent=1) + "\n")
else:
    torch.manual_seed(42)
    model = EsmForSequenceClassification.from_pretrained(sys.argv[1], num_labels=2).eval()
    rng = random.Random(2)
    out = record(model, sequences(rng, 3, 60, 120), [0, 1, 1])
    for entry in out["gradients"].values():
        del entry["first"]
    known = model.esm(torch.tensor([[0, 6, 4, 13, 5, 4, 16, 12, 11, 7, 2]])).last_hidden_state[0, :3, :3]
    out["known_answer"] = known.tolist()
    (HERE / "esm2_8m.json").write_text(json.dumps(out, indent=1) + "\n")
