//! The rows as their source writes them, whatever the source.

use std::path::{Path, PathBuf};

use super::{
    Error, fasta,
    files::{self, DataFile},
    synthetic,
    table::{Fields, Table},
};
use crate::experiment::{DataSettings, Source, split::Split};

/// A row as it was read. Texts are trimmed, and empty where the source holds none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// The index of its file.
    pub file: usize,
    /// The line of a text, the number of a row: what a reader looks for in an editor.
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
    /// None where the data is synthetic.
    pub files: Vec<DataFile>,
    /// The sequence column of a table.
    pub column: Option<String>,
    /// The columns of the first table; the attributes of the first FASTA header.
    pub headers: Vec<String>,
    /// What separates the fields of tables where that was found and is not usual, the first of
    /// each.
    pub separators: Vec<(PathBuf, char)>,
}

/// What [`Row::place`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Line,
    Row,
}

impl Rows {
    /// None yet.
    pub fn new(files: &[DataFile], unit: Unit) -> Self {
        Self { all: Vec::new(), unit, files: files.to_vec(), column: None, headers: Vec::new(), separators: Vec::new() }
    }

    /// Names a row: `line 17`, or `a.csv, line 17` where there are several files.
    pub fn place(&self, row: &Row) -> String {
        match self.files.get(row.file).and_then(|file| file.path.file_name()) {
            Some(name) if self.files.len() > 1 => format!("{}, {}", name.to_string_lossy(), self.place_alone(row)),
            _ => self.place_alone(row),
        }
    }

    /// The same with the file's name: `a.csv, line 17`.
    pub fn place_in_file(&self, row: &Row) -> String {
        match self.files.get(row.file) {
            Some(file) => format!("{}, {}", file.path.display(), self.place_alone(row)),
            None => self.place_alone(row),
        }
    }

    fn place_alone(&self, row: &Row) -> String {
        let unit = match self.unit {
            Unit::Line => "line",
            Unit::Row => "row",
        };
        format!("{unit} {}", row.place)
    }

    /// The split that a row's file is of.
    pub fn split_of_file(&self, row: &Row) -> Option<Split> {
        self.files.get(row.file)?.split
    }
}

/// Reads every row of the source, with the columns that the split method reads. Relative paths
/// start from the project's folder.
pub(super) fn read(data: &DataSettings, split: &[&str], project: &Path) -> Result<Rows, Error> {
    let files = files::of(&data.source, project)?;
    let rows = match &data.source {
        Source::Table { id, sequence, label, separator, .. } => {
            read_tables(&files, &Columns { id: id.as_deref(), sequence, label, split }, *separator)?
        }
        Source::Uniprot { id, sequence, label, .. } => {
            read_tables(&files, &Columns { id: Some(id), sequence, label, split }, None)?
        }
        Source::Fasta { label, .. } => fasta::read(&files, label, split)?,
        Source::Synthetic(made) => {
            if let Some(column) = split.first() {
                return Err(Error::SyntheticSplit { column: (*column).to_owned() });
            }
            synthetic::generate(made)?
        }
    };
    if rows.all.is_empty() {
        return Err(Error::Empty { path: rows.files.into_iter().next().map(|file| file.path).unwrap_or_default() });
    }
    Ok(rows)
}

/// One column of a table. Relative paths start from the project's folder.
pub(super) fn texts(data: &DataSettings, column: &str, project: &Path) -> Result<Vec<String>, Error> {
    let (sequence, separator) = match &data.source {
        Source::Table { sequence, separator, .. } => (sequence, *separator),
        Source::Uniprot { sequence, .. } => (sequence, None),
        Source::Fasta { .. } | Source::Synthetic(_) => return Ok(Vec::new()),
    };
    let files = files::of(&data.source, project)?;
    // Read as a label is.
    let rows = read_tables(&files, &Columns { id: None, sequence, label: column, split: &[] }, separator)?;
    let text = |row: Row| if data.cleaning.missing_values.contains(&row.label) { String::new() } else { row.label };
    Ok(rows.all.into_iter().map(text).collect())
}

/// The headers of the columns that are read.
#[derive(Debug, Clone, Copy)]
struct Columns<'a> {
    /// `None`: the rows are numbered.
    id: Option<&'a str>,
    sequence: &'a str,
    label: &'a str,
    split: &'a [&'a str],
}

/// The rows of all tables, one behind another.
fn read_tables(files: &[DataFile], columns: &Columns<'_>, separator: Option<char>) -> Result<Rows, Error> {
    let mut rows = Rows::new(files, Unit::Line);
    rows.column = Some(columns.sequence.to_owned());
    for (file, named) in files.iter().enumerate() {
        let table = Table::of(named, separator)?;
        if table.separator().is_none() {
            rows.unit = Unit::Row;
        }
        rows.separators.extend(table.unusual_separator().map(|separator| (named.path.clone(), separator)));
        if file == 0 {
            rows.headers = table.headers().to_vec();
        }
        let find = |column: &str| table.find(column);
        let id = columns.id.map(find).transpose()?;
        let sequence = find(columns.sequence)?;
        let label = find(columns.label)?;
        let split = columns.split.iter().map(|column| find(column)).collect::<Result<Vec<usize>, _>>()?;
        let wanted: Vec<usize> = [sequence, label].into_iter().chain(id).chain(split).collect();
        for row in table.rows(&wanted, Some(sequence))? {
            let Fields { line: place, texts } = row?;
            let mut texts = texts.into_iter();
            let (sequence, label) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
            let id = if id.is_some() { texts.next().unwrap_or_default() } else { (rows.all.len() + 1).to_string() };
            rows.all.push(Row { file, place, id, sequence, label, split: texts.collect() });
        }
    }
    Ok(rows)
}
