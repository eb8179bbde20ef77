//! The top error: what went wrong in any module, its exit code, and how it is shown.

use std::path::{Path, PathBuf};

use miette::Diagnostic;

use crate::{export, fetch, init, lockfile, predict, schedule};
use titer_core::{checkpoint, data, exit::Exit, experiment, results};
use titer_report as report;

/// Anything that ends `titer` early. Each variant is one module's own error, shown as it is.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// Standard output could not be written to.
    #[error("standard output cannot be written: {source}")]
    Output { source: std::io::Error },
    #[error("{} problems", errors.len())]
    Several {
        #[related]
        errors: Vec<Self>,
    },
    /// What stands in the way of an experiment's runs.
    #[error("the runs of {} cannot begin", file.display())]
    Runs {
        file: PathBuf,
        #[related]
        errors: Vec<Self>,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Checkpoint(#[from] checkpoint::Error),
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
    Init(#[from] init::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lockfile(#[from] lockfile::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Export(#[from] export::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Predict(#[from] predict::Error),
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
    /// What stands in the way of the runs of a file.
    #[must_use]
    pub fn of_file(file: &Path, error: Self) -> Self {
        let errors = if let Self::Several { errors } = error { errors } else { vec![error] };
        Self::Runs { file: file.to_owned(), errors }
    }

    /// Several errors as one; `None` where there is none.
    #[must_use]
    pub fn all(errors: Vec<Self>) -> Option<Self> {
        (!errors.is_empty()).then(|| Self::several(errors))
    }

    /// Errors as one; one alone stays itself.
    #[must_use]
    pub fn several(mut errors: Vec<Self>) -> Self {
        match errors.pop() {
            Some(only) if errors.is_empty() => only,
            last => {
                errors.extend(last);
                Self::Several { errors }
            }
        }
    }

    /// The code the process ends with.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Output { .. } => Exit::Failed,
            Self::Several { errors } | Self::Runs { errors, .. } => {
                // What is wrong is told before what is missing: bringing it would not help.
                let exits: Vec<Exit> = errors.iter().map(Self::exit).collect();
                let first = [Exit::Interrupted, Exit::Failed, Exit::Usage].into_iter().find(|exit| exits.contains(exit));
                first.unwrap_or(Exit::Input)
            }
            Self::Checkpoint(error) => error.exit(),
            Self::Data(error) => error.exit(),
            Self::Experiment(error) => error.exit(),
            Self::Fetch(error) => error.exit(),
            Self::Init(error) => error.exit(),
            Self::Lockfile(error) => error.exit(),
            Self::Export(error) => error.exit(),
            Self::Predict(error) => error.exit(),
            Self::Report(error) => error.exit(),
            Self::Results(error) => error.exit(),
            Self::Schedule(error) => error.exit(),
        }
    }
}
