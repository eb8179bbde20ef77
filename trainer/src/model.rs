//! ESM-2 with a classification head, equal to `transformers.EsmForSequenceClassification`, computed
//! on packed batches.

pub mod attention;
pub mod batch;
pub mod esm2;
pub mod frozen;
pub mod pass;
pub mod projection;
pub mod rotary;
pub mod weights;

use std::path::PathBuf;

pub use titer_core::checkpoint::Config;
use titer_core::checkpoint::{self, Problem};

pub use batch::Batch;
pub use esm2::Classifier;
pub use frozen::Frozen;
pub use pass::Pass;

/// A model that cannot be had from what lies in its folder.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("{source}")]
    Unreadable { source: std::io::Error },
    #[error(transparent)]
    Config(#[from] checkpoint::Error),
    #[error("{} is not a safetensors file: {source}", path.display())]
    Safetensors { path: PathBuf, source: safetensors::SafeTensorError },
    #[error("{} does not hold this model:{}", path.display(), checkpoint::list(problems))]
    Mismatch { path: PathBuf, problems: Vec<Problem> },
}

impl ModelError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "the folder needs config.json and model.safetensors, as the Hub ships them",
            Self::Config(error) => error.hint(),
            Self::Safetensors { .. } => "the file is damaged or cut short: fetch it again",
            Self::Mismatch { .. } => "config.json and model.safetensors must come from the same model",
        }
    }
}
