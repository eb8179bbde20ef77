//! What can keep a sweep from running. A run that fails is no error of the sweep: it leaves a [`crate::results::Failure`].

use std::{io, path::PathBuf};

use miette::Diagnostic;

use super::device::{DeviceChoice, Gpus};
use crate::{
    exit::Exit,
    results::{self, ExperimentFolder, Failure, FailureKind},
};

#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    #[error("there is no titer-worker at {}", looked.display())]
    #[diagnostic(help(
        "`just setup` builds it (or: cargo build --release -p titer-trainer); TITER_WORKER names one that lies elsewhere"
    ))]
    NoWorker { looked: PathBuf },

    #[error("{} cannot be started", worker.display())]
    #[diagnostic(help("is it an executable of this machine? `just setup` builds it anew"))]
    WorkerStart { worker: PathBuf, source: io::Error },

    #[error("{} --devices failed ({status}):\n{output}", worker.display())]
    #[diagnostic(help("`just setup` brings libtorch and builds the worker anew; --device cpu does without this question"))]
    WorkerDevices { worker: PathBuf, status: String, output: String },

    #[error("{} --devices answered what is no list of devices: {answer:?}", worker.display())]
    #[diagnostic(help("titer and titer-worker must be of one version: `just setup` builds both"))]
    WorkerAnswer { worker: PathBuf, answer: String, source: serde_json::Error },

    #[error("--device {asked} asks for a GPU, and this machine has none that CUDA can use")]
    #[diagnostic(help(
        "--device cpu runs on the CPU; where there is an NVIDIA GPU, `just setup cuda` brings the libtorch for it"
    ))]
    NoGpu { asked: DeviceChoice },

    #[error("there is no GPU cuda:{missing}")]
    #[diagnostic(help("there are: {seen}"))]
    NoSuchGpu { missing: u32, seen: Gpus },

    #[error("{failed} of {of} runs failed{list}")]
    RunsFailed {
        failed: usize,
        of: usize,
        /// A line a failure.
        list: String,
        #[help]
        help: Option<String>,
        exit: Exit,
    },

    #[error("interrupted, with {left} of {of} runs not done")]
    #[diagnostic(help("the same command goes on where this one stopped"))]
    Interrupted { left: usize, of: usize },

    #[error(transparent)]
    #[diagnostic(transparent)]
    Results(#[from] results::Error),
}

impl Error {
    /// Sums up a sweep's failures: where all have one cause, it decides the exit code; the first hint stands for all.
    #[must_use]
    pub fn runs_failed(folder: &ExperimentFolder, failures: &[Failure], of: usize) -> Self {
        let line = |failure: &Failure| {
            let log = folder.run(&failure.key).log();
            format!("\n  {}: {}\n    {}", failure.key, failure.message, log.display())
        };
        let all = |kind| failures.iter().all(|failure| failure.kind == kind);
        let exit = if all(FailureKind::Input) {
            Exit::Input
        } else if all(FailureKind::Settings) {
            Exit::Usage
        } else {
            Exit::Failed
        };
        let help = failures.iter().find_map(|failure| failure.hint.clone());
        Self::RunsFailed { failed: failures.len(), of, list: failures.iter().map(line).collect(), help, exit }
    }

    /// The code the process ends with.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::NoGpu { .. } | Self::NoSuchGpu { .. } => Exit::Usage,
            Self::NoWorker { .. } => Exit::Input,
            Self::WorkerStart { .. } | Self::WorkerDevices { .. } | Self::WorkerAnswer { .. } => Exit::Failed,
            Self::RunsFailed { exit, .. } => *exit,
            Self::Interrupted { .. } => Exit::Interrupted,
            Self::Results(error) => error.exit(),
        }
    }
}
