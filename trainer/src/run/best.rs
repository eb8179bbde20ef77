//! The best checkpoint as a Hugging Face folder:
//! `transformers.EsmForSequenceClassification.from_pretrained` takes it as it is.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};
use titer_core::{
    data::{Dataset, tokens::VOCAB_TXT},
    experiment::Truncate,
    results::{self, atomic},
};

use super::RunError;
use crate::model::{Classifier, weights};

/// The files of the folder.
pub const FILES: [&str; 4] = ["model.safetensors", "config.json", "tokenizer_config.json", "vocab.txt"];

/// The `config.json` of a fine-tuned model. What a regression's model gives is on the scale that it
/// was trained on: a key of titer's own holds the mean and the deviation that lead back.
pub fn config(model: &Classifier, dataset: &Dataset) -> Result<Map<String, Value>, RunError> {
    let mut all = match serde_json::to_value(&model.config).map_err(|source| RunError::Config { source })? {
        Value::Object(all) => all,
        _ => Map::new(),
    };
    all.insert("architectures".to_owned(), json!(["EsmForSequenceClassification"]));
    all.extend(model.objective.config(&dataset.classes));
    if let Some(scaling) = dataset.scaling {
        all.insert("titer_scaling".to_owned(), json!(scaling));
    }
    all.insert("hidden_act".to_owned(), json!("gelu"));
    all.insert("classifier_dropout".to_owned(), Value::Null);
    all.insert("torch_dtype".to_owned(), json!("float32"));
    Ok(all)
}

/// The `tokenizer_config.json`: it cuts proteins that are too long as the run did. No tokenizer of
/// `transformers` cuts the middle: a key of titer's own says that it was, and docs/results.md how
/// to cut it there.
fn tokenizer(max_length: usize, truncate: Truncate) -> Value {
    let mut all = json!({ "tokenizer_class": "EsmTokenizer", "model_max_length": max_length });
    match truncate {
        Truncate::End => {}
        Truncate::Start => all["truncation_side"] = json!("left"),
        Truncate::Middle => all["titer_truncate"] = json!("middle"),
    }
    all
}

/// Writes the model to `folder`, replacing what is there: written beside it, then renamed.
pub fn save(model: &Classifier, dataset: &Dataset, truncate: Truncate, folder: &Path) -> Result<(), RunError> {
    let partial = folder.with_extension("partial");
    let failed = |path: &Path| {
        let path: PathBuf = path.to_owned();
        move |source: io::Error| results::Error::write(path, source)
    };
    if partial.exists() {
        fs_err::remove_dir_all(&partial).map_err(failed(&partial))?;
    }
    fs_err::create_dir_all(&partial).map_err(failed(&partial))?;
    let path = partial.join("model.safetensors");
    weights::save(model, &path).map_err(|source| RunError::unwritten(&path, source))?;
    let tokenizer = tokenizer(dataset.max_length, truncate);
    let config = Value::Object(config(model, dataset)?);
    for (name, text) in [
        ("config.json", format!("{config:#}\n")),
        ("tokenizer_config.json", format!("{tokenizer:#}\n")),
        ("vocab.txt", VOCAB_TXT.to_owned()),
    ] {
        let path = partial.join(name);
        fs_err::write(&path, text).map_err(failed(&path))?;
    }
    // On disk before its name is: `run.json` will say that it is whole.
    for name in FILES {
        let path = partial.join(name);
        fs_err::File::open(&path).and_then(|file| file.sync_all()).map_err(failed(&path))?;
    }
    if folder.exists() {
        fs_err::remove_dir_all(folder).map_err(failed(folder))?;
    }
    Ok(atomic::rename(&partial, folder)?)
}
