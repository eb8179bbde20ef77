//! Rows from tables, told apart by the extension: CSV and TSV here, Parquet in [`parquet`].

use std::io::BufReader;

use super::{
    Error,
    error::nearest,
    parquet,
    rows::{File, Row, Rows, Unit},
};
use crate::text::short;

/// The headers of the columns that are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns<'a> {
    pub id: &'a str,
    pub sequence: &'a str,
    pub label: &'a str,
    pub split: Option<&'a str>,
}

/// What `pandas.read_csv` takes for a missing value by default, the empty text aside.
const MISSING: [&str; 18] = [
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN",
    "None", "n/a", "nan", "null",
];

pub(super) fn read(file: &File<'_>, columns: &Columns<'_>) -> Result<Rows, Error> {
    let extension = file.path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let (rows, unit) = match extension.as_deref() {
        Some("csv") => (read_delimited(file, b',', columns)?, Unit::Line),
        Some("tsv" | "tab") => (read_delimited(file, b'\t', columns)?, Unit::Line),
        Some("parquet") => (parquet::read(file, columns)?, Unit::Row),
        _ => return Err(Error::UnknownFormat { path: file.path.to_owned() }),
    };
    Ok(Rows { all: rows, unit, path: Some(file.path.to_owned()), column: Some(columns.sequence.to_owned()) })
}

fn read_delimited(file: &File<'_>, delimiter: u8, columns: &Columns<'_>) -> Result<Vec<Row>, Error> {
    let malformed = |source| Error::Csv { path: file.path.to_owned(), source };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(BufReader::new(file.open()?));
    let headers: Vec<String> = reader.headers().map_err(malformed)?.iter().map(|header| header.trim().to_owned()).collect();
    let find = |column: &str| find(file, &headers, column);
    let (id, sequence, label) = (find(columns.id)?, find(columns.sequence)?, find(columns.label)?);
    let split = columns.split.map(find).transpose()?;

    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(malformed)? {
        let text = |index: usize| present(record.get(index).unwrap_or_default()).to_owned();
        rows.push(Row {
            place: record.position().map_or(0, csv::Position::line),
            id: text(id),
            sequence: text(sequence),
            label: text(label),
            split: split.map(text).unwrap_or_default(),
        });
    }
    Ok(rows)
}

/// The trimmed text, or nothing where it stands for a missing value.
fn present(text: &str) -> &str {
    let text = text.trim();
    if MISSING.contains(&text) { "" } else { text }
}

/// The index of a column, or an error that lists the columns there are and names the nearest.
pub(super) fn find(file: &File<'_>, headers: &[String], column: &str) -> Result<usize, Error> {
    headers.iter().position(|header| header == column).ok_or_else(|| {
        const SHOWN: usize = 20;
        let listed: Vec<String> = headers.iter().take(SHOWN).map(|header| format!("{:?}", short(header))).collect();
        let rest = headers.len().saturating_sub(SHOWN);
        let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let nearest =
            nearest(column, headers.iter().map(String::as_str)).map(|nearest| format!("; did you mean {:?}?", short(nearest)));
        let help = match headers {
            [] => "the file is empty".to_owned(),
            _ => format!("its columns are {}{rest}{}", listed.join(", "), nearest.unwrap_or_default()),
        };
        Error::Column { path: file.path.to_owned(), column: short(column), help }
    })
}
