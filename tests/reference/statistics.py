"""Intervals, tests and calibration on stored cases: writes statistics.json beside this script.

Needs numpy, scipy, scikit-learn, statsmodels and pandas (made with the versions that statistics.json names). What no library has is written here
a second time, slowly and from the definition: DeLong's variance over all pairs, the variance of a mean over seeds and proteins from statsmodels' mean
squares, Connor's numbers, thresholds by trying all, the optimism resample by resample.
"""

import json
import pathlib
import warnings

import numpy as np
import pandas as pd
import scipy
import sklearn
import statsmodels
from scipy import optimize, special, stats
from sklearn import calibration as sk_calibration, metrics
from statsmodels.formula.api import ols
from statsmodels.stats import contingency_tables, multitest, proportion
from statsmodels.stats.anova import anova_lm

warnings.filterwarnings("ignore")

Z, POWER = stats.norm.ppf(0.975), stats.norm.ppf(0.8)


def floats(values):
    return [float(v) for v in np.ravel(values)]


def softmax(logits):
    return special.softmax(np.asarray(logits, dtype=np.float32).astype(np.float64), axis=1)


def drawn(seed, n, classes, signal, digits=2):
    """Labels, every class among them, and logits that lean towards them."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % classes)
    logits = rng.normal(0.0, 1.0, (n, classes))
    logits[np.arange(n), labels] += signal
    return labels, np.round(logits, digits).astype(np.float32)


# Shares and discordant pairs


def wilson():
    cases = [(609, 715), (0, 25), (25, 25), (1, 1), (0, 1), (1, 2), (500_000, 1_000_000)]
    return [[k, n, *floats(proportion.proportion_confint(k, n, method="wilson"))] for k, n in cases]


def mcnemar():
    out = []
    for b, c in [(8, 0), (3, 1), (2, 10), (41, 65), (65, 41), (7, 7), (0, 1), (150, 190), (600, 640)]:
        exact = contingency_tables.mcnemar([[0, b], [c, 0]], exact=True).pvalue
        tosses = stats.binom(b + c, 0.5)
        mid = 1.0 if b == c else 2 * tosses.cdf(min(b, c) - 1) + tosses.pmf(min(b, c))
        out.append([b, c, float(exact), float(mid)])
    return out


# The bootstrap: the draws are NumPy's, the intervals SciPy's.


def resample(sizes, seed, resamples):
    """Indices into each stratum, [resamples, size] each."""
    draws = []
    for index in range(resamples):
        generator = np.random.RandomState([seed, index])
        draws.append([generator.randint(0, size, size) for size in sizes])
    return [np.array([draw[k] for draw in draws]) for k in range(len(sizes))]


def bootstrap(name, samples, statistic, seed, resamples):
    samples = [np.asarray(sample, dtype=float) for sample in samples]
    indices = resample([len(sample) for sample in samples], seed, resamples)
    replicates = np.array([statistic(*(s[i[k]] for s, i in zip(samples, indices))) for k in range(resamples)])
    result = stats._resampling.BootstrapResult(confidence_interval=None, bootstrap_distribution=replicates, standard_error=None)
    interval = {}
    # SciPy refuses a sample of one, which does not vary: it becomes part of the statistic.
    varying = [sample for sample in samples if len(sample) > 1]
    single = [sample for sample in samples if len(sample) == 1]
    for method in ("percentile", "BCa"):
        found = stats.bootstrap(
            varying, lambda *drawn: statistic(*drawn, *single), n_resamples=0, bootstrap_result=result, method=method, vectorized=False)
        interval[method] = floats(found.confidence_interval)
        assert np.isclose(found.standard_error, replicates.std(ddof=1))
    return {
        "name": name, "samples": [floats(sample) for sample in samples], "seed": seed, "resamples": resamples,
        "estimate": float(statistic(*samples)), "replicates": floats(replicates), "standard_error": float(replicates.std(ddof=1)),
        "percentile": interval["percentile"], "bca": interval["BCa"],
    }


def bootstraps():
    rng = np.random.default_rng(11)
    skewed = np.round(rng.exponential(1.0, 23), 3)
    first, second = np.round(rng.gamma(2.0, 1.0, 14), 3), np.round(rng.gamma(3.0, 1.0, 9), 3)
    right = [1] * 17 + [0] * 3
    ratio = lambda a, b: np.log(a.mean() / b.mean())
    return [
        bootstrap("mean of a skewed sample", [skewed], np.mean, 5, 300),
        bootstrap("a share, with many ties", [right], np.mean, 6, 300),
        bootstrap("log ratio of two strata", [first, second], ratio, 7, 300),
        bootstrap("two strata, one of a single protein", [first, [9.5]], ratio, 8, 100),
    ]


# Metrics under weights


def weighted():
    out = []
    for name, seed, n, classes, digits in [("two classes", 21, 50, 2, 2), ("two classes, ties", 22, 50, 2, 0), ("four classes", 23, 60, 4, 1)]:
        labels, logits = drawn(seed, n, classes, 1.2, digits)
        probabilities, predicted, every = softmax(logits), logits.argmax(axis=1), list(range(classes))
        rng = np.random.default_rng(seed)
        rows = []
        for _ in range(4):
            weights = np.bincount(rng.integers(0, n, n), minlength=n)
            assert all(weights[labels == k].sum() for k in every)
            by = {"sample_weight": weights}
            f1 = lambda average: metrics.f1_score(labels, predicted, labels=every, average=average, zero_division=0, **by)
            areas = [metrics.roc_auc_score(labels == k, probabilities[:, k], **by) for k in every]
            precisions = [metrics.average_precision_score(labels == k, probabilities[:, k], **by) for k in every]
            rows.append({
                "weights": weights.tolist(),
                "accuracy": metrics.accuracy_score(labels, predicted, **by),
                "precision": metrics.precision_score(labels, predicted, labels=every, average="weighted", zero_division=0, **by),
                "recall": metrics.recall_score(labels, predicted, labels=every, average="weighted", zero_division=0, **by),
                "f1": f1("weighted"), "macro_f1": f1("macro"),
                "mcc": metrics.matthews_corrcoef(labels, predicted, **by),
                "roc_auc": areas[1] if classes == 2 else np.mean(areas),
                "average_precision": precisions[1] if classes == 2 else np.mean(precisions),
                "log_loss": metrics.log_loss(labels, probabilities, labels=every, **by),
            })
            rows[-1] = {k: v if k == "weights" else float(v) for k, v in rows[-1].items()}
        out.append({"name": name, "classes": classes, "labels": labels.tolist(), "logits": floats(logits), "weighted": rows})
    return out


# Areas


def components(positive, scores):
    """DeLong's structural components from every pair."""
    pairs = scores[positive][:, None] - scores[~positive][None, :]
    kernel = (pairs > 0) + 0.5 * (pairs == 0)
    return kernel.mean(), kernel.mean(axis=1), kernel.mean(axis=0)


