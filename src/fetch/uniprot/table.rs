//! From UniProt's answer to a labelled table.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, BufWriter, Write},
    path::Path,
};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::{
    partial::Partial,
    request::Request,
    rule::{self, Reading},
    source::{FORMAT, Readings, Source},
};
use crate::fetch::{Error, digest::hex, files};
use titer_core::experiment::FetchSettings;

/// A finished table that does not have its name yet.
pub(super) struct Table {
    file: NamedTempFile,
    sha256: String,
    labels: BTreeMap<String, u64>,
    readings: Option<Readings>,
    /// Terms that are a location of no protein so far.
    unseen_terms: BTreeSet<String>,
}

impl Table {
    /// Writes the proteins that have a label: label after label, the highest first, each in
    /// UniProt's order.
    pub(super) fn write(settings: &FetchSettings, answer: &Partial, target: &Path) -> Result<Self, Error> {
        let file = files::temporary(target)?;
        let failed = |error: csv::Error| Error::Write { path: target.to_owned(), source: error.into() };
        let mut writer = csv::Writer::from_writer(Hashing { inner: BufWriter::new(file), hasher: Sha256::new() });
        let rule = &settings.label;
        let mut labels = BTreeMap::new();
        let mut readings = rule::reads_locations(rule).then(Readings::default);
        let mut unseen_terms: BTreeSet<String> = rule::terms(rule).map(str::to_owned).collect();
        for (pass, label) in rule::labels(rule).into_iter().enumerate() {
            let mut lines = answer.lines()?;
            let header = lines.next().transpose()?.unwrap_or_default();
            let column = column(&header, &rule.column)?;
            if pass == 0 {
                writer.write_record(header.split('\t').chain(["label"])).map_err(failed)?;
            }
            let mut rows = 0;
            for line in lines {
                let line = line?;
                let text = line.split('\t').nth(column).unwrap_or_default();
                if let Some(readings) = readings.as_mut().filter(|_| pass == 0) {
                    readings.count(rule::label(rule, text, Reading::Substrings), rule::label(rule, text, Reading::Terms));
                    for found in rule::terms_found(rule, text) {
                        unseen_terms.remove(found);
                    }
                }
                if rule::label(rule, text, Reading::AsWritten) == Some(label) {
                    writer.write_record(line.split('\t').chain([label])).map_err(failed)?;
                    rows += 1;
                }
            }
            labels.insert(label.to_owned(), rows);
        }
        let written = |source| Error::Write { path: target.to_owned(), source };
        let mut hashing = writer.into_inner().map_err(|error| written(error.into_error()))?;
        hashing.flush().map_err(written)?;
        let file = hashing.inner.into_inner().map_err(|error| written(error.into_error()))?;
        Ok(Self { file, sha256: hex(&hashing.hasher.finalize()), labels, readings, unseen_terms })
    }

    /// Says where the table comes from, then gives it its name: a call that is broken off in
    /// between leaves no table, and the next one makes it from the answer that is kept until the
    /// end.
    pub(super) fn keep(self, settings: &FetchSettings, answer: &Partial, target: &Path) -> Result<Source, Error> {
        let kept = self.labels.values().sum();
        if kept == 0 {
            return Err(Error::NothingLabelled { fetched: answer.rows(), column: settings.label.column.clone() });
        }
        if let Some(pin) = settings.sha256.as_ref().filter(|pin| !pin.eq_ignore_ascii_case(&self.sha256)) {
            return Err(Error::WrongSha256 {
                path: target.to_owned(),
                expected: pin.clone(),
                advice: format!(
                    "UniProt is at release {} now: to take its data, set sha256 = \"{}\" under [data.fetch] and run the same command",
                    answer.release(),
                    self.sha256
                ),
                found: self.sha256,
            });
        }
        let Request { query, fields } = Request::new(settings);
        let source = Source {
            format: FORMAT,
            database: "UniProtKB".into(),
            licence: "CC BY 4.0".into(),
            release: answer.release().to_owned(),
            release_date: answer.release_date().map(str::to_owned),
            query,
            fields,
            label: settings.label.clone(),
            fetched: answer.rows(),
            kept,
            labels: self.labels,
            readings: self.readings,
            unseen_terms: self.unseen_terms.into_iter().collect(),
            sha256: self.sha256,
        };
        // What stands there is titer's own of other settings; beside the new record it would look changed by hand.
        if target.exists() {
            files::remove(target)?;
        }
        source.write(target)?;
        files::persist(self.file, target)?;
        Ok(source)
    }
}

/// The index of the column that the labels are read from.
fn column(header: &str, name: &str) -> Result<usize, Error> {
    let position = header.split('\t').position(|column| column == name);
    position.ok_or_else(|| Error::NoColumn {
        column: name.to_owned(),
        columns: header.split('\t').map(str::to_owned).collect::<Vec<_>>().join(", "),
    })
}

/// Hashes what passes through.
struct Hashing<W> {
    inner: W,
    hasher: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
