"""How titer's time and memory grow: with the proteins, with their length, with the model's size, with the number of runs.

usage: python3 tests/bench/growth [--quick] [--out FOLDER] [--only AXIS,…] [--titer target/debug/titer]

Each axis is measured with the programs that a user runs; time is the least of some repeats, memory the peak of the process. Leaves growth.json and
a plot an axis in FOLDER. What FOLDER's growth.json knows of axes that are not measured now is kept."""

import argparse
import json
import pathlib
import tempfile

import lengths
import machine
import proteins
import runs
import sizes

AXES = {"proteins": proteins, "lengths": lengths, "sizes": sizes, "runs": runs}


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--titer", default="target/debug/titer")
    flags.add_argument("--out", default="target/growth")
    flags.add_argument("--only", default=",".join(AXES))
    flags.add_argument("--quick", action="store_true", help="leave out what takes minutes")
    args = flags.parse_args()
    titer = pathlib.Path(args.titer).resolve()
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    written = out / "growth.json"
    result = json.loads(written.read_text()) if written.exists() else {}
    for name in args.only.split(","):
        print(f"\n{name}: {AXES[name].__doc__.splitlines()[0]}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            points = AXES[name].measure(titer, pathlib.Path(folder), args.quick)
        result[name] = {"machine": machine.this(), "points": points}
        written.write_text(json.dumps(result, indent=1) + "\n")

    # Last: matplotlib in this process would count as the memory of the children it starts.
    import plot
    plot.draw(result, out)


main()
