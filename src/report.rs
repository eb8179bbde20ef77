//! The report: tables → [`view`] → [`figures`] → [`page`], one HTML file that opens offline.
//!
//! [`inputs`] reads what the runs left; [`view`] decides what is said; [`figures`] draws it; [`page`] sets it. Only the first and
//! the last step touch the disk.

mod error;
pub mod figures;
mod follows;
pub mod inputs;
mod joined;
mod origin;
pub mod page;
mod sound;
pub mod view;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::Serialize;

use self::view::{answer::Answer, comparison::Comparison, decision::Decision};
pub use self::{error::Error, follows::check, inputs::Inputs, joined::joined, view::View};
use crate::results::{ExperimentFolder, atomic};

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
    write_page(&Inputs::read(folder)?, path)
}

/// Writes the report of what was read to `path`.
pub fn write_page(inputs: &Inputs, path: &Path) -> Result<(), Error> {
    let page = page::page(&View::new(inputs))?;
    Ok(atomic::write(path, |file| file.write_all(page.as_bytes()))?)
}

/// Compares finished runs, as their report does.
#[must_use]
pub fn compare(inputs: &Inputs) -> Compared {
    let View { answer, comparison, decision, .. } = View::new(inputs);
    Compared { answer, comparison, decision }
}

/// What `titer compare` tells: the report's answer, and the numbers it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    pub answer: Answer,
    #[serde(flatten)]
    pub comparison: Comparison,
    #[serde(flatten)]
    pub decision: Decision,
}

/// The answer, the configurations, their differences and the runs, for a terminal.
#[must_use]
pub fn in_words(Compared { answer, comparison, decision }: &Compared) -> String {
    let mut text = format!("{}\n", answer.headline);
    for advice in &answer.advice {
        text.push_str(&format!("\n{}: {}\n", advice.term, advice.text));
    }
    let mut tables = Vec::new();
    if decision.repeated() {
        tables.push(decision.table(comparison));
    }
    if !decision.pairs.pairs.is_empty() {
        tables.push(decision.pairs.table(&decision.configurations));
    }
    tables.push(comparison.table());
    for table in tables {
        text.push_str(&format!("\n{}\n\n{table}", table.caption));
    }
    text
}
