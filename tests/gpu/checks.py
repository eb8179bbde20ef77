"""What a run on a GPU must hold, and no test without one can show.

usage: checks.py --titer target/debug/titer [--device cuda:0] [--weights FOLDER] [--steps 400] [--json OUT]

- In each precision a run killed with SIGKILL three times and taken up again leaves the files of one that
  was left alone, bit for bit; so does one whose kernels are launched one by one (TITER_CUDA_GRAPHS=off).
- fp32 trains through epochs whose last batch is a single protein.
- No line of a run's log comes twice.

On a CPU (`--device cpu`) the precision is fp32: that shows that this script works. Without weights
the model is the tiny random one. Ends with 1 where something does not hold.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

# 269 proteins: 161 = 10 · 16 + 1 are trained on.
EXPERIMENT = """# Question: does it hold?
[data]
source = "synthetic"
[data.synthetic]
proteins = 269
min-length = 50
max-length = 300
[model]
weights = {weights}
[train]
epochs = {epochs}
max-steps = {steps}
batch-size = 16
learning-rate = 1e-4
precision = "{precision}"
"""
STEPS_AN_EPOCH = 11
KILLS = 3


class Sweeps:
    """Sweeps of one experiment, each into a results folder of its own."""

    def __init__(self, args, folder, precision, steps):
        self.args, self.folder = args, pathlib.Path(folder)
        weights = json.dumps(os.path.abspath(args.weights)) if args.weights else '{ random = "esm2-tiny" }'
        (self.folder / "check.toml").write_text(EXPERIMENT.format(
            weights=weights, precision=precision, steps=steps, epochs=-(-steps // STEPS_AN_EPOCH)))

    def start(self, name, **environment):
        command = [self.args.titer, "sweep", "check.toml", "--device", self.args.device, "--results", str(self.folder / name),
                   "--no-report", "--checkpoint-every", "7", "--jobs", "1"]
        command += ["--threads", "2"] if self.args.device == "cpu" else []
        return subprocess.Popen(command, cwd=self.folder, env=os.environ | environment, start_new_session=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self, name, **environment):
        sweep = self.start(name, **environment)
        told, _ = sweep.communicate()
        if sweep.returncode:
            sys.exit(f"titer sweep failed:\n{told}\n{self.log(name)}")

    def kill_at_a_checkpoint(self, name):
        """Kills titer and its worker once a new checkpoint is there."""
        before = self.checkpoint(name)
        sweep = self.start(name)
        while sweep.poll() is None and self.checkpoint(name) in (before, None):
            time.sleep(0.002)
        if sweep.poll() is not None:
            sys.exit(f"the run was over before it could be killed: give it more --steps\n{sweep.stdout.read()}")
        os.killpg(sweep.pid, signal.SIGKILL)
        sweep.wait()
        # The worker has a process group of its own where titer gave it one, and dies with its runner otherwise.
        for pid in self.workers(name):
            os.kill(pid, signal.SIGKILL)
        while self.workers(name):
            time.sleep(0.01)

    def workers(self, name):
        """Processes that have a file of the run open: its claim."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                files = [os.readlink(file) for file in (process / "fd").iterdir()]
            except OSError:
                continue
            if any(file.startswith(str(self.folder / name) + "/") for file in files):
                found.append(int(process.name))
        return found

    def checkpoint(self, name):
        times = [path.stat().st_mtime_ns for path in self.runs(name) for path in path.glob("checkpoint*") if path.is_file()]
        return max(times, default=None)

    def runs(self, name):
        return sorted((self.folder / name / "check" / "runs").glob("*"))

    def manifest(self, name):
        (run,) = self.runs(name)
        return json.loads((run / "run.json").read_text())

    def log(self, name):
        return "\n".join((run / "log.txt").read_text() for run in self.runs(name) if (run / "log.txt").exists())


def repeated(log):
    """Lines that come twice, their times aside; those of attempts that were killed come once an attempt."""
    lines = [re.sub(r"^\S*\d{4}-\d\d-\d\dT\S+\s+", "", line) for line in log.splitlines() if line.strip()]
    return [line for line, count in collections.Counter(lines).items() if count > 1], len(lines)


def same(one, other, what):
    for file, digest in one["files"].items():
        if file in ("predictions.parquet", "best/model.safetensors") and other["files"][file] != digest:
            sys.exit(f"{what}: {file} differs")
    for key in ("train_loss", "selected_epoch", "steps", "skipped_steps"):
        if one["outcome"][key] != other["outcome"][key]:
            sys.exit(f"{what}: {key} is {other['outcome'][key]}, not {one['outcome'][key]}")


def killed(args, precision):
    with tempfile.TemporaryDirectory() as folder:
        sweeps = Sweeps(args, os.path.realpath(folder), precision, args.steps)
        sweeps.finish("alone")
        alone = sweeps.manifest("alone")
        for _ in range(KILLS):
            sweeps.kill_at_a_checkpoint("killed")
        sweeps.finish("killed")
        taken_up = sweeps.manifest("killed")
        attempts = [attempt["from_step"] for attempt in taken_up["outcome"]["attempts"]]
        if len(attempts) != KILLS + 1:
            sys.exit(f"{precision}: attempts from steps {attempts}, {KILLS} kills")
        same(alone, taken_up, f"{precision}, killed at {attempts[1:]}")
        result = {"from_steps": attempts, "seconds": alone["outcome"]["seconds"], "peak_memory": alone["outcome"]["peak_memory"]}
        log = sweeps.log("alone")
        recorded = re.findall(r"steps of \[([\d, ]*)\] tokens recorded in ([\d.]+) s", log)
        result["recorded"] = [{"tokens": tokens, "seconds": float(seconds)} for tokens, seconds in recorded]
        if args.device != "cpu":
            if not recorded:
                sys.exit(f"{precision}: no steps were recorded:\n{log}")
            sweeps.finish("launched", TITER_CUDA_GRAPHS="off")
            same(alone, sweeps.manifest("launched"), f"{precision}, launched one by one")
        twice, result["log_lines"] = repeated(log)
        if twice:
            sys.exit(f"{precision}: the log repeats itself: {twice}")
    print(f"{precision}: killed at steps {attempts[1:]}, the same bits; {result['log_lines']} lines of log", flush=True)
    return result


def last_batch_of_one(args):
    with tempfile.TemporaryDirectory() as folder:
        sweeps = Sweeps(args, os.path.realpath(folder), "fp32", 2 * STEPS_AN_EPOCH)
        sweeps.finish("one")
        outcome = sweeps.manifest("one")["outcome"]
        if outcome["steps"] != 2 * STEPS_AN_EPOCH or outcome["selected_epoch"] is None:
            sys.exit(f"fp32 with a last batch of one protein: {outcome['steps']} steps")
        twice, lines = repeated(sweeps.log("one"))
        if twice:
            sys.exit(f"fp32: the log repeats itself: {twice}")
    print(f"fp32 with a last batch of one protein: {outcome['steps']} steps; {lines} lines of log", flush=True)
    return {"steps": outcome["steps"], "train_loss": outcome["train_loss"], "log_lines": lines}


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--titer", required=True)
    flags.add_argument("--device", default="cuda:0")
    flags.add_argument("--weights")
    flags.add_argument("--steps", type=int, default=400)
    flags.add_argument("--json")
    args = flags.parse_args()
    args.titer = str(pathlib.Path(args.titer).resolve())
    precisions = ("fp32",) if args.device == "cpu" else ("bf16", "fp16")
    result = {"device": args.device, "last_batch_of_one": last_batch_of_one(args),
              "killed": {precision: killed(args, precision) for precision in precisions}}
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
