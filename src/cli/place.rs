//! Where an experiment's results lie, and whose they are.

use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser};

use crate::error::Error;
use titer_core::{
    experiment::Loaded,
    results::{self, ExperimentFolder, FORMAT, OlderRuns},
};

/// The folder titer is called in: paths of an experiment start from it.
pub fn project() -> Result<PathBuf, Error> {
    Ok(std::path::absolute(".").map_err(|source| results::Error::read(".", source))?)
}

/// The results of an experiment file; an error where they are another file's of the same name.
pub fn owned(file: &Path, loaded: &Loaded, results: &Path) -> Result<ExperimentFolder, Error> {
    let folder = ExperimentFolder::new(results, &loaded.experiment.name);
    folder.require(file, &loaded.experiment.text, results, &project()?)?;
    Ok(folder)
}

/// The same, and says where runs of an older titer lie there.
pub fn folder(file: &Path, loaded: &Loaded, results: &Path) -> Result<ExperimentFolder, Error> {
    let folder = owned(file, loaded, results)?;
    if let Some(OlderRuns { count, format }) = folder.older_runs() {
        let runs = if count == 1 { "1 run".to_owned() } else { format!("{count} runs") };
        tracing::warn!(
            "{} holds {runs} of an older titer (format {format}), which this one (format {FORMAT}) does not read and leaves \
             untouched: `titer sweep` makes new runs beside them; to read the old ones use that titer",
            folder.path().display(),
        );
    }
    Ok(folder)
}

/// Reads a path of the command line; one that a shell was to expand and did not is refused.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(|given| {
        let path = PathBuf::from(given);
        match titer_core::text::unexpanded(&path.to_string_lossy()) {
            Some(word) => {
                Err(format!("only a shell expands `{word}`, and it did not: write the whole path, or put a space before it"))
            }
            None => Ok(path),
        }
    })
}
