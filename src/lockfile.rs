//! `experiments/<name>.lock`: what an experiment read and what its runs gave, to be committed
//! beside the file.
//!
//! [`Lockfile`] is what lies there; [`mismatches`] are the inputs and runs that it does not know,
//! [`verify`] compares what a run gave with what it gave when it was locked. Only [`inputs`] looks
//! at other files, everything that compares is pure.

mod error;
mod inputs;
mod limits;
mod mismatches;
mod outcome;
mod text;
mod verify;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::{
    error::Error,
    inputs::{Data, Weights, line_ends},
    limits::{DIFFERENT_MACHINE, Moved, SAME_MACHINE},
    mismatches::{Mismatch, Part, mismatches, unknown_weights},
    outcome::{Computed, Metrics, Outcome},
    verify::{Number, Verdict, verify},
};
use titer_core::results::RunKey;

/// The version of the lock.
///
/// - 1: the first.
/// - 2: `kept-epoch` is `selected-epoch`, a metric without a value is `nan`, and what computed a
///   run names the instruction set of the CPU kernels.
pub const FORMAT: u32 = 2;

/// A lock: inputs and runs in the plan's order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lockfile {
    pub format: u32,
    #[serde(default)]
    pub data: Vec<Data>,
    #[serde(default)]
    pub weights: Vec<Weights>,
    #[serde(default, rename = "run")]
    pub runs: Vec<Run>,
}

/// A run, and what it gave where it was done when the lock was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    pub key: RunKey,
    /// The grid keys and their values, in the file's order.
    pub point: Map<String, Value>,
    pub outcome: Option<Outcome>,
}

/// Where the lock of an experiment file lies: beside it.
#[must_use]
pub fn beside(experiment: &Path) -> PathBuf {
    experiment.with_extension("lock")
}
