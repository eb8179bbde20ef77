//! ESM-2 with a classification head, equal to `transformers.EsmForSequenceClassification`, computed on packed batches.

pub mod attention;
pub mod batch;
pub mod config;
pub mod esm2;
pub mod frozen;
pub mod pass;
pub mod projection;
pub mod rotary;
pub mod weights;

use std::path::PathBuf;

use titer::data::tokens::OtherVocabulary;

pub use batch::Batch;
pub use config::Config;
pub use esm2::Classifier;
pub use frozen::Frozen;
pub use pass::Pass;

/// A model that cannot be had from what lies in its folder.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("{source}")]
    Unreadable { source: std::io::Error },
    #[error("{} is not an ESM-2 configuration: {source}", path.display())]
    Config { path: PathBuf, source: serde_json::Error },
    #[error("{}: {key} = {value} is not supported (supported: {supported})", path.display())]
    Unsupported { path: PathBuf, key: &'static str, value: String, supported: &'static str },
    #[error("{} is not a safetensors file: {source}", path.display())]
    Safetensors { path: PathBuf, source: safetensors::SafeTensorError },
    #[error("{} does not hold this model:{}", path.display(), weights::list(problems))]
    Mismatch { path: PathBuf, problems: Vec<weights::Problem> },
    #[error("{} holds values that are NaN or infinite:{}", path.display(), weights::list(tensors))]
    NotFinite { path: PathBuf, tensors: Vec<weights::NotFinite> },
    #[error("{} is of another vocabulary: {source}", path.display())]
    Vocabulary { path: PathBuf, source: OtherVocabulary },
}

impl ModelError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "the folder needs config.json and model.safetensors, as the Hub ships them",
            Self::Config { .. } | Self::Unsupported { .. } => {
                "titer fine-tunes ESM-2 (facebook/esm2_t6_8M_UR50D and its larger siblings)"
            }
            Self::Safetensors { .. } => "the file is damaged or cut short: fetch it again",
            Self::Mismatch { .. } => "config.json and model.safetensors must come from the same model",
            Self::NotFinite { .. } => {
                "such a model computes nothing but NaN: its training diverged, or the file is damaged; take an earlier checkpoint, or fetch it again"
            }
            Self::Vocabulary { .. } => {
                "titer gives ESM-2's token ids to every model: take a checkpoint with ESM-2's 33 tokens in their order (a folder without vocab.txt is taken to have them)"
            }
        }
    }
}
