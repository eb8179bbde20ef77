//! `failure.json`: why the last attempt at a run failed.

use serde::{Deserialize, Serialize};

use super::{
    Error, RunFolder, RunKey,
    manifest::{FORMAT, check_format, read_if_there, write_json},
};

/// Why a run failed. Beside it lies `log.txt`, what the worker wrote to its standard error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub format: u32,
    pub key: RunKey,
    pub kind: FailureKind,
    pub message: String,
    pub hint: Option<String>,
}

/// Whose fault a failure is: decides the exit code, and whether another try makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The settings cannot be run.
    Settings,
    /// An input is missing or not what was pinned.
    Input,
    /// No such device, or not enough memory on it.
    Device,
    /// Anything else.
    Run,
}

impl Failure {
    #[must_use]
    pub const fn new(key: RunKey, kind: FailureKind, message: String, hint: Option<String>) -> Self {
        Self { format: FORMAT, key, kind, message, hint }
    }

    /// Writes it into the run's folder.
    pub fn write(&self, folder: &RunFolder) -> Result<(), Error> {
        write_json(&folder.failure(), self)
    }

    /// Reads it; `None` where the last attempt did not fail.
    pub fn read(folder: &RunFolder) -> Result<Option<Self>, Error> {
        let path = folder.failure();
        let Some(text) = read_if_there(&path)? else { return Ok(None) };
        let unreadable = |source| Error::Json { path: path.clone(), source };
        let value: serde_json::Value = serde_json::from_slice(&text).map_err(unreadable)?;
        check_format(&path, value.get("format").and_then(serde_json::Value::as_u64))?;
        serde_json::from_value(value).map(Some).map_err(unreadable)
    }
}
