"""Experiments of many runs: planned, asked why, swept when all is done, and told in a report.

The runs are one real run of esm2-tiny, told under other keys (tests/bench/sweeps.py)."""

import json
import pathlib
import sys

from process import least, once, show

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from sweeps import experiment, fill


def measure(titer, folder, quick):
    points = []
    for count in [10**power for power in range(0, 4 if quick else 5)]:
        name = f"runs-{count}"
        file = experiment(folder, name, count).name

        def add(what, figures):
            points.append(show({"what": what, "runs": count} | figures))

        add("plan", least([titer, "plan", file], folder))
        runs = json.loads(once([titer, "plan", file, "--json"], folder)[1])["runs"]
        first = ", ".join(f'"{key}" = [{value}]' for key, value in runs[0]["point"].items())
        once([titer, "sweep", file, "--device", "cpu", "--no-report", "--set", f"grid={{ {first} }}"], folder)
        fill(folder, name, runs)
        add("plan --why", least([titer, "plan", file, "--why", "--set", "train.weight-decay=0.02"], folder))
        add("sweep, all done", least([titer, "sweep", file, "--device", "cpu", "--no-report"], folder))
        report = folder / "results" / name / "report.html"
        drawn = least([titer, "report", file], folder)
        add("report", drawn | {"report_bytes": report.stat().st_size})
    return points
