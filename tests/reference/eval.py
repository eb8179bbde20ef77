"""scikit-learn's metrics on stored cases: writes eval.json beside this script.

Needs numpy and scikit-learn (made with the versions that eval.json names). Metrics without a value are null here, whatever
scikit-learn falls back to: undefined precision, recall, F1, areas and correlation; the averages count them as 0 (`zero_division=0`).
"""

import json
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn import metrics

warnings.filterwarnings("ignore")


def softmax(logits):
    z = logits.astype(np.float64)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    # From the smallest up, one after the other: rows of the same logits in another order tie to the last bit.
    return e / np.add.accumulate(np.sort(e, axis=1), axis=1)[:, -1:]


def number(x):
    return None if x is None or not np.isfinite(x) else float(x)


def curve(x, y, thresholds):
    # An infinite threshold (the start of a ROC curve) is null: JSON has no infinity.
    return {"x": [number(v) for v in x], "y": [number(v) for v in y], "thresholds": [number(v) for v in thresholds]}


def case(name, labels, logits, curves=False):
    labels, logits = np.asarray(labels), np.asarray(logits, dtype=np.float32)
    classes = logits.shape[1]
    every = list(range(classes))
    probabilities = softmax(logits)
    predicted = logits.argmax(axis=1)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0)
    by_class = []
    for k in every:
        positive, count = labels == k, int((predicted == k).sum())
        both = positive.any() and not positive.all()
        by_class.append({
            "precision": number(precision[k]) if count else None,
            "recall": number(recall[k]) if support[k] else None,
            "f1": number(f1[k]) if count or support[k] else None,
            "support": int(support[k]),
            "predicted": count,
            "roc_auc": number(metrics.roc_auc_score(positive, probabilities[:, k])) if both else None,
            "average_precision": number(metrics.average_precision_score(positive, probabilities[:, k])) if positive.any() else None,
        })
    averages = {}
    for average in ("weighted", "macro"):
        p, r, f, _ = metrics.precision_recall_fscore_support(labels, predicted, labels=every, average=average, zero_division=0)
        averages[average] = {"precision": number(p), "recall": number(r), "f1": number(f)}
    spread = len(set(labels.tolist())) > 1 and len(set(predicted.tolist())) > 1
    present = set(labels.tolist())
    if classes == 2:
        roc_auc, average_precision = by_class[1]["roc_auc"], by_class[1]["average_precision"]
    elif len(present) == classes:
        roc_auc = number(metrics.roc_auc_score(labels, probabilities, multi_class="ovr", average="macro"))
        average_precision = number(metrics.average_precision_score(labels, probabilities, average="macro"))
    else:
        roc_auc = average_precision = None
    out = {
        "name": name,
        "classes": classes,
        "labels": labels.tolist(),
        "logits": [float(v) for v in logits.ravel()],
        "accuracy": number(metrics.accuracy_score(labels, predicted)),
        **averages,
        "mcc": number(metrics.matthews_corrcoef(labels, predicted)) if spread else None,
        "roc_auc": roc_auc,
        "average_precision": average_precision,
        "log_loss": number(metrics.log_loss(labels, probabilities, labels=every)),
        "by_class": by_class,
        "confusion": metrics.confusion_matrix(labels, predicted, labels=every).tolist(),
    }
    if curves:
        positive, score = labels == 1, probabilities[:, 1]
        fpr, tpr, thresholds = metrics.roc_curve(positive, score)
        out["roc"] = curve(fpr, tpr, thresholds)
        precision, recall, thresholds = metrics.precision_recall_curve(positive, score)
        out["precision_recall"] = curve(recall, precision, thresholds)
    return out


def drawn(seed, n, classes, signal, digits=None):
    """Labels and logits that lean towards them; `digits` rounds the logits, which makes ties."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    logits = rng.normal(0.0, 1.0, (n, classes))
    logits[np.arange(n), labels] += signal
    # Two decimals at the most keep the stored file small; float32 in every case.
    return labels, np.round(logits, 2 if digits is None else digits).astype(np.float32)


CASES = [
    case("two classes", *drawn(1, 60, 2, 1.2), curves=True),
    case("two classes, many ties", *drawn(2, 60, 2, 1.0, digits=0), curves=True),
    case("two classes, all logits equal", [0, 1, 1, 0, 1], np.zeros((5, 2)), curves=True),
    case("two classes, perfect", [0, 1, 1, 0], [[3, -1], [0, 2], [-1, 1], [1, 0]], curves=True),
    case("two classes, always wrong", [0, 1, 1, 0], [[-1, 3], [2, 0], [1, -1], [0, 1]], curves=True),
    case("two classes, everything predicted to be class 0", [0, 1, 1, 0, 0], [[2, 0.5], [1, 0.75], [3, 1], [2, 0], [1, -1]]),
    case("two classes, everything predicted to be class 1", [0, 1, 1, 0, 0], [[0, 2], [0, 1], [1, 3], [0, 2], [-1, 1]]),
    case("two classes, class 1 absent", [0, 0, 0], [[2, 0], [0, 1], [1, 0]]),
    case("two classes, class 0 absent", [1, 1, 1], [[2, 0], [0, 1], [0, 3]]),
    case("one protein, right", [1], [[0, 1]]),
    case("one protein, wrong", [0], [[0, 1]]),
    case("four classes", *drawn(3, 80, 4, 1.5)),
    case("ten classes, ties", *drawn(4, 120, 10, 2.0, digits=0)),
    case("three classes, one absent and not predicted", [0, 1, 1, 0], [[2, 1, 0], [0, 2, -1], [1, 0, 0], [3, 0, 1]]),
    case("three classes, one absent but predicted", [0, 1, 1, 0], [[2, 1, 0], [0, 2, 3], [0, 1, 0], [1, 0, 2]]),
    case("three classes, one predicted for all", [0, 1, 2, 0], [[2, 1, 0], [2, 1, 0.5], [1, 0, 0], [3, 0, 1]]),
    case("three classes, only one present", [2, 2], [[2, 1, 0], [0, 1, 2]]),
]

if __name__ == "__main__":
    target = pathlib.Path(__file__).with_suffix(".json")
    lines = ",\n".join(json.dumps(c, allow_nan=False, separators=(",", ":")) for c in CASES)
    made_with = json.dumps({"numpy": np.__version__, "scikit-learn": sklearn.__version__})
    target.write_text(f'{{"made_with":{made_with},"cases":[\n{lines}\n]}}\n')
