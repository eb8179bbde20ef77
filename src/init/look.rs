//! Data files → columns of texts with their counts, read once in constant memory.

mod fasta;

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    Error,
    column::Columns,
    guess::{self, Alphabet, Unsuited, alphabet},
};
use titer_core::{
    data::{
        self, Split,
        files::{Format, Table},
    },
    input::compressed,
    text::{cut, shown, thousands},
};

/// The files that are looked at.
#[derive(Debug, Clone)]
pub struct Files {
    /// As an experiment names them.
    pub paths: Vec<PathBuf>,
    /// The split of each, where their names say one for each and training and test are there.
    pub splits: Option<Vec<Split>>,
}

impl Files {
    /// Paths below the project's folder are relative to it.
    pub fn of(data: &[PathBuf], project: &Path) -> Result<Self, Error> {
        let within = |path: &PathBuf| path.strip_prefix(project).map_or_else(|_| path.clone(), Path::to_path_buf);
        let paths: Vec<PathBuf> = data.iter().map(within).collect();
        if let Some(path) = paths.iter().find(|path| path.to_str().is_none_or(|path| path.chars().any(char::is_control))) {
            let unsuited =
                Unsuited::new("its name holds signs that an experiment file cannot", "rename it, with letters and digits");
            return Err(Error::Unsuited { path: path.clone(), problem: unsuited.problem, help: unsuited.help });
        }
        let splits: Option<Vec<Split>> = if paths.len() > 1 { paths.iter().map(|path| split_of(path)).collect() } else { None };
        let splits = splits.filter(|splits| [Split::Train, Split::Test].iter().all(|split| splits.contains(split)));
        Ok(Self { paths, splits })
    }

    /// The files of a split.
    pub fn of_split(&self, split: Split) -> Vec<&Path> {
        let splits = self.splits.iter().flatten();
        self.paths.iter().zip(splits).filter(|(_, of)| **of == split).map(|(path, _)| path.as_path()).collect()
    }
}

/// The split that a file's name says, where it says one.
fn split_of(path: &Path) -> Option<Split> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let mut words = name.split(|letter: char| !letter.is_alphanumeric()).filter_map(guess::word);
    let first = words.next()?;
    words.all(|word| word == first).then_some(first)
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Delimited {
        separator: char,
        /// Whether it is the extension's own.
        is_usual: bool,
    },
    Parquet,
    Fasta,
}

/// What was seen of the files.
#[derive(Debug, Clone)]
pub struct Look {
    pub form: Form,
    /// Of FASTA: the ids, the sequences, and what of the headers may be a label or a split.
    pub columns: Columns,
    /// Columns of Parquet that hold neither text nor numbers, and what they hold.
    pub unread: Vec<(String, String)>,
    /// Whether the files are the splits.
    pub files_split: bool,
}

impl Look {
    /// What the files are, in a line.
    pub fn summary(&self, files: &Files) -> String {
        let names: Vec<String> = files.paths.iter().map(|path| shown(&path.to_string_lossy())).collect();
        let rows = thousands(self.columns.rows());
        let form = match self.form {
            Form::Fasta => format!("FASTA, {rows} records"),
            Form::Parquet => format!("Parquet, {rows} rows, {} columns", self.columns.all.len()),
            Form::Delimited { separator, .. } => {
                format!("a table separated by {}, {rows} rows, {} columns", separator_name(separator), self.columns.all.len())
            }
        };
        format!("{}: {form}", guess::listed(&names))
    }
}

/// A separator in words.
pub fn separator_name(separator: char) -> String {
    match separator {
        ',' => "commas".to_owned(),
        ';' => "semicolons".to_owned(),
        '\t' => "tabs".to_owned(),
        other => format!("`{}`", shown(&other.to_string())),
    }
}

