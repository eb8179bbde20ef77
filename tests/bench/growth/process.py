"""Measures one process: its time, and its peak memory as the kernel counts it."""

import json
import os
import subprocess
import tempfile
import time

# A process that takes as long is not told again: the share of chance in it is small.
LONG_SECONDS = 10


def once(command, folder):
    """Seconds, those of all cores together, peak memory in bytes, and what was printed."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, stdout=out, stderr=errors)
        status, usage = wait(child)
        seconds = time.perf_counter() - began
        out.seek(0), errors.seek(0)
        if status:
            raise SystemExit(f"{' '.join(map(str, command))} failed:\n{errors.read()}")
        return {"seconds": seconds, "cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_memory": usage.ru_maxrss * 1024}, out.read()


def least(command, folder, repeats=3):
    """The least time and the least peak of some repeats."""
    figures = []
    while len(figures) < repeats and sum(figure["seconds"] for figure in figures) < LONG_SECONDS:
        figures.append(once(command, folder)[0])
    return {name: min(figure[name] for figure in figures) for name in figures[0]}


def job(titer, folder, experiment):
    """The job that titer gives a worker for the one run of an experiment."""
    caught, catch = folder / "job.json", folder / "catch.sh"
    caught.unlink(missing_ok=True)
    catch.write_text(f"#!/bin/sh\nhead -n 1 > {caught}\nexit 1\n")
    catch.chmod(0o755)
    sweep = [titer, "sweep", experiment.name, "--device", "cpu", "--retries", "0", "--no-report", "--checkpoint-every", "1000000"]
    done = subprocess.run(sweep, cwd=folder, env=os.environ | {"TITER_WORKER": str(catch)}, capture_output=True, text=True)
    if not caught.exists():
        raise SystemExit(f"titer sweep gave no job for {experiment.name}:\n{done.stderr}")
    return caught.read_text()


def worker(titer, folder, job, enough):
    """Gives the worker a job and hears it until `enough(event)`: its events, each with the second it came at, and what it used."""
    environment = {"GOMP_SPINCOUNT": "10000"} | os.environ  # as the runner does
    with tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        child = subprocess.Popen([titer.with_name("titer-worker")], cwd=folder, env=environment, text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        child.stdin.write(job)
        child.stdin.flush()
        events = []
        for line in child.stdout:
            events.append(json.loads(line) | {"at": time.perf_counter() - began})
            if enough(events[-1]):
                break
        reached = bool(events) and enough(events[-1])
        child.kill()
        _, usage = wait(child)
        if not reached:
            errors.seek(0)
            raise SystemExit(f"titer-worker ended early: {events[-1:]}\n{errors.read()}")
    used = {"seconds": events[-1]["at"], "cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_memory": usage.ru_maxrss * 1024}
    return events, used


def wait(child):
    """Waits for a child as `Popen.wait` does, and learns what it used."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, usage


def steps(titer, folder, experiment, count):
    """The least time of the steps after the first, which warms up, their tokens, and the peak memory."""
    events, used = worker(titer, folder, job(titer, folder, experiment), lambda event: event["event"] == "step" and event["step"] == count)
    taken = [event for event in events if event["event"] == "step"][1:]
    best = min(taken, key=lambda event: event["seconds"] / event["tokens"])
    return {"seconds": best["seconds"], "tokens": best["tokens"], "peak_memory": used["peak_memory"]}


def show(point):
    """A measured point as a line."""
    def text(name, value):
        if name.endswith("memory") or name.endswith("bytes"):
            return f"{value / 1e6:,.0f} MB"
        return f"{value:.3g} s" if name.endswith("seconds") else f"{value:,}"
    print("  " + "  ".join(f"{name} {text(name, value) if not isinstance(value, str) else value}" for name, value in point.items()), flush=True)
    return point
