"""titer's trainer beside the reference trainer, on the same machine, data, weights and precision.

usage: bench.py --data CSV --weights FOLDER --worker target/debug/titer-worker [--precisions fp32,bf16] [--share 8]
                [--device cpu] [--threads N] [--json FILE] [--python PYTHON]

Each program trains one epoch on every SHARE-th protein, with evaluation and checkpoint, in each precision, the two taking turns so that a
busy machine slows both. A step is the median of its full batches without the first, which warms up; an epoch is training, evaluation and
checkpoint. Prints a table with the largest difference between the losses of the two, writes JSON."""

import argparse, csv, json, os, pathlib, platform, statistics, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).parent


def digests(args, data):
    """What the data and the weights are known by, as titer itself says."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "bench.toml").write_text(
            f'[data]\nsource = "table"\npath = "{os.path.abspath(data)}"\nid = "Entry"\nsequence = "Sequence"\nlabel = "label"\n'
            f'[model]\nweights = "{os.path.abspath(args.weights)}"\n')
        titer = pathlib.Path(args.worker).resolve().with_name("titer")
        plan = subprocess.run([titer, "plan", "bench.toml", "--json"], cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(plan.stdout)["runs"][0]["inputs"]


def job(args, data, precision, output):
    return {
        "protocol": 3, "stacked": 1, "log": None, "experiment": "bench", "key": "0" * 16, "point": {}, "inputs": digests(args, data),
        "checkpoint_every": None, "tethered": False,
        "project": ".", "weights": args.weights, "output": output, "threads": args.threads,
        "device": "cpu" if args.device == "cpu" else {"cuda": int(args.device.partition(":")[2] or 0)},
        "settings": {
            "data": {
                "source": {"kind": "table", "path": os.path.abspath(data), "id": "Entry", "sequence": "Sequence", "label": "label"},
                "classes": [{"label": "0", "name": "Cytoplasm"}, {"label": "1", "name": "Nucleus"}],
                "duplicates": "keep-first", "conflicts": "keep-first", "missing": "drop", "unknown_residues": "keep",
            },
            "split": {"method": "stratified", "train": 0.6, "validation": 0.2, "test": 0.2, "seed": 42},
            "tokens": {"max_length": {"policy": "percentile", "percentile": 95.0, "sample": 1000, "seed": 42, "limit": 1024},
                       "truncate": "end"},
            "model": {"weights": {"kind": "folder", "path": args.weights, "sha256": None}},
            "train": {
                "epochs": 1, "batch_size": 16, "eval_batch_size": 32, "learning_rate": 2e-5, "weight_decay": 0.01,
                "schedule": "linear", "warmup_steps": 0, "max_grad_norm": 1.0, "precision": precision, "seed": 42, "select": "f1",
                "max_steps": None,
            },
        },
    }


def ours(args, data, precision):
    with tempfile.TemporaryDirectory() as output:
        line = json.dumps(job(args, data, precision, output))
        environment = {"GOMP_SPINCOUNT": "10000", "CUBLAS_WORKSPACE_CONFIG": ":4096:8"} | os.environ  # as the runner does
        done = subprocess.run([args.worker], input=line + "\n", capture_output=True, text=True, env=environment)
        events = [json.loads(text) for text in done.stdout.splitlines()]
        failed = [event for event in events if event["event"] == "failed"]
        if done.returncode or failed:
            sys.exit(f"titer-worker failed: {failed or done.stderr}")
        run = json.loads(pathlib.Path(output, "run.json").read_text())
    of = lambda kind: [event for event in events if event["event"] == kind]
    outcome = run["outcome"]
    return {
        "losses": [event["loss"] for event in of("step")],
        "step_seconds": [event["seconds"] for event in of("step")],
        # As the reference counts it: training, evaluation and checkpoint of each epoch.
        "epoch_seconds": [(outcome["train_seconds"] + sum(event["seconds"] for event in of("epoch") + of("checkpoint"))) / len(of("epoch"))],
        "checkpoint_seconds": max(event["seconds"] for event in of("checkpoint")),
        "seconds": outcome["seconds"], "peak_memory": outcome["peak_memory"], "train_loss": outcome["train_loss"],
        "tokens_per_second": sum(event["tokens"] for event in of("step")[1:]) / sum(event["seconds"] for event in of("step")[1:]),
    }


def reference(args, data, precision):
    with tempfile.NamedTemporaryFile(suffix=".json") as output:
        command = [args.python, HERE / "reference.py", "--data", data, "--weights", args.weights, "--precision", precision,
                   "--device", args.device, "--threads", args.threads, "--output", output.name]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"the reference failed:\n{done.stderr}")
        return json.loads(pathlib.Path(output.name).read_text())


def subset(data, share, folder):
    with open(data, newline="") as file:
        header, *rows = csv.reader(file)
    path = pathlib.Path(folder, "subset.csv")
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows[::share]])
    return str(path)


def cpu_name():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--data", required=True)
    flags.add_argument("--weights", required=True)
    flags.add_argument("--worker", required=True)
    flags.add_argument("--precisions", default="fp32,bf16")
    flags.add_argument("--share", type=int, default=8)
    flags.add_argument("--device", default="cpu")
    flags.add_argument("--threads", type=int, default=os.cpu_count())
    flags.add_argument("--json")
    flags.add_argument("--python", default=sys.executable)
    args = flags.parse_args()

    machine = {"cpu": cpu_name(), "cores": os.cpu_count(), "device": args.device}
    if args.device != "cpu":
        import torch
        machine["gpu"] = torch.cuda.get_device_name(args.device)
    result = {"machine": machine, "precisions": {}}
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        small = subset(args.data, args.share, folder)
        for precision in args.precisions.split(","):
            entry = {}
            runs = {"titer": ours(args, small, precision), "reference": reference(args, small, precision)}
            for who, run in runs.items():
                # The last batch is smaller.
                step = statistics.median(run["step_seconds"][1:-1])
                entry[who] = {"step": step, "epoch": run["epoch_seconds"][0], "peak_memory": run["peak_memory"]}
                seconds[precision, who] = step
            entry["checkpoint_seconds"] = runs["titer"]["checkpoint_seconds"]
            entry["tokens_per_second"] = runs["titer"]["tokens_per_second"]
            entry["largest_loss_difference"] = max(
                abs(a - b) for a, b in zip(runs["titer"]["losses"], runs["reference"]["losses"], strict=True))
            entry["step_ratio"] = entry["reference"]["step"] / entry["titer"]["step"]
            entry["epoch_ratio"] = entry["reference"]["epoch"] / entry["titer"]["epoch"]
            result["precisions"][precision] = entry
    if ("bf16", "titer") in seconds and ("fp32", "reference") in seconds:
        result["bf16_over_reference_fp32"] = seconds["fp32", "reference"] / seconds["bf16", "titer"]

    print(f"{machine['cpu']}, {machine['cores']} cores" + (f", {machine['gpu']}" if "gpu" in machine else ""))
    print(f"{'':10}{'titer':>12}{'reference':>12}{'ratio':>8}{'memory, GB':>16}{'|Δ loss|':>12}")
    for precision, entry in result["precisions"].items():
        memory = f"{entry['titer']['peak_memory'] / 1e9:.1f} / {entry['reference']['peak_memory'] / 1e9:.1f}"
        print(f"{precision + ' step':10}{entry['titer']['step']:>10.3f} s{entry['reference']['step']:>10.3f} s{entry['step_ratio']:>8.2f}"
              f"{memory:>16}{entry['largest_loss_difference']:>12.1e}")
        print(f"{precision + ' epoch':10}{entry['titer']['epoch']:>10.1f} s{entry['reference']['epoch']:>10.1f} s{entry['epoch_ratio']:>8.2f}"
              f"   (to go on from, a checkpoint: {entry['checkpoint_seconds']:.2f} s)")
    if "bf16_over_reference_fp32" in result:
        print(f"titer in bf16 against the reference in fp32, a step: {result['bf16_over_reference_fp32']:.2f}")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(result, indent=1) + "\n")


main()
