//! What keeps proteins from being predicted.

use std::{io, path::PathBuf};

use miette::Diagnostic;

use titer_core::{
    data,
    exit::Exit,
    results::{self, Keep, RunKey},
};

#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    #[error("no run of {} has been scored: there is nothing to predict with", experiment.display())]
    #[diagnostic(help("`titer sweep {0}` runs it, `titer status {0}` shows what became of its runs", experiment.display()))]
    NothingScored { experiment: PathBuf },

    #[error("{} has no run {asked}", experiment.display())]
    #[diagnostic(help("{known}"))]
    NoSuchRun { experiment: PathBuf, asked: String, known: String },

    #[error("the run {key} has diverged: it has nothing to predict with")]
    #[diagnostic(help("name another run with --run, or leave it out for the recommended configuration"))]
    Diverged { key: RunKey },

    #[error(
        "the weights of the run {key}{} were removed: it was swept with --keep {keep}",
        if *more == 0 { String::new() } else { format!(" and of {more} more") }
    )]
    #[diagnostic(help("remove {folders} and sweep again with --keep all"))]
    Removed { key: RunKey, more: usize, keep: Keep, folders: String },

    #[error("the weights of the run {key} are gone")]
    #[diagnostic(help("remove {} and sweep again", folder.display()))]
    NoWeights { key: RunKey, folder: PathBuf },

    #[error("{} is not as the run left it", path.display())]
    #[diagnostic(help("delete the run's folder and sweep again"))]
    Damaged { path: PathBuf },

    #[error("{} is a folder", path.display())]
    #[diagnostic(help("name a file that ends in .csv or .parquet"))]
    IsFolder { path: PathBuf },

    #[error("{} exists", path.display())]
    #[diagnostic(help("--force replaces it"))]
    Exists { path: PathBuf },

    #[error("{} has no extension that names a table", path.display())]
    #[diagnostic(help("predictions are written as .csv or .parquet"))]
    Form { path: PathBuf },

    #[error("{} holds no protein", path.display())]
    #[diagnostic(help("it is FASTA (.fasta, .fa, .faa), CSV, TSV or Parquet with a column of sequences"))]
    NoProteins { path: PathBuf },

    #[error("{} has no column of sequences: its columns are {columns}", path.display())]
    #[diagnostic(help("name it with --sequence COLUMN"))]
    NoSequences { path: PathBuf, columns: String },

    #[error("no header of {} has a label {label:?}", path.display())]
    #[diagnostic(help("--label names a KEY of headers that have KEY=value, or a pattern whose first group captures the label"))]
    NoLabels { path: PathBuf, label: String },

    #[error("titer-worker cannot predict: {message}")]
    Worker {
        message: String,
        #[help]
        hint: Option<String>,
    },

    #[error("titer-worker ended before it had answered{}", if said.is_empty() { String::new() } else { format!(": {said}") })]
    #[diagnostic(help("is the memory short? --run KEY needs one model instead of several; run the same command again"))]
    Ended { said: String },

    #[error("titer-worker cannot be reached: {source}")]
    Pipe { source: io::Error },

    #[error("standard output cannot be written: {source}")]
    Output { source: io::Error },

    #[error("{} changed while it was read: it had {before} proteins, and then {now}", path.display())]
    #[diagnostic(help("run the same command again"))]
    Changed { path: PathBuf, before: usize, now: usize },

    #[error("interrupted after {done} proteins")]
    #[diagnostic(help("a file that --out names is written at the end alone: it is as it was"))]
    Interrupted { done: usize },

    #[error(transparent)]
    #[diagnostic(transparent)]
    Data(#[from] data::Error),

    #[error(transparent)]
    #[diagnostic(transparent)]
    Results(#[from] results::Error),
}

impl Error {
    /// The code the process ends with.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::NoSuchRun { .. }
            | Self::Diverged { .. }
            | Self::Exists { .. }
            | Self::IsFolder { .. }
            | Self::Form { .. }
            | Self::NoLabels { .. }
            | Self::NoSequences { .. } => Exit::Usage,
            Self::NothingScored { .. }
            | Self::Removed { .. }
            | Self::NoWeights { .. }
            | Self::Damaged { .. }
            | Self::NoProteins { .. }
            | Self::Changed { .. } => Exit::Input,
            Self::Worker { .. } | Self::Ended { .. } | Self::Pipe { .. } | Self::Output { .. } => Exit::Failed,
            Self::Interrupted { .. } => Exit::Interrupted,
            Self::Data(error) => error.exit(),
            Self::Results(error) => error.exit(),
        }
    }
}
