//! A table for people that is written a part at a time, in the memory of one part: CSV or Parquet.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use polars::prelude::{BatchedWriter, Column, DataFrame, NamedFrom, ParquetWriter, PolarsError, PolarsResult, Series};

use crate::{
    results::{Error, atomic::Temporary},
    text,
};

/// The digits of a number in CSV; Parquet holds it in full.
const DIGITS: usize = 6;

/// Rows of a table. Every part of one table has the same columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Part(Vec<(String, Cells)>);

/// A column's values; `None` where a row has none.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    Text(Vec<Option<String>>),
    Number(Vec<Option<f64>>),
    Count(Vec<Option<u32>>),
}

/// The form of a table's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Csv,
    Parquet,
}

impl Form {
    /// By the extension; `None` where it is another one.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        if extension.eq_ignore_ascii_case("csv") {
            Some(Self::Csv)
        } else if extension.eq_ignore_ascii_case("parquet") {
            Some(Self::Parquet)
        } else {
            None
        }
    }
}

impl Part {
    /// Adds a column.
    ///
    /// # Panics
    ///
    /// Where it has not as many rows as those before it.
    pub fn push(&mut self, name: impl Into<String>, cells: Cells) {
        assert!(self.0.is_empty() || cells.height() == self.height(), "columns have one height");
        self.0.push((name.into(), cells));
    }

    /// How many rows there are.
    #[must_use]
    pub fn height(&self) -> usize {
        self.0.first().map_or(0, |(_, cells)| cells.height())
    }

    fn frame(self) -> PolarsResult<DataFrame> {
        let (height, columns) = (self.height(), self.0.into_iter());
        let column = |(name, cells): (String, Cells)| -> Column {
            let name = name.into();
            match cells {
                Cells::Text(values) => Series::new(name, values).into(),
                Cells::Number(values) => Series::new(name, values).into(),
                Cells::Count(values) => Series::new(name, values).into(),
            }
        };
        DataFrame::new(height, columns.map(column).collect())
    }
}

impl Cells {
    fn height(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Number(values) => values.len(),
            Self::Count(values) => values.len(),
        }
    }

    fn written(&self, row: usize) -> String {
        match self {
            Self::Text(values) => values[row].clone().unwrap_or_default(),
            Self::Number(values) => values[row].map(|number| text::significant(number, DIGITS)).unwrap_or_default(),
            Self::Count(values) => values[row].map(|count| count.to_string()).unwrap_or_default(),
        }
    }
}

/// A table on its way into a file, which is whole or not there.
pub struct TableFile {
    path: PathBuf,
    temporary: Temporary,
    writer: Writer<File>,
}

impl TableFile {
    /// Begins a file beside `path`, whose name it gets at the end.
    pub fn create(path: &Path, form: Form) -> Result<Self, Error> {
        let write = |source| Error::write(path, source);
        let temporary = Temporary::beside(path).map_err(write)?;
        let file = temporary.file().try_clone().map_err(write)?;
        Ok(Self { path: path.to_owned(), temporary, writer: Writer::new(file, form) })
    }

    pub fn write(&mut self, part: Part) -> Result<(), Error> {
        self.writer.write(part).map_err(|fault| fault.of(&self.path))
    }

    /// Gives the file its name. Where `replace` is not set, a file that has got it meanwhile stays,
    /// and that is an error.
    pub fn finish(self, replace: bool) -> Result<(), Error> {
        let Self { path, temporary, writer } = self;
        writer.finish().map_err(|fault| fault.of(&path))?;
        temporary.name(&path, replace).map_err(|source| Error::write(path, source))
    }
}

/// A table on its way to where somebody reads it as it is written: CSV.
pub struct TableStream<W: Write>(Writer<W>);

impl<W: Write> TableStream<W> {
    pub fn new(to: W) -> Self {
        Self(Writer::new(to, Form::Csv))
    }

    pub fn write(&mut self, part: Part) -> io::Result<()> {
        let fault = |fault| match fault {
            Fault::Io(source) => source,
            Fault::Parquet(source) => io::Error::other(source),
        };
        self.0.write(part).map_err(fault)
    }
}

enum Writer<W: Write> {
    Csv {
        to: Box<csv::Writer<W>>,
        begun: bool,
    },
    /// Opened with the first part, whose columns it has.
    Parquet {
        to: Option<W>,
        open: Option<Box<BatchedWriter<W>>>,
    },
}

