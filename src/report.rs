//! The report: tables → [`view`] → [`figures`] → [`page`], one HTML file that opens offline.
//!
//! [`inputs`] reads what the runs left; [`view`] decides what is said; [`figures`] draws it; [`page`] sets it. Only the first and
//! the last step touch the disk.

mod error;
pub mod figures;
pub mod inputs;
mod origin;
pub mod page;
mod sound;
pub mod view;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use self::view::comparison::Comparison;
pub use self::{error::Error, inputs::Inputs, view::View};
use crate::results::{ExperimentFolder, Manifest, atomic};

/// The same where what it is made from has changed since, or titer itself; otherwise it stays as it is.
pub fn refresh(folder: &ExperimentFolder) -> Result<PathBuf, Error> {
    let (path, now) = (folder.report(), origin::of(folder));
    if now.is_none() || !path.exists() || now != origin::read(folder) {
        write(folder)?;
        origin::write(folder, now)?;
    }
    Ok(path)
}

/// Writes an experiment's report beside its results, and says where.
pub fn write(folder: &ExperimentFolder) -> Result<PathBuf, Error> {
    let path = folder.report();
    write_to(folder, &path)?;
    Ok(path)
}

/// Writes an experiment's report to `path`.
pub fn write_to(folder: &ExperimentFolder, path: &Path) -> Result<(), Error> {
    let inputs = Inputs::read(folder)?;
    let view = View::new(&inputs);
    let page = page::page(&view)?;
    Ok(atomic::write(path, |file| file.write_all(page.as_bytes()))?)
}

/// Compares an experiment's finished runs, as its report does.
pub fn compare(folder: &ExperimentFolder) -> Result<Comparison, Error> {
    let manifests = inputs::manifests(folder)?;
    Ok(Comparison::new(&manifests.iter().collect::<Vec<&Manifest>>()))
}
