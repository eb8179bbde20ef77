//! What other programs call a setting, and how they write the values to try: answered with what
//! titer has.

use toml::{Table, Value};

/// titer's answer to another program's word.
enum Answer {
    /// The key, and what to know beside.
    Is(&'static str, &'static str),
    /// There is no such setting: the whole sentence.
    Not(&'static str),
}

use Answer::{Is, Not};

const EARLY_STOPPING: Answer = Not(
    "titer has no early stopping yet: a run trains all its epochs and keeps the best one; `train.stop-after` ends it after a given epoch",
);
const DROPOUT: Answer = Not("there is no dropout in ESM-2, and titer trains without it");
const OPTIMISER: Answer = Not(
    "titer trains with AdamW (betas 0.9 and 0.999, epsilon 1e-8), the default of `transformers`; it has no other optimiser yet",
);
const ACCUMULATION: Answer = Not(
    "titer does not accumulate gradients yet: `train.batch-size` is the size of a whole step; batches are packed without padding, so that larger ones fit",
);
const FOLDS: Answer = Not(
    "titer has no k-fold split yet: to vary the split, write \"split.seed\" = [1, 2, 3] in [grid]; given folds are `split.column`",
);
const LORA: Answer = Not("titer has no LoRA yet: `train.finetune` trains the whole model, its last layers or the head alone");
const KEPT: Answer =
    Not("a run keeps its best checkpoint alone; `titer sweep --keep best` or `--keep none` removes those that are not needed");
const RESULTS: Answer =
    Not("not a setting of the file: results lie in results/NAME, or in the folder of `titer sweep --results`");
const MACHINE: Answer = Not("not a setting of the file: `titer sweep` takes --device, --jobs and --threads");
const EVALUATED: Answer = Not("not a setting: every epoch ends with an evaluation on the validation split");
const PRECISION: Answer = Is("train.precision", ": \"fp32\", \"bf16\", \"fp16\" or \"auto\"");
const WARMUP: Answer = Is("train.warmup-steps", ", a number of optimiser steps");
const SELECT: Answer = Is("train.select", ", the name of a metric");
const FINETUNE: Answer = Is("train.finetune", ": \"full\", \"frozen\" or { last = 2 }");

/// By the words, with `-` for every `_`; several words of one meaning on a line.
const WORDS: [(&[&str], Answer); 39] = [
    (&["lr", "initial-lr", "base-lr", "max-lr", "learn-rate", "step-size"], Is("train.learning-rate", "")),
    (&["num-train-epochs", "num-epochs", "n-epochs", "max-epochs", "nb-epochs"], Is("train.epochs", "")),
    (
        &["per-device-train-batch-size", "per-gpu-train-batch-size", "train-batch-size", "batchsize", "bs"],
        Is("train.batch-size", ""),
    ),
    (&["per-device-eval-batch-size", "val-batch-size", "valid-batch-size"], Is("train.eval-batch-size", "")),
    (&["wd", "l2", "l2-reg", "weight-decay-rate"], Is("train.weight-decay", "")),
    (&["lr-scheduler-type", "lr-scheduler", "scheduler", "lr-schedule"], Is("train.schedule", "")),
    (&["warmup", "warmup-ratio", "warmup-epochs", "num-warmup-steps", "warmup-proportion", "warmup-fraction"], WARMUP),
    (
        &["grad-clip", "clip-grad", "clip-grad-norm", "gradient-clip-val", "clip-norm", "gradient-clipping"],
        Is("train.max-grad-norm", ""),
    ),
    (&["fp16", "bf16", "fp32", "amp", "mixed-precision", "half", "half-precision", "dtype", "torch-dtype", "tf32"], PRECISION),
    (&["random-seed", "manual-seed", "data-seed", "global-seed"], Is("train.seed", "; the seed of the split is `split.seed`")),
    (&["metric-for-best-model", "monitor", "eval-metric", "selection-metric", "greater-is-better", "best-metric"], SELECT),
    (&["load-best-model-at-end"], Not("not a setting: what a run keeps and tests is its best checkpoint, by `train.select`")),
    (&["save-total-limit", "save-strategy", "save-steps", "save-best-only", "checkpointing"], KEPT),
    (&["patience", "early-stopping", "early-stopping-patience", "early-stopping-threshold", "early-stop"], EARLY_STOPPING),
    (
        &[
            "dropout",
            "dropout-rate",
            "hidden-dropout",
            "hidden-dropout-prob",
            "attention-dropout",
            "attention-probs-dropout-prob",
        ],
        DROPOUT,
    ),
    (&["classifier-dropout", "dropout-prob", "drop-rate"], DROPOUT),
    (
        &["class-weights", "class-weight", "pos-weight", "weighted-loss", "sample-weights", "balanced"],
        Not(
            "titer has no class weights yet: every training protein counts the same; macro-averaged metrics weigh the classes alike",
        ),
    ),
    (&["label-smoothing", "label-smoothing-factor"], Not("titer has no label smoothing yet")),
    (
        &["gradient-accumulation-steps", "grad-accum", "accumulate-grad-batches", "gradient-accumulation", "accumulation-steps"],
        ACCUMULATION,
    ),
    (
        &["gradient-checkpointing", "activation-checkpointing"],
        Not("titer has no gradient checkpointing yet: lower `tokens.max-length` or `train.batch-size` where memory is short"),
    ),
    (
        &[
            "optimizer",
            "optimiser",
            "optim",
            "adam-beta1",
            "adam-beta2",
            "adam-epsilon",
            "betas",
            "beta1",
            "beta2",
            "eps",
            "epsilon",
            "momentum",
        ],
        OPTIMISER,
    ),
    (&["k-folds", "k-fold", "kfold", "folds", "n-folds", "num-folds", "n-splits", "cv", "cross-validation"], FOLDS),
    (&["lora", "lora-r", "lora-rank", "lora-alpha", "lora-dropout", "use-lora", "peft", "adapter", "adapters", "qlora"], LORA),
    (
        &[
            "freeze",
            "freeze-encoder",
            "freeze-backbone",
            "freeze-base",
            "frozen",
            "unfreeze",
            "unfreeze-layers",
            "trainable-layers",
            "freeze-layers",
        ],
        FINETUNE,
    ),
    (
        &["max-len", "max-seq-len", "max-seq-length", "model-max-length", "max-sequence-length", "max-tokens"],
        Is("tokens.max-length", ""),
    ),
    (&["truncation", "truncation-side"], Is("tokens.truncate", "")),
    (&["padding"], Not("not a setting: batches are packed without padding")),
    (
        &[
            "model-name",
            "model-name-or-path",
            "model-path",
            "pretrained",
            "pretrained-model",
            "backbone",
            "base-model",
            "checkpoint",
        ],
        Is("model.weights", ""),
    ),
    (&["commit", "model-revision", "rev"], Is("model.revision", "")),
    (
        &["train-file", "data-path", "data-file", "data-dir", "dataset", "dataset-path", "input-file", "csv", "csv-file"],
        Is("data.path", ""),
    ),
    (&["seq", "sequences", "seq-col", "sequence-col", "sequence-column", "seq-column"], Is("data.sequence", "")),
    (&["target", "targets", "target-column", "label-col", "label-column", "labels", "y"], Is("data.label", "")),
    (&["id-col", "id-column", "identifier", "accession"], Is("data.id", "")),
    (&["test-size", "test-ratio", "test-fraction", "test-split"], Is("split.test", ", a share")),
    (
        &["val-size", "val-ratio", "valid-size", "validation-size", "validation-split", "val-split", "val-fraction"],
        Is("split.validation", ", a share"),
    ),
    (&["random-state", "split-seed"], Is("split.seed", "")),
    (
        &["num-labels", "num-classes", "n-classes"],
        Not("not a setting: the classes are those of the data, or those that `data.classes` names"),
    ),
    (&["eval-strategy", "evaluation-strategy", "eval-steps", "do-eval", "logging-steps", "eval-every"], EVALUATED),
    (
        &["output-dir", "out-dir", "logging-dir", "report-to", "run-name", "wandb", "wandb-project", "results-dir", "save-dir"],
        RESULTS,
    ),
];

/// Of the machine, and of no table.
const OF_MACHINE: [&str; 9] =
    ["device", "devices", "gpus", "n-gpu", "gpu", "num-workers", "dataloader-num-workers", "accelerator", "jobs"];

/// What titer has for a word of another program.
pub fn word(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase().replace('_', "-");
    let answer = match WORDS.iter().find(|(words, _)| words.contains(&name.as_str())) {
        Some((_, answer)) => answer,
        None if OF_MACHINE.contains(&name.as_str()) => &MACHINE,
        None => return None,
    };
    Some(match answer {
        Is(key, beside) => format!("titer calls it `{key}`{beside}"),
        Not(sentence) => (*sentence).to_owned(),
    })
}

/// Keys that other programs have in the description of a parameter to vary.
const OF_PARAMETERS: [&str; 15] = [
    "values",
    "value",
    "choices",
    "min",
    "max",
    "low",
    "high",
    "distribution",
    "type",
    "log",
    "step",
    "q",
    "mu",
    "sigma",
    "probabilities",
];

/// Values that a text stands for at most: nobody writes more into a line.
const MOST: i64 = 20;

/// The values that are meant by a notation of another program: a table of a sweep, a range in
/// words.
pub fn values(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Table(table) => {
            if !is_parameter(table) {
                return None;
            }
            let of = |names: [&str; 2]| names.iter().find_map(|name| table.get(*name));
            if let Some(Value::Array(values)) = of(["values", "choices"]) {
                return Some(values.clone());
            }
            if let Some(value) = table.get("value") {
                return Some(vec![value.clone()]);
            }
            let is_log = ["distribution", "type", "log"]
                .iter()
                .filter_map(|key| table.get(*key))
                .any(|said| said.as_bool() == Some(true) || said.as_str().is_some_and(|said| said.contains("log")));
            between(of(["min", "low"])?, of(["max", "high"])?, is_log)
        }
        Value::String(text) => in_words(text),
        _ => None,
    }
}

