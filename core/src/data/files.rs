//! The files of the data: those that the paths of an experiment name, and tables and FASTA read
//! record by record, whatever their columns.

use std::{
    io::BufRead,
    path::{Path, PathBuf},
};

use glob::MatchOptions;

use super::{Error, Split};
pub use super::{
    fasta::{Fasta, FastaRecord, HeaderField, attributes},
    table::{Fields, Table, TableRows},
};
use crate::{
    experiment::{Paths, Source, split::is_usual},
    input::{self, compressed},
};

/// What a file is by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table in text: what usually separates the fields of such a file, where anything does.
    Delimited {
        usual: Option<char>,
    },
    Parquet,
    Fasta,
}

impl Format {
    /// `None` where no extension is known. That of a compressed text stands before `.gz` or `.zst`.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let text = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst"));
        let (_, extension) = text.unwrap_or(&name).rsplit_once('.')?;
        match extension {
            "csv" => Some(Self::Delimited { usual: Some(',') }),
            "tsv" | "tab" => Some(Self::Delimited { usual: Some('\t') }),
            "txt" => Some(Self::Delimited { usual: None }),
            "parquet" if text.is_none() => Some(Self::Parquet),
            "fasta" | "fa" | "faa" | "fas" | "fsa" | "seq" | "pep" => Some(Self::Fasta),
            _ => None,
        }
    }
}

/// A file of the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// As it is shown.
    pub path: PathBuf,
    /// Where it lies.
    pub location: PathBuf,
    /// The split that its proteins are of, where the experiment says so.
    pub split: Option<Split>,
    /// `titer fetch` makes it.
    fetched: bool,
}

impl DataFile {
    /// A file that is named from the project's folder.
    #[must_use]
    pub fn new(path: &Path, project: &Path) -> Self {
        Self { path: path.to_owned(), location: project.join(path), split: None, fetched: false }
    }

    pub(super) fn open(&self) -> Result<fs_err::File, Error> {
        input::open(&self.location).map_err(|source| self.unreadable(source))
    }

    /// Opens a text that may be compressed.
    pub(super) fn open_text(&self) -> Result<Box<dyn BufRead + Send>, Error> {
        compressed::open(&self.location).map_err(|source| self.broken(source))
    }

    /// A text that could not be read on.
    pub(super) fn broken(&self, source: std::io::Error) -> Error {
        match compressed::fault(&source) {
            Some(reason) => Error::Compressed { path: self.path.clone(), reason },
            None => self.unreadable(source),
        }
    }

    pub(super) fn unreadable(&self, source: std::io::Error) -> Error {
        let help = if self.fetched {
            "`titer fetch FILE` makes it from UniProt".to_owned()
        } else {
            "`data.path` starts from the folder that titer is called in; where the experiment has `[data.fetch]`, `titer fetch FILE` makes it"
                .to_owned()
        };
        Error::Unreadable { path: self.path.clone(), source, help }
    }
}

/// The files that a source names, patterns of files sorted by name; none of made-up proteins.
pub(super) fn of(source: &Source, project: &Path) -> Result<Vec<DataFile>, Error> {
    let Some(paths) = source.paths() else { return Ok(Vec::new()) };
    let fetched = matches!(source, Source::Uniprot { .. });
    let mut files = expand(paths, project)?;
    for file in &mut files {
        file.fetched = fetched;
    }
    Ok(files)
}

/// The files that paths name, patterns of files sorted by name.
///
/// # Errors
///
/// Where a pattern matches no file, or a path names a folder.
pub fn expand(paths: &Paths, project: &Path) -> Result<Vec<DataFile>, Error> {
    let mut files = Vec::new();
    for (split, path) in paths.iter() {
        let file = DataFile { split, ..DataFile::new(path, project) };
        if file.location.is_dir() {
            return Err(Error::folder(path));
        }
        if !is_pattern(path) || file.location.exists() {
            files.push(file);
        } else {
            files.extend(matches(path, project)?.into_iter().map(|path| DataFile { split, ..DataFile::new(&path, project) }));
        }
    }
    Ok(files)
}

/// Whether a file is named as one of the split's proteins would be: `train.csv`, `my_valid.tsv.gz`.
#[must_use]
pub fn is_named_as(split: Split, path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    stem.split(['_', '-', ' ']).any(|word| is_usual(split, word))
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// The files that a pattern matches, as they are named from the project's folder.
fn matches(pattern: &Path, project: &Path) -> Result<Vec<PathBuf>, Error> {
    // As in a shell: a file whose name starts with a dot is meant where the dot is written.
    let options = MatchOptions { require_literal_leading_dot: true, require_literal_separator: true, case_sensitive: true };
    let escaped = glob::Pattern::escape(&project.to_string_lossy());
    let whole = Path::new(&escaped).join(pattern);
    let refused = |problem: &str| Error::FilePattern { pattern: pattern.to_owned(), problem: problem.to_owned() };
    let found = glob::glob_with(&whole.to_string_lossy(), options).map_err(|source| refused(source.msg))?;
    let mut files = Vec::new();
    for path in found {
        let path = path.map_err(|source| DataFile::new(pattern, project).unreadable(source.into()))?;
        if path.is_file() {
            files.push(path.strip_prefix(project).map_or_else(|_| path.clone(), Path::to_owned));
        }
    }
    files.sort();
    if files.is_empty() { Err(Error::NoMatch { pattern: pattern.to_owned() }) } else { Ok(files) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_before_a_compression_counts() {
        for (name, format) in [
            ("a.csv", Some(Format::Delimited { usual: Some(',') })),
            ("A.TSV.GZ", Some(Format::Delimited { usual: Some('\t') })),
            ("a.tab.zst", Some(Format::Delimited { usual: Some('\t') })),
            ("a.txt", Some(Format::Delimited { usual: None })),
            ("a.parquet", Some(Format::Parquet)),
            ("a.parquet.gz", None),
            ("a.fa.gz", Some(Format::Fasta)),
            ("a.xlsx", None),
            ("csv", None),
        ] {
            assert_eq!(Format::of(Path::new(name)), format, "{name}");
        }
    }

    #[test]
    fn patterns_are_files_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path();
        fs_err::create_dir_all(project.join("p[1]/c.csv")).unwrap();
        for name in ["p[1]/b.csv", "p[1]/a.csv", "p[1]/.hidden.csv", "x[1].csv"] {
            fs_err::write(project.join(name), "").unwrap();
        }
        let names = |path: &str| -> Result<Vec<String>, Error> {
            Ok(expand(&path.into(), project)?.into_iter().map(|file| file.path.display().to_string()).collect())
        };
        assert_eq!(names("p*/*.csv").unwrap(), ["p[1]/a.csv", "p[1]/b.csv"]);
        // A file of that very name is meant.
        assert_eq!(names("x[1].csv").unwrap(), ["x[1].csv"]);
        assert_eq!(names("none.csv").unwrap(), ["none.csv"]);
        assert!(matches!(names("*.tsv"), Err(Error::NoMatch { .. })));
        assert!(matches!(names("***"), Err(Error::FilePattern { .. })));
        assert!(matches!(names("p[1]"), Err(Error::Folder { .. })));
        let inside = expand(&"*.csv".into(), &project.join("p[1]")).unwrap();
        assert_eq!(inside.len(), 2, "the project's own name is no pattern");
    }
}