def delong():
    out = []
    for seed, n, digits in [(31, 60, 3), (32, 60, 1), (33, 24, 2), (34, 5, 1)]:
        rng = np.random.default_rng(seed)
        positive = np.arange(n) % 5 < 2
        signal = positive * 1.0 + rng.normal(0, 0.7, n)
        scores = [np.round(special.expit(signal + rng.normal(0, s, n)), digits) for s in (0.4, 0.9)]
        (a, pa, na), (b, pb, nb) = (components(positive, s) for s in scores)
        for area, s in zip((a, b), scores):
            assert abs(area - metrics.roc_auc_score(positive, s)) < 1e-14
        covariance = np.cov(pa, pb, ddof=1) / len(pa) + np.cov(na, nb, ddof=1) / len(na)
        se = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
        intervals = [special.expit(special.logit(v) + np.array([-Z, Z]) * np.sqrt(var) / (v * (1 - v)))
                     if 0 < v < 1 else None for v, var in ((a, covariance[0, 0]), (b, covariance[1, 1]))]
        out.append({
            "positive": positive.tolist(), "first": floats(scores[0]), "second": floats(scores[1]),
            "areas": [float(a), float(b)], "variances": floats(np.diag(covariance)),
            "intervals": [None if i is None else floats(i) for i in intervals],
            "difference": float(a - b), "standard_error": float(se), "p": float(2 * stats.norm.sf(abs(a - b) / se)),
        })
    return out


