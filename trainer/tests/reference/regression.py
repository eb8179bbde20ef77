"""Three epochs of transformers.Trainer on a small model with one output, step by step: regression.py writes regression.json.

The loss is the mean squared error of what the model is trained on: the labels in their unit, or standardised by the mean and the deviation (divided
by n) of the training labels. Metrics are of predictions in the labels' unit. Needs what trainer.py needs, and scipy."""

import json, random

import numpy, torch
from scipy import stats
from sklearn import metrics

from common import sequences
from trainer import HERE, SEED, TRAIN, VALIDATION, train

EPOCHS, LOWER_IS_BETTER = 3, ("loss", "mse", "rmse", "mae")


def proteins_and_labels():
    """Lysine, arginine and tryptophan in place of a share of the small residues, which the label follows with some noise."""
    rng = random.Random(6)
    replaced = str.maketrans("LEAGV", "KKRRW")
    proteins, labels = [], []
    for protein in sequences(rng, TRAIN + VALIDATION, 10, 60):
        share = rng.random()
        proteins.append("".join(r.translate(replaced) if rng.random() < share else r for r in protein))
        labels.append(round(6.0 * share - 2.0 + rng.gauss(0.0, 0.5), 3))
    return proteins, labels


def scores(labels, predicted):
    # Proteins that another order of additions would put in another order have no rank correlation to compare with.
    assert numpy.diff(numpy.sort(predicted)).min() > 3e-5
    return {name: float(value) for name, value in {
        "mse": metrics.mean_squared_error(labels, predicted),
        "rmse": metrics.root_mean_squared_error(labels, predicted),
        "mae": metrics.mean_absolute_error(labels, predicted),
        "r2": metrics.r2_score(labels, predicted),
        "pearson": stats.pearsonr(labels, predicted).statistic,
        "spearman": stats.spearmanr(labels, predicted).statistic,
        "kendall": stats.kendalltau(labels, predicted).statistic,
        "ndcg": metrics.ndcg_score([labels - labels.min()], [predicted]),
    }.items()}


def run(scale, schedule, warmup, rate, batch_size, select, finetune="full"):
    proteins, labels = proteins_and_labels()
    given = numpy.array(labels)
    mean, deviation = (given[:TRAIN].mean(), given[:TRAIN].std()) if scale == "standard" else (0.0, 1.0)
    # The trainer takes them as float32.
    trained_on = ((given - mean) / deviation).tolist()
    unscaled = lambda outputs: outputs.astype(numpy.float64).ravel() * deviation + mean
    settings = {
        "scale": scale, "schedule": schedule, "select": select, "warmup_steps": warmup, "epochs": EPOCHS, "seed": SEED, "learning_rate": rate,
        "weight_decay": 0.01, "batch_size": batch_size, "finetune": finetune, "sequences": proteins, "labels": labels, "train": TRAIN,
        "scaling": {"mean": float(mean), "deviation": float(deviation)} if scale == "standard" else None,
    }
    trainer, steps = train(settings, EPOCHS, trained_on, 1, lambda prediction: scores(given[TRAIN:], unscaled(prediction.predictions)),
                           greater_is_better=select not in LOWER_IS_BETTER)
    assert trainer.model.config.problem_type == "regression"
    # Of the best checkpoint, which is loaded in the end.
    outputs = trainer.predict(trainer.eval_dataset).predictions
    assert outputs.shape == (VALIDATION, 1) and outputs.dtype == numpy.float32
    best = steps["evaluations"][steps["selected_epoch"] - 1]
    assert abs(scores(given[TRAIN:], unscaled(outputs))["mse"] - best["mse"]) < 1e-6
    assert abs(best["mse"] - best["loss"] * deviation**2) < 1e-5
    return settings | steps | {"logits": outputs.ravel().tolist(), "predicted": unscaled(outputs).tolist()}


if __name__ == "__main__":
    RUNS = [
        run("none", "linear", 0, 1e-2, 8, "loss"),
        run("standard", "linear", 0, 1e-2, 8, "loss"),
        run("standard", "cosine", 3, 4e-3, 4, "spearman"),
        run("standard", "linear", 0, 2e-2, 8, "mae", "frozen"),
        run("none", "linear", 0, 1e-2, 8, "spearman", {"last": 1}),
    ]
    (HERE / "regression.json").write_text(json.dumps(RUNS, indent=None, separators=(",", ":")) + "\n")
