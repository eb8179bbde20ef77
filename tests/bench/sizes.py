"""What share of a machine's matrix rate a training step reaches, of models from 8 to 650 million parameters with random weights.

usage: sizes.py --worker target/debug/titer-worker [--device cuda:0] [--precision bf16] [--sizes esm2-8m,esm2-35m,esm2-150m,esm2-650m]
                [--batch 16] [--length 400] [--steps 30] [--threads N] [--json OUT] [--python PYTHON]

The proteins are of one length. A step is the median of the last three quarters; what it needs is counted as in bench.py."""

import argparse, json, os, pathlib, statistics, subprocess, sys, tempfile

import bench

EXPERIMENT = """[data]
source = "synthetic"
[data.synthetic]
proteins = {proteins}
min-length = {length}
max-length = {length}
signal = 0.5
seed = 1
[model]
weights = {{ random = "{size}" }}
"""


def measure(args, size):
    proteins = args.batch * args.steps * 10 // 6 + args.batch  # of which 60 % are trained on
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "sizes.toml").write_text(EXPERIMENT.format(proteins=proteins, length=args.length, size=size))
        titer = pathlib.Path(args.worker).resolve().with_name("titer")
        plan = subprocess.run([titer, "plan", "sizes.toml", "--json"], cwd=folder, capture_output=True, text=True, check=True)
        args.weights = None
        job = bench.job(args, "", args.precision, folder, json.loads(plan.stdout)["runs"][0]["inputs"])
        settings = job["settings"]
        settings["data"] |= {"classes": [], "source": {"kind": "synthetic", "proteins": proteins, "classes": 2, "min-length": args.length,
                                                       "max-length": args.length, "signal": 0.5, "seed": 1}}
        settings["model"] = {"weights": {"kind": "random", "size": size}}
        settings["train"] |= {"batch-size": args.batch, "max-steps": args.steps}
        run = bench.work(args, job)
        config = bench.configuration(pathlib.Path(folder, "best"))
    seconds = run["step_seconds"]
    step = statistics.median(seconds[len(seconds) // 4:])
    rate = bench.matrix_rate(args, config, args.precision)
    flops = bench.step_flops(config, [args.length + 2], args.batch * (args.length + 2))
    return {"size": size, "step": step, "share": flops / step / rate, "matrix_flops_per_second": rate, "peak_memory": run["peak_memory"]}


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--worker", required=True)
    flags.add_argument("--device", default="cpu")
    flags.add_argument("--precision", default="bf16")
    flags.add_argument("--sizes", default="esm2-8m,esm2-35m,esm2-150m,esm2-650m")
    flags.add_argument("--batch", type=int, default=16)
    flags.add_argument("--length", type=int, default=400)
    flags.add_argument("--steps", type=int, default=30)
    flags.add_argument("--threads", type=int, default=os.cpu_count())
    flags.add_argument("--json")
    flags.add_argument("--python", default=sys.executable)
    args = flags.parse_args()
    args.profile = False
    rows = []
    for size in args.sizes.split(","):
        rows.append(measure(args, size))
        row = rows[-1]
        print(f"{size}: a step of {args.batch} proteins of {args.length} residues {row['step'] * 1e3:.1f} ms, {row['share']:.0%} of "
              f"{row['matrix_flops_per_second'] / 1e12:.2f} TFLOP/s, {row['peak_memory'] / 1e9:.1f} GB", flush=True)
    if args.json:
        told = {"device": args.device, "precision": args.precision, "batch": args.batch, "length": args.length, "rows": rows}
        pathlib.Path(args.json).write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
