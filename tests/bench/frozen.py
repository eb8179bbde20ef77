"""Times fine-tuning with a frozen backbone: the head alone, the last two layers, the whole model; with the cache empty and filled.

usage: frozen.py --titer target/debug/titer --data CSV --weights FOLDER [--share 8] [--epochs 1] [--precision fp32] [--json FILE]

One sweep, one run after the other, on every SHARE-th protein. Of each way to fine-tune that freezes something there are two runs, which
differ in the seed: the first fills the cache, the second finds it filled. Seconds are of whole runs as `run.json` has them, without the
start of the process; a step is their mean."""

import argparse, json, os, pathlib, statistics, subprocess, tempfile

EXPERIMENT = """[data]
source = "table"
path = "{data}"
id = "Entry"
sequence = "Sequence"
label = "label"
[model]
weights = "{weights}"
[train]
epochs = {epochs}
precision = "{precision}"
[grid]
"train.finetune" = ["full", {{ last = 2 }}, "frozen"]
"train.seed" = [1, 2]
"""


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--titer", required=True)
    flags.add_argument("--data", required=True)
    flags.add_argument("--weights", required=True)
    flags.add_argument("--share", type=int, default=8)
    flags.add_argument("--epochs", type=int, default=1)
    flags.add_argument("--precision", default="fp32")
    flags.add_argument("--json")
    args = flags.parse_args()
    titer = os.path.abspath(args.titer)
    with tempfile.TemporaryDirectory() as folder:
        header, *proteins = pathlib.Path(args.data).read_text().splitlines(keepends=True)
        data, weights = pathlib.Path(folder, "subset.csv"), os.path.abspath(args.weights)
        data.write_text(header + "".join(proteins[::args.share]))
        text = EXPERIMENT.format(data=data, weights=weights, epochs=args.epochs, precision=args.precision)
        pathlib.Path(folder, "frozen.toml").write_text(text)
        done = subprocess.run([titer, "sweep", "frozen.toml", "--jobs", "1", "--no-report"], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        rows = []
        for path in pathlib.Path(folder, "results/frozen/runs").glob("*/run.json"):
            run, log = json.loads(path.read_text()), (path.parent / "log.txt").read_text()
            way = run["settings"]["train"].get("finetune", "full")
            cache = "filled" if "comes from the cache" in log else "empty" if "was computed" in log else ""
            outcome = run["outcome"]
            rows.append({
                "finetune": way if isinstance(way, str) else f"last = {way['last']}", "cache": cache, "steps": outcome["steps"],
                "seconds": outcome["seconds"], "train_seconds": outcome["train_seconds"], "eval_seconds": outcome["eval_seconds"],
                "peak_memory": outcome["peak_memory"], "test_accuracy": outcome["test"]["scores"]["accuracy"],
            })
        sizes = sorted(path.stat().st_size for path in pathlib.Path(folder, "results/.cache").glob("*/*.safetensors"))
    rows.sort(key=lambda row: (row["finetune"] != "full", row["finetune"] == "frozen", row["cache"] == "filled"))
    full = statistics.mean(row["seconds"] for row in rows if row["finetune"] == "full")
    print(f"{'finetune':10} {'cache':7} {'run, s':>8} {'share':>7} {'training, s':>12} {'a step, s':>10} {'evaluation, s':>14} {'memory, GB':>11}")
    for row in rows:
        step = row["train_seconds"] / row["steps"]
        print(f"{row['finetune']:10} {row['cache']:7} {row['seconds']:8.2f} {row['seconds'] / full:7.3f} {row['train_seconds']:12.2f} "
              f"{step:10.4f} {row['eval_seconds']:14.2f} {row['peak_memory'] / 1e9:11.2f}")
    print("caches, MB:", ", ".join(f"{size / 1e6:.1f}" for size in sizes))
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps({"rows": rows, "cache_bytes": sizes}, indent=1) + "\n")


main()
