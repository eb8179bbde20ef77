//! What can keep a report from being written.

use std::path::PathBuf;

use miette::Diagnostic;

use titer_core::{exit::Exit, results};

#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    #[error("{} is not there: nothing to report", path.display())]
    #[diagnostic(help("run `titer sweep` on the experiment first; --results names the folder its results lie in"))]
    NoResults { path: PathBuf },

    #[error("{} is not there: nothing to check", path.display())]
    #[diagnostic(help("`titer report` without --check writes it"))]
    NoReport { path: PathBuf },

    #[error("{} contradicts itself: {problem}", path.display())]
    #[diagnostic(help("the file was changed after titer wrote it: delete the folder it lies in and run the sweep again"))]
    Contradiction { path: PathBuf, problem: &'static str },

    #[error("no experiment is named")]
    Nothing,

    #[error("{name} is named twice")]
    #[diagnostic(help("experiments are compared with others; one alone is reported by `titer report` with its file only"))]
    Twice { name: String },

    #[error("{first} and {second} were not tested on the same proteins")]
    #[diagnostic(help(
        "experiments are compared where [data], [split] and the data file give the same test set in the same order"
    ))]
    OtherProteins { first: String, second: String },

    #[error("{} does not follow from its tables", path.display())]
    #[diagnostic(help(
        "line {line} says\n  {found}\nand the tables say\n  {expected}\nRun `titer report` and commit what it writes, or find out who changed the tables"
    ))]
    Stale { path: PathBuf, line: usize, found: String, expected: String },

    #[error("{changed}")]
    #[diagnostic(help("the report is of that sweep: `titer sweep {}` runs what is new and rewrites the report", file.display()))]
    Behind { file: PathBuf, changed: String },

    #[error(transparent)]
    #[diagnostic(transparent)]
    Results(#[from] results::Error),

    #[error("a figure cannot be written as JSON")]
    Figure { source: serde_json::Error },

    #[error("the comparison cannot be written as JSON")]
    Comparison { source: serde_json::Error },

    #[error("the page cannot be filled in")]
    Page { source: askama::Error },
}

impl Error {
    /// The code the process ends with.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Nothing | Self::Twice { .. } => Exit::Usage,
            Self::NoResults { .. }
            | Self::NoReport { .. }
            | Self::Contradiction { .. }
            | Self::OtherProteins { .. }
            | Self::Stale { .. }
            | Self::Behind { .. } => Exit::Input,
            Self::Results(error) => error.exit(),
            Self::Comparison { .. } | Self::Figure { .. } | Self::Page { .. } => Exit::Failed,
        }
    }
}
