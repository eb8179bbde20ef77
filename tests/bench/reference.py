"""The seed notebook's recipe by transformers.Trainer, timed: what titer is measured against.

usage: reference.py --data CSV --weights FOLDER --precision fp32|bf16|fp16 [--device cpu] [--steps N | --epochs N] --output JSON

Reads the CSV as the seed does (drop duplicates, two stratified splits, the 95th percentile of 1,000 proteins as maximum length, every
protein padded to it), fine-tunes with evaluation and a checkpoint an epoch, and writes losses, seconds a step, seconds an epoch, seconds
in all, metrics and peak memory. Works with transformers 4.57 and 5."""

import argparse, json, resource, tempfile, time

import numpy, pandas, torch
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
from sklearn.model_selection import train_test_split
from transformers import EsmForSequenceClassification, Trainer, TrainerCallback, TrainingArguments

VOCABULARY = "<cls> <pad> <eos> <unk> L A G V S E R T I D P K Q N F Y M H W C X B U Z O . - <null_1> <mask>".split()
IDS = {token: i for i, token in enumerate(VOCABULARY)}


def read(path):
    table = pandas.read_csv(path, index_col=0).dropna().drop_duplicates(subset=["Sequence"], keep="first")
    sample = table.sample(min(1000, len(table)), random_state=42)["Sequence"].str.len() + 2
    max_length = min(int(numpy.percentile(sample, 95)), 1024)
    x, y = table["Sequence"].to_numpy(dtype=object), table["label"].to_numpy()
    rest, x_test, y_rest, y_test = train_test_split(x, y, test_size=0.2, random_state=42, stratify=y)
    x_train, x_val, y_train, y_val = train_test_split(rest, y_rest, test_size=0.25, random_state=42, stratify=y_rest)

    def rows(sequences, labels):
        out = []
        for sequence, label in zip(sequences, labels):
            ids = [0] + [IDS.get(residue, 3) for residue in sequence[: max_length - 2]] + [2]
            pad = max_length - len(ids)
            out.append({"input_ids": ids + [1] * pad, "attention_mask": [1] * len(ids) + [0] * pad, "labels": int(label)})
        return out

    return rows(x_train, y_train), rows(x_val, y_val), rows(x_test, y_test)


class Clock(TrainerCallback):
    def __init__(self, synchronise):
        self.steps, self.epochs, self.synchronise = [], [], synchronise

    def on_step_begin(self, *_, **__):
        self.synchronise()
        self.began = time.perf_counter()

    def on_step_end(self, *_, **__):
        self.synchronise()
        self.steps.append(time.perf_counter() - self.began)

    def on_epoch_begin(self, *_, **__):
        self.epoch = time.perf_counter()

    def on_save(self, *_, **__):
        self.epochs.append(time.perf_counter() - self.epoch)


class Exact(Trainer):
    """Keeps the losses, which the log rounds."""

    def training_step(self, *args, **kwargs):
        loss = super().training_step(*args, **kwargs)
        self.losses.append(loss.detach())
        return loss


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--data", required=True)
    flags.add_argument("--weights", required=True)
    flags.add_argument("--precision", choices=["fp32", "bf16", "fp16"], required=True)
    flags.add_argument("--device", default="cpu")
    flags.add_argument("--steps", type=int, default=-1)
    flags.add_argument("--epochs", type=int, default=1)
    flags.add_argument("--rate", type=float, default=2e-5)
    flags.add_argument("--threads", type=int, default=0)
    flags.add_argument("--output", required=True)
    args = flags.parse_args()

    cpu = args.device == "cpu"
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.backends.cuda.matmul.allow_tf32 = False
    train, validation, test = read(args.data)
    torch.manual_seed(42)
    model = EsmForSequenceClassification.from_pretrained(args.weights, num_labels=2)

    def metrics(prediction):
        logits, labels = prediction
        guess = logits.argmax(axis=1)
        return {"accuracy": accuracy_score(labels, guess), "f1": f1_score(labels, guess, average="weighted")}

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, eval_strategy="epoch", save_strategy="epoch", learning_rate=args.rate,
            per_device_train_batch_size=16, per_device_eval_batch_size=32, num_train_epochs=args.epochs, max_steps=args.steps,
            weight_decay=0.01, load_best_model_at_end=args.steps < 0, metric_for_best_model="f1", greater_is_better=True,
            logging_steps=50, save_total_limit=2, seed=42, bf16=args.precision == "bf16", fp16=args.precision == "fp16",
            use_cpu=cpu, report_to="none", disable_tqdm=True, dataloader_pin_memory=not cpu,
        )
        clock = Clock((lambda: None) if cpu else torch.cuda.synchronize)
        trainer = Exact(model=model, args=arguments, train_dataset=train, eval_dataset=validation, compute_metrics=metrics,
                        callbacks=[clock])
        trainer.losses = []
        began = time.perf_counter()
        trained = trainer.train()
        seconds = time.perf_counter() - began
        result = {
            "seconds": seconds, "step_seconds": clock.steps, "epoch_seconds": clock.epochs, "train_loss": trained.training_loss,
            "losses": [loss.item() for loss in trainer.losses], "torch": torch.__version__,
            "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 if cpu else torch.cuda.max_memory_allocated(),
        }
        if args.steps < 0:
            predicted = trainer.predict(test)
            probability = torch.softmax(torch.tensor(predicted.predictions).float(), 1)[:, 1].numpy()
            labels = predicted.label_ids
            result["test"] = {
                "accuracy": accuracy_score(labels, predicted.predictions.argmax(1)), "roc_auc": roc_auc_score(labels, probability),
            }
            result["validation"] = [
                {k: v for k, v in entry.items() if k in ("eval_loss", "eval_accuracy", "eval_f1")}
                for entry in trainer.state.log_history if "eval_loss" in entry
            ][: args.epochs]
    with open(args.output, "w") as file:
        json.dump(result, file)


main()