/// Why a part is not written.
enum Fault {
    Io(io::Error),
    Parquet(PolarsError),
}

impl Fault {
    fn of(self, path: &Path) -> Error {
        match self {
            Self::Io(source) => Error::write(path, source),
            Self::Parquet(source) => Error::Encode { path: path.to_owned(), source },
        }
    }
}

impl From<csv::Error> for Fault {
    fn from(error: csv::Error) -> Self {
        // Its own conversion loses the kind: a full disk, a closed pipe.
        match error.into_kind() {
            csv::ErrorKind::Io(source) => Self::Io(source),
            other => Self::Io(io::Error::other(format!("{other:?}"))),
        }
    }
}

impl From<PolarsError> for Fault {
    fn from(error: PolarsError) -> Self {
        match error {
            PolarsError::IO { error, .. } => Self::Io(io::Error::new(error.kind(), error.to_string())),
            other => Self::Parquet(other),
        }
    }
}

impl<W: Write> Writer<W> {
    fn new(to: W, form: Form) -> Self {
        match form {
            Form::Csv => Self::Csv { to: Box::new(csv::Writer::from_writer(to)), begun: false },
            Form::Parquet => Self::Parquet { to: Some(to), open: None },
        }
    }

    fn write(&mut self, part: Part) -> Result<(), Fault> {
        match self {
            Self::Csv { to, begun } => {
                if !*begun {
                    to.write_record(part.0.iter().map(|(name, _)| name))?;
                    *begun = true;
                }
                for row in 0..part.height() {
                    to.write_record(part.0.iter().map(|(_, cells)| cells.written(row)))?;
                }
                to.flush().map_err(Fault::Io)
            }
            Self::Parquet { to, open } => {
                let frame = part.frame()?;
                if let Some(to) = to.take() {
                    *open = Some(Box::new(ParquetWriter::new(to).set_parallel(false).batched(frame.schema())?));
                }
                // Where opening failed there is nothing to write to, and that error was returned.
                open.as_mut().map_or(Ok(()), |writer| Ok(writer.write_batch(&frame)?))
            }
        }
    }

    fn finish(self) -> Result<(), Fault> {
        match self {
            Self::Csv { mut to, .. } => to.flush().map_err(Fault::Io),
            Self::Parquet { open, .. } => open.map_or(Ok(()), |writer| Ok(writer.finish().map(|_| ())?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{ParquetReader, SerReader as _};

    use super::*;

    fn part(from: u32) -> Part {
        let mut part = Part::default();
        part.push("id", Cells::Text(vec![Some(format!("P{from}")), None]));
        part.push("score", Cells::Number(vec![Some(1.0 / 3.0), None]));
        part.push("cut", Cells::Count(vec![None, Some(from)]));
        part
    }

    #[test]
    fn parts_are_one_table() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            let mut table = TableFile::create(&path, Form::of(&path).unwrap()).unwrap();
            table.write(part(1)).unwrap();
            table.write(part(2)).unwrap();
            table.finish(false).unwrap();
            path
        };
        let csv = fs_err::read_to_string(write("a.csv")).unwrap();
        assert_eq!(csv, "id,score,cut\nP1,0.333333,\n,,1\nP2,0.333333,\n,,2\n");
        let frame = ParquetReader::new(fs_err::File::open(write("a.parquet")).unwrap().into_parts().0).finish().unwrap();
        assert_eq!(frame.shape(), (4, 3));
        assert_eq!(frame.column("score").unwrap().f64().unwrap().get(2), Some(1.0 / 3.0));
        assert_eq!(frame.column("cut").unwrap().u32().unwrap().get(3), Some(2));
    }

    #[test]
    fn what_is_there_is_replaced_only_on_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs_err::write(&path, "mine").unwrap();
        let table = || {
            let mut table = TableFile::create(&path, Form::Csv).unwrap();
            table.write(part(1)).unwrap();
            table
        };
        assert!(table().finish(false).is_err());
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "mine");
        table().finish(true).unwrap();
        assert_ne!(fs_err::read_to_string(&path).unwrap(), "mine");
        drop(table());
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1, "nothing stays beside it");
    }

    #[test]
    fn the_form_is_the_extensions() {
        let of = |name: &str| Form::of(Path::new(name));
        assert_eq!([of("a.csv"), of("a.PARQUET"), of("a.tsv"), of("csv")], [Some(Form::Csv), Some(Form::Parquet), None, None]);
    }
}