# Seeds, and seeds with proteins


def spreads():
    out = []
    for values in ([0.85, 0.87, 0.861], [0.7, 0.9], [0.8, 0.8125, 0.79, 0.85, 0.83]):
        mean, sem = np.mean(values), stats.sem(values)
        out.append({"values": values, "mean": float(mean), "deviation": float(np.std(values, ddof=1)),
                    "interval": floats(stats.t.interval(0.95, len(values) - 1, mean, sem))})
    return out


def mean_squares(values):
    """Two-way mean squares of values[seed, protein]: seeds, proteins, residual."""
    seeds, proteins = values.shape
    frame = pd.DataFrame({"value": values.ravel(), "seed": np.repeat(range(seeds), proteins), "protein": np.tile(range(proteins), seeds)})
    table = anova_lm(ols("value ~ C(seed) + C(protein)", frame).fit())
    ms = table["sum_sq"] / table["df"]
    return ms["C(seed)"], ms["C(protein)"], ms["Residual"]


def parts(values):
    """Variance components: seed, protein, rest."""
    seeds, proteins = values.shape
    if seeds == 1:
        return 0.0, values[0].var(ddof=1), 0.0
    between_seeds, between_proteins, rest = mean_squares(values)
    return max(between_seeds - rest, 0) / proteins, max(between_proteins - rest, 0) / seeds, rest


def noncentrality(t, df):
    """Johnson & Welch's approximation of the noncentrality at which Student's statistic exceeds t four times of five."""
    c = np.exp(special.gammaln((df + 1) / 2) - special.gammaln(df / 2)) * np.sqrt(2 / df)
    found = t * c + POWER * np.sqrt(1 + t**2 * (1 - c**2))
    if t < 100 and df >= 1:
        exact = optimize.brentq(lambda d: stats.nct.sf(t, df, d) - 0.8, 0, 3 * t + 10)
        assert -1e-3 < found / exact - 1 < 0.02, (t, df, found, exact)
    return found


def lend(sides, proteins):
    """Of unequal numbers of seeds the fewer are not taken to vary less than the more; (seeds, of seeds, rest) a side."""
    if len(sides) == 1 or sides[0][0] == sides[1][0]:
        return sides, False
    few, many = sorted((0, 1), key=lambda k: sides[k][0])
    (s, v, r), (_, of_seeds, rest) = sides[few], sides[many]
    if s > 1 and v + r / proteins >= of_seeds + rest / proteins:
        return sides, False
    r = rest if s == 1 else r
    sides = list(sides)
    sides[few] = (s, of_seeds + rest / proteins - r / proteins, r)
    return sides, True


def reach(sides, lent, of_proteins, proteins, level=0.05, seeds_then=None, proteins_then=None, tail=None):
    """Standard error, degrees of freedom, the quantile at that level and the difference detected, over other numbers of seeds and proteins and with
    the seeds' mean square at a tail of its chi-square interval."""
    def mean_square(s, v, r):
        return v / s + r / (s * proteins)

    def degrees(of):
        if lent:
            return max(s for s, *_ in sides) - 1
        squares = sum(m**2 / (s - 1) for m, (s, *_) in zip(of, sides) if m > 0)
        return sum(of) ** 2 / squares if squares > 0 else sum(s - 1 for s, *_ in sides)

    now = degrees([mean_square(*side) for side in sides])
    factor = now / stats.chi2.ppf(tail, now) if tail and now > 0 else 1.0
    n = proteins_then or proteins
    then = [(seeds_then or s, max(factor * (v + r / proteins) - r / proteins, 0), r) for s, v, r in sides]
    parts_then = [v / s + r / (s * n) for s, v, r in then]
    both = sum(r / (s * n) for s, _, r in then)
    equal = seeds_then is not None or len({s for s, *_ in sides}) == 1
    squares = sum(m**2 / (s - 1) for m, (s, *_) in zip(parts_then, then) if m > 0)
    if lent and seeds_then is None:
        squares = sum(parts_then) ** 2 / (max(s for s, *_ in sides) - 1)
    seeds_df = sum(parts_then) ** 2 / squares if squares > 0 else sum(s - 1 for s, *_ in then)
    of_proteins_then = of_proteins / n + both
    variance = sum(parts_then) + of_proteins_then - both
    uncertain = squares + of_proteins_then**2 / (n - 1) + (both**2 / (seeds_df * (n - 1)) if both > 0 else 0)
    df = variance**2 / uncertain

    def quantile(chance):
        if equal:
            return stats.t.ppf(chance, df)
        share = sum(parts_then) / variance
        return share * stats.t.ppf(chance, seeds_df) + (1 - share) * stats.t.ppf(chance, n - 1)

    return np.sqrt(variance), df, quantile, noncentrality(quantile(1 - level / 2), df) * np.sqrt(variance)


