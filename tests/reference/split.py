"""Splits by scikit-learn and samples by pandas, for tests/it/split.rs.

    python tests/reference/split.py > tests/reference/split.json

Labels are blocks of `counts[c]` times class c, read with a stride: label i is block[(i * stride) % n]. Long lists are stored as the
SHA-256 of their comma-separated text, with their first entries, so that a failure shows where it begins.
"""

import hashlib
import json

import numpy as np
import pandas as pd
import sklearn
from sklearn.model_selection import train_test_split

STRIDE = 7919
WHOLE = 48


def stored(indices):
    indices = [int(index) for index in indices]
    if len(indices) <= WHOLE:
        return {"whole": indices}
    digest = hashlib.sha256(",".join(map(str, indices)).encode()).hexdigest()
    return {"count": len(indices), "first": indices[:8], "sha256": digest}


def split(counts, shares, seed):
    train, validation, test = shares
    block = np.repeat(np.arange(len(counts)), counts)
    n = len(block)
    y = block[(np.arange(n) * STRIDE) % n]
    rest, held = train_test_split(np.arange(n), test_size=test, stratify=y, random_state=seed)
    kept, val = train_test_split(rest, test_size=validation / (train + validation), stratify=y[rest], random_state=seed)
    return {
        "counts": counts,
        "shares": shares,
        "seed": seed,
        "train": stored(kept),
        "validation": stored(val),
        "test": stored(held),
    }


def random(n, shares, seed):
    train, validation, test = shares
    rest, held = train_test_split(np.arange(n), test_size=test, random_state=seed)
    kept, val = train_test_split(rest, test_size=validation / (train + validation), random_state=seed)
    return {"n": n, "shares": shares, "seed": seed, "train": stored(kept), "validation": stored(val), "test": stored(held)}


SEED_SHARES = [0.6, 0.2, 0.2]
CASES = [
    # The seed's own sizes.
    ([1924, 1651], SEED_SHARES, 42),
    ([1924, 1651], SEED_SHARES, 0),
    ([1924, 1651], SEED_SHARES, 4294967295),
    # Small, even and uneven.
    ([5, 5], SEED_SHARES, 1),
    ([10, 11], SEED_SHARES, 2),
    ([30, 7], [0.5, 0.25, 0.25], 3),
    # Ties among the remainders: equal classes that do not divide evenly.
    ([7, 7, 7], SEED_SHARES, 4),
    ([7, 7, 7], SEED_SHARES, 5),
    ([11, 11, 11, 11, 11], SEED_SHARES, 6),
    ([13, 13, 13, 13, 9, 9, 9], [0.7, 0.15, 0.15], 7),
    ([13, 13, 13, 13, 9, 9, 9], [0.7, 0.15, 0.15], 8),
    ([21, 21, 21, 21, 21, 21, 21, 21, 21, 21], [0.8, 0.1, 0.1], 9),
    ([101, 101, 101], [0.34, 0.33, 0.33], 10),
    # Many classes, uneven, as in DeepLoc.
    ([259, 393, 129, 335, 61, 55, 210, 575, 26, 102], SEED_SHARES, 42),
    ([259, 393, 129, 335, 61, 55, 210, 575, 26, 102], [0.8, 0.1, 0.1], 1234),
    # Shares whose products are not whole.
    ([997, 3], [0.34, 0.33, 0.33], 11),
    ([1000, 500, 250, 125], [0.81, 0.09, 0.1], 12),
    ([20000, 12345], SEED_SHARES, 2024),
]

# Whatever the class: small and even, shares whose products are not whole, the notebook's size, the ends of the seeds.
RANDOM = [
    (10, SEED_SHARES, 42),
    (11, SEED_SHARES, 0),
    (40, [0.5, 0.25, 0.25], 3),
    (47, [0.7, 0.15, 0.15], 7),
    (1000, [0.34, 0.33, 0.33], 11),
    (1875, [0.81, 0.09, 0.1], 12),
    (3575, SEED_SHARES, 42),
    (3575, [0.8, 0.1, 0.1], 4294967295),
    (32345, SEED_SHARES, 2024),
]

SAMPLES = [(3575, 1000, 42), (10, 10, 0), (100, 7, 1), (65537, 50, 7), (65536, 1000, 3), (1, 1, 42), (2, 1, 5)]


def sample(n, size, seed):
    drawn = pd.DataFrame({"index": range(n)}).sample(size, random_state=seed)["index"]
    return {"n": n, "size": size, "seed": seed, "drawn": stored(drawn)}


print(
    json.dumps(
        {
            "versions": {"scikit-learn": sklearn.__version__, "pandas": pd.__version__, "numpy": np.__version__},
            "stride": STRIDE,
            "splits": [split(*case) for case in CASES],
            "random": [random(*case) for case in RANDOM],
            "samples": [sample(*case) for case in SAMPLES],
            "uniform": {"seed": 42, "drawn": np.random.RandomState(42).random_sample(5).tolist()},
        },
        indent=None,
        separators=(",", ":"),
    ).replace('{"counts"', '\n{"counts"').replace('{"n"', '\n{"n"')
)
