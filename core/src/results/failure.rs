//! `failure.json`: why the last attempt at a run failed.

use serde::{Deserialize, Serialize};

use super::{
    Error, FORMAT, Format, RunFolder, RunKey,
    manifest::{read_versioned, write_json},
};
use crate::clock;

/// Why a run failed. Beside it lies `log.txt`, what the worker wrote to its standard error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub format: Format,
    pub key: RunKey,
    pub kind: FailureKind,
    pub message: String,
    pub hint: Option<String>,
    /// RFC 3339, UTC, to the millisecond.
    pub at: String,
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
    /// The results cannot be written, or what lies there cannot be used.
    Results,
    /// Anything else: the worker crashed, hung, or was killed. Another try may well succeed.
    Run,
}

impl Failure {
    #[must_use]
    pub fn new(key: RunKey, kind: FailureKind, message: String, hint: Option<String>) -> Self {
        Self { format: FORMAT, key, kind, message, hint, at: clock::now_exactly() }
    }

    /// Writes it into the run's folder.
    pub fn write(&self, folder: &RunFolder) -> Result<(), Error> {
        write_json(&folder.failure(), self)
    }

    /// Reads it; `None` where the last attempt did not fail.
    pub fn read(folder: &RunFolder) -> Result<Option<Self>, Error> {
        read_versioned(&folder.failure())
    }
}