/// Whether a table describes values as another program's sweep does.
pub fn is_parameter(table: &Table) -> bool {
    !table.is_empty() && table.keys().all(|key| OF_PARAMETERS.contains(&key.as_str()))
}

/// A few values from one end to the other.
fn between(low: &Value, high: &Value, is_log: bool) -> Option<Vec<Value>> {
    if let (Some(low), Some(high)) = (low.as_integer(), high.as_integer())
        && !is_log
    {
        return whole(low, high);
    }
    let number = |value: &Value| value.as_float().or_else(|| value.as_integer().map(|number| number as f64));
    let (low, high) = (number(low)?, number(high)?);
    if !(low < high && high.is_finite()) {
        return None;
    }
    let values = if low > 0.0 && (is_log || high / low >= 100.0) {
        let decades = (high / low).log10().round().clamp(1.0, 6.0);
        (0..=decades as i32).map(|index| rounded(low * (high / low).powf(f64::from(index) / decades))).collect()
    } else {
        vec![low, rounded(low + (high - low) / 2.0), high]
    };
    Some(values.into_iter().map(Value::from).collect())
}

/// To three digits, as a person would write it.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

fn whole(low: i64, high: i64) -> Option<Vec<Value>> {
    let span = high.checked_sub(low)?;
    (0..MOST).contains(&span).then(|| (low..=high).map(Value::from).collect())
}

