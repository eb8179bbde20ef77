//! The Parquet tables: rows in, rows out. `docs/results.md` describes every column.

mod baselines;
mod epochs;
mod frame;
mod metrics;
mod names;
mod parts;
mod predictions;
mod proteins;
mod runs;
mod steps;
mod values;

pub use baselines::{Made, digest, read_baselines, write_baselines};
pub use epochs::{read_epochs, write_epochs};
pub use parts::{Cells, Form, Part, TableFile, TableStream};
pub use predictions::{read_predictions, write_predictions};
pub use proteins::{protein_rows, read_proteins, write_proteins};
pub use runs::{RunRow, RunStatus, read_runs, write_runs};
pub use steps::{read_steps, write_steps};
pub use values::{read_values, write_values};

use serde::{Deserialize, Serialize};

use crate::{
    data::{Dropped, Split},
    scores::Scores,
};

/// A row of `steps.parquet`: one optimiser step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRow {
    /// From 1.
    pub step: u64,
    /// From 1.
    pub epoch: u32,
    pub loss: f64,
    /// Of the step just taken.
    pub learning_rate: f64,
    /// The global norm before clipping.
    pub grad_norm: f64,
    pub tokens: u64,
    pub seconds: f64,
}

/// A row of `epochs.parquet`: one evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    pub epoch: u32,
    pub split: Split,
    pub scores: Scores,
    /// This epoch's checkpoint is the kept one.
    pub selected: bool,
    pub seconds: f64,
}

/// A row of `predictions.parquet` of a classification: one protein under the best checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictionRow {
    pub id: String,
    pub split: Split,
    /// Class names.
    pub label: String,
    pub predicted: String,
    /// In class order.
    pub logits: Vec<f32>,
    /// In class order; softmax of the logits.
    pub probabilities: Vec<f64>,
}

/// A row of `predictions.parquet` of a regression: one protein under the best checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueRow {
    pub id: String,
    pub split: Split,
    /// In the data's unit.
    pub label: f64,
    /// The same.
    pub predicted: f64,
}

/// A row of `dataset.parquet`: one protein of the data, kept or not.
#[derive(Debug, Clone, PartialEq)]
pub struct ProteinRow {
    pub id: String,
    pub sequence: String,
    /// In residues.
    pub length: u32,
    /// Before truncation, `<cls>` and `<eos>` counted.
    pub tokens: u32,
    /// The class's name; the label as written where it is no class.
    pub label: Option<String>,
    /// The label as a number, of a regression.
    pub value: Option<f64>,
    /// `None` where the row was dropped.
    pub split: Option<Split>,
    pub dropped: Option<Dropped>,
    /// What the data say about it in words, where the experiment names a column of them.
    pub text: Option<String>,
}

/// `baselines.parquet`: what simple methods predict for the test proteins.
#[derive(Debug, Clone, PartialEq)]
pub struct Baselines {
    /// Of the proteins they were made for: [`digest`].
    pub proteins: String,
    /// The names of the classes, in the order of the probabilities.
    pub classes: Vec<String>,
    /// Every baseline, those that could not be made too.
    pub made: Vec<Made>,
    /// Of a classification.
    pub rows: Vec<BaselineRow>,
    /// Of a regression.
    pub values: Vec<BaselineValue>,
}

/// A row of `baselines.parquet` of a regression: one test protein under one baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineValue {
    pub baseline: String,
    pub id: String,
    /// In the data's unit.
    pub label: f64,
    /// The same.
    pub predicted: f64,
}

/// A row of `baselines.parquet` of a classification: one test protein under one baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineRow {
    pub baseline: String,
    pub id: String,
    /// Class names.
    pub label: String,
    pub predicted: String,
    /// In class order; `None` where the method gives none.
    pub probabilities: Option<Vec<f64>>,
}
