"""Metrics of numeric predictions on stored cases, with their errors: writes regression.json beside this script.

Needs numpy, scipy and scikit-learn (made with the versions that regression.json names). A metric without a value is null: a correlation where labels
or predictions are all the same, R2 and NDCG where the labels are. NDCG is over all proteins; a protein's gain is its label less the lowest label
(scikit-learn refuses negative ones). Of a list in which proteins are repeated, and some are missing, that is the lowest of the list ("ndcg") or
the lowest of all proteins, whether they are in the list or not ("ndcg_fixed"): the two differ where the lowest protein is missing.
"""

import json
import pathlib
import warnings
from fractions import Fraction

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn import metrics

warnings.filterwarnings("ignore")

CORRELATIONS = {
    "pearson": lambda y, p: stats.pearsonr(y, p).statistic,
    "spearman": lambda y, p: stats.spearmanr(y, p).statistic,
    "kendall": lambda y, p: stats.kendalltau(y, p, variant="b").statistic,
}


def floats(values):
    return [float(v) for v in np.ravel(values)]


def varies(values):
    return len(np.unique(values)) > 1


def ndcg(y, p, lowest):
    gains = y - lowest
    return float(metrics.ndcg_score([gains], [p])) if len(y) > 1 and gains.any() else None


# Each of labels, predictions and the lowest label of all proteins.
METRICS = {
    "mse": lambda y, p, _: float(metrics.mean_squared_error(y, p)),
    "rmse": lambda y, p, _: float(metrics.root_mean_squared_error(y, p)),
    "mae": lambda y, p, _: float(metrics.mean_absolute_error(y, p)),
    "r2": lambda y, p, _: float(metrics.r2_score(y, p)) if varies(y) else None,
    **{name: lambda y, p, _, of=of: float(of(y, p)) if varies(y) and varies(p) else None for name, of in CORRELATIONS.items()},
    "ndcg": lambda y, p, _: ndcg(y, p, y.min()),
    "ndcg_fixed": ndcg,
}


def scores(y, p, lowest):
    return {name: of(y, p, lowest) for name, of in METRICS.items()}


def check(y, p, found):
    """The numerically delicate ones once more, in fractions."""
    y, p, n = [Fraction(v) for v in y], [Fraction(v) for v in p], len(y)
    near = lambda value, exact: abs(value - float(exact)) <= 1e-9 * abs(float(exact)) + 1e-12
    squares = sum((a - b) ** 2 for a, b in zip(y, p))
    assert near(found["mse"], squares / n) and near(found["mae"], sum(abs(a - b) for a, b in zip(y, p)) / n)
    of_y, of_p = sum((a - sum(y) / n) ** 2 for a in y), sum((b - sum(p) / n) ** 2 for b in p)
    together = sum((a - sum(y) / n) * (b - sum(p) / n) for a, b in zip(y, p))
    if of_y:
        assert near(found["r2"], 1 - squares / of_y)
    if of_y and of_p:
        assert near(found["pearson"], float(together) / float(of_y) ** 0.5 / float(of_p) ** 0.5)


# Cases


def linear(seed, n, slope, noise, offset=0.0, digits=2):
    """Labels of a normal distribution, and predictions that follow them."""
    rng = np.random.default_rng(seed)
    y = rng.normal(0.0, 1.0, n)
    p = slope * y + rng.normal(0.0, noise, n)
    return np.round(offset + y, digits), np.round(offset + p, digits)


def tied(seed, n):
    """Quarters, which add up without rounding: a resample has exactly the error of the whole set, or clearly another."""
    y, p = linear(seed, n, 0.8, 0.8)
    return np.round(y), np.round(p * 2) / 4


def outlying(seed, n):
    y, p = linear(seed, n, 0.9, 0.5, digits=3)
    y[[4, 11]], p[[4, 23]] = [25.125, -14.5], [6.25, -31.75]
    return y, p


CASES = {
    "correlated": linear(1, 60, 0.8, 0.5, 5.0, digits=3),
    "negative labels": linear(2, 40, 1.1, 0.6, -7.5),
    "ties": tied(3, 64),
    "two proteins": (np.array([1.5, 2.25]), np.array([0.5, 1.75])),
    "two proteins, in the wrong order": (np.array([1.5, 2.25]), np.array([2.0, 1.0])),
    "predictions all the same": (linear(4, 20, 1.0, 1.0)[0], np.full(20, 0.7)),
    "labels all the same": (np.full(20, 0.3), linear(5, 20, 1.0, 1.0)[1]),
    "both all the same": (np.full(5, 0.3), np.full(5, 0.3)),
    "one protein": (np.array([1.25]), np.array([1.0])),
    "perfect": (linear(6, 20, 1.0, 0.0)[0],) * 2,
    "outliers": outlying(7, 60),
    "large offset": linear(8, 50, 0.9, 0.4, 1e6, digits=3),
    "large offset, little variation": (lambda y, p: (1e6 + y / 1000, 1e6 + p / 1000))(*linear(9, 30, 0.9, 0.4)),
    "many proteins": linear(10, 300, 0.6, 0.7, 50.0),
}
# Sums have more decimals than their parts; without them the stored file stays small.
CASES = {name: tuple(np.round(of, 6) for of in case) for name, case in CASES.items()}


def weights(seed, n):
    rng = np.random.default_rng(seed)
    yield np.bincount(rng.integers(0, n, n), minlength=n)
    sparse = rng.integers(0, 5, n)
    sparse[rng.integers(n)] = 3
    yield sparse


