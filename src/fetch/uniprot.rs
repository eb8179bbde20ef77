//! Proteins from UniProtKB by query, as a labelled table.
//!
//! ```text
//! data/x.csv                the table: Entry, Sequence, the other fields' columns, label
//! data/x.csv.source.json    where it comes from: query, release, counts, sha256
//! data/x.csv.part           what UniProt has sent so far, until the table is made
//! data/x.csv.part.json      how far that is, and the cursor of the next page
//! ```

mod download;
mod location;
mod partial;
mod request;
mod rule;
mod service;
mod source;
mod table;

use std::path::Path;

use self::{request::Request, source::Standing, table::Table};
pub use self::{
    service::Service,
    source::{Readings, Source, doubt, source_path},
};
use super::Error;
use titer_core::experiment::FetchSettings;

/// What became of a table that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It was made now.
    Made(Source),
    /// It was there, as it should be; its source is known where titer made it.
    WasThere(Option<Source>),
}

impl Service {
    /// Makes the table that `settings` describe at `target`, where it is not there yet. What a
    /// broken-off call has fetched is used.
    pub fn make(&self, settings: &FetchSettings, target: &Path) -> Result<Outcome, Error> {
        if !target.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            return Err(Error::NotCsv { path: target.to_owned() });
        }
        match source::standing(settings, target)? {
            Standing::There(source) => return Ok(Outcome::WasThere(source.map(|source| *source))),
            Standing::Missing | Standing::Outdated => {}
        }
        let answer = self.download(&Request::new(settings), target)?;
        let table = Table::write(settings, &answer, target)?;
        let source = table.keep(settings, &answer, target)?;
        answer.remove()?;
        Ok(Outcome::Made(source))
    }
}
