//! Why a folder of weights cannot be fine-tuned.

use std::{fmt, io, path::PathBuf};

use miette::Diagnostic;
use safetensors::SafeTensorError;

use super::{
    NotFinite,
    tensors::{Problem, list},
};
use crate::{data::tokens::OtherVocabulary, exit::Exit};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} cannot be read", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{} is not an ESM-2 configuration: {source}", path.display())]
    Config { path: PathBuf, source: serde_json::Error },
    #[error("{} is of another model than ESM-2: its model_type is {model_type:?}", path.display())]
    OtherModel { path: PathBuf, model_type: String },
    #[error("{}: {key} = {value} is not supported (supported: {supported})", path.display())]
    Unsupported { path: PathBuf, key: &'static str, value: String, supported: &'static str },
    #[error("{} is not a safetensors file: {source}", path.display())]
    Safetensors { path: PathBuf, source: SafeTensorError },
    #[error("{} is not an index of weights: {problem}", path.display())]
    Index { path: PathBuf, problem: String },
    #[error("{} holds an adapter, not a model", path.display())]
    Adapter { path: PathBuf },
    #[error("{} does not hold this model:{}", path.display(), list(problems))]
    Mismatch { path: PathBuf, problems: Vec<Problem> },
    #[error("{} holds values that are NaN or infinite:{}", path.display(), list(tensors))]
    NotFinite { path: PathBuf, tensors: Vec<NotFinite> },
    #[error("{} is of another vocabulary: {source}", path.display())]
    Vocabulary { path: PathBuf, source: OtherVocabulary },
    #[error("train.finetune.last is {last}, and the model in {} has {there} layers", folder.display())]
    Layers { folder: PathBuf, last: u32, there: i64 },
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => {
                "the folder needs config.json and model.safetensors (or model.safetensors.index.json and the files it names), as the Hub ships them"
            }
            Self::Unsupported { key: "hidden_dropout_prob" | "attention_probs_dropout_prob", .. } => {
                "titer fine-tunes without dropout, as ESM-2 was released (both its keys are 0.0): set hidden_dropout_prob and attention_probs_dropout_prob to 0.0 there, in a copy of the folder where it lies in the Hub's cache"
            }
            Self::Config { .. } | Self::OtherModel { .. } | Self::Unsupported { .. } => {
                "titer fine-tunes ESM-2 (facebook/esm2_t6_8M_UR50D and its larger siblings)"
            }
            Self::Safetensors { .. } | Self::Index { .. } => "the file is damaged or cut short: fetch it again",
            Self::Adapter { .. } => {
                "merge it into its base first, in Python with peft: merge_and_unload(), then save_pretrained(OTHER)"
            }
            Self::Mismatch { .. } => "config.json and the tensors must come from the same model, and hold its whole encoder",
            Self::NotFinite { .. } => {
                "every run would diverge at its first step: take weights from before the training that saved these went wrong, or fetch them again"
            }
            Self::Vocabulary { .. } => {
                "titer gives ESM-2's token ids to every model: take a checkpoint with ESM-2's 33 tokens in their order (a folder without vocab.txt is taken to have them)"
            }
            Self::Layers { .. } => "train at most as many layers as there are, or write finetune = \"full\"",
        }
    }

    /// The code the process ends with: 3 where the files are damaged, 2 where they are another
    /// model's.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Unreadable { .. } | Self::Safetensors { .. } | Self::Index { .. } | Self::NotFinite { .. } => Exit::Input,
            Self::Config { .. }
            | Self::OtherModel { .. }
            | Self::Unsupported { .. }
            | Self::Adapter { .. }
            | Self::Mismatch { .. }
            | Self::Vocabulary { .. }
            | Self::Layers { .. } => Exit::Usage,
        }
    }
}

impl Diagnostic for Error {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.hint()))
    }
}
