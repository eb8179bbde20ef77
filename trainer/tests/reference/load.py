"""Logits of a best checkpoint by transformers: load.py FOLDER < proteins.json (a list of sequences) > logits.json"""

import json, sys

import torch
from transformers import EsmForSequenceClassification, EsmTokenizer

folder = sys.argv[1]
tokenizer = EsmTokenizer.from_pretrained(folder)
model, info = EsmForSequenceClassification.from_pretrained(folder, output_loading_info=True)
assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
sequences = json.load(sys.stdin)
if tokenizer.init_kwargs.get("titer_truncate") == "middle":
    most = tokenizer.model_max_length - 2
    middle = lambda s: s if len(s) <= most else s[: most - most // 2] + s[len(s) - most // 2 :]
    sequences = [middle(sequence) for sequence in sequences]
batch = tokenizer(sequences, padding=True, truncation=True, max_length=tokenizer.model_max_length, return_tensors="pt")
# A regression's outputs are on the scale of training: mean and deviation lead back.
scaling = getattr(model.config, "titer_scaling", None)
with torch.no_grad():
    logits = model.eval()(**batch).logits.tolist()
json.dump({"logits": logits, "classes": list(model.config.id2label.values()), "scaling": scaling}, sys.stdout)
