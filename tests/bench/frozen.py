"""Times fine-tuning with a frozen backbone: the head alone, the last two layers, the whole model; with the cache empty and filled.

usage: frozen.py --titer target/debug/titer --data CSV --weights FOLDER [--share 8] [--epochs 1] [--precision fp32] [--json FILE]

One run after the other, each a sweep of its own, on every SHARE-th protein. Of each way to fine-tune that freezes something there are two
runs, which differ in the seed: the first fills the cache, the second finds it filled. Seconds are of whole runs as `run.json` has them,
without the start of the process; the processor's are of sweep and worker together, which a busy machine changes less. A step is their mean."""

import argparse, json, os, pathlib, subprocess, tempfile

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
"""

RUNS = [('"full"', 1), ("{ last = 2 }", 1), ("{ last = 2 }", 2), ('"frozen"', 1), ('"frozen"', 2)]


def sweep(command, folder):
    """The processor's seconds of a command and all it starts."""
    with open(pathlib.Path(folder, "output"), "w+") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            output.seek(0)
            raise SystemExit(output.read())
    return usage.ru_utime + usage.ru_stime


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
    titer, rows = os.path.abspath(args.titer), []
    with tempfile.TemporaryDirectory() as folder:
        header, *proteins = pathlib.Path(args.data).read_text().splitlines(keepends=True)
        data, weights = pathlib.Path(folder, "subset.csv"), os.path.abspath(args.weights)
        data.write_text(header + "".join(proteins[::args.share]))
        text = EXPERIMENT.format(data=data, weights=weights, epochs=args.epochs, precision=args.precision)
        pathlib.Path(folder, "frozen.toml").write_text(text)
        runs = pathlib.Path(folder, "results/frozen/runs")
        for finetune, seed in RUNS:
            before = set(runs.glob("*"))
            sets = ["--set", f"train.finetune={finetune}", "--set", f"train.seed={seed}"]
            processor = sweep([titer, "sweep", "frozen.toml", "--no-report", *sets], folder)
            (run,) = set(runs.glob("*")) - before
            log, outcome = (run / "log.txt").read_text(), json.loads((run / "run.json").read_text())["outcome"]
            rows.append({
                "finetune": finetune.strip('"'),
                "cache": "filled" if "comes from the cache" in log else "empty" if "was computed" in log else "",
                "processor_seconds": processor,
                **{key: outcome[key] for key in ("seconds", "train_seconds", "eval_seconds", "steps", "peak_memory")},
            })
        sizes = sorted(path.stat().st_size for path in pathlib.Path(folder, "results/.cache").glob("*/*.safetensors"))
    print(f"{'finetune':13} {'cache':7} {'run, s':>8} {'processor, s':>13} {'training, s':>12} {'a step, s':>10} {'evaluation, s':>14} {'memory, GB':>11}")
    for row in rows:
        print(f"{row['finetune']:13} {row['cache']:7} {row['seconds']:8.2f} {row['processor_seconds']:13.2f} {row['train_seconds']:12.2f} "
              f"{row['train_seconds'] / row['steps']:10.4f} {row['eval_seconds']:14.2f} {row['peak_memory'] / 1e9:11.2f}")
    print("caches, MB:", ", ".join(f"{size / 1e6:.1f}" for size in sizes))
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps({"rows": rows, "cache_bytes": sizes}, indent=1) + "\n")


main()