/// `1..5`, `1-5`, `1:5`, `range(1, 5)`, `1, 2, 3`, `[1, 2]`.
fn in_words(text: &str) -> Option<Vec<Value>> {
    let text = text.trim();
    let inner = text.strip_prefix("range").unwrap_or(text).trim().trim_start_matches(['(', '[']).trim_end_matches([')', ']']);
    let pair = |(low, high): (&str, &str)| whole(low.trim().parse().ok()?, high.trim().parse().ok()?);
    if text.starts_with("range") {
        return inner.split_once(',').and_then(pair);
    }
    for sign in ["..=", "...", "..", ":", "-", "\u{2013}"] {
        if let Some(values) = inner.split_once(sign).and_then(pair) {
            return Some(values);
        }
    }
    let parts: Vec<&str> = inner.split([',', ';']).map(str::trim).collect();
    let value = |part: &&str| {
        let number = part.parse().map(Value::Integer).ok();
        number.or_else(|| part.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float))
    };
    if parts.len() < 2 { None } else { parts.iter().map(value).collect() }
}

/// An axis as it is written in [grid].
pub fn axis(key: &str, values: &[Value]) -> String {
    let written = |value: &Value| match value {
        // 1e-5, and not 0.00001.
        Value::Float(number) if *number != 0.0 && number.abs() < 1e-3 => format!("{number:e}"),
        value => value.to_string(),
    };
    let values: Vec<String> = values.iter().map(written).collect();
    format!("\"{key}\" = [{}]", values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::schema;

    #[test]
    fn every_answer_names_a_key_that_there_is_and_no_word_is_one() {
        let keys = schema::keys();
        let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
        for (words, answer) in &WORDS {
            if let Is(key, _) = answer {
                assert!(keys.iter().any(|(known, _)| known == key), "{key}");
            }
            for word in *words {
                assert!(!keys.iter().any(|(key, _)| last(key) == *word), "{word} is a key");
                assert_eq!(*word, word.to_ascii_lowercase().replace('_', "-"));
            }
        }
    }

    #[test]
    fn words_are_known_however_they_are_joined() {
        assert_eq!(word("lr").as_deref(), Some("titer calls it `train.learning-rate`"));
        for name in ["num_train_epochs", "num-train-epochs", "NUM_TRAIN_EPOCHS"] {
            assert_eq!(word(name).as_deref(), Some("titer calls it `train.epochs`"), "{name}");
        }
        assert!(word("early_stopping_patience").unwrap().contains("no early stopping yet"));
        assert!(word("num_workers").unwrap().contains("--jobs"));
        assert_eq!(word("learning-rates"), None);
    }

    /// What a line of TOML means, as an axis.
    fn meant(value: &str) -> Option<String> {
        let table: toml::Table = toml::from_str(&format!("v = {value}")).unwrap();
        values(&table["v"]).map(|values| axis("k", &values))
    }

    #[test]
    fn notations_of_other_programs_become_lists() {
        for (written, expected) in [
            ("{ values = [1e-3, 1e-4] }", "\"k\" = [0.001, 1e-4]"),
            ("{ value = 3 }", "\"k\" = [3]"),
            ("{ min = 1, max = 4 }", "\"k\" = [1, 2, 3, 4]"),
            ("{ min = 1e-5, max = 1e-3, distribution = \"log_uniform_values\" }", "\"k\" = [1e-5, 1e-4, 0.001]"),
            ("{ low = 0.0, high = 0.1 }", "\"k\" = [0.0, 0.05, 0.1]"),
            ("\"1..5\"", "\"k\" = [1, 2, 3, 4, 5]"),
            ("\"range(1, 3)\"", "\"k\" = [1, 2, 3]"),
            ("\"1-3\"", "\"k\" = [1, 2, 3]"),
            ("\"1e-3, 1e-4\"", "\"k\" = [0.001, 1e-4]"),
            ("\"[1, 2]\"", "\"k\" = [1, 2]"),
        ] {
            assert_eq!(meant(written).as_deref(), Some(expected), "{written}");
        }
        for other in
            ["\"accuracy\"", "\"1..5000\"", "{ last = 2 }", "{}", "\"\"", "3", "\"2024-01-02\"", "{ min = 2.0, max = 1.0 }"]
        {
            assert_eq!(meant(other), None, "{other}");
        }
    }
}