def first_that(suffices, numbers):
    return next((int(n) for n in numbers if suffices(n)), None)


def crossed_case(name, estimate, sides, of_proteins, proteins, level=0.05, **given):
    sides, lent = lend(sides, proteins)
    if len(sides) == 2:
        of_proteins = max(of_proteins - sum(r / s for s, _, r in sides), 0.0)
    se, df, quantile, _ = reach(sides, lent, of_proteins, proteins)
    if given.get("second"):
        se = max(se, np.sqrt(2) / (proteins + 2))
    detectable = [reach(sides, lent, of_proteins, proteins, level, tail=tail)[3] for tail in (0.9, 0.1)]
    wanted = detectable[1] * 0.9
    least = lambda tail, **numbers: reach(sides, lent, of_proteins, proteins, level, tail=tail, **numbers)[3] <= wanted
    known = lent or min(s for s, *_ in sides) > 1
    few = min(s for s, *_ in sides)
    t = quantile(0.975) * se
    return {
        "name": name, **given, "estimate": float(estimate), "standard_error": float(se), "degrees_of_freedom": float(df),
        "interval": [float(estimate - t), float(estimate + t)],
        "p": float(2 * stats.t.sf(abs(estimate) / se, df) if len({s for s, *_ in sides}) == 1 else
                   np.exp(optimize.brentq(lambda p: -quantile(np.exp(p) / 2) * se - abs(estimate), -20, 0, xtol=1e-13, rtol=1e-14))),
        "of_seeds": float(sum(v * few / s for s, v, _ in sides)), "of_proteins": float(of_proteins),
        "of_both": float(sum(r * few / s for s, _, r in sides)), "lent": lent,
        "level": level, "detectable": floats(detectable), "wanted": float(wanted),
        "proteins_needed": [first_that(lambda n: least(tail, proteins_then=n), range(2, 4000)) for tail in (0.9, 0.1)],
        "seeds_needed": [first_that(lambda s: least(tail, seeds_then=s), range(2, 1000)) if known else None for tail in (0.9, 0.1)],
    }


def rows(values):
    return ["".join(str(int(v)) for v in row) for row in values]


def predictions(seed, seeds, proteins, of_seeds, shift=0.0):
    rng = np.random.default_rng(seed)
    # The same proteins in every case of a size: two configurations find the same ones hard.
    hard = np.random.default_rng(proteins).normal(1.2, 1.5, proteins)
    return hard + rng.normal(0, of_seeds, (seeds, 1)) + rng.normal(0, 0.8, (seeds, proteins)) + shift > 0


