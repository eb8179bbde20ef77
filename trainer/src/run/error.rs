//! Why a run cannot go on, in words for the runner.

use std::path::PathBuf;

use titer::schedule::protocol::{Event, FailureKind};

use crate::{machine::DeviceError, model::ModelError, native::NativeError};

/// Anything that ends a run early.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the runner speaks protocol {runner}, this worker {worker}")]
    Protocol { runner: u32, worker: u32 },
    #[error("the job names no weights folder")]
    NoWeights,
    #[error(transparent)]
    Data(#[from] titer::data::Error),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("the kept checkpoint cannot be read back: {source}")]
    Kept { source: ModelError },
    #[error(transparent)]
    Libtorch(#[from] NativeError),
    #[error(transparent)]
    Results(#[from] titer::results::Error),
    #[error("{} cannot be written: {source}", path.display())]
    Checkpoint { path: PathBuf, source: std::io::Error },
    #[error("the model's configuration cannot be written as JSON: {source}")]
    Config { source: serde_json::Error },
    /// `tch` panics where libtorch refuses; the message is libtorch's.
    #[error("libtorch stopped: {message}")]
    Panicked { message: String },
}

impl RunError {
    fn out_of_memory(&self) -> bool {
        let message = match self {
            Self::Libtorch(error) => &error.message,
            Self::Panicked { message } => message,
            _ => return false,
        };
        ["out of memory", "can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED"].iter().any(|text| message.contains(text))
    }

    fn kind(&self) -> FailureKind {
        match self {
            _ if self.out_of_memory() => FailureKind::Device,
            Self::Model(ModelError::Save { .. }) => FailureKind::Run,
            Self::Data(_) | Self::Model(_) | Self::NoWeights => FailureKind::Input,
            Self::Device(DeviceError::Fp16OnCpu | DeviceError::Bf16BeforeAmpere) => FailureKind::Settings,
            Self::Device(_) => FailureKind::Device,
            _ => FailureKind::Run,
        }
    }

    fn hint(&self) -> Option<String> {
        if self.out_of_memory() {
            return Some("the batch does not fit: lower train.batch-size or tokens.max-length".to_owned());
        }
        match self {
            Self::Protocol { .. } => Some("build both programs from one checkout: just build".to_owned()),
            Self::Device(error) => Some(error.hint().to_owned()),
            Self::Model(error) => Some(error.hint().to_owned()),
            Self::Data(error) => miette::Diagnostic::help(error).map(|help| help.to_string()),
            Self::Results(error) => miette::Diagnostic::help(error).map(|help| help.to_string()),
            _ => None,
        }
    }

    /// The error as the runner hears it.
    #[must_use]
    pub fn event(&self) -> Event {
        Event::Failed { kind: self.kind(), message: self.to_string(), hint: self.hint() }
    }
}
