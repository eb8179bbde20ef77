//! What can be wrong with a lock, and with what is held to it.

use std::path::{Path, PathBuf};

use miette::Diagnostic;

use super::FORMAT;
use crate::fetch;
use titer_core::{data, exit::Exit, results};

#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    #[error("there is no lock {}", path.display())]
    #[diagnostic(help("`titer lock {}` writes it from these results", experiment.display()))]
    Missing { path: PathBuf, experiment: PathBuf },

    #[error("{} is not a lock that titer can read:\n{problem}", path.display())]
    #[diagnostic(help("take it from version control again, or rewrite it: `titer lock {}`", experiment.display()))]
    Broken {
        path: PathBuf,
        experiment: PathBuf,
        /// With the line it stands in, made harmless for a terminal.
        problem: String,
    },

    #[error("the lock {} has format {found}; this titer reads format {FORMAT}", path.display())]
    #[diagnostic(help("{}", remedy(*found, experiment)))]
    OtherFormat { path: PathBuf, experiment: PathBuf, found: u32 },

    #[error("the inputs or runs here differ from {}{list}", path.display())]
    #[diagnostic(help(
        "bring the inputs of the lock here; or, where what is here is meant: sweep without --locked, then `titer lock {}`",
        experiment.display()
    ))]
    Differs {
        path: PathBuf,
        experiment: PathBuf,
        /// A line a difference.
        list: String,
    },

    #[error("these settings change the runs of {}", experiment.display())]
    #[diagnostic(help(
        "a lock belongs to the file beside it: write the settings into the file, or into another one; --set may only say where data and weights are"
    ))]
    OtherRuns { experiment: PathBuf },

    #[error("the results differ from {}: {summary}", path.display())]
    #[diagnostic(help("{help}"))]
    Disagrees { path: PathBuf, summary: String, help: String },

    #[error(transparent)]
    #[diagnostic(transparent)]
    Data(#[from] data::Error),

    #[error(transparent)]
    #[diagnostic(transparent)]
    Fetch(#[from] fetch::Error),

    #[error(transparent)]
    #[diagnostic(transparent)]
    Results(#[from] results::Error),
}

impl Error {
    /// The code the process ends with.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Missing { .. } | Self::Broken { .. } | Self::OtherFormat { .. } | Self::Differs { .. } => Exit::Input,
            Self::OtherRuns { .. } => Exit::Usage,
            Self::Disagrees { .. } => Exit::Failed,
            Self::Data(error) => error.exit(),
            Self::Fetch(error) => error.exit(),
            Self::Results(error) => error.exit(),
        }
    }
}

fn remedy(found: u32, experiment: &Path) -> String {
    if found > FORMAT {
        "a newer titer wrote it: update titer".to_owned()
    } else {
        format!("an older titer wrote it: write it anew with `titer lock {}`, or use that titer", experiment.display())
    }
}
