//! Rows from Parquet: the only file of this module that knows polars.

use std::vec;

use polars::{
    error::PolarsError,
    io::{SerReader, parquet::read::ParquetReader},
    prelude::{ArrowDataType, Column, DataType},
};
use polars_parquet::parquet::{metadata::RowGroupMetadata, read::read_metadata};

use super::{Error, files::DataFile, table::Fields};
use crate::input;

/// Rows that are read at a time, at most.
const ROWS: usize = 1 << 17;

/// The columns of a file.
pub(super) struct Columns {
    kinds: Vec<(String, ArrowDataType)>,
}

/// Rows that are read a part of the file at a time.
pub(super) struct Rows {
    /// The names of the columns, each once, that are read.
    names: Vec<String>,
    /// The index into `names` of each column that was asked for; `None` where it cannot be read.
    asked: Vec<Option<usize>>,
    /// The parts that are still to be read: where each begins, and its rows.
    parts: vec::IntoIter<(usize, usize)>,
    /// The columns of the part that is being read, their texts in order.
    texts: Vec<vec::IntoIter<String>>,
    left: usize,
    row: u64,
}

/// Opens a file: its headers and columns.
pub(super) fn open(file: &DataFile) -> Result<(Vec<String>, Columns), Error> {
    guarded(file, || {
        let mut reader = ParquetReader::new(file.open()?.into_parts().0);
        let schema = reader.schema().map_err(|source| malformed(file, source))?;
        let kinds: Vec<_> = schema.iter_values().map(|field| (field.name().to_string(), field.dtype().clone())).collect();
        Ok((kinds.iter().map(|(name, _)| name.clone()).collect(), Columns { kinds }))
    })
}

impl Columns {
    /// What a column holds that can be read neither as text nor as numbers.
    pub fn unreadable(&self, index: usize) -> Option<String> {
        self.kinds.get(index).filter(|(_, kind)| !readable(kind)).map(|(_, kind)| named(kind))
    }

    /// The rows of columns, by their indices.
    pub fn rows(self, file: &DataFile, columns: &[usize]) -> Result<Rows, Error> {
        let mut names: Vec<String> = Vec::new();
        let mut asked = Vec::new();
        for &index in columns {
            // Looked at before the column is read: polars panics on the types it was built without.
            let Some((name, _)) = self.kinds.get(index).filter(|(_, kind)| readable(kind)) else {
                asked.push(None);
                continue;
            };
            asked.push(Some(names.iter().position(|other| other == name).unwrap_or_else(|| {
                names.push(name.clone());
                names.len() - 1
            })));
        }
        let parts = guarded(file, || {
            let mut opened = file.open()?.into_parts().0;
            input::parquet::require_consistent(&mut opened, Some(&names)).map_err(|source| malformed(file, source.into()))?;
            let metadata = read_metadata(&mut opened).map_err(|source| malformed(file, source.into()))?;
            Ok(parts(metadata.row_groups.iter().map(RowGroupMetadata::num_rows)))
        })?;
        Ok(Rows { names, asked, parts: parts.into_iter(), texts: Vec::new(), left: 0, row: 0 })
    }
}

impl Rows {
    /// The next row.
    pub fn next_row(&mut self, file: &DataFile) -> Result<Option<Fields>, Error> {
        while self.left == 0 {
            let Some((start, rows)) = self.parts.next() else { return Ok(None) };
            (self.texts, self.left) = guarded(file, || self.read(file, start, rows))?;
        }
        self.left -= 1;
        self.row += 1;
        let texts: Vec<String> = self.texts.iter_mut().map(|texts| texts.next().unwrap_or_default()).collect();
        let text = |index: &Option<usize>| index.map(|index| texts[index].clone()).unwrap_or_default();
        Ok(Some(Fields { line: self.row, texts: self.asked.iter().map(text).collect() }))
    }

