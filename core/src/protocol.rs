//! What the runner and a worker say to each other: [`Job`]s in, a line of JSON each on standard
//! input; [`Line`]s out, as JSON on standard output.
//!
//! A worker for one run ([`Sharing::Alone`]) is given its job and ends with it; its standard error
//! is the run's log. A worker that runs share ([`Sharing::Lanes`]) takes jobs as long as its input
//! is open, each with its run's log ([`handover`]), and ends when its input has come to an end and
//! its runs have too. What it writes to standard error is about all of its runs.
//!
//! At SIGTERM, and where the runner has gone away ([`Job::tethered`]), a worker writes a checkpoint
//! of each run at its next step and ends.

pub mod handover;
pub mod predict;

use std::{fmt, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use crate::results::FailureKind;
use crate::{
    experiment::{ExperimentName, Precision, Settings},
    metric::Metric,
    results::{RunKey, manifest::Inputs},
    scores::Values,
};

/// The version of [`Job`] and [`Event`]: runner and worker must agree on it.
///
/// - 1: the first.
/// - 2: checkpoints, resuming, signs of life.
/// - 3: what runs share, in a cache; several jobs for one worker, and events that say of which they
///   are.
/// - 4: jobs beside one another.
/// - 5: further jobs at any time, each with its log; none are computed as one any more; steps of an
///   epoch, and the metric that selects the best checkpoint.
/// - 6: `sharing`.
pub const PROTOCOL: u32 = 6;

/// How often a worker says that it lives.
pub const ALIVE_EVERY: Duration = Duration::from_secs(5);

/// One run to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub protocol: u32,
    pub experiment: ExperimentName,
    pub key: RunKey,
    pub point: Map<String, Value>,
    pub settings: Settings,
    pub inputs: Inputs,
    /// The folder that relative paths of the settings start from.
    pub project: PathBuf,
    /// The folder with `config.json` and the tensors; `None` for random weights.
    pub weights: Option<PathBuf>,
    /// The run's folder; it exists.
    pub output: PathBuf,
    /// Where runs keep what they compute once for all of them ([`crate::results::shared`]); where
    /// it is `None` they do without.
    pub cache: Option<PathBuf>,
    pub device: Device,
    /// CPU threads the worker may use. A run that is taken up again goes on with as many as it
    /// began with: the order of a sum depends on them.
    pub threads: usize,
    /// Steps from one checkpoint to the next, with one an epoch; where it is `None`, as often as
    /// costs little.
    pub checkpoint_every: Option<u64>,
    /// The runner holds the worker's standard input open as long as it lives: its end says that the
    /// runner is gone, however it went. Not so where a job comes from a file or a pipe.
    pub tethered: bool,
    /// What else the worker is given to do.
    pub sharing: Sharing,
}

/// What a worker is given to do beside a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// Nothing: it ends with the job.
    #[default]
    Alone,
    /// Other jobs, now or later: so many at a time, this one among them, each in a lane of its own,
    /// which is a thread and on a GPU a stream.
    Lanes(usize),
}

impl Sharing {
    /// The most jobs at a time.
    #[must_use]
    pub const fn jobs(self) -> usize {
        match self {
            Self::Alone => 1,
            Self::Lanes(jobs) => jobs,
        }
    }

    /// How many lanes there are; `None` where there are none.
    #[must_use]
    pub const fn lanes(self) -> Option<usize> {
        match self {
            Self::Lanes(jobs) => Some(jobs),
            Self::Alone => None,
        }
    }
}

/// A line of a worker's output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Which of the worker's jobs the event is of, counted from 0 in the order they were given.
    #[serde(default)]
    pub job: usize,
    #[serde(flatten)]
    pub event: Event,
}

/// Where a run computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    Cpu,
    /// The GPU of this index.
    Cuda(u32),
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

/// What a worker tells. Floats that are not finite arrive as `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The data and the model are ready; training begins.
    Started {
        protocol: u32,
        precision: Precision,
        /// Optimiser steps in all.
        steps: u64,
        /// Of a whole epoch: `train.max-steps` may cut the last one short. A worker of another
        /// protocol may not say: it is refused.
        #[serde(default)]
        steps_an_epoch: u64,
        /// Epochs that are begun.
        epochs: u32,
        parameters: u64,
        /// The steps that were done before, where the run is taken up again.
        resumed: Option<u64>,
    },
    /// The process lives. It comes every [`ALIVE_EVERY`], from a thread of its own.
    Alive,
    /// The frozen part of the model is applied to every protein, once for all runs that share it;
    /// or another run is doing that.
    Freezing {
        done: usize,
        of: usize,
    },
    Step {
        step: u64,
        epoch: u32,
        loss: Option<f64>,
        learning_rate: f64,
        grad_norm: Option<f64>,
        tokens: u64,
        seconds: f64,
    },
    /// An evaluation is under way.
    Evaluating {
        epoch: u32,
        done: usize,
        of: usize,
    },
    /// An epoch's validation.
    Epoch {
        epoch: u32,
        /// The metric that selects the best checkpoint.
        select: Metric,
        /// Every metric of the task.
        metrics: Values,
        /// The best so far.
        best: bool,
        seconds: f64,
    },
    /// A checkpoint is on disk: after this step nothing before it is done again.
    Checkpoint {
        step: u64,
        /// That it took.
        seconds: f64,
    },
    /// The worker was asked to stop, and did.
    Stopped {
        step: u64,
    },
    /// `run.json` is written.
    Finished {
        diverged: bool,
        seconds: f64,
    },
    /// The run cannot go on.
    Failed {
        kind: FailureKind,
        message: String,
        hint: Option<String>,
    },
}
