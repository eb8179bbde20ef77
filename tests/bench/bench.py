"""titer's trainer beside the reference trainer, on the same machine, data, weights and precision.

usage: bench.py --data CSV --weights FOLDER --worker target/debug/titer-worker [--precisions fp32,bf16] [--share 8]
                [--device cpu] [--threads N] [--json FILE] [--python PYTHON] [--profile]

Each program trains one epoch on every SHARE-th protein, with evaluation and checkpoint, in each precision, the two taking turns so that a
busy machine slows both. A step is the median of its full batches without the first, which warms up; an epoch is training, evaluation and
checkpoint. The limit is the best rate of matrix products on this machine, of the model's own shapes and a large square, measured in between; a step's share of it
counts the products of a training step that wastes nothing (LIMIT below). Prints one table, writes JSON; with --profile also what titer's
steps are spent on."""

import argparse, csv, json, os, pathlib, platform, statistics, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).parent
# On a GPU, without CUDA graphs.
ONE_BY_ONE = "launched one by one"


def digests(args, data):
    """What the data and the weights are known by, as titer itself says."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "bench.toml").write_text(
            f'[data]\nsource = "table"\npath = "{os.path.abspath(data)}"\nid = "Entry"\nsequence = "Sequence"\nlabel = "label"\n'
            f'[model]\nweights = "{os.path.abspath(args.weights)}"\n')
        titer = pathlib.Path(args.worker).resolve().with_name("titer")
        plan = subprocess.run([titer, "plan", "bench.toml", "--json"], cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(plan.stdout)["runs"][0]["inputs"]


def job(args, data, precision, output, inputs):
    return {
        "protocol": 6, "sharing": "alone", "experiment": "bench", "key": "0" * 16, "point": {}, "inputs": inputs,
        "checkpoint_every": 10**6, "tethered": False,
        "project": ".", "weights": args.weights, "output": output, "cache": None, "threads": args.threads,
        "device": "cpu" if args.device == "cpu" else {"cuda": int(args.device.partition(":")[2] or 0)},
        "settings": {
            "data": {
                "source": {"kind": "table", "path": os.path.abspath(data), "id": "Entry", "sequence": "Sequence", "label": "label"},
                "classes": [{"label": "0", "name": "Cytoplasm"}, {"label": "1", "name": "Nucleus"}],
                "duplicates": "keep-first", "conflicts": "keep-first", "missing": "drop", "unknown-residues": "keep",
            },
            "split": {"method": "stratified", "train": 0.6, "validation": 0.2, "test": 0.2, "seed": 42},
            "tokens": {"max-length": {"percentile": 95.0, "sample": 1000, "seed": 42, "limit": 1024},
                       "truncate": "end"},
            "model": {"weights": {"kind": "folder", "path": args.weights, "sha256": None}},
            "train": {
                "epochs": 1, "batch-size": 16, "eval-batch-size": 32, "learning-rate": 2e-5, "weight-decay": 0.01, "precision": precision,
            },
        },
    }


def ours(args, data, precision, **environment):
    with tempfile.TemporaryDirectory() as output:
        return work(args, job(args, data, precision, output, digests(args, data)), **environment)


def work(args, job, **environment):
    """What the worker tells of a job, and leaves of it."""
    line, output, precision = json.dumps(job), job["output"], job["settings"]["train"]["precision"]
    environment = {"GOMP_SPINCOUNT": "10000", "CUBLAS_WORKSPACE_CONFIG": ":4096:8"} | os.environ | environment  # as the runner does
    done = subprocess.run([args.worker] + ["--profile"] * args.profile, input=line + "\n", capture_output=True, text=True, env=environment)
    events = [json.loads(text) for text in done.stdout.splitlines()]
    failed = [event for event in events if event["event"] == "failed"]
    if done.returncode or failed:
        sys.exit(f"titer-worker failed: {failed or done.stderr}")
    if "launched one by one" in done.stderr:
        sys.exit(f"no CUDA graphs, although nobody switched them off:\n{done.stderr}")
    run = json.loads(pathlib.Path(output, "run.json").read_text())
    of = lambda kind: [event for event in events if event["event"] == kind]
    outcome = run["outcome"]
    if args.profile:
        print(f"titer, {precision}:\n{done.stderr}")
    return {
        "max_length": outcome["max_length"], "tokens": outcome["tokens"],
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


def configuration(weights):
    return json.loads(pathlib.Path(weights, "config.json").read_text())


def matrix_rate(args, config, precision):
    """The best rate of the model's products that PyTorch reaches here, in FLOP/s: tokens of a batch by hidden by feed-forward."""
    script = f"""
import time, torch
torch.set_num_threads({args.threads})
torch.backends.cuda.matmul.allow_tf32 = False
kind, device = torch.{dict(fp32="float32", bf16="bfloat16", fp16="float16")[precision]}, "{args.device}"
wait = torch.cuda.synchronize if device != "cpu" else lambda: None
best = 0
for rows, inner, outer in [(4992, {config["hidden_size"]}, {config["intermediate_size"]}), (4992, {config["intermediate_size"]}, {config["hidden_size"]}), (4096, 4096, 4096)]:
    a, b = torch.randn(rows, inner, dtype=kind, device=device), torch.randn(outer, inner, dtype=kind, device=device)
    for _ in range(8):
        wait(); began = time.perf_counter()
        for _ in range(4): torch.nn.functional.linear(a, b)
        wait(); best = max(best, 4 * 2 * rows * inner * outer / (time.perf_counter() - began))
print(best)"""
    return float(subprocess.run([args.python, "-c", script], capture_output=True, text=True, check=True).stdout)


