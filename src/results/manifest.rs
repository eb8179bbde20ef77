//! `run.json`: what a run was, what it ran on, and what came of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::RunKey;
use crate::{
    eval::Scores,
    experiment::{ExperimentName, Precision, Settings},
};

/// The version of `run.json` and of the tables beside it.
///
/// - 1: the first.
pub const FORMAT: u32 = 1;

/// One finished run. Written last and atomically: its presence says that everything else in the folder is whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub key: RunKey,
    pub experiment: ExperimentName,
    pub status: Status,
    /// The grid keys of this run and their values, in the file's order.
    pub point: Map<String, Value>,
    pub settings: Settings,
    pub inputs: Inputs,
    pub versions: Versions,
    pub machine: Machine,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Finished,
    /// The loss stopped being finite; the tables hold the evidence.
    Diverged,
}

/// BLAKE3 digests, in hexadecimal, of what the run read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// Of the data file; of the generator's settings where the data is synthetic.
    pub data: String,
    /// Of `config.json` and `model.safetensors`; of the size's name where the weights are random.
    pub weights: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    pub titer: String,
    pub libtorch: String,
    pub cuda: Option<String>,
}

/// What the run ran on: nothing that names its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    pub os: String,
    pub cpu: String,
    pub threads: usize,
    /// `cpu` or `cuda:0`.
    pub device: String,
    pub gpu: Option<String>,
}

/// What came of the run. Times in seconds, memory in bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// RFC 3339, UTC.
    pub started: String,
    pub finished: String,
    pub seconds: f64,
    /// In training steps alone.
    pub train_seconds: f64,
    pub eval_seconds: f64,
    /// The precision that was computed in: never [`Precision::Auto`].
    pub precision: Precision,
    pub parameters: ParameterCounts,
    /// The model's `config.json`.
    pub model: Map<String, Value>,
    pub max_length: usize,
    pub classes: Vec<String>,
    pub steps: u64,
    /// fp16 only: steps skipped because the scaled gradients overflowed.
    pub skipped_steps: u64,
    pub tokens: u64,
    /// The mean over all steps.
    pub train_loss: f64,
    /// From 1; `None` where no epoch was evaluated.
    pub kept_epoch: Option<u32>,
    pub validation: Option<Evaluated>,
    pub test: Option<Evaluated>,
    pub peak_memory: u64,
}

/// Scores with the loss as the trainer computes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    pub loss: f64,
    pub scores: Scores,
}

/// Parameters by block, in the model's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterCounts {
    pub total: u64,
    pub blocks: Vec<ParameterBlock>,
}

/// A line of the parameter table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterBlock {
    pub name: String,
    /// The shapes, for reading: `33×320`.
    pub shape: String,
    pub parameters: u64,
    /// Takes part in classification and is therefore trained.
    pub trained: bool,
}
