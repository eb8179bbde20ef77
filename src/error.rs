//! The top error: what went wrong in any room, its exit code, and how it is shown.

use miette::Diagnostic;

use crate::{data, exit::Exit, experiment, fetch, lockfile, report, results, schedule};

/// Anything that ends `titer` early. Each variant is one room's own error, shown as it is.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// Standard output could not be written to.
    #[error("standard output cannot be written: {source}")]
    Output { source: std::io::Error },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Data(#[from] data::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Experiment(#[from] experiment::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fetch(#[from] fetch::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lockfile(#[from] lockfile::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Report(#[from] report::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Results(#[from] results::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Schedule(#[from] schedule::Error),
}

impl Error {
    /// The code the process ends with.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Output { .. } => Exit::Failed,
            Self::Data(error) => error.exit(),
            Self::Experiment(error) => error.exit(),
            Self::Fetch(error) => error.exit(),
            Self::Lockfile(error) => error.exit(),
            Self::Report(error) => error.exit(),
            Self::Results(error) => error.exit(),
            Self::Schedule(error) => error.exit(),
        }
    }
}