/// Looks at every file; they must have the same form and columns.
pub fn look(files: &Files, project: &Path) -> Result<Look, Error> {
    let mut looks: Option<(Look, PathBuf)> = None;
    for path in &files.paths {
        let file = File { path, project };
        looks = Some(match looks {
            None => (first(&file)?, path.clone()),
            Some((mut look, first)) => {
                more(&file, &mut look, &first)?;
                (look, first)
            }
        });
    }
    let (mut look, path) = looks.expect("the command line asks for a file");
    look.files_split = files.splits.is_some();
    if look.columns.rows() == 0 {
        return Err(data::Error::Empty { path }.into());
    }
    Ok(look)
}

/// A data file as the experiment names it, and where it is.
#[derive(Debug)]
struct File<'a> {
    path: &'a Path,
    project: &'a Path,
}

impl File<'_> {
    fn unsuited(&self, problem: impl Into<String>, help: impl Into<String>) -> Error {
        Error::Unsuited { path: self.path.to_owned(), problem: problem.into(), help: help.into() }
    }

    fn unreadable(&self, source: io::Error) -> Error {
        let path = self.path.to_owned();
        if let Some(reason) = compressed::fault(&source) {
            return data::Error::Compressed { path, reason }.into();
        }
        let help = "paths start from the folder that titer is called in".to_owned();
        data::Error::Unreadable { path, source, help }.into()
    }

    /// Refuses what no name can make a table or FASTA of.
    fn require_text_or_parquet(&self) -> Result<Start, Error> {
        let mut head = Vec::new();
        let opened = compressed::open(self.project.join(self.path));
        opened.and_then(|file| file.take(HEAD).read_to_end(&mut head)).map_err(|source| self.unreadable(source))?;
        let text = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&head).trim_ascii_start();
        if text.is_empty() {
            return Err(data::Error::Empty { path: self.path.to_owned() }.into());
        }
        let is_of = |magic: &[&[u8]]| magic.iter().any(|magic| head.starts_with(magic));
        if is_of(&[b"PK\x03\x04", b"\xd0\xcf\x11\xe0"]) {
            let help = "save the sheet as CSV (UTF-8), or unpack the archive, and name that file";
            return Err(self.unsuited("it is a spreadsheet or a zip archive", help));
        }
        if is_of(&[b"\xff\xfe", b"\xfe\xff"]) {
            return Err(self.unsuited("it is text in UTF-16", "save it as CSV in UTF-8"));
        }
        Ok(if text.starts_with(b">") { Start::Header } else { Start::Other })
    }

    fn format(&self) -> Result<Format, Error> {
        match (self.require_text_or_parquet()?, Format::of(self.path)) {
            (Start::Header, _) => Ok(Format::Fasta),
            (Start::Other, Some(Format::Fasta)) => {
                Err(self
                    .unsuited("it is not FASTA, as its name says", "FASTA begins with `>`; a table's name ends in .csv or .tsv"))
            }
            (Start::Other, Some(format)) => Ok(format),
            (Start::Other, None) => Err(self.unsuited(
                "it is neither FASTA nor Parquet, and its name says no kind of table",
                "name it .csv or .tsv where it is a table; FASTA begins with `>`",
            )),
        }
    }
}

/// What a file begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// The sign of a FASTA header.
    Header,
    Other,
}

/// Bytes that say what a file is.
const HEAD: u64 = 4096;

/// More columns than a table of proteins and labels has.
const MOST_COLUMNS: usize = 10_000;

/// Letters of a header's name that is a protein.
const LONG: usize = 20;

fn first(file: &File<'_>) -> Result<Look, Error> {
    if file.format()? == Format::Fasta {
        let fields = fasta::fields(file)?;
        let mut columns = fasta::columns(&fields);
        fasta::read(file, &fields, &mut columns)?;
        return Ok(Look { form: Form::Fasta, columns, unread: Vec::new(), files_split: false });
    }
    let table = Table::open(file.path, file.project, None)?;
    require_names(file, &table)?;
    if table.headers().len() > MOST_COLUMNS {
        return Err(file.unsuited(
            format!("it has {} columns", thousands(table.headers().len())),
            "keep those with ids, sequences, labels and splits",
        ));
    }
    let (form, unread, mut columns) = (form(&table), unread(&table), Columns::new(table.headers()));
    let all: Vec<usize> = (0..columns.all.len()).collect();
    read(table, &all, &mut columns)?;
    Ok(Look { form, columns, unread, files_split: false })
}

