//! What `titer predict` and a worker say to each other: an [`Asked`] first, then proteins, a line
//! of JSON each on standard input; an [`Answer`] a line on standard output, in the order of the
//! questions.
//!
//! The worker ends with its input.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Device;
use crate::experiment::{Precision, Truncate};

/// The models to predict with, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub protocol: u32,
    /// Folders with `config.json` and `model.safetensors`, of models with as many outputs each.
    pub models: Vec<PathBuf>,
    pub outputs: usize,
    pub device: Device,
    pub precision: Precision,
    /// CPU threads the worker may use.
    pub threads: usize,
    /// The most tokens of a protein, `<cls>` and `<eos>` counted, and what is cut beyond them.
    pub max_length: usize,
    pub truncate: Truncate,
}

/// Proteins to predict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequences(pub Vec<String>);

/// A line of the worker's output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// The models are on the device. What it computes in, which is what it was asked for.
    Ready { protocol: u32, precision: Precision },
    /// By model what it gives for the proteins of one line, `[proteins, outputs]` row by row;
    /// `None` where that is not finite.
    Outputs { outputs: Vec<Vec<Option<f32>>> },
    /// It cannot go on.
    Failed { message: String, hint: Option<String> },
}
