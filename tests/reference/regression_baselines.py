"""scikit-learn's ridge regressions for made-up proteins with numeric labels: writes regression_baselines.json beside this script.

Needs numpy and scikit-learn (made with the versions that regression_baselines.json names). One regression is on composition and length, the other on the
residues that variants of one protein have in place of the wild type's. `RidgeCV` chooses the strength by leaving out one training
protein at a time, which it does without fitting anew; every one of its errors is checked here against a fit without that protein.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.preprocessing import StandardScaler

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
ALPHAS = np.logspace(-3, 5, 17)


def ridge(train, labels, test):
    """The strength, the mean squared error of proteins left out by strength, and the predictions."""
    model = RidgeCV(alphas=ALPHAS, store_cv_results=True).fit(train, labels)
    errors = model.cv_results_.mean(axis=0)
    for alpha, error in zip(ALPHAS, errors):
        kept = [np.arange(len(labels)) != i for i in range(len(labels))]
        found = [(Ridge(alpha).fit(train[k], labels[k]).predict(train[~k])[0] - y) ** 2 for k, y in zip(kept, labels)]
        assert np.isclose(error, np.mean(found), rtol=1e-6), (alpha, error, np.mean(found))
    best, second = np.sort(errors)[:2]
    assert ALPHAS[errors.argmin()] == model.alpha_ and second > best * (1 + 1e-6)
    # Once more from the normal equations.
    centred = train - train.mean(axis=0)
    weights = np.linalg.solve(centred.T @ centred + model.alpha_ * np.eye(train.shape[1]), centred.T @ (labels - labels.mean()))
    predicted = model.predict(test)
    assert np.allclose(predicted, labels.mean() + (test - train.mean(axis=0)) @ weights, rtol=1e-8, atol=1e-10)
    return {"alpha": float(model.alpha_), "left_out": errors.tolist(), "predicted": predicted.tolist()}


# Composition


def features(sequences):
    rows = [[s.upper().count(residue) / len(s) for residue in RESIDUES] + [np.log(len(s))] for s in sequences]
    return np.array(rows)


def composition(name, letters, seed, noise, train=60, test=25):
    """Proteins of many compositions, whose labels depend on it and on the length."""
    rng = np.random.default_rng(seed)
    effects = rng.normal(0.0, 6.0, 20)

    def draw(count):
        shares = rng.dirichlet(np.full(len(letters), 6.0), size=count)
        sequences = ["".join(rng.choice(list(letters), size=rng.integers(30, 81), p=of)) for of in shares]
        found = features(sequences)
        return sequences, np.round(3.0 + found[:, :20] @ effects + 0.8 * found[:, 20] + rng.normal(0.0, noise, count), 3)

    (known, labels), (asked, _) = draw(train), draw(test)
    scaler = StandardScaler().fit(features(known))
    return {
        "name": name, "train": known, "labels": labels.tolist(), "test": asked, "mean": float(labels.mean()),
        **ridge(scaler.transform(features(known)), labels, scaler.transform(features(asked))),
    }


# Variants


def consensus(sequences):
    """The most frequent residue of each position; of several the first in the alphabet."""
    return "".join(min(set(column), key=lambda residue: (-column.count(residue), residue)) for column in zip(*sequences))


def columns(sequences, wild_type):
    """Every residue that some variant has in place of the wild type's: its position, from 0, and itself."""
    return sorted({(i, residue) for s in sequences for i, (residue, wild) in enumerate(zip(s, wild_type)) if residue != wild})


def one_hot(sequences, of):
    return np.array([[float(s[i] == residue) for i, residue in of] for s in sequences])


def by_wild_type(train, labels, test, wild_type):
    of = columns(train, wild_type)
    return {"wild_type": wild_type, "columns": [list(column) for column in of], **ridge(one_hot(train, of), labels, one_hot(test, of))}


def variants(seed, train=80, test=30):
    rng = np.random.default_rng(seed)
    wild_type = "".join(rng.choice(list(RESIDUES), 30))
    positions = sorted(rng.choice(30, 8, replace=False))
    others = {i: rng.permutation([r for r in RESIDUES if r != wild_type[i]])[:6] for i in positions}
    effects = {(i, residue): rng.normal(0.0, 1.0) for i in positions for residue in others[i]}
    # At one position most variants have the same other residue; at another as many training variants have one other as the wild type's, and a few a third.
    turned, even = positions[2], positions[5]
    others[even] = np.array(sorted(others[even], key=lambda residue: residue > wild_type[even]))
    assert others[even][0] < wild_type[even]

    def draw(index, known):
        sequence, free = list(wild_type), [i for i in positions if i not in (turned, even)]
        if index % 5 < 4:
            # Three of five the same one, and one of five another.
            sequence[turned] = others[turned][0 if index % 5 < 3 else 1 + index // 5 % (4 if known else 5)]
        if known and index >= 36:
            sequence[even] = others[even][0 if index < 72 else 1]
        changed = sum(a != b for a, b in zip(sequence, wild_type))
        for i in rng.choice(free, rng.integers(max(1 - changed, 0), 5 - changed), replace=False):
            # The last residue of each position is not among the training variants.
            sequence[i] = rng.choice(others[i][:5] if known else others[i])
        return "".join(sequence)

    def distinct():
        drawn = set()
        for index, known in [(index, True) for index in range(train)] + [(index, False) for index in range(test)]:
            while (sequence := draw(index, known)) in drawn:
                pass
            drawn.add(sequence)
            yield sequence

    sequences = list(distinct())
    known, asked = sequences[:train], sequences[train:]
    first, second = positions[0], positions[7]
    labels = np.array([sum(effects.get((i, s[i]), 0.0) for i in positions) + 0.8 * (s[first] != wild_type[first] and s[second] != wild_type[second])
                       + rng.normal(0.0, 0.3) for s in known]).round(3)
    for sequence in (*known, *asked):
        assert 1 <= sum(a != b for a, b in zip(sequence, wild_type)) <= 4
    most_frequent = consensus(known)
    apart = [i for i in range(30) if most_frequent[i] != wild_type[i]]
    assert apart == [turned, even], (apart, turned, even)
    seen = columns(known, wild_type)
    assert any((i, s[i]) not in seen for s in asked for i in range(30) if s[i] != wild_type[i])
    return {
        "name": "variants", "train": known, "labels": labels.tolist(), "test": asked, "mean": float(labels.mean()),
        "most_frequent": by_wild_type(known, labels, asked, most_frequent), "given": by_wild_type(known, labels, asked, wild_type),
    }


if __name__ == "__main__":
    parts = {
        "versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__}, "alphas": ALPHAS.tolist(),
        "composition": [
            composition("of all amino acids", RESIDUES, 1, 0.4),
            composition("other letters, lower case, residues that never occur", "ACDEFGHIKLMNPQRSTvXU-", 2, 0.4),
            composition("fewer proteins than features", RESIDUES, 3, 0.2, train=15, test=5),
            composition("hardly more than noise", RESIDUES, 4, 6.0, test=10),
        ],
        "variants": variants(5),
    }
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(parts, indent=1) + "\n")
