//! What can keep a sweep from running. A run that fails is no error of the sweep: it leaves a
//! [`titer_core::results::Failure`].

use std::{io, path::PathBuf};

use miette::Diagnostic;

use super::device::{DeviceChoice, Gpus};
use titer_core::{
    exit::Exit,
    protocol::Device,
    results::{self, ExperimentFolder, Failure, FailureKind},
    text,
};

#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    #[error("there is no titer-worker at {}", looked.display())]
    #[diagnostic(help("`just build` builds it, beside titer; TITER_WORKER names one elsewhere"))]
    NoWorker { looked: PathBuf },

    #[error("{} cannot be started", worker.display())]
    #[diagnostic(help("is it an executable for this machine? `just build` rebuilds it"))]
    WorkerStart { worker: PathBuf, source: io::Error },

    #[error("{} --devices failed ({status}):\n{output}", worker.display())]
    #[diagnostic(help("`just build` fetches libtorch and rebuilds the worker; --device cpu avoids this check"))]
    WorkerDevices { worker: PathBuf, status: String, output: String },

    #[error("{} --devices did not answer with a list of devices: {answer:?}", worker.display())]
    #[diagnostic(help("titer and titer-worker must be of one version: `just build` builds both"))]
    WorkerAnswer { worker: PathBuf, answer: String, source: serde_json::Error },

    #[error("--device {asked} asks for a GPU, and this machine has none that CUDA can use")]
    #[diagnostic(help(
        "--device cpu runs on the CPU; where there is an NVIDIA GPU, `just setup cuda` brings the libtorch for it"
    ))]
    NoGpu { asked: DeviceChoice },

    #[error("there is no GPU cuda:{missing}")]
    #[diagnostic(help("there are: {seen}"))]
    NoSuchGpu { missing: u32, seen: Gpus },

    #[error("train.precision is auto, and {} and {} compute fastest in different ones", Device::Cuda(*one), Device::Cuda(*other))]
    #[diagnostic(help("name the precision (train.precision = \"fp16\"), or GPUs that are alike: --device cuda:{one}"))]
    SeveralPrecisions { one: u32, other: u32 },

    #[error("--jobs {asked} are too many")]
    #[diagnostic(help("a GPU computes at most 32 runs at a time: here {most} in all"))]
    TooManyJobs { asked: usize, most: usize },
    #[error("{wanting} of {of} runs want fp16, which needs a GPU: there is no loss scaling on a CPU")]
    #[diagnostic(help("use train.precision = \"bf16\" or \"fp32\", or --device cuda"))]
    Fp16OnCpu { wanting: usize, of: usize },

    #[error("{failed} of {of} runs failed{list}")]
    RunsFailed {
        failed: usize,
        of: usize,
        /// A paragraph a failure: what happened, what to do about it, and where its log lies.
        list: String,
        exit: Exit,
    },

    #[error("interrupted, with {left} of {of} runs not done")]
    #[diagnostic(help("the same command resumes where this one stopped"))]
    Interrupted { left: usize, of: usize },

    #[error(transparent)]
    #[diagnostic(transparent)]
    Results(#[from] results::Error),
}

impl Error {
    /// Sums up a sweep's failures, each with its hint: where all have one cause, it decides the
    /// exit code. `folder` is named as the logs' paths are to begin.
    #[must_use]
    pub fn runs_failed(folder: &ExperimentFolder, failures: &[Failure], of: usize) -> Self {
        let paragraph = |failure: &Failure| {
            let message = text::shown_lines(&failure.message);
            let help = failure.hint.as_deref().map(|hint| format!("\n    help: {}", text::shown_lines(hint))).unwrap_or_default();
            format!("\n  {}: {message}{help}\n    log: {}", failure.key, folder.run(&failure.key).log().display())
        };
        let all = |kind| failures.iter().all(|failure| failure.kind == kind);
        let exit = if all(FailureKind::Input) {
            Exit::Input
        } else if all(FailureKind::Settings) {
            Exit::Usage
        } else {
            Exit::Failed
        };
        Self::RunsFailed { failed: failures.len(), of, list: failures.iter().map(paragraph).collect(), exit }
    }

    /// Whether the worker could not be asked for this machine's devices.
    #[must_use]
    pub const fn is_of_asking(&self) -> bool {
        matches!(self, Self::NoWorker { .. } | Self::WorkerStart { .. } | Self::WorkerDevices { .. } | Self::WorkerAnswer { .. })
    }

    /// The code the process ends with.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::NoGpu { .. }
            | Self::NoSuchGpu { .. }
            | Self::SeveralPrecisions { .. }
            | Self::TooManyJobs { .. }
            | Self::Fp16OnCpu { .. } => Exit::Usage,
            Self::NoWorker { .. } => Exit::Input,
            Self::WorkerStart { .. } | Self::WorkerDevices { .. } | Self::WorkerAnswer { .. } => Exit::Failed,
            Self::RunsFailed { exit, .. } => *exit,
            Self::Interrupted { .. } => Exit::Interrupted,
            Self::Results(error) => error.exit(),
        }
    }
}
