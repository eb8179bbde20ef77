//! Why a run cannot go on, in words for the runner.

use std::path::{Path, PathBuf};

use safetensors::SafeTensorError;
use titer_core::protocol::{Device, Event, FailureKind, Job, Sharing};

use crate::{
    machine::DeviceError,
    model::{ModelError, frozen::TooFewLayers},
    native::{self, NativeError},
};

/// Anything that ends a run early.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the runner speaks protocol {runner}, this worker {worker}")]
    Protocol { runner: u32, worker: u32 },
    #[error("the job names no weights folder")]
    NoWeights,
    #[error("the {what} changed after the sweep had begun")]
    Changed { what: &'static str },
    #[error(transparent)]
    Layers(#[from] TooFewLayers),
    /// Not a failure: the run goes on another time.
    #[error("stopped after step {step}")]
    Stopped { step: u64 },
    #[error("{device} is out of memory at a batch size of {batch_size}: {message}")]
    Memory { device: Device, batch_size: usize, message: String },
    #[error("{device} is out of memory with {} runs beside one another: {message}", sharing.jobs())]
    SharedMemory { device: Device, sharing: Sharing, message: String },
    #[error(transparent)]
    Data(#[from] titer_core::data::Error),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("the best checkpoint cannot be read back: {source}")]
    Best { source: ModelError },
    #[error(transparent)]
    Libtorch(#[from] NativeError),
    #[error(transparent)]
    Results(#[from] titer_core::results::Error),
    /// Of the weights that the run begins from.
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("{} cannot be made into a safetensors file: {source}", path.display())]
    Tensors { path: PathBuf, source: SafeTensorError },
    #[error("the model's configuration cannot be written as JSON: {source}")]
    Config { source: serde_json::Error },
    /// `tch` panics where libtorch refuses; the message is libtorch's.
    #[error("libtorch stopped: {message}")]
    Panicked { message: String },
}

impl RunError {
    /// A safetensors file that could not be written.
    #[must_use]
    pub fn unwritten(path: &Path, source: SafeTensorError) -> Self {
        match source {
            SafeTensorError::IoError(source) => titer_core::results::Error::write(path, source).into(),
            source => Self::Tensors { path: path.to_owned(), source },
        }
    }

    /// The same error; where libtorch had no memory, with what the job has to do with it.
    #[must_use]
    pub fn in_job(self, job: &Job) -> Self {
        let message = match &self {
            Self::Libtorch(error) => &error.message,
            Self::Panicked { message } => message,
            _ => return self,
        };
        if native::is_out_of_memory(message) {
            let (device, batch_size, message) = (job.device, job.settings.train.batch_size, message.clone());
            if job.sharing.jobs() > 1 {
                return Self::SharedMemory { device, sharing: job.sharing, message };
            }
            return Self::Memory { device, batch_size, message };
        }
        self
    }

    fn kind(&self) -> FailureKind {
        match self {
            Self::Results(_) | Self::Best { .. } => FailureKind::Results,
            Self::Data(_) | Self::Model(_) | Self::NoWeights | Self::Changed { .. } => FailureKind::Input,
            Self::Layers(_) | Self::Device(DeviceError::Fp16OnCpu | DeviceError::Bf16BeforeAmpere) => FailureKind::Settings,
            Self::Device(_) | Self::Memory { .. } => FailureKind::Device,
            // A run beside others is among them: tried again it has fewer, and may fit.
            _ => FailureKind::Run,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::SharedMemory { .. } => Some("fewer --jobs leave room".to_owned()),
            Self::Protocol { .. } => Some("build both programs from one checkout: just build".to_owned()),
            Self::Changed { .. } => Some("run the same command again: what changed makes other runs".to_owned()),
            Self::Best { .. } => Some("delete the run's folder and run the same command again".to_owned()),
            Self::Memory { batch_size: 0 | 1, .. } => Some("one protein does not fit: lower tokens.max-length".to_owned()),
            Self::Memory { batch_size, .. } => {
                let half = batch_size / 2;
                Some(format!(
                    "try train.batch-size = {half} (in an evaluation, a lower train.eval-batch-size), a lower tokens.max-length, or fewer --jobs"
                ))
            }
            Self::Layers(error) => Some(error.hint()),
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
        if let Self::Stopped { step } = self {
            return Event::Stopped { step: *step };
        }
        Event::Failed { kind: self.kind(), message: self.to_string(), hint: self.hint() }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use titer_core::{experiment, protocol::PROTOCOL};

    use super::*;

    /// A job on a GPU, with a batch of this size.
    fn job(batch_size: usize) -> Job {
        let text = format!(
            "[data]\nsource = \"synthetic\"\n[model]\nweights = {{ random = \"esm2-tiny\" }}\n[train]\nbatch-size = {batch_size}\n"
        );
        let settings = experiment::parse(Path::new("lr.toml"), &text, &[]).unwrap().experiment.base;
        serde_json::from_value(serde_json::json!({
            "protocol": PROTOCOL, "experiment": "lr", "key": "0123456789abcdef", "point": {}, "settings": settings,
            "inputs": {"data": "", "weights": ""}, "project": ".", "weights": null, "output": ".", "cache": null, "device": {"cuda": 1},
            "threads": 1, "checkpoint_every": null, "tethered": false, "sharing": "alone",
        }))
        .unwrap()
    }

    #[test]
    fn a_gpu_out_of_memory_is_named_with_a_batch_size_to_try() {
        let told = |batch_size| {
            let message = "CUDA out of memory. Tried to allocate 2.00 GiB".to_owned();
            match (RunError::Panicked { message }).in_job(&job(batch_size)).event() {
                Event::Failed { kind: FailureKind::Device, message, hint: Some(hint) } => (message, hint),
                other => panic!("{other:?}"),
            }
        };
        let (message, hint) = told(16);
        assert!(message.starts_with("cuda:1 is out of memory at a batch size of 16: CUDA out of memory."), "{message}");
        assert!(hint.contains("train.batch-size = 8"), "{hint}");
        assert!(told(1).1.contains("tokens.max-length"));
    }

    #[test]
    fn memory_that_several_runs_exhaust_is_worth_another_try() {
        let message = "DefaultCPUAllocator: can't allocate memory".to_owned();
        let error = RunError::Panicked { message }.in_job(&Job { sharing: Sharing::Lanes(2), ..job(16) });
        assert!(error.to_string().starts_with("cuda:1 is out of memory with 2 runs beside one another: "), "{error}");
        assert_eq!((error.kind(), error.hint().unwrap()), (FailureKind::Run, "fewer --jobs leave room".to_owned()));
    }

    #[test]
    fn other_words_of_libtorch_are_left_as_they_are() {
        let error = RunError::Panicked { message: "shape mismatch".to_owned() }.in_job(&job(16));
        assert_eq!(error.kind(), FailureKind::Run);
    }
}
