//! What the fuzz targets share: settings to read data with, a file in memory, and errors shown as a
//! user would see them.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use tempfile::TempDir;
use titer_core::{data, experiment::{self, Settings}};

/// A folder of this process, in memory where the machine has such a place.
pub static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a temporary folder can be made")
});

/// Lays the input down as a file of this name.
pub fn lay(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.path().join(name);
    fs_err::write(&path, bytes).expect("a temporary file can be written");
    path
}

/// Shows an error as `titer` does: this must not panic either.
pub fn show(error: &dyn Diagnostic) {
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(120);
    handler.render_report(&mut text, error).expect("an error can be shown");
}

/// The settings of an experiment over made-up weights, with this beside.
pub fn settings(rest: &str) -> Settings {
    let text = format!("[model]\nweights = {{ random = \"esm2-tiny\" }}\n{rest}");
    experiment::parse(Path::new("fuzz.toml"), &text, &[]).expect("a right experiment").experiment.base
}

/// Prepares the data of settings whose file lies in [`FOLDER`].
pub fn prepare(settings: &Settings) {
    match data::prepare(&titer_core::experiment::TaskSettings::default(), &settings.data, &settings.split, &settings.tokens, FOLDER.path()) {
        Ok(dataset) => _ = titer_core::results::tables::protein_rows(&dataset, &[]),
        Err(error) => show(&error),
    }
}
