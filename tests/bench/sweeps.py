"""Times what a sweep costs beside its runs: `titer plan` of many points, and a sweep in which every run is done.

usage: sweeps.py --titer target/debug/titer [--points 10000] [--runs 1000] [--json OUT]

The done runs are one real run of esm2-tiny, told as often as there are points: same files, other keys and seeds.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

EXPERIMENT = """# Question: what does a sweep cost beside its runs?
[data]
source = "synthetic"
[data.synthetic]
proteins = 200
[model]
weights = {{ random = "esm2-tiny" }}
[train]
epochs = 1
max-steps = 2
precision = "fp32"
[grid]
"train.learning-rate" = {rates}
"train.seed" = {seeds}
"""


def experiment(folder, name, points):
    seeds = min(points, 100)
    rates = [f"{1e-5 * (1 + index):.5e}" for index in range(points // seeds)]
    path = pathlib.Path(folder, f"{name}.toml")
    path.write_text(EXPERIMENT.format(rates=f"[{', '.join(rates)}]", seeds=list(range(seeds))))
    return path


def timed(command, folder, repeats=3):
    """The least of some repeats, in seconds, and what was printed last."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        seconds.append(time.perf_counter() - began)
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stderr}")
    return min(seconds), done.stdout


def fill(folder, name, runs):
    """Tells the first run of the plan again under the key of every other."""
    base = pathlib.Path(folder, "results", name, "runs")
    first = base / runs[0]["key"]
    manifest = json.loads((first / "run.json").read_text())
    for run in runs[1:]:
        to = base / run["key"]
        to.mkdir()
        for table in ["steps.parquet", "epochs.parquet", "metrics.parquet", "predictions.parquet"]:
            os.link(first / table, to / table)
        manifest["key"], manifest["point"] = run["key"], run["point"]
        manifest["settings"]["train"]["seed"] = run["point"]["train.seed"]
        manifest["settings"]["train"]["learning-rate"] = run["point"]["train.learning-rate"]
        (to / "run.json").write_text(json.dumps(manifest))


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--titer", required=True)
    flags.add_argument("--points", type=int, default=10_000)
    flags.add_argument("--runs", type=int, default=1_000)
    flags.add_argument("--json")
    args = flags.parse_args()
    titer = str(pathlib.Path(args.titer).resolve())
    result = {"points": args.points, "runs": args.runs}
    with tempfile.TemporaryDirectory() as folder:
        experiment(folder, "plan", args.points)
        result["plan_seconds"], printed = timed([titer, "plan", "plan.toml"], folder)
        assert f"{args.points} runs, 0 done" in printed, printed[-200:]

        experiment(folder, "done", args.runs)
        _, plan = timed([titer, "plan", "done.toml", "--json"], folder, repeats=1)
        runs = json.loads(plan)["runs"]
        one = [titer, "sweep", "done.toml", "--device", "cpu", "--no-report", "--set",
               f'grid={{"train.learning-rate"=[{runs[0]["point"]["train.learning-rate"]}], "train.seed"=[{runs[0]["point"]["train.seed"]}]}}']
        timed(one, folder, repeats=1)
        fill(folder, "done", runs)
        sweep = [titer, "sweep", "done.toml", "--device", "cpu"]
        result["first_report_seconds"], _ = timed(sweep, folder, repeats=1)
        result["report_bytes"] = pathlib.Path(folder, "results", "done", "report.html").stat().st_size
        result["cached_sweep_seconds"], printed = timed(sweep, folder)
        assert printed.count("finished") == args.runs
    print(f"titer plan, {args.points} points: {result['plan_seconds']:.2f} s")
    print(f"titer sweep, all of {args.runs} runs done, the report up to date: {result['cached_sweep_seconds']:.2f} s")
    print(f"the same with the report to be drawn ({result['report_bytes'] / 1e6:.1f} MB): {result['first_report_seconds']:.2f} s")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
