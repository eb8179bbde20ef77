//! `run.json`: what a run was, what it ran on, and what came of it.

use std::{collections::BTreeMap, io::Write as _, path::Path};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{Error, FORMAT, Format, RunFolder, RunKey, atomic};
use crate::{
    data::Split,
    experiment::{ExperimentName, Precision, Settings, Steps},
    input,
    nan::null_as_nan,
    scores::Scores,
    task::Scaling,
};

/// Far above what any run writes: the confusion matrices of a thousand classes are some megabytes.
const MOST_BYTES: u64 = 256 << 20;

/// One finished run. Written last and atomically: its presence says that everything else in the
/// folder is whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: Format,
    /// What decided what the run gives beside its settings and inputs.
    pub semantics: u32,
    pub key: RunKey,
    pub experiment: ExperimentName,
    pub status: Status,
    /// The grid keys of this run and their values, in the file's order.
    pub point: Map<String, Value>,
    pub settings: Settings,
    pub inputs: Inputs,
    pub versions: Versions,
    /// Of the last attempt.
    pub machine: Machine,
    pub outcome: Outcome,
    /// BLAKE3 digests, in hexadecimal, of the run's other files, by their paths within its folder:
    /// of the best checkpoint's too where it was removed since.
    pub files: BTreeMap<String, String>,
}

impl Manifest {
    /// What the run scored on a split; `None` where it diverged: what it scored before it did is no
    /// result of its settings.
    #[must_use]
    pub fn scored(&self, split: Split) -> Option<&Scores> {
        let evaluated = match split {
            Split::Train => None,
            Split::Validation => self.outcome.validation.as_ref(),
            Split::Test => self.outcome.test.as_ref(),
        };
        evaluated.filter(|_| self.status == Status::Finished)
    }
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
    /// Of `config.json` and the files of the tensors; of the size's name where the weights are
    /// random.
    pub weights: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    pub titer: String,
    /// Of the checkout that the worker was built from, `-dirty` where files differed from it when
    /// it was first built from that commit; `None` where there was none.
    pub commit: Option<String>,
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
    /// The GPU's compute capability, such as `9.0`.
    pub architecture: Option<String>,
    /// The instruction set of titer's own kernels on a CPU: `amx`, `avx512`, `avx2`, `baseline`.
    pub kernels: Option<String>,
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
    /// Of a classification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// How a regression's labels were scaled for training; `None` where they were not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
    pub steps: u64,
    /// Steps of a whole epoch.
    pub steps_an_epoch: u64,
    /// fp16 only: steps skipped because the scaled gradients overflowed.
    pub skipped_steps: u64,
    pub tokens: u64,
    /// The mean over all steps; `null` in the file where it is not finite.
    #[serde(deserialize_with = "null_as_nan")]
    pub train_loss: f64,
    /// From 1; `None` where no epoch was evaluated.
    pub selected_epoch: Option<u32>,
    pub validation: Option<Scores>,
    pub test: Option<Scores>,
    pub peak_memory: u64,
    /// The processes that got on with the run: the one that ended it, and those before it that left
    /// a checkpoint.
    pub attempts: Vec<Attempt>,
    pub determinism: Determinism,
}

impl Outcome {
    /// The steps that were taken, as a share of the epochs.
    #[must_use]
    pub const fn trained(&self) -> Steps {
        Steps { total: self.steps, an_epoch: self.steps_an_epoch }
    }
}

/// One process that worked on the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// RFC 3339, UTC.
    pub started: String,
    /// Steps that were done before: 0 where it began anew.
    pub from_step: u64,
    /// How many runs its process computed beside one another at most, this one included: its
    /// seconds and its peak memory are theirs too. Absent where it was this one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lanes: Option<usize>,
    pub machine: Machine,
    pub versions: Versions,
}

/// Whether the same run on the same machine gives the same bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Determinism {
    pub deterministic: bool,
    /// A sentence a reason; empty where it is.
    pub why_not: Vec<String>,
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

/// Writes a run's manifest: the last thing that is written of a run.
pub fn write(folder: &RunFolder, manifest: &Manifest) -> Result<(), Error> {
    write_json(&folder.manifest(), manifest)
}

/// Reads a run's manifest; `None` where the run is not finished.
///
/// # Errors
///
/// A manifest of another format, or of another run than the folder's name says, is refused with
/// what to do about it.
pub fn read(folder: &RunFolder) -> Result<Option<Manifest>, Error> {
    let path = folder.manifest();
    let Some(manifest) = read_versioned::<Manifest>(&path)? else { return Ok(None) };
    if folder.path().file_name().is_some_and(|name| name != manifest.key.as_str()) {
        let expected = folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Err(Error::OtherRun { path, found: manifest.key.to_string(), expected });
    }
    Ok(Some(manifest))
}

/// Reads a file that bears its format's version; `None` where there is no such file.
pub(super) fn read_versioned<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let Some(text) = read_if_there(path)? else { return Ok(None) };
    let unreadable = |source| Error::Json { path: path.to_owned(), source };
    // The version first: the fields of another format may be others.
    let value: Value = serde_json::from_slice(&text).map_err(unreadable)?;
    Format::check(value.get("format").and_then(Format::of), FORMAT, path)?;
    serde_json::from_value(value).map(Some).map_err(unreadable)
}

/// The BLAKE3 digest of a file, in hexadecimal.
pub fn digest(path: &Path) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_mmap(path).map_err(|source| Error::read(path, source))?;
    Ok(hasher.finalize().to_hex().to_string())
}

impl RunFolder {
    /// The files of an ended run that are gone, or not as the run left them. A best checkpoint that
    /// a sweep removed is not among them.
    #[must_use]
    pub fn damaged(&self, manifest: &Manifest) -> Vec<String> {
        let is_removed = |name: &str| name.starts_with("best/") && self.removed().exists();
        let is_whole = |(name, noted): &(&String, &String)| {
            is_removed(name) || digest(&self.path().join(name)).is_ok_and(|found| found == **noted)
        };
        manifest.files.iter().filter(|file| !is_whole(file)).map(|(name, _)| name.clone()).collect()
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
