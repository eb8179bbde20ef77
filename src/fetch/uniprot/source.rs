//! Where a table comes from, written beside it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::request::Request;
use crate::fetch::{Error, digest::sha256, files};
use titer_core::{
    experiment::{FetchSettings, LabelRule},
    input,
};

/// The version of `.source.json`.
///
/// - 1: the first.
pub(super) const FORMAT: u32 = 1;

/// Far above what a record takes.
const MOST_BYTES: u64 = 1 << 20;

/// `<table>.source.json`: everything that is needed to make the table again, and to cite it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub format: u32,
    pub database: String,
    pub licence: String,
    /// UniProt's release, such as `2026_03`.
    pub release: String,
    /// As UniProt writes it: `02-September-2026`.
    pub release_date: Option<String>,
    pub query: String,
    /// UniProt's return fields, in column order.
    pub fields: Vec<String>,
    pub label: LabelRule,
    /// Proteins the query found.
    pub fetched: u64,
    /// Proteins with a label: the table's rows.
    pub kept: u64,
    /// Rows by label.
    pub labels: BTreeMap<String, u64>,
    /// Where the column is one of locations: what the two ways to read them make of the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readings: Option<Readings>,
    /// Terms of the rule that are a location of no protein of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen_terms: Vec<String>,
    /// Of the table.
    pub sha256: String,
}

/// How many proteins of the answer are labelled otherwise where all texts of the rule are
/// substrings and where all are whole locations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Readings {
    /// They have a label only by substrings.
    pub only_substrings: u64,
    /// They have a label only by whole locations.
    pub only_terms: u64,
    /// They have one label by substrings and another by whole locations.
    pub other_label: u64,
}

impl Readings {
    /// All that are labelled otherwise.
    #[must_use]
    pub const fn differ(self) -> u64 {
        self.only_substrings + self.only_terms + self.other_label
    }

    /// Counts a protein by its label as substrings and as whole locations.
    pub(super) fn count(&mut self, substrings: Option<&str>, terms: Option<&str>) {
        match (substrings, terms) {
            (Some(_), None) => self.only_substrings += 1,
            (None, Some(_)) => self.only_terms += 1,
            (substrings, terms) => self.other_label += u64::from(substrings != terms),
        }
    }
}

/// What is there where a table should be.
pub(super) enum Standing {
    Missing,
    /// The table, whole and as it should be.
    There(Option<Box<Source>>),
    /// A table that titer made by other settings.
    Outdated,
}

/// `data/x.csv` → `data/x.csv.source.json`.
#[must_use]
pub fn source_path(table: &Path) -> PathBuf {
    files::beside(table, "source.json")
}

impl Source {
    /// Reads what is beside a table; `None` where nothing legible is.
    #[must_use]
    pub fn read(table: &Path) -> Option<Self> {
        let text = input::read(&source_path(table), MOST_BYTES).ok()?;
        serde_json::from_slice(&text).ok().filter(|source: &Self| source.format == FORMAT)
    }

    pub(super) fn write(&self, table: &Path) -> Result<(), Error> {
        let path = source_path(table);
        let mut text =
            serde_json::to_vec_pretty(self).map_err(|error| Error::Write { path: path.clone(), source: error.into() })?;
        text.push(b'\n');
        files::write(&path, &text)
    }

    fn made_by(&self, settings: &FetchSettings) -> bool {
        let request = Request::new(settings);
        (&self.query, &self.fields, &self.label) == (&request.query, &request.fields, &settings.label)
    }
}

/// Whether the table that is there is the one that `settings` describe: an error where it is not
/// what they pin, else what is doubtful about it. Runs read it as it is; only `titer fetch` makes
/// it anew.
pub fn doubt(settings: &FetchSettings, table: &Path) -> Result<Option<&'static str>, Error> {
    if let Some(pin) = settings.sha256.as_ref().filter(|_| table.is_file()) {
        let found = sha256(table)?;
        if !pin.eq_ignore_ascii_case(&found) {
            let advice =
                "data.fetch.sha256 pins it: `titer fetch FILE` brings what is pinned; where this file is meant, pin it instead";
            let (path, expected) = (table.to_owned(), pin.clone());
            return Err(Error::WrongSha256 { path, expected, found, advice: advice.to_owned() });
        }
    }
    match standing(settings, table) {
        Ok(Standing::Outdated) => {
            Ok(Some("[data.fetch] changed since it was fetched, and it is still as it was: `titer fetch FILE` makes it anew"))
        }
        Err(Error::Changed { .. }) => Ok(Some("it was changed after titer had fetched it")),
        Ok(Standing::There(_) | Standing::Missing) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Looks at what is at `table`. A file that titer did not write, or that was changed since, is
/// never replaced.
pub(super) fn standing(settings: &FetchSettings, table: &Path) -> Result<Standing, Error> {
    if !table.exists() {
        return Ok(Standing::Missing);
    }
    let found = sha256(table)?;
    let source = Source::read(table).filter(|source| source.sha256 == found);
    match (&settings.sha256, source) {
        (Some(pin), source) if pin.eq_ignore_ascii_case(&found) => Ok(Standing::There(source.map(Box::new))),
        (None, Some(source)) if source.made_by(settings) => Ok(Standing::There(Some(Box::new(source)))),
        (_, Some(_)) => Ok(Standing::Outdated),
        (None, None) if !source_path(table).exists() => Ok(Standing::There(None)),
        (None, None) => Err(Error::Changed { path: table.to_owned() }),
        (Some(pin), None) => Err(Error::WrongSha256 {
            path: table.to_owned(),
            expected: pin.clone(),
            found,
            advice: "titer did not write this file, or it was changed since: move it away and run the same command again".into(),
        }),
    }
}
