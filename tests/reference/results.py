"""Reads a results folder with pandas and with polars, as docs/results.md says, and prints what both see as JSON.

    python tests/reference/results.py FOLDER     # a folder of results/
"""

import json
import re
import sys
from pathlib import Path

import pandas
import polars

try:
    import duckdb
except ImportError:
    duckdb = None


def with_pandas(folder: Path, run: Path) -> dict:
    runs = pandas.read_parquet(folder / "runs.parquet")
    finished = runs[runs["status"] == "finished"]
    predictions = pandas.read_parquet(run / "predictions.parquet")
    test = predictions[predictions["split"] == "test"]
    proteins = pandas.read_parquet(folder / "dataset.parquet")
    epochs = pandas.read_parquet(run / "epochs.parquet")
    metrics = pandas.read_parquet(run / "metrics.parquet")
    steps = pandas.read_parquet(run / "steps.parquet")
    return {
        "runs": len(runs),
        "finished": finished["key"].tolist(),
        "rate": finished["train_learning_rate"].tolist(),
        "accuracy": float((test["label"] == test["predicted"]).mean()),
        "dropped": proteins["dropped"].dropna().tolist(),
        "confusion": json.loads(epochs.loc[epochs["selected"], "confusion"].iloc[-1]),
        "undefined": int(metrics.loc[metrics["class"].isna(), "value"].isna().sum()),
        "finite_losses": int(steps["loss"].notna().sum()),
        "columns": {path.name: list(pandas.read_parquet(path).columns) for path in tables(folder, run)},
    }


def with_polars(folder: Path, run: Path) -> dict:
    runs = polars.read_parquet(folder / "runs.parquet")
    finished = runs.filter(polars.col("status") == "finished")
    predictions = polars.read_parquet(run / "predictions.parquet")
    test = predictions.filter(polars.col("split") == "test")
    proteins = polars.read_parquet(folder / "dataset.parquet")
    epochs = polars.read_parquet(run / "epochs.parquet")
    metrics = polars.read_parquet(run / "metrics.parquet")
    steps = polars.read_parquet(run / "steps.parquet")
    return {
        "runs": len(runs),
        "finished": finished["key"].to_list(),
        "rate": finished["train_learning_rate"].to_list(),
        "accuracy": float((test["label"] == test["predicted"]).mean()),
        "dropped": proteins["dropped"].drop_nulls().to_list(),
        "confusion": json.loads(epochs.filter(polars.col("selected"))["confusion"][-1]),
        "undefined": metrics.filter(polars.col("class").is_null())["value"].null_count(),
        "finite_losses": len(steps) - steps["loss"].null_count(),
        "columns": {path.name: polars.read_parquet(path).columns for path in tables(folder, run)},
    }


def documented(folder: Path) -> dict:
    """Runs the lines of docs/results.md on the folder: the epochs or the accuracies each of them ends with, by who reads."""
    text = (Path(__file__).parents[2] / "docs" / "results.md").read_text()
    seen = {}
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        reader = next(name for name in ("pandas", "polars", "duckdb") if f"{name}." in code)
        names = {"pandas": pandas, "polars": polars, "duckdb": duckdb}
        if names[reader] is None:
            seen.setdefault(reader, None)
            continue
        exec(code.replace("results/lr", str(folder)), names)
        seen.setdefault(reader, []).append(ended(names))
    return seen


def ended(names: dict) -> object:
    """What a block of lines ends with."""
    if "intervals" in names:
        assert list(names["intervals"].columns[:4]) == ["run", "score", "value", "low"], names["intervals"].columns
        assert {"first", "second", "difference", "p"} <= set(names["pairs"].columns), names["pairs"].columns
        return [len(names["runs"]), len(names["pairs"]), names["intervals"]["run"].nunique()]
    return len(names["epochs"]) if "epochs" in names else names["accuracy"]


def tables(folder: Path, run: Path) -> list[Path]:
    of_run = [run / f"{name}.parquet" for name in ("steps", "epochs", "predictions")]
    return [folder / "dataset.parquet", folder / "runs.parquet", folder / "baselines.parquet", *of_run]


def main() -> None:
    folder = Path(sys.argv[1])
    run = next(path.parent for path in sorted(folder.glob("runs/*/run.json")))
    manifest = json.loads((run / "run.json").read_text())
    assert manifest["key"] == run.name, manifest["key"]
    print(json.dumps({"pandas": with_pandas(folder, run), "polars": with_polars(folder, run), "documented": documented(folder)}))


if __name__ == "__main__":
    main()