    /// The texts of so many rows, and how many there were.
    fn read(&self, file: &DataFile, start: usize, rows: usize) -> Result<(Vec<vec::IntoIter<String>>, usize), Error> {
        if self.names.is_empty() {
            return Ok((Vec::new(), rows));
        }
        let malformed = |source| malformed(file, source);
        let reader = ParquetReader::new(file.open()?.into_parts().0).with_slice(Some((start, rows)));
        let frame = reader.with_columns(Some(self.names.clone())).finish().map_err(malformed)?;
        let of = |name: &String| {
            let texts = frame.column(name).and_then(texts).map_err(malformed)?;
            texts.map(Vec::into_iter).ok_or_else(|| Error::column_type(&file.path, name, "bytes that are not UTF-8".to_owned()))
        };
        Ok((self.names.iter().map(of).collect::<Result<_, _>>()?, frame.height()))
    }
}

/// Row groups, those cut that are too large to be read at once: where each part begins, and its
/// rows.
fn parts(groups: impl Iterator<Item = usize>) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut start = 0;
    for group in groups {
        let end = start + group;
        while start < end {
            let rows = ROWS.min(end - start);
            parts.push((start, rows));
            start += rows;
        }
    }
    parts
}

/// polars panics on some damaged files.
fn guarded<T>(file: &DataFile, read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let damaged = |panic: String| Err(malformed(file, PolarsError::ComputeError(panic.into())));
    input::guarded(read).unwrap_or_else(damaged)
}

fn malformed(file: &DataFile, source: PolarsError) -> Error {
    Error::Parquet { path: file.path.clone(), source }
}

/// Whether a column holds text (plain, by dictionary or as bytes) or numbers.
fn readable(kind: &ArrowDataType) -> bool {
    use ArrowDataType as Kind;
    let is_text = |kind: &Kind| {
        matches!(kind, Kind::Utf8 | Kind::LargeUtf8 | Kind::Utf8View | Kind::Binary | Kind::LargeBinary | Kind::BinaryView)
    };
    match kind {
        Kind::Boolean
        | Kind::Int8
        | Kind::Int16
        | Kind::Int32
        | Kind::Int64
        | Kind::UInt8
        | Kind::UInt16
        | Kind::UInt32
        | Kind::UInt64
        | Kind::Float32
        | Kind::Float64 => true,
        Kind::Dictionary(_, values, _) => matches!(**values, Kind::Utf8 | Kind::LargeUtf8 | Kind::Utf8View),
        kind => is_text(kind),
    }
}

/// What a column holds, in words.
fn named(kind: &ArrowDataType) -> String {
    use ArrowDataType as Kind;
    match kind {
        Kind::List(_) | Kind::LargeList(_) | Kind::FixedSizeList(..) => "lists".to_owned(),
        Kind::Struct(_) | Kind::Map(..) => "tables".to_owned(),
        Kind::Timestamp(..) | Kind::Date32 | Kind::Date64 | Kind::Time32(_) | Kind::Time64(_) => "dates or times".to_owned(),
        Kind::Duration(_) | Kind::Interval(_) => "durations".to_owned(),
        Kind::Decimal(..) | Kind::Decimal256(..) => "decimal numbers".to_owned(),
        Kind::Null => "nothing but nulls".to_owned(),
        other => format!("{other:?}"),
    }
}

/// A column as trimmed texts, empty where it is null; `None` where bytes are not UTF-8. Whole
/// floats lose their `.0`: a null among integers makes pandas write floats.
fn texts(column: &Column) -> Result<Option<Vec<String>>, PolarsError> {
    if column.dtype().is_float() {
        let numbers = column.cast(&DataType::Float64)?;
        let text = |number: Option<f64>| number.filter(|number| !number.is_nan()).map(|number| number.to_string());
        return Ok(Some(numbers.f64()?.iter().map(|number| text(number).unwrap_or_default()).collect()));
    }
    if column.dtype().is_binary() {
        let text = |bytes: Option<&[u8]>| std::str::from_utf8(bytes.unwrap_or_default()).ok().map(|text| text.trim().to_owned());
        return Ok(column.binary()?.iter().map(text).collect());
    }
    let texts = column.cast(&DataType::String)?;
    Ok(Some(texts.str()?.iter().map(|text| text.unwrap_or_default().trim().to_owned()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_row_groups_are_read_in_parts() {
        assert_eq!(parts([3, 0, 2].into_iter()), [(0, 3), (3, 2)]);
        assert_eq!(parts([ROWS + 1, 1].into_iter()), [(0, ROWS), (ROWS, 1), (ROWS + 1, 1)]);
    }
}
