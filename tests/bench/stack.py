"""Times 1, 2, 4, 8 and 16 runs of one shape: one after the other, as one (`--stack`), and beside one another, in lanes of one process
(`--lanes`) and in processes (`--jobs`).

usage: stack.py --titer target/debug/titer [--device cpu] [--weights FOLDER] [--runs 1,2,4,8,16] [--steps 60] [--precision fp32] [--json OUT]

Without weights the model is the tiny random one. A figure is the wall time of the whole `titer sweep`; the
losses of every way are compared with the first's.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

EXPERIMENT = """# Question: what do several runs cost together?
[data]
source = "synthetic"
[data.synthetic]
proteins = {proteins}
min-length = 50
max-length = 300
[model]
weights = {weights}
[train]
epochs = 1000
max-steps = {steps}
precision = "{precision}"
[grid]
"train.seed" = {seeds}
"""


def sweep(args, folder, runs, how):
    path = pathlib.Path(folder, "bench.toml")
    weights = json.dumps(os.path.abspath(args.weights)) if args.weights else '{ random = "esm2-tiny" }'
    # Ten steps an epoch, so that evaluations and checkpoints take their part.
    proteins = 16 * 10 * 10 // 6
    path.write_text(EXPERIMENT.format(
        proteins=proteins, weights=weights, steps=args.steps, precision=args.precision, seeds=list(range(1, runs + 1))))
    with tempfile.TemporaryDirectory() as results:
        began = time.perf_counter()
        command = [args.titer, "sweep", "bench.toml", "--device", args.device, "--results", results, "--no-report", *how]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        seconds = time.perf_counter() - began
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
        manifests = [json.loads(path.read_text()) for path in sorted(pathlib.Path(results, "bench/runs").glob("*/run.json"))]
    assert len(manifests) == runs
    return seconds, [manifest["outcome"]["train_loss"] for manifest in manifests], max(m["outcome"]["peak_memory"] for m in manifests)


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--titer", required=True)
    flags.add_argument("--device", default="cpu")
    flags.add_argument("--weights")
    flags.add_argument("--runs", default="1,2,4,8,16")
    flags.add_argument("--steps", type=int, default=60)
    flags.add_argument("--precision", default="fp32")
    flags.add_argument("--repeats", type=int, default=1)
    flags.add_argument("--json")
    args = flags.parse_args()
    args.titer = str(pathlib.Path(args.titer).resolve())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for runs in map(int, args.runs.split(",")):
            ways = {"one after the other": ["--stack", "1", "--jobs", "1"], "as one": ["--stack", str(runs), "--jobs", "1"],
                    "in lanes": ["--lanes", str(runs), "--jobs", "1"], "in processes": ["--stack", "1", "--jobs", str(runs)]}
            seen = {way: min(sweep(args, folder, runs, how) for _ in range(args.repeats)) for way, how in ways.items()}
            first = seen["one after the other"][1]
            apart = max(abs(one - other) for _, losses, _ in seen.values() for one, other in zip(first, losses))
            assert apart < (1e-5 if args.precision == "fp32" else 2e-2), apart
            rows.append({"runs": runs, "apart": apart} | {
                way: {"seconds": seconds, "peak_memory": memory} for way, (seconds, _, memory) in seen.items()})
            told = ", ".join(f"{way} {row[0]:.1f} s" for way, row in seen.items())
            print(f"{runs} runs: {told}; mean losses at most {apart:.1e} apart", flush=True)
    if args.json:
        result = {"device": args.device, "weights": args.weights or "esm2-tiny", "steps": args.steps, "precision": args.precision, "rows": rows}
        pathlib.Path(args.json).write_text(json.dumps(result, indent=1) + "\n")


main()