def step_flops(config, lengths, tokens):
    """LIMIT: the products of a step of so many tokens, of proteins of these lengths. Forward 2 FLOP a weight and token, backward twice that; of the last layer only
    keys and values for all tokens, the rest for one a protein, which is left out. Attention: scores and their use, 4 · length² · hidden
    forward, twice that backward; nothing for computing scores again."""
    hidden, layers, inner = config["hidden_size"], config["num_hidden_layers"], config["intermediate_size"]
    weights = (layers - 1) * (4 * hidden * hidden + 2 * hidden * inner) + 2 * hidden * hidden
    square = sum(length * length for length in lengths) / sum(lengths)  # length² a token
    return tokens * (6 * weights + 12 * (layers - 1) * hidden * square)


def subset(data, share, folder):
    with open(data, newline="") as file:
        header, *rows = csv.reader(file)
    path = pathlib.Path(folder, "subset.csv")
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows[::share]])
    return str(path)


def lengths(data, max_length):
    """In tokens, `<cls>` and `<eos>` included."""
    with open(data, newline="") as file:
        return [min(len(row["Sequence"]) + 2, max_length) for row in csv.DictReader(file)]


def cpu_name():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def report(machine, result):
    """One table: ours, the reference, the ratio, and how near ours comes to what the machine can."""
    entries = result["precisions"]
    rows = []
    for precision, entry in entries.items():
        for what, name in [("step", f"{precision}, a step"), ("epoch", f"{precision}, an epoch")]:
            rows.append((name, entry["titer"][what], entry["reference"][what]))
            if ONE_BY_ONE in entry:
                rows.append((f"  {ONE_BY_ONE}", entry[ONE_BY_ONE][what], entry["reference"][what]))
    if "fp32" in entries and "bf16" in entries:
        ours, theirs = entries["bf16"]["titer"], entries["fp32"]["reference"]
        rows += [(f"bf16 against fp32, {name}", ours[what], theirs[what]) for what, name in [("step", "a step"), ("epoch", "an epoch")]]
        result["bf16_over_reference_fp32"] = {what: theirs[what] / ours[what] for what in ("step", "epoch")}
    print(f"{machine['cpu']}, {machine['cores']} cores" + (f", {machine['gpu']}" if "gpu" in machine else ""))
    print(f"{'':30}{'titer':>11}{'reference':>11}{'ratio':>8}")
    for name, ours, theirs in rows:
        print(f"{name:30}{ours:>9.3f} s{theirs:>9.3f} s{theirs / ours:>8.2f}")
    print(f"\n{'':30}{'memory, GB':>14}{'|Δ loss|':>10}{'of 50':>10}{'matrix rate':>14}{'share':>8}")
    for precision, entry in entries.items():
        memory = f"{entry['titer']['peak_memory'] / 1e9:.1f} / {entry['reference']['peak_memory'] / 1e9:.1f}"
        print(f"{precision:30}{memory:>14}{entry['largest_loss_difference']:>10.1e}{entry['first_losses_difference']:>10.1e}"
              f"{entry['matrix_flops_per_second'] / 1e9:>8.0f} GF/s{entry['share_of_limit']:>8.0%}")


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
    flags.add_argument("--profile", action="store_true")
    args = flags.parse_args()

    machine = {"cpu": cpu_name(), "cores": os.cpu_count(), "device": args.device}
    if args.device != "cpu":
        import torch
        machine["gpu"] = torch.cuda.get_device_name(args.device)
    result = {"machine": machine, "precisions": {}}
    config = configuration(args.weights)
    with tempfile.TemporaryDirectory() as folder:
        small = subset(args.data, args.share, folder)
        for precision in args.precisions.split(","):
            entry = {}
            runs = {"titer": ours(args, small, precision)}
            if args.device != "cpu":
                runs[ONE_BY_ONE] = ours(args, small, precision, TITER_CUDA_GRAPHS="off")
            entry["matrix_flops_per_second"] = matrix_rate(args, config, precision)
            runs["reference"] = reference(args, small, precision)
            for who, run in runs.items():
                # The last batch is smaller.
                step = statistics.median(run["step_seconds"][1:-1])
                entry[who] = {"step": step, "epoch": run["epoch_seconds"][0], "peak_memory": run["peak_memory"]}
            entry["checkpoint_seconds"] = runs["titer"]["checkpoint_seconds"]
            entry["tokens_per_second"] = runs["titer"]["tokens_per_second"]
            entry["largest_loss_difference"] = max(
                abs(a - b) for a, b in zip(runs["titer"]["losses"], runs["reference"]["losses"], strict=True))
            first = slice(0, 50)
            entry["first_losses_difference"] = max(
                abs(a - b) for a, b in zip(runs["titer"]["losses"][first], runs["reference"]["losses"][first], strict=True))
            entry["steps"] = len(runs["titer"]["losses"])
            mean = statistics.mean(runs["titer"]["step_seconds"][1:])
            all_lengths = lengths(small, runs["titer"]["max_length"])
            entry["step_flops"] = step_flops(config, all_lengths, runs["titer"]["tokens"] / entry["steps"])
            entry["share_of_limit"] = entry["step_flops"] / mean / entry["matrix_flops_per_second"]
            entry["step_ratio"] = entry["reference"]["step"] / entry["titer"]["step"]
            entry["epoch_ratio"] = entry["reference"]["epoch"] / entry["titer"]["epoch"]
            result["precisions"][precision] = entry
    report(machine, result)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
