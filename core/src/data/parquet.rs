//! Rows from Parquet: the only file of this module that knows polars.

use polars::{
    error::PolarsError,
    io::{SerReader, parquet::read::ParquetReader},
    prelude::{ArrowDataType, ArrowField, Column, DataType},
};

use super::{
    Error,
    rows::{File, Row},
    table::{Columns, find},
};
use crate::input;

pub(super) fn read(file: &File<'_>, columns: &Columns<'_>) -> Result<Vec<Row>, Error> {
    let damaged =
        |panic: String| Err(Error::Parquet { path: file.path.to_owned(), source: PolarsError::ComputeError(panic.into()) });
    // polars panics on some damaged files.
    input::guarded(|| read_columns(file, columns)).unwrap_or_else(damaged)
}

fn read_columns(file: &File<'_>, columns: &Columns<'_>) -> Result<Vec<Row>, Error> {
    let malformed = |source| Error::Parquet { path: file.path.to_owned(), source };
    let mut reader = ParquetReader::new(file.open()?.into_parts().0);
    let schema = reader.schema().map_err(malformed)?;
    let headers: Vec<String> = schema.iter_names().map(ToString::to_string).collect();
    let mut wanted = Vec::new();
    let read = columns.id.into_iter().chain([columns.sequence, columns.label]).chain(columns.split.iter().copied());
    for column in read {
        find(file, &headers, column)?;
        // Looked at before the column is read: polars panics on the types it was built without.
        if let Some(kind) = schema.get(column).map(ArrowField::dtype).filter(|kind| !readable(kind)) {
            return Err(Error::ColumnType { path: file.path.to_owned(), column: column.to_owned(), found: format!("{kind:?}") });
        }
        if !wanted.iter().any(|wanted| wanted == column) {
            wanted.push(column.to_owned());
        }
    }
    input::parquet::require_consistent(&mut file.open()?.into_parts().0, Some(&wanted))
        .map_err(|source| malformed(source.into()))?;
    let frame = reader.with_columns(Some(wanted)).finish().map_err(malformed)?;

    let mut rows: Vec<Row> = (1..).take(frame.height()).map(|place| Row { place, ..Row::default() }).collect();
    let mut write = |column: &str, field: fn(&mut Row, String)| -> Result<(), Error> {
        let texts = frame.column(column).and_then(texts).map_err(malformed)?;
        for (row, text) in rows.iter_mut().zip(texts) {
            field(row, text);
        }
        Ok(())
    };
    write(columns.sequence, |row, text| row.sequence = text)?;
    write(columns.label, |row, text| row.label = text)?;
    for column in columns.split {
        write(column, |row, text| row.split.push(text))?;
    }
    match columns.id {
        Some(id) => write(id, |row, text| row.id = text)?,
        None => rows.iter_mut().for_each(|row| row.id = row.place.to_string()),
    }
    Ok(rows)
}

/// Whether a column holds text (plain or by dictionary) or numbers.
fn readable(kind: &ArrowDataType) -> bool {
    use ArrowDataType as Kind;
    let is_text = |kind: &Kind| matches!(kind, Kind::Utf8 | Kind::LargeUtf8 | Kind::Utf8View);
    match kind {
        Kind::Boolean | Kind::Int32 | Kind::Int64 | Kind::UInt32 | Kind::UInt64 | Kind::Float32 | Kind::Float64 => true,
        Kind::Dictionary(_, values, _) => is_text(values),
        kind => is_text(kind),
    }
}

/// A column as trimmed texts, empty where it is null. Whole floats lose their `.0`: a null among
/// integers makes pandas write floats.
fn texts(column: &Column) -> Result<Vec<String>, PolarsError> {
    if column.dtype().is_float() {
        let numbers = column.cast(&DataType::Float64)?;
        let text = |number: Option<f64>| number.filter(|number| !number.is_nan()).map(|number| number.to_string());
        return Ok(numbers.f64()?.iter().map(|number| text(number).unwrap_or_default()).collect());
    }
    let texts = column.cast(&DataType::String)?;
    Ok(texts.str()?.iter().map(|text| text.unwrap_or_default().trim().to_owned()).collect())
}
