"""How often prediction sets hold the class, over twenty splits: coverage.py DATA WEIGHTS [--titer TITER] [--finetune frozen|full] [--splits N]
[--coverages 0.9 …].

DATA is the notebook's table (data/uniprot_cytoplasm_nucleus.csv), WEIGHTS a folder of ESM-2 8M. Each split trains one run; `titer predict --run KEY`
then predicts the run's test proteins, which nothing was chosen on, at each coverage. Prints a line a split and the means.
"""

import argparse
import csv
import pathlib
import re
import subprocess
import sys
import tempfile

import pandas

EXPERIMENT = """
[data]
source = "table"
path = "{data}"
id = "Entry"
sequence = "Sequence"
label = "label"
classes = {{ 0 = "Cytoplasm", 1 = "Nucleus" }}
conflicts = "keep-first"
[tokens]
max-length = {{ percentile = 95, sample = 1000, seed = 42, limit = 1024 }}
[model]
weights = "{weights}"
[train]
epochs = {epochs}
learning-rate = {rate}
finetune = "{finetune}"
[grid]
"split.seed" = {seeds}
"""
HELD = re.compile(r"sets that hold the label .*: ([\d,]+) of ([\d,]+); a set has ([\d.]+) classes")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("weights", type=pathlib.Path)
    parser.add_argument("--titer", default="target/debug/titer")
    parser.add_argument("--finetune", default="frozen")
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--coverages", type=float, nargs="+", default=[0.9])
    given = parser.parse_args()
    titer = str(pathlib.Path(given.titer).resolve())
    frozen = given.finetune == "frozen"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "splits.toml").write_text(
            EXPERIMENT.format(
                data=given.data.resolve(),
                weights=given.weights.resolve(),
                epochs=10 if frozen else 5,
                rate=1e-3 if frozen else 2e-5,
                finetune=given.finetune,
                seeds=list(range(1, given.splits + 1)),
            )
        )
        subprocess.run([titer, "sweep", "splits.toml", "--device", "cpu"], cwd=folder, check=True, stdout=sys.stderr)
        with open(given.data, newline="") as file:
            rows = {row["Entry"]: row for row in csv.DictReader(file)}
        found = {coverage: [] for coverage in given.coverages}
        for run in sorted((folder / "results/splits/runs").iterdir()):
            predictions = pandas.read_parquet(run / "predictions.parquet")
            test = predictions.loc[predictions["split"] == "test", "id"]
            with open(folder / "test.csv", "w", newline="") as file:
                table = csv.DictWriter(file, ["Entry", "Sequence", "label"], extrasaction="ignore")
                table.writeheader()
                table.writerows(rows[name] for name in test)
            for coverage in given.coverages:
                call = [titer, "predict", "splits.toml", "test.csv", "--run", run.name, "--coverage", str(coverage)]
                call += ["--out", "out.parquet", "--force", "--no-nearest", "--device", "cpu"]
                said = subprocess.run(call, cwd=folder, check=True, capture_output=True, text=True).stdout
                held, of, size = HELD.search(said).groups()
                found[coverage].append((int(held.replace(",", "")) / int(of.replace(",", "")), float(size)))
            print(run.name, *(f"{coverage}: {found[coverage][-1][0]:.4f}" for coverage in given.coverages), flush=True)
        for coverage, of in found.items():
            shares = [share for share, _ in of]
            mean = sum(shares) / len(shares)
            deviation = (sum((share - mean) ** 2 for share in shares) / max(len(shares) - 1, 1)) ** 0.5
            size = sum(size for _, size in of) / len(of)
            print(f"{coverage}: mean coverage {mean:.4f}, SD {deviation:.4f} over {len(of)} splits; {size:.2f} classes a set")


main()
