//! What can go wrong with a results folder.

use std::{io, path::PathBuf};

use miette::Diagnostic;
use polars::prelude::PolarsError;

use super::Format;
use crate::exit::Exit;

/// A file of the results that cannot be written, or cannot be read as what it should be.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    #[error("the disk is full: {} cannot be written", path.display())]
    #[diagnostic(help("free some space and run the same command again: what was finished stays finished"))]
    DiskFull { path: PathBuf, source: io::Error },

    #[error("{} cannot be written", path.display())]
    #[diagnostic(help("is the folder yours to write to? --results names another one"))]
    Write { path: PathBuf, source: io::Error },

    #[error("{} cannot be read", path.display())]
    Read { path: PathBuf, source: io::Error },

    #[error("{} cannot be made into a Parquet file", path.display())]
    Encode { path: PathBuf, source: PolarsError },

    #[error("{} is not a Parquet file that titer can read", path.display())]
    #[diagnostic(help("delete the folder it lies in and run the sweep again"))]
    Parquet { path: PathBuf, source: PolarsError },

    #[error("{}: the column {column:?} {problem}", path.display())]
    #[diagnostic(help("the file was changed after titer wrote it: delete the folder it lies in and run the sweep again"))]
    Column { path: PathBuf, column: String, problem: String },

    #[error("{} is not what titer writes there", path.display())]
    #[diagnostic(help("delete the folder it lies in and run the sweep again"))]
    Json { path: PathBuf, source: serde_json::Error },

    #[error("{} is not what titer writes there", path.display())]
    #[diagnostic(help("delete that file alone: the next sweep writes it anew"))]
    Note { path: PathBuf, source: serde_json::Error },

    #[error("{} holds the results of another experiment file, {owner}, not of {}", folder.display(), file.display())]
    #[diagnostic(help(
        "results lie in a folder named after the file: rename one of the two files, or give --results another folder; where {owner} is no more than an older copy of this file, delete {}",
        note.display()
    ))]
    OtherFile { folder: PathBuf, owner: String, file: PathBuf, note: PathBuf },

    #[error("{} has no format version: titer did not write it", path.display())]
    #[diagnostic(help("move it out of the results folder"))]
    NoFormat { path: PathBuf },

    #[error("{} has format {found}; this titer reads format {known}", path.display())]
    #[diagnostic(help("a newer titer wrote it: update titer, or give --results another folder"))]
    TooNew { path: PathBuf, found: Format, known: Format },

    #[error("{} has format {found}; this titer reads format {known}", path.display())]
    #[diagnostic(help(
        "an older titer wrote it, and its runs stay as they are: `titer sweep` makes new ones beside them; to read the old ones use that titer"
    ))]
    TooOld { path: PathBuf, found: Format, known: Format },

    #[error("{} holds the run {found}, not {expected}", path.display())]
    #[diagnostic(help("a run's folder is named after its key: rename the folder back, or delete it and run the sweep again"))]
    OtherRun { path: PathBuf, found: String, expected: String },
}

impl Error {
    /// A failed write, with a full disk told apart.
    #[must_use]
    pub fn write(path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path, source },
            _ => Self::Write { path, source },
        }
    }

    /// A failed read.
    #[must_use]
    pub fn read(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Read { path: path.into(), source }
    }

    /// The code the process ends with.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::DiskFull { .. } | Self::Write { .. } | Self::Encode { .. } => Exit::Failed,
            Self::OtherFile { .. } => Exit::Usage,
            Self::Read { .. }
            | Self::Parquet { .. }
            | Self::Column { .. }
            | Self::Json { .. }
            | Self::Note { .. }
            | Self::NoFormat { .. }
            | Self::TooNew { .. }
            | Self::TooOld { .. }
            | Self::OtherRun { .. } => Exit::Input,
        }
    }
}
