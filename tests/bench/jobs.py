"""Times 1, 4, 8 and 16 runs of one shape: one after the other, and beside one another (`titer sweep --jobs`).

usage: jobs.py --titer target/debug/titer [--device cpu] [--weights FOLDER] [--runs 1,4,8,16] [--steps 60]
               [--precision fp32] [--json OUT]

Without weights the model is the tiny random one. A figure is the wall time of the whole `titer sweep`, the
best of `--repeats`. The losses of the runs beside one another must be those of the runs one after the other:
nothing of a run enters into another.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

EXPERIMENT = """# Question: what do several runs cost beside one another?
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


def sweep(args, folder, runs, jobs):
    path = pathlib.Path(folder, "bench.toml")
    weights = json.dumps(os.path.abspath(args.weights)) if args.weights else '{ random = "esm2-tiny" }'
    # Ten steps an epoch, so that evaluations and checkpoints take their part.
    proteins = 16 * 10 * 10 // 6
    path.write_text(EXPERIMENT.format(
        proteins=proteins, weights=weights, steps=args.steps, precision=args.precision, seeds=list(range(1, runs + 1))))
    with tempfile.TemporaryDirectory() as results:
        began = time.perf_counter()
        command = [args.titer, "sweep", "bench.toml", "--device", args.device, "--results", results, "--no-report",
                   "--jobs", str(jobs)]
        # On a CPU the threads decide the order of sums: one for each run, however many there are.
        command += ["--threads", str(jobs)] if args.device == "cpu" else []
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        seconds = time.perf_counter() - began
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
        manifests = [json.loads(path.read_text()) for path in sorted(pathlib.Path(results, "bench/runs").glob("*/run.json"))]
    assert len(manifests) == runs
    memory = max(manifest["outcome"]["peak_memory"] for manifest in manifests)
    return seconds, [manifest["outcome"]["train_loss"] for manifest in manifests], memory


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--titer", required=True)
    flags.add_argument("--device", default="cpu")
    flags.add_argument("--weights")
    flags.add_argument("--runs", default="1,4,8,16")
    flags.add_argument("--steps", type=int, default=60)
    flags.add_argument("--precision", default="fp32")
    flags.add_argument("--repeats", type=int, default=1)
    flags.add_argument("--json")
    args = flags.parse_args()
    args.titer = str(pathlib.Path(args.titer).resolve())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for runs in map(int, args.runs.split(",")):
            seen = {jobs: min(sweep(args, folder, runs, jobs) for _ in range(args.repeats)) for jobs in sorted({1, runs})}
            alone, beside = seen[1], seen[runs]
            assert alone[1] == beside[1], f"{runs} runs: {alone[1]} one after the other, {beside[1]} beside one another"
            rows.append({"runs": runs, "one_after_the_other": alone[0], "beside_one_another": beside[0], "peak_memory": beside[2]})
            print(f"{runs} runs: one after the other {alone[0]:.1f} s, beside one another {beside[0]:.1f} s", flush=True)
    if args.json:
        result = {"device": args.device, "weights": args.weights or "esm2-tiny", "steps": args.steps,
                  "precision": args.precision, "rows": rows}
        pathlib.Path(args.json).write_text(json.dumps(result, indent=1) + "\n")


main()
