"""scikit-learn's logistic regression on composition and length, for made-up proteins: writes baselines.json beside this script.

Needs numpy and scikit-learn (made with the versions that baselines.json names). The tolerance is far below scikit-learn's default,
which leaves the probabilities up to 0.001 away from the optimum it looks for.

    python tests/reference/baselines.py                  # writes the stored cases
    python tests/reference/baselines.py CSV              # prints what it reaches on the seed's data and split, as JSON (needs pandas)
"""

import json
import pathlib
import sys

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"


def features(sequences):
    rows = [[s.upper().count(residue) / len(s) for residue in RESIDUES] + [np.log(len(s))] for s in sequences]
    return np.array(rows)


def probabilities(train, labels, test):
    scaler = StandardScaler().fit(features(train))
    model = LogisticRegression(tol=1e-10, max_iter=100_000).fit(scaler.transform(features(train)), labels)
    return model.predict_proba(scaler.transform(features(test)))


def case(name, classes, letters, seed):
    """Proteins whose composition leans to one side for each class."""
    rng = np.random.default_rng(seed)
    leanings = rng.dirichlet(np.full(len(letters), 8.0), size=classes)

    def draw(count):
        labels = np.arange(count) % classes
        lengths = rng.integers(25, 60, size=count)
        return ["".join(rng.choice(list(letters), size=n, p=leanings[k])) for n, k in zip(lengths, labels)], labels

    (train, labels), (test, _) = draw(24 * classes), draw(12)
    expected = probabilities(train, labels, test)
    return {
        "name": name,
        "classes": classes,
        "train": train,
        "labels": labels.tolist(),
        "test": test,
        "probabilities": expected.tolist(),
    }


def seed_data(path):
    import pandas as pd
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import train_test_split

    data = pd.read_csv(path).drop_duplicates("Sequence")
    rest, test = train_test_split(data, test_size=0.2, stratify=data["label"], random_state=42)
    train, _ = train_test_split(rest, test_size=0.25, stratify=rest["label"], random_state=42)
    second = probabilities(train["Sequence"], train["label"], test["Sequence"])[:, 1]
    right = int(((second > 0.5) == (test["label"] == 1)).sum())
    return {"right": right, "of": len(test), "roc_auc": roc_auc_score(test["label"], second), "first": second[:5].tolist()}


def main():
    if len(sys.argv) > 1:
        print(json.dumps(seed_data(sys.argv[1])))
        return
    cases = [
        case("two classes", 2, RESIDUES, 1),
        case("four classes", 4, RESIDUES, 2),
        case("other letters, lower case, residues that never occur", 2, "ACDEFGHIKLMNPQRSTvXU-", 3),
    ]
    versions = {"numpy": np.__version__, "scikit-learn": sklearn.__version__}
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({"versions": versions, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