def crossed():
    out = []
    for name, seed, seeds, proteins, of_seeds in [("seeds vary", 41, 4, 40, 0.8), ("seeds hardly vary", 42, 3, 30, 0.0), ("one seed", 43, 1, 30, 0.0)]:
        right = predictions(seed, seeds, proteins, of_seeds).astype(float)
        of_seeds, of_proteins, rest = parts(right)
        out.append(crossed_case(name, right.mean(), [(seeds, of_seeds, rest)], of_proteins, proteins, first=rows(right)))
        effective = min(right.mean() * (1 - right.mean()) / out[-1]["standard_error"] ** 2, seeds * proteins)
        z = stats.t.ppf(0.975, out[-1]["degrees_of_freedom"])
        low, high = wilson_at(right.mean(), effective, z)
        width = 1 - wilson_at(1.0, proteins, Z)[0]
        out[-1]["share_interval"] = floats([min(low, high - width), high] if right.mean() > 0.5 else [low, max(high, low + width)])
    for name, a, b, of_seeds, pairing, level in [
        ("paired", 4, 4, 0.5, "paired", 0.05), ("paired, hardly any variation by seed", 3, 3, 0.0, "paired", 0.01),
        ("one seed each", 1, 1, 0.0, "paired", 0.05), ("independent", 4, 4, 0.7, "independent", 0.05 / 6),
        ("independent, not as many", 5, 3, 0.7, "independent", 0.05), ("independent, one of one", 3, 1, 0.5, "independent", 0.05),
    ]:
        proteins = 40
        first, second = predictions(44, a, proteins, of_seeds, 0.4).astype(float), predictions(45, b, proteins, of_seeds).astype(float)
        given = {"first": rows(first), "second": rows(second), "pairing": pairing}
        estimate = first.mean() - second.mean()
        if pairing == "paired":
            of_seeds, of_proteins, rest = parts(first - second)
            out.append(crossed_case(name, estimate, [(a, of_seeds, rest)], of_proteins, proteins, level, **given))
            continue
        apart = first.mean(axis=0) - second.mean(axis=0)
        sides = [(len(side), parts(side)[0], parts(side)[2]) for side in (first, second)]
        out.append(crossed_case(name, estimate, sides, apart.var(ddof=1), proteins, level, **given))
    return out


def wilson_at(share, n, z):
    centre, reach_ = share + z * z / (2 * n), z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (centre - reach_) / (1 + z * z / n), min((centre + reach_) / (1 + z * z / n), 1.0)


# What a test set can tell


def connor():
    """The smallest detectable difference by root finding, and the power that McNemar's test then has in 40,000 drawn test sets."""
    out = []
    for n, share, level in [(715, 0.05, 0.05), (715, 0.10, 0.05), (715, 0.15, 0.05), (200, 0.2, 0.05), (5000, 0.08, 0.05), (715, 0.15, 0.05 / 15)]:
        z = stats.norm.ppf(1 - level / 2)
        lack = lambda d: d * np.sqrt(n) - z * np.sqrt(share) - POWER * np.sqrt(share - d * d)
        difference = optimize.brentq(lack, 1e-9, share, xtol=1e-16, rtol=1e-15)
        counts = np.random.default_rng(51).multinomial(n, [(share + difference) / 2, (share - difference) / 2, 1 - share], size=40_000)
        b, c = counts[:, 0].astype(float), counts[:, 1].astype(float)
        power = ((b - c) ** 2 > stats.chi2.ppf(1 - level, 1) * (b + c)).mean()
        out.append({"proteins": n, "share": share, "level": level, "difference": float(difference), "power": float(power)})
    return out


def holm():
    cases = [[0.01, 0.04, 0.03, 0.005], [0.5], [0.02, 0.02, 0.02], [0.9, 0.6, 1.0, 0.0], [0.001, 0.049, 0.0005, 0.2, 0.03, 0.03]]
    return [{"p": p, "adjusted": floats(multitest.multipletests(p, method="holm")[1])} for p in cases]


# Probabilities


