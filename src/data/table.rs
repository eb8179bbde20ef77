//! Rows from tables: CSV, TSV and Parquet, told apart by the extension.

use std::io::BufReader;

use polars::{
    io::{SerReader, parquet::read::ParquetReader},
    prelude::{Column, DataType},
};

use super::{
    Error,
    rows::{File, Row, Rows, Unit},
};

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
        Some("parquet") => (read_parquet(file, columns)?, Unit::Row),
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

fn read_parquet(file: &File<'_>, columns: &Columns<'_>) -> Result<Vec<Row>, Error> {
    let malformed = |source| Error::Parquet { path: file.path.to_owned(), source };
    let mut reader = ParquetReader::new(file.open()?.into_parts().0);
    let headers: Vec<String> = reader.schema().map_err(malformed)?.iter_names().map(ToString::to_string).collect();
    let wanted: Vec<&str> = [columns.id, columns.sequence, columns.label].into_iter().chain(columns.split).collect();
    for column in &wanted {
        find(file, &headers, column)?;
    }
    let mut distinct: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let frame = reader.with_columns(Some(distinct)).finish().map_err(malformed)?;
    let texts = |column: &str| texts(file, frame.column(column).map_err(malformed)?);
    let mut rows: Vec<Row> = (1..).take(frame.height()).map(|place| Row { place, ..Row::default() }).collect();
    let mut write = |column: &str, field: fn(&mut Row) -> &mut String| -> Result<(), Error> {
        for (row, text) in rows.iter_mut().zip(texts(column)?) {
            *field(row) = text;
        }
        Ok(())
    };
    write(columns.id, |row| &mut row.id)?;
    write(columns.sequence, |row| &mut row.sequence)?;
    write(columns.label, |row| &mut row.label)?;
    if let Some(split) = columns.split {
        write(split, |row| &mut row.split)?;
    }
    Ok(rows)
}

/// A column as texts, empty where it is null. Whole floats lose their `.0`: a null among integers makes pandas write them as floats.
fn texts(file: &File<'_>, column: &Column) -> Result<Vec<String>, Error> {
    let malformed = |source| Error::Parquet { path: file.path.to_owned(), source };
    let cast = |kind: &DataType| column.cast(kind).map_err(malformed);
    match column.dtype() {
        DataType::Float32 | DataType::Float64 => {
            let numbers = cast(&DataType::Float64)?;
            let numbers = numbers.f64().map_err(malformed)?;
            Ok(numbers
                .iter()
                .map(|number| number.filter(|number| !number.is_nan()).map(|number| number.to_string()).unwrap_or_default())
                .collect())
        }
        kind if *kind == DataType::String || *kind == DataType::Boolean || kind.is_integer() => {
            let texts = cast(&DataType::String)?;
            let texts = texts.str().map_err(malformed)?;
            Ok(texts.iter().map(|text| text.unwrap_or_default().trim().to_owned()).collect())
        }
        kind => Err(Error::ColumnType { path: file.path.to_owned(), column: column.name().to_string(), found: kind.to_string() }),
    }
}

/// The index of a column, or an error that lists the columns there are and names the nearest.
fn find(file: &File<'_>, headers: &[String], column: &str) -> Result<usize, Error> {
    headers.iter().position(|header| header == column).ok_or_else(|| {
        let listed: Vec<String> = headers.iter().map(|header| format!("{header:?}")).collect();
        let nearest = nearest(column, headers.iter().map(String::as_str)).map(|nearest| format!("; did you mean {nearest:?}?"));
        let help = format!("its columns are {}{}", listed.join(", "), nearest.unwrap_or_default());
        Error::Column { path: file.path.to_owned(), column: column.to_owned(), help }
    })
}

/// The candidate most like `text`, where one is like it at all.
pub(super) fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let like = |candidate: &str| strsim::jaro_winkler(&text.to_lowercase(), &candidate.to_lowercase());
    candidates
        .map(|candidate| (like(candidate), candidate))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, nearest)| nearest)
}