def cases():
    out = []
    for index, (name, (y, p)) in enumerate(CASES.items()):
        found = scores(y, p, y.min())
        assert found["ndcg"] == found["ndcg_fixed"]
        check(y, p, found)
        rows = []
        given = {2: ([3, 1], [0, 2])}.get(len(y)) or weights(100 + index, len(y))
        for weight in map(np.asarray, given):
            repeated = [np.repeat(of, weight) for of in (y, p)]
            rows.append({"weights": weight.tolist(), **scores(*repeated, y.min())})
            check(*repeated, rows[-1])
        del found["ndcg_fixed"]
        out.append({"name": name, "targets": floats(y), "predicted": floats(p), "metrics": found, "weighted": rows})
    return out


# Errors: the draws of the bootstrap are NumPy's, its intervals SciPy's.


def resample(n, seed, resamples):
    return np.array([np.random.RandomState([seed, index]).randint(0, n, n) for index in range(resamples)])


def jackknife(of, n):
    """The standard error from the statistic without each protein in turn."""
    without = np.array([of(np.delete(np.arange(n), protein)) for protein in range(n)])
    return float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))


def bootstrap(of, n, draws):
    replicates = np.array([of(draw) for draw in draws])
    estimate = of(np.arange(n))
    # A resample that equals the whole set but for rounding would be counted to one side or the other by chance.
    apart = abs(replicates - estimate)
    assert (apart[apart > 0] > 1e-10).all()
    given = stats._resampling.BootstrapResult(confidence_interval=None, bootstrap_distribution=replicates, standard_error=None)
    found = {}
    for method in ("percentile", "BCa"):
        result = stats.bootstrap([np.arange(n)], lambda drawn: of(drawn.astype(int)), n_resamples=0, bootstrap_result=given, method=method, vectorized=False)
        found[method] = floats(result.confidence_interval)
    return {
        "estimate": estimate, "replicates": floats(replicates[:4]), "equal": int((apart == 0).sum()), "standard_error": float(replicates.std(ddof=1)),
        "percentile": found["percentile"], "bca": found["BCa"], "jackknife": jackknife(of, n),
    }


def influence(of, n):
    """For each protein the score and n times how it changes with the protein's weight: from lists in which each protein is repeated, this one
    more or less often, and from how the rest of it shrinks as they get longer (Richardson's extrapolation)."""
    def change(copies, protein):
        sides = [of(np.repeat(np.arange(n), np.where(np.arange(n) == protein, copies + more, copies))) for more in (1, -1)]
        return (sides[0] - sides[1]) / 2 * copies

    score = of(np.arange(n))
    values = np.array([score + n * (4 * change(64, protein) - change(32, protein)) / 3 for protein in range(n)])
    assert abs(values.mean() - score) < 1e-5 * values.std(), (values.mean(), score)
    return [float(f"{value:.8g}") for value in values]


def errors():
    out = []
    for name, seed, resamples in [("correlated", 5, 1000), ("ties", 6, 1000), ("outliers", 7, 1000)]:
        y, p = CASES[name]
        n, draws = len(y), resample(len(y), seed, resamples)
        case = {"name": name, "seed": seed, "resamples": resamples, "metrics": {}, "influence": {}}
        for metric, of in METRICS.items():
            statistic = lambda drawn: of(y[drawn], p[drawn], y.min())
            case["metrics"][metric] = bootstrap(statistic, n, draws)
            # Exactly equal is only what adds up without rounding.
            assert case["metrics"][metric]["equal"] == 0 or (name == "ties" and metric in ("mse", "rmse", "mae")), (name, metric)
            if not metric.startswith("ndcg"):
                case["influence"][metric] = influence(statistic, n)
        out.append(case)
    return out


def paired():
    """Two predictors of the same proteins."""
    seed, resamples, n = 8, 4000, 60
    y, first = linear(11, n, 0.8, 0.5, 5.0)
    second = np.round(0.5 * first + 2.5 + 0.3 * (y - 5.0) + np.random.default_rng(12).normal(0.0, 0.5, n), 2)
    draws = resample(n, seed, resamples)
    differences = {}
    for metric in ("spearman", "pearson", "kendall", "ndcg", "ndcg_fixed", "r2"):
        of = METRICS[metric]
        apart = lambda drawn: of(y[drawn], first[drawn], y.min()) - of(y[drawn], second[drawn], y.min())
        replicates = np.array([apart(draw) for draw in draws])
        differences[metric] = {"difference": apart(np.arange(n)), "standard_error": float(replicates.std(ddof=1)), "jackknife": jackknife(apart, n)}
    return {"targets": floats(y), "first": floats(first), "second": floats(second), "seed": seed, "resamples": resamples, "differences": differences}


def fisher():
    found = stats.pearsonr(*CASES["correlated"])
    return {"name": "correlated", "pearson": float(found.statistic), "interval": floats(found.confidence_interval(0.95))}


if __name__ == "__main__":
    parts = {
        "made_with": {m.__name__: m.__version__ for m in (np, scipy, sklearn)},
        "cases": cases(), "errors": errors(), "paired": paired(), "fisher": fisher(),
    }
    lines = ",\n".join(f"{json.dumps(k)}:{json.dumps(v, allow_nan=False, separators=(',', ':'))}" for k, v in parts.items())
    pathlib.Path(__file__).with_suffix(".json").write_text("{" + lines + "}\n")
