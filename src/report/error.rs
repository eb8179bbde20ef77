//! What can keep a report from being written.

use std::path::PathBuf;

use miette::Diagnostic;

use crate::{exit::Exit, results};

#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    #[error("{} is not there: nothing to report", path.display())]
    #[diagnostic(help("run `titer sweep` on the experiment first; --results names the folder its results lie in"))]
    NoResults { path: PathBuf },

    #[error("{} contradicts itself: {problem}", path.display())]
    #[diagnostic(help("the file was changed after titer wrote it: delete the folder it lies in and run the sweep again"))]
    Contradiction { path: PathBuf, problem: &'static str },

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
            Self::NoResults { .. } | Self::Contradiction { .. } => Exit::Input,
            Self::Results(error) => error.exit(),
            Self::Comparison { .. } | Self::Figure { .. } | Self::Page { .. } => Exit::Failed,
        }
    }
}
