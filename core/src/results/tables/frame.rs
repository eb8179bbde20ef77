//! Columns in, columns out: the only place of this module that knows polars.

use std::{io::Write as _, path::Path, path::PathBuf};

use polars::prelude::{
    Column, DataFrame, KeyValueMetadata, NamedFrom, ParallelStrategy, ParquetReader, ParquetWriter, PolarsError, PolarsResult,
    SerReader as _, Series,
};

use crate::{
    input,
    results::{Error, FORMAT, Format, atomic},
};

/// The key of the format version in a file's metadata.
const FORMAT_KEY: &str = "titer.format";

/// Collects columns, left to right, and writes them as one file.
pub(super) struct Writer {
    height: usize,
    columns: Vec<Column>,
    metadata: Vec<(String, String)>,
}

impl Writer {
    pub(super) fn new(height: usize) -> Self {
        Self { height, columns: Vec::new(), metadata: vec![(FORMAT_KEY.to_owned(), FORMAT.to_string())] }
    }

    #[must_use]
    pub(super) fn column<T>(mut self, name: &str, values: impl IntoIterator<Item = T>) -> Self
    where
        Series: NamedFrom<Vec<T>, [T]>,
    {
        let values: Vec<T> = values.into_iter().collect();
        self.columns.push(Series::new(name.into(), values).into());
        self
    }

    /// Adds a column where a value that is not finite becomes null.
    #[must_use]
    pub(super) fn finite(self, name: &str, values: impl IntoIterator<Item = f64>) -> Self {
        self.column(name, values.into_iter().map(|value| value.is_finite().then_some(value)))
    }

    /// Whether there is such a column.
    pub(super) fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name() == name)
    }

    /// Adds the columns of another table of as many rows.
    #[must_use]
    pub(super) fn beside(mut self, other: Self) -> Self {
        self.columns.extend(other.columns);
        self
    }

    /// Adds an entry to the file's own metadata.
    #[must_use]
    pub(super) fn note(mut self, key: &str, value: String) -> Self {
        self.metadata.push((key.to_owned(), value));
        self
    }

    pub(super) fn write(self, path: &Path) -> Result<(), Error> {
        // Encoded in memory first: the tables are small, and what fails afterwards is the disk alone.
        let bytes = self.encode().map_err(|source| Error::Encode { path: path.to_owned(), source })?;
        atomic::write(path, |file| file.write_all(&bytes))
    }

    fn encode(self) -> PolarsResult<Vec<u8>> {
        let mut frame = DataFrame::new(self.height, self.columns)?;
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes)
            .with_key_value_metadata(Some(KeyValueMetadata::from_static(self.metadata)))
            .set_parallel(false)
            .finish(&mut frame)?;
        Ok(bytes)
    }
}

