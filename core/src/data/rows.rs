//! The rows as their source writes them, whatever the source.

use std::{
    io::BufRead,
    path::{Path, PathBuf},
};

use super::{Error, fasta, synthetic, table};
use crate::{
    experiment::{DataSettings, Source},
    input::{self, gzip},
};

/// A row as it was read. Texts are trimmed, and empty where the source holds none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// The line of a table, the number of a record: what a reader looks for in an editor.
    pub place: u64,
    pub id: String,
    pub sequence: String,
    pub label: String,
    /// What the columns that the split method reads say, in its order.
    pub split: Vec<String>,
}

impl Row {
    pub fn is_missing(&self) -> bool {
        self.id.is_empty() || self.sequence.is_empty() || self.label.is_empty()
    }
}

/// All rows of a source.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub all: Vec<Row>,
    pub unit: Unit,
    /// As the experiment names it; `None` where the data is synthetic.
    pub path: Option<PathBuf>,
    /// The sequence column of a table.
    pub column: Option<String>,
}

/// What [`Row::place`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Line,
    Record,
    Row,
}

impl Rows {
    /// Names a row: `line 17`.
    pub fn place(&self, row: &Row) -> String {
        let unit = match self.unit {
            Unit::Line => "line",
            Unit::Record => "record",
            Unit::Row => "row",
        };
        format!("{unit} {}", row.place)
    }

    /// The same with the file's name: `a.csv, line 17`.
    pub fn place_in_file(&self, row: &Row) -> String {
        match &self.path {
            Some(path) => format!("{}, {}", path.display(), self.place(row)),
            None => self.place(row),
        }
    }
}

/// Reads every row of the source, with the columns that the split method reads. Relative paths
/// start from the project's folder.
pub(super) fn read(data: &DataSettings, split: &[&str], project: &Path) -> Result<Rows, Error> {
    let rows = match &data.source {
        Source::Table { path, id, sequence, label } => {
            let columns = table::Columns { id: id.as_deref(), sequence, label, split };
            table::read(&File { path, project, fetched: false }, &columns)?
        }
        Source::Uniprot { path, id, sequence, label } => {
            let columns = table::Columns { id: Some(id), sequence, label, split };
            table::read(&File { path, project, fetched: true }, &columns)?
        }
        Source::Fasta { path, label } => fasta::read(&File { path, project, fetched: false }, label, split)?,
        Source::Synthetic(made) => {
            if let Some(column) = split.first() {
                return Err(Error::SyntheticSplit { column: (*column).to_owned() });
            }
            synthetic::generate(made)?
        }
    };
    if rows.all.is_empty() {
        return Err(Error::Empty { path: rows.path.unwrap_or_default() });
    }
    Ok(rows)
}

/// One column of a table. Relative paths start from the project's folder.
pub(super) fn texts(data: &DataSettings, column: &str, project: &Path) -> Result<Vec<String>, Error> {
    let (Source::Table { path, sequence, .. } | Source::Uniprot { path, sequence, .. }) = &data.source else {
        return Ok(Vec::new());
    };
    let file = File { path, project, fetched: matches!(data.source, Source::Uniprot { .. }) };
    // Read as a label is.
    let rows = table::read(&file, &table::Columns { id: None, sequence, label: column, split: &[] })?;
    let text = |row: Row| if data.cleaning.missing_values.contains(&row.label) { String::new() } else { row.label };
    Ok(rows.all.into_iter().map(text).collect())
}

/// A data file: named as the experiment names it, found from the project's folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct File<'a> {
    pub path: &'a Path,
    pub project: &'a Path,
    /// `titer fetch` makes it.
    pub fetched: bool,
}

impl File<'_> {
    pub fn location(&self) -> PathBuf {
        self.project.join(self.path)
    }

    pub fn open(&self) -> Result<fs_err::File, Error> {
        input::open(self.location()).map_err(|source| self.unreadable(source))
    }

    /// Opens a text that may be compressed.
    pub fn open_text(&self) -> Result<Box<dyn BufRead>, Error> {
        gzip::open(self.location()).map_err(|source| self.unreadable(source))
    }

    pub fn unreadable(&self, source: std::io::Error) -> Error {
        let help = if self.fetched {
            "`titer fetch FILE` makes it from UniProt".to_owned()
        } else {
            "`data.path` starts from the folder that titer is called in; where the experiment has `[data.fetch]`, `titer fetch FILE` makes it"
                .to_owned()
        };
        Error::Unreadable { path: self.path.to_owned(), source, help }
    }
}
