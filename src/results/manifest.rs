//! `run.json`: what a run was, what it ran on, and what came of it.

use std::{io::Write as _, path::Path};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{Error, RunFolder, RunKey, atomic};
use crate::{
    eval::Scores,
    experiment::{ExperimentName, Precision, Settings},
    input,
};

/// The version of `run.json` and of the tables beside it.
///
/// - 1: the first.
pub const FORMAT: u32 = 1;

/// Far above what any run writes: the confusion matrices of a thousand classes are some megabytes.
const MOST_BYTES: u64 = 256 << 20;

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
    /// The mean over all steps; `null` in the file where it is not finite.
    #[serde(deserialize_with = "null_as_nan")]
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
    #[serde(deserialize_with = "null_as_nan")]
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

/// Reads `null`, which `serde_json` writes for a float that is not finite, as NaN.
pub(crate) fn null_as_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// Writes a run's manifest: the last thing that is written of a run.
pub fn write(folder: &RunFolder, manifest: &Manifest) -> Result<(), Error> {
    write_json(&folder.manifest(), manifest)
}

/// Reads a run's manifest; `None` where the run is not finished.
///
/// # Errors
///
/// A manifest of another format, or of another run than the folder's name says, is refused with what to do about it.
pub fn read(folder: &RunFolder) -> Result<Option<Manifest>, Error> {
    let path = folder.manifest();
    let Some(text) = read_if_there(&path)? else { return Ok(None) };
    let unreadable = |source| Error::Json { path: path.clone(), source };
    // The version first: the fields of another format may be others.
    let value: Value = serde_json::from_slice(&text).map_err(unreadable)?;
    check_format(&path, value.get("format").and_then(Value::as_u64))?;
    let manifest: Manifest = serde_json::from_value(value).map_err(unreadable)?;
    if folder.path().file_name().is_some_and(|name| name != manifest.key.as_str()) {
        let expected = folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Err(Error::OtherRun { path, found: manifest.key.to_string(), expected });
    }
    Ok(Some(manifest))
}

/// Refuses a format that is not this titer's.
pub(super) fn check_format(path: &Path, found: Option<u64>) -> Result<(), Error> {
    let (path, known) = (path.to_owned(), FORMAT);
    match found {
        None => Err(Error::NoFormat { path }),
        Some(found) if found > known.into() => Err(Error::TooNew { path, found, known }),
        Some(found) if found < known.into() => Err(Error::TooOld { path, found, known }),
        Some(_) => Ok(()),
    }
}

/// Writes a value as JSON, indented, with a line's end.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_vec_pretty(value).map_err(|source| Error::Json { path: path.to_owned(), source })?;
    atomic::write(path, |file| {
        file.write_all(&text)?;
        file.write_all(b"\n")
    })
}

/// A file's bytes; `None` where there is no such file.
pub(super) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match input::read(path, MOST_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::read(path, source)),
    }
}