/// A file that was read, its format version checked.
pub(super) struct Reader {
    path: PathBuf,
    frame: DataFrame,
    metadata: Vec<(String, String)>,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = input::open(path).map_err(|source| Error::read(path, source))?;
        let damaged =
            |panic: String| Err(Error::Parquet { path: path.to_owned(), source: PolarsError::ComputeError(panic.into()) });
        // polars panics on some damaged files.
        input::guarded(|| Self::read(path, file)).unwrap_or_else(damaged)
    }

    fn read(path: &Path, file: fs_err::File) -> Result<Self, Error> {
        let unreadable = |source: PolarsError| Error::Parquet { path: path.to_owned(), source };
        let mut file = file.into_parts().0;
        input::parquet::require_consistent(&mut file, None).map_err(|source| unreadable(source.into()))?;
        let mut reader = ParquetReader::new(file).read_parallel(ParallelStrategy::None);
        let metadata: Vec<(String, String)> = reader
            .get_metadata()
            .map_err(unreadable)?
            .key_value_metadata()
            .iter()
            .flatten()
            .filter_map(|entry| Some((entry.key.clone(), entry.value.clone()?)))
            .collect();
        let found = find(&metadata, FORMAT_KEY).and_then(|version| version.parse().ok());
        Format::check(found, FORMAT, path)?;
        let frame = reader.finish().map_err(unreadable)?;
        Ok(Self { path: path.to_owned(), frame, metadata })
    }

    pub(super) fn height(&self) -> usize {
        self.frame.height()
    }

    /// Whether there is such a column.
    pub(super) fn has(&self, name: &str) -> bool {
        self.frame.column(name).is_ok()
    }

    /// Whether a column holds text; `None` where there is no such column.
    pub(super) fn is_text(&self, name: &str) -> Option<bool> {
        self.frame.column(name).ok().map(|column| column.dtype().is_string())
    }

    /// An entry of the file's own metadata.
    pub(super) fn note(&self, key: &str) -> Option<&str> {
        find(&self.metadata, key)
    }

    /// What follows `prefix` in the names of columns, left to right.
    pub(super) fn suffixes<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.frame.columns().iter().filter_map(move |column| column.name().as_str().strip_prefix(prefix))
    }

    /// The values of a column, nulls included.
    pub(super) fn optional<T: Cell>(&self, name: &str) -> Result<Vec<Option<T>>, Error> {
        let column = self.frame.column(name).map_err(|_| self.fault(name, "is missing"))?;
        T::cells(column).map_err(|_| self.fault(name, format!("has the type {}", column.dtype())))
    }

    /// The values of a column that has none missing.
    pub(super) fn required<T: Cell>(&self, name: &str) -> Result<Vec<T>, Error> {
        let cells = self.optional(name)?.into_iter().collect::<Option<Vec<T>>>();
        cells.ok_or_else(|| self.fault(name, "has nulls"))
    }

    /// The values of a column of names, each understood by `parse`.
    pub(super) fn named<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Error> {
        let cells = self.optional_named(name, parse)?.into_iter().collect::<Option<Vec<T>>>();
        cells.ok_or_else(|| self.fault(name, "has nulls"))
    }

    /// As [`Self::named`], nulls included.
    pub(super) fn optional_named<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<Option<T>>, Error> {
        let understood = |cell: String| parse(&cell).ok_or_else(|| self.fault(name, format!("holds {cell:?}")));
        self.optional::<String>(name)?.into_iter().map(|cell| cell.map(understood).transpose()).collect()
    }

    /// The values of a column where null stands for a value that was not finite.
    pub(super) fn finite(&self, name: &str) -> Result<Vec<f64>, Error> {
        Ok(self.optional(name)?.into_iter().map(|cell| cell.unwrap_or(f64::NAN)).collect())
    }

    fn fault(&self, column: &str, problem: impl Into<String>) -> Error {
        Error::Column { path: self.path.clone(), column: column.to_owned(), problem: problem.into() }
    }
}

fn find<'a>(metadata: &'a [(String, String)], key: &str) -> Option<&'a str> {
    metadata.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

/// A type that a column can hold.
pub(super) trait Cell: Sized {
    fn cells(column: &Column) -> PolarsResult<Vec<Option<Self>>>;
}

macro_rules! cell {
    ($type:ty, $accessor:ident) => {
        impl Cell for $type {
            fn cells(column: &Column) -> PolarsResult<Vec<Option<Self>>> {
                Ok(column.$accessor()?.iter().map(|cell| cell.map(Self::from)).collect())
            }
        }
    };
}

cell!(bool, bool);
cell!(i64, i64);
cell!(u32, u32);
cell!(u64, u64);
cell!(f32, f32);
cell!(f64, f64);
cell!(String, str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_another_format_are_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let write = |metadata: Vec<(String, String)>| {
            Writer { height: 1, columns: vec![Series::new("a".into(), [1_u32]).into()], metadata }.write(&path).unwrap();
            Reader::open(&path).err().unwrap()
        };
        let version = |version: &str| vec![(FORMAT_KEY.to_owned(), version.to_owned())];
        assert!(matches!(write(version("99.0")), Error::TooNew { .. }));
        assert!(matches!(write(version("3")), Error::TooOld { .. }));
        assert!(matches!(write(Vec::new()), Error::NoFormat { .. }));
    }

    #[test]
    fn a_column_that_is_not_as_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        Writer::new(2).column("a", [Some(1_u32), None]).write(&path).unwrap();
        let table = Reader::open(&path).unwrap();
        assert_eq!(table.optional::<u32>("a").unwrap(), [Some(1), None]);
        for (error, problem) in [
            (table.required::<u32>("a").unwrap_err(), "has nulls"),
            (table.optional::<f64>("a").unwrap_err(), "has the type u32"),
            (table.optional::<u32>("b").unwrap_err(), "is missing"),
        ] {
            assert!(error.to_string().ends_with(problem), "{error}");
        }
    }

    #[test]
    fn what_is_no_parquet_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        fs_err::write(&path, "PAR1 or so").unwrap();
        assert!(matches!(Reader::open(&path), Err(Error::Parquet { .. })));
        fs_err::write(&path, "").unwrap();
        assert!(matches!(Reader::open(&path), Err(Error::Parquet { .. })));
        assert!(matches!(Reader::open(&folder.path().join("none")), Err(Error::Read { .. })));
    }
}