def calibrations():
    out = []
    for name, seed, n, classes, signal, scale in [
        ("two classes, too sure", 61, 90, 2, 1.0, 3.0), ("two classes, too doubtful", 62, 90, 2, 2.0, 0.3), ("five classes", 63, 90, 5, 1.5, 2.0),
    ]:
        labels, logits = drawn(seed, n, classes, signal)
        logits = np.round(logits * scale, 2).astype(np.float32)
        probabilities = softmax(logits)
        confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
        bins = 10
        accuracies, confidences = sk_calibration.calibration_curve(right, confidence, n_bins=bins, strategy="uniform")
        which = np.digitize(confidence, np.linspace(0, 1, bins + 1)[1:-1], right=True)
        counts = np.bincount(which, minlength=bins)
        counts = counts[counts > 0]
        wide = logits.astype(np.float64)
        loss = lambda t: -special.log_softmax(wide / t, axis=1)[np.arange(n), labels].mean()
        slope = lambda sharp: ((special.softmax(sharp * wide, axis=1) * wide).sum(axis=1) - wide[np.arange(n), labels]).mean()
        temperature = 1 / optimize.brentq(slope, 1e-3, 1e3, xtol=1e-15, rtol=1e-15)
        minimum = optimize.minimize_scalar(lambda x: loss(np.exp(x)), bracket=(-1, 1), tol=1e-12)
        assert abs(np.exp(minimum.x) - temperature) < 1e-6 * temperature, (np.exp(minimum.x), temperature)
        believed = probabilities[:, 1] if classes == 2 else probabilities
        out.append({
            "name": name, "classes": classes, "labels": labels.tolist(), "logits": floats(logits), "bins": bins,
            "counts": counts.tolist(), "accuracies": floats(accuracies), "confidences": floats(confidences),
            "ece": float((counts * abs(accuracies - confidences)).sum() / n),
            "brier": float(metrics.brier_score_loss(labels, believed, labels=list(range(classes)))),
            "temperature": float(temperature), "loss": float(loss(1.0)), "loss_at_temperature": float(loss(temperature)),
        })
    return out


def thresholds():
    out = []
    for seed, n, digits, lean in [(71, 40, 2, 0.0), (72, 40, 1, 1.0), (73, 12, 3, -1.0), (74, 40, 2, 3.0)]:
        rng = np.random.default_rng(seed)
        positive = np.arange(n) % 3 == 0
        scores = np.round(special.expit(positive * 1.5 + lean + rng.normal(0, 1, n)), digits)
        edges = np.unique(np.concatenate([[0.0], scores, [1.0]]))
        candidates = [0.5 if low < 0.5 <= high else (low + high) / 2 for low, high in zip(edges, edges[1:])]
        values = [metrics.balanced_accuracy_score(positive, scores >= t) for t in candidates]
        best = [t for t, v in zip(candidates, values) if v == max(values)]
        found = [float(min(best, key=lambda t: abs(t - 0.5))), float(max(values))]
        out.append({"positive": positive.tolist(), "scores": floats(scores), "balanced_accuracy": found})
    return out


def optimisms():
    rng = np.random.default_rng(81)
    candidates, sizes, seed, resamples = 7, (24, 16), 9, 200
    strata = rng.permutation(np.repeat([0, 1], sizes))
    right = rng.random((candidates, sum(sizes))) < 0.7
    members = [np.flatnonzero(strata == k) for k in (0, 1)]
    draws = resample(sizes, seed, resamples)
    unseen = []
    for k in range(resamples):
        drawn = np.concatenate([m[d[k]] for m, d in zip(members, draws)])
        left_out = np.setdiff1d(np.arange(sum(sizes)), drawn)
        chosen = np.argmax(right[:, drawn].sum(axis=1))
        unseen.append(right[chosen, left_out].mean())
    overall = right.mean(axis=1)
    return {"right": rows(right), "strata": strata.tolist(), "seed": seed, "resamples": resamples, "chosen": int(np.argmax(overall)),
            "apparent": float(overall.max()), "corrected": float(np.mean(unseen))}


if __name__ == "__main__":
    parts_of_the_file = {
        "made_with": {m.__name__: m.__version__ for m in (np, scipy, sklearn, statsmodels)},
        "wilson": wilson(), "mcnemar": mcnemar(), "bootstrap": bootstraps(), "weighted": weighted(), "delong": delong(), "spread": spreads(),
        "crossed": crossed(), "connor": connor(), "holm": holm(), "calibration": calibrations(), "thresholds": thresholds(), "optimism": optimisms(),
    }
    lines = ",\n".join(f"{json.dumps(k)}:{json.dumps(v, allow_nan=False, separators=(',', ':'))}" for k, v in parts_of_the_file.items())
    pathlib.Path(__file__).with_suffix(".json").write_text("{" + lines + "}\n")
