"""Two epochs of transformers.Trainer on a small model, step by step: trainer.py writes trainer.json. regression.py takes the steps from here.

Needs torch 2.11, transformers 4.57.1, accelerate 1.10.1, scikit-learn."""

import json, pathlib, random, tempfile

import numpy, torch
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from transformers import EsmForSequenceClassification, Trainer, TrainingArguments, set_seed

from common import encode, pad, sequences, small_model

HERE = pathlib.Path(__file__).parent
SEED, TRAIN, VALIDATION = 42, 41, 19


def metrics(prediction):
    logits, labels = prediction
    guess = numpy.argmax(logits, axis=1)
    precision, recall, f1, _ = precision_recall_fscore_support(labels, guess, average="weighted", zero_division=0)
    return {"accuracy": accuracy_score(labels, guess), "precision": precision, "recall": recall, "f1": f1}


def collate(rows):
    return pad([row["input_ids"] for row in rows]) | {"labels": torch.tensor([row["label"] for row in rows])}


class Exact(Trainer):
    """Keeps the losses that the log rounds to four digits."""

    losses: list

    def training_step(self, *args, **kwargs):
        loss = super().training_step(*args, **kwargs)
        self.losses.append(loss.item())
        return loss


def freeze(model, finetune):
    """What titer's train.finetune says, as transformers has it."""
    if finetune != "full":
        model.esm.requires_grad_(False)
    if isinstance(finetune, dict):
        for trained in (*model.esm.encoder.layer[-finetune["last"]:], model.esm.encoder.emb_layer_norm_after):
            trained.requires_grad_(True)


def run(schedule, warmup, rate, batch_size, select, finetune="full"):
    rng = random.Random(3)
    proteins = sequences(rng, TRAIN + VALIDATION, 10, 60)
    labels = [rng.randrange(2) for _ in proteins]
    # Class 1 has lysine and arginine in place of small residues: something to learn, with a little noise.
    proteins = [p.translate(str.maketrans("LEAGV", "KKRRW")) if label ^ (rng.random() < 0.1) else p for p, label in zip(proteins, labels)]
    settings = {
        "schedule": schedule, "select": select, "warmup_steps": warmup, "seed": SEED, "learning_rate": rate, "weight_decay": 0.01, "batch_size": batch_size, "finetune": finetune,
        "sequences": proteins, "labels": labels, "train": TRAIN,
    }
    _, steps = train(settings, 2, labels, 2, metrics, greater_is_better=select != "loss")
    return settings | steps


def train(settings, epochs, labels, outputs, compute_metrics, greater_is_better):
    """The trainer after that many epochs, and what it did."""
    finetune, count = settings["finetune"], settings["train"]
    rows = [{"input_ids": encode(protein), "label": label, "index": i} for i, (protein, label) in enumerate(zip(settings["sequences"], labels))]
    order = []

    def training_collate(batch):
        order.append([row["index"] for row in batch])
        return collate(batch)

    with tempfile.TemporaryDirectory() as folder:
        # The encoder from a file, the head drawn: what from_pretrained does to a checkpoint without a classifier.
        small_model(outputs).esm.save_pretrained(folder)
        set_seed(SEED)
        model = EsmForSequenceClassification.from_pretrained(folder, num_labels=outputs)
        freeze(model, finetune)
        arguments = TrainingArguments(
            output_dir=f"{folder}/out", num_train_epochs=epochs, per_device_train_batch_size=settings["batch_size"], per_device_eval_batch_size=16,
            learning_rate=settings["learning_rate"], weight_decay=settings["weight_decay"], lr_scheduler_type=settings["schedule"],
            warmup_steps=settings["warmup_steps"], eval_strategy="epoch",
            save_strategy="epoch", save_total_limit=2, load_best_model_at_end=True, metric_for_best_model=settings["select"],
            greater_is_better=greater_is_better, logging_steps=1, seed=SEED, report_to="none", use_cpu=True, remove_unused_columns=False,
            disable_tqdm=True,
        )
        trainer = Exact(model=model, args=arguments, train_dataset=rows[:count], eval_dataset=rows[count:],
                        data_collator=collate, compute_metrics=compute_metrics)
        trainer.losses = []
        loader = trainer.get_train_dataloader

        def spying_loader():
            trainer.data_collator = training_collate
            try:
                return loader()
            finally:
                trainer.data_collator = collate

        trainer.get_train_dataloader = spying_loader
        head = {name: p.detach().flatten()[:3].tolist() for name, p in model.classifier.named_parameters()}
        trained = trainer.train()
        logs = trainer.state.log_history
        best = trainer.state.best_model_checkpoint
        steps = [entry for entry in logs if "loss" in entry]
        timing = ("eval_runtime", "eval_samples_per_second", "eval_steps_per_second")
        return trainer, {
            "head": head,
            "order": order,
            "loss": trainer.losses,
            "learning_rates": [entry["learning_rate"] for entry in steps],
            "grad_norm": [entry["grad_norm"] for entry in steps],
            "evaluations": [{k.removeprefix("eval_"): v for k, v in entry.items() if k.startswith("eval_") and k not in timing}
                            for entry in logs if "eval_loss" in entry],
            "selected_epoch": next(round(e["epoch"]) for e in logs if "eval_loss" in e and best.endswith(f"-{e['step']}")),
            "train_loss": trained.training_loss,
            "weight_norms": {name: p.detach().norm().item() for name, p in trainer.model.named_parameters()},
        }


torch.set_num_threads(1)
if __name__ == "__main__":
    RUNS = [
        run("linear", 0, 5e-3, 8, "f1"),
        run("cosine", 3, 4e-3, 4, "loss"),
        run("linear", 0, 2e-2, 8, "loss", "frozen"),
        run("linear", 0, 5e-3, 8, "f1", {"last": 1}),
        run("cosine", 3, 4e-3, 4, "loss", {"last": 3}),
    ]
    (HERE / "trainer.json").write_text(json.dumps(RUNS, indent=None, separators=(",", ":")) + "\n")
