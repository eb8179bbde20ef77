//! Why no experiment can be written.

use std::path::PathBuf;

use miette::Diagnostic;

use super::{
    guess::{self, Unsuited},
    look::{Files, Look},
};
use titer_core::{data, exit::Exit, experiment, results, text::shown};

/// Why `titer init` writes nothing.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The data is readable, and no experiment can be made of it.
    #[error("no experiment can be made of {}: {problem}", path.display())]
    Unsuited {
        path: PathBuf,
        problem: String,
        #[help]
        help: String,
    },
    #[error("{} is there already", path.display())]
    #[diagnostic(help("`--out FILE.toml` gives the experiment another name; nothing is overwritten"))]
    Exists { path: PathBuf },
    #[error("{} is no name of an experiment file", path.display())]
    #[diagnostic(help("`--out experiments/NAME.toml`"))]
    Name { path: PathBuf },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Data(#[from] data::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Experiment(#[from] experiment::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Results(#[from] results::Error),
}

impl Error {
    /// Says what was seen beside why it does not do.
    pub(super) fn unsuited(files: &Files, look: &Look, Unsuited { problem, help }: Unsuited) -> Self {
        let is_read = |name: &str| look.unread.iter().all(|(unread, _)| unread != name);
        let saw = look.columns.all.iter().filter(|column| is_read(&column.name)).map(|column| {
            let name = guess::quoted(&column.name);
            let example = column.texts().next().map(|text| format!(" ({}, …)", guess::quoted(text)));
            name + &example.unwrap_or_default()
        });
        let unread = look.unread.iter().map(|(name, kind)| format!("{} ({})", guess::quoted(name), shown(kind)));
        let saw = guess::listed(&saw.chain(unread).collect::<Vec<_>>());
        Self::Unsuited { path: files.paths[0].clone(), problem, help: format!("{help}\nseen: {saw}") }
    }

    /// 2 where the data or the call must be another, 3 where a file is missing or damaged.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Unsuited { .. } | Self::Exists { .. } | Self::Name { .. } => Exit::Usage,
            Self::Data(error) => error.exit(),
            Self::Experiment(error) => error.exit(),
            Self::Results(error) => error.exit(),
        }
    }
}
