//! The report: tables → [`view`] → [`figures`] → [`section`] → [`page`], one HTML file that opens
//! offline.
//!
//! [`inputs`] reads what the runs left; [`view`] decides what is said; [`figures`] draws it; a
//! [`section`] lays a part of it out; [`page`] puts the parts together. Only the first and the last
//! step touch the disk.

mod card;
mod compared;
mod controls;
mod drawn;
mod error;
pub mod figures;
mod follows;
pub mod inputs;
mod joined;
mod origin;
pub mod page;
mod recommended;
pub mod section;
mod sound;
pub mod view;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

pub use self::{
    card::model_card,
    compared::Compared,
    error::Error,
    follows::check,
    inputs::Inputs,
    joined::joined,
    recommended::{Recommended, recommended},
    view::View,
};
use titer_core::results::{ExperimentFolder, atomic};

/// The same where what it is made from has changed since, or titer itself; otherwise it stays as it
/// is.
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
    write_page(&Inputs::read(folder)?, path)
}

/// Writes the report of what was read to `path`.
pub fn write_page(inputs: &Inputs, path: &Path) -> Result<(), Error> {
    let page = page::page(inputs, &View::new(inputs))?;
    Ok(atomic::write(path, |file| file.write_all(page.as_bytes()))?)
}