fn form(table: &Table) -> Form {
    match table.separator() {
        None => Form::Parquet,
        Some(separator) => Form::Delimited { separator, is_usual: table.unusual_separator().is_none() },
    }
}

/// Columns that hold neither text nor numbers, and what they hold.
fn unread(table: &Table) -> Vec<(String, String)> {
    let headers = table.headers().iter().enumerate();
    headers.filter_map(|(index, header)| Some((header.clone(), table.unreadable(index)?))).collect()
}

/// Looks at a further file of the same columns.
fn more(file: &File<'_>, look: &mut Look, first: &Path) -> Result<(), Error> {
    let differs = |what: &str| {
        file.unsuited(
            format!("it has {what} than {}", shown(&first.to_string_lossy())),
            "the files of one experiment have the same format and columns",
        )
    };
    let names = |columns: &Columns| columns.all.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    let is_fasta = file.format()? == Format::Fasta;
    if is_fasta != (look.form == Form::Fasta) {
        return Err(differs("another format"));
    }
    if is_fasta {
        let fields = fasta::fields(file)?;
        if names(&fasta::columns(&fields)) != names(&look.columns) {
            let mut columns = fasta::columns(&fields);
            fasta::read(file, &fields, &mut columns)?;
            return Err(match alphabet(columns.all[1].texts()) {
                Some(Alphabet::Few(signs)) => {
                    let guess::Unsuited { problem, help } = guess::few_signs("its sequences", &signs);
                    file.unsuited(problem, help)
                }
                _ => differs("other headers"),
            });
        }
        return fasta::read(file, &fields, &mut look.columns);
    }
    let table = Table::open(file.path, file.project, None)?;
    if form(&table) != look.form {
        return Err(differs("another format"));
    }
    // The columns may stand in another order, and there may be more.
    let place = |name: &String| table.headers().iter().position(|header| header == name);
    let Some(columns) = names(&look.columns).iter().map(place).collect::<Option<Vec<usize>>>() else {
        return Err(differs("other columns"));
    };
    read(table, &columns, &mut look.columns)
}

/// Refuses a table whose first line is data: a protein stands among the names.
fn require_names(file: &File<'_>, table: &Table) -> Result<(), Error> {
    let is_protein = |name: &&String| {
        name.len() >= LONG
            && name.bytes().all(|byte| byte.is_ascii_uppercase())
            && alphabet([name.as_str()].into_iter()) == Some(Alphabet::Protein)
    };
    let Some(protein) = table.headers().iter().find(is_protein) else { return Ok(()) };
    let separator = table
        .separator()
        .map_or(", ".to_owned(), |separator| if separator == '\t' { "<tab>".to_owned() } else { separator.to_string() });
    Err(file.unsuited(
        format!("its first line names no columns: {:?} is a protein", cut(protein, 20)),
        format!("add a line above it that names them, such as `id{separator}sequence{separator}label`"),
    ))
}

/// Adds every row: its fields in these places.
fn read(table: Table, places: &[usize], columns: &mut Columns) -> Result<(), Error> {
    for fields in table.rows(places, None)? {
        columns.add(fields?.texts.iter().map(String::as_str));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_say_their_splits() {
        let of = |names: &[&str]| {
            let paths: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
            Files::of(&paths, Path::new("/p")).unwrap().splits
        };
        assert_eq!(
            of(&["a/train.csv", "a/my_valid-1.csv.gz", "a/TEST.csv"]),
            Some(vec![Split::Train, Split::Validation, Split::Test])
        );
        assert_eq!(of(&["train.csv", "other.csv"]), None);
        assert_eq!(of(&["train.csv", "valid.csv"]), None, "nothing to test on");
        assert_eq!(of(&["train.csv"]), None);
        assert_eq!(of(&["train_test.csv", "test.csv"]), None);
        assert_eq!(Files::of(&["/p/d/a.csv".into()], Path::new("/p")).unwrap().paths, [Path::new("d/a.csv")]);
    }
}
