"""Counts of doubtful rows by pandas, distributions by NumPy, for tests/it/data/quality.rs.

    python tests/reference/card.py > tests/reference/card.json

Tables are made by lot: few sequences and labels, so that much repeats; texts that mean "missing"; white space around values.
"""

import io
import json
import random

import numpy as np
import pandas as pd

LABELS = ["x", "y", "z"]
MISSING = ["", "NA", "NaN", "null", "None", "n/a", "N/A", "<NA>", "nan", "NULL", "-nan", "#N/A"]
LETTERS = "ACDEFGHIKLMNPQRSTVWY"


def table(seed):
    lot = random.Random(seed)
    pool = ["".join(lot.choices(LETTERS, k=lot.randint(1, 40))) for _ in range(25)]
    lines = ["note,id,sequence,label"]
    for index in range(60):
        cells = [f"P{index}", lot.choice(pool), lot.choice(LABELS)]
        # Mostly one label a sequence, so that duplicates and conflicts both occur.
        if lot.random() < 0.7:
            cells[2] = LABELS[pool.index(cells[1]) % 3]
        if lot.random() < 0.12:
            cells[lot.randrange(3)] = lot.choice(MISSING)
        lines.append(",".join(["NA"] + [" " + cell if lot.random() < 0.1 and cell.isalpha() and cell.isupper() else cell for cell in cells]))
    # Twelve proteins without doubt, so that there is always something to split.
    lines += [f"NA,Q{index},WW{LETTERS[index]}WW,{LABELS[index % 2]}" for index in range(12)]
    return "\n".join(lines) + "\n"


def card(seed):
    text = table(seed)
    df = pd.read_csv(io.StringIO(text), dtype=str, skipinitialspace=True)
    rows = len(df)
    df = df.dropna(subset=["id", "sequence", "label"])
    missing = rows - len(df)
    df = df[df["label"].isin(["x", "y"])]
    members = df.duplicated("sequence", keep=False)
    labels = df.groupby("sequence")["label"].transform("nunique")
    first = df.drop_duplicates("sequence")
    kept = {
        "keep-first keep-first": first,
        "keep-first drop": first[labels[first.index] == 1],
        "drop keep-first": df[~members | ((labels > 1) & ~df.duplicated("sequence"))],
        "drop drop": df[~members],
    }
    lengths = first["sequence"].str.len().to_numpy()
    percentile = lambda q: float(np.percentile(lengths, q))
    return {
        "csv": text,
        "rows": rows,
        "missing": missing,
        "no_class": rows - missing - len(df),
        "duplicate_rows": int(df.duplicated("sequence").sum()),
        "duplicate_members": int(members.sum()),
        "duplicate_groups": int(df[members]["sequence"].nunique()),
        "conflicting_groups": int((df[members].groupby("sequence")["label"].nunique() > 1).sum()),
        "kept": {policy: list(frame["id"]) for policy, frame in kept.items()},
        "length": {
            "min": int(lengths.min()),
            "max": int(lengths.max()),
            "mean": float(lengths.mean()),
            "median": float(np.median(lengths)),
            "p95": percentile(95),
            "p99": percentile(99),
        },
        "p37.5 of tokens": float(np.percentile(lengths + 2, 37.5)),
    }


cards = ",\n".join(json.dumps(card(seed), separators=(",", ":")) for seed in range(6))
print(f'{{"pandas":"{pd.__version__}","numpy":"{np.__version__}","cards":[\n{cards}\n]}}')
