//! What can be wrong with the data.

use std::path::{Path, PathBuf};

use miette::Diagnostic;

use super::{Dropped, Split, rows::Rows};
use crate::{
    exit::Exit,
    text::{short, thousands},
};

/// Why an experiment's data cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    #[error("the data file {} cannot be read", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
        #[help]
        help: String,
    },

    #[error("the data file {} has no extension that names a table", path.display())]
    #[diagnostic(help(
        "tables end in .csv, .tsv, .tab, .txt or .parquet; those of text also in .csv.gz or .csv.zst, and so on, where they are \
         compressed. A spreadsheet is saved as CSV first; FASTA is another source: source = \"fasta\""
    ))]
    UnknownFormat { path: PathBuf },

    #[error("{} is a folder, and `data.path` names files", path.display())]
    Folder {
        path: PathBuf,
        #[help]
        help: String,
    },

    #[error("no file is called like {}", pattern.display())]
    #[diagnostic(help(
        "`data.path` starts from the folder that titer is called in; `*` stands for a part of a name, `?` for a letter"
    ))]
    NoMatch { pattern: PathBuf },

    #[error("{} is not a pattern of files: {problem}", pattern.display())]
    #[diagnostic(help("`*` stands for a part of a name, `?` for a letter, `**` for folders, `[ab]` for one of these letters"))]
    FilePattern { pattern: PathBuf, problem: String },

    #[error("{} cannot be decompressed: {reason}", path.display())]
    #[diagnostic(help("`gzip -t FILE` or `zstd -t FILE` checks a file: copy or download it again where it is not whole"))]
    Compressed { path: PathBuf, reason: String },

    #[error("{}, line {line}: {found} {}, and the header has {expected}", path.display(), if *found == 1 { "field" } else { "fields" })]
    Uneven {
        path: PathBuf,
        line: u64,
        found: usize,
        expected: usize,
        #[help]
        help: String,
    },

    #[error("{} is not a table that can be read", path.display())]
    #[diagnostic(help(
        "a table in text is read as UTF-8: save it so (in Excel as \"CSV UTF-8\"); in TSV a tab always ends a field, a line's end a row"
    ))]
    Csv { path: PathBuf, source: csv::Error },

    #[error("{} is not a Parquet file that can be read", path.display())]
    Parquet { path: PathBuf, source: polars::error::PolarsError },

    #[error("{} is not FASTA: line {line}: {problem}", path.display())]
    #[diagnostic(help("each record is a line `>ID …` followed by lines of the sequence"))]
    Fasta { path: PathBuf, line: u64, problem: &'static str },

    #[error("{} has no column {column:?}", path.display())]
    Column {
        path: PathBuf,
        column: String,
        #[help]
        help: String,
    },

    #[error("{} has {} columns {column:?}: the {}", path.display(), places.len(), ordinals(places))]
    #[diagnostic(help("rename or remove all but the one that is meant"))]
    ColumnTwice { path: PathBuf, column: String, places: Vec<usize> },

    #[error("{}, line {line}: a quote opens a field that swallows {}", path.display(), swallowed_lines(*line, *rows))]
    #[diagnostic(help(
        "a field that begins with a quote ends at the next: write a quote of the text as `\"\"` in a quoted field"
    ))]
    Swallowed { path: PathBuf, line: u64, rows: usize },

    #[error("{place}: the {what} spans several lines; it begins {begins:?}")]
    #[diagnostic(help(
        "an id, a sequence, a label and a split have one line each: is a quote opened here that is closed further down?"
    ))]
    SeveralLines { place: String, what: &'static str, begins: String },

    #[error("{} is three-line FASTA: a line of annotation follows each sequence", path.display())]
    #[diagnostic(help(
        "labels per residue cannot be learned yet: leave those lines out (`awk 'NR % 3' FILE` does, of records of three lines) and \
         label whole proteins by their headers; if the lines are parts of the sequences, join them to one a sequence"
    ))]
    Annotated { path: PathBuf },

    #[error("the column {column:?} of {} holds {found}, not text or numbers", path.display())]
    ColumnType {
        path: PathBuf,
        column: String,
        found: String,
        #[help]
        help: &'static str,
    },

    #[error("{} holds no proteins", path.display())]
    Empty { path: PathBuf },

    #[error("{pattern:?} is not a pattern that captures {what}")]
    #[diagnostic(help("a regular expression with one group, such as `^\\S+ (\\S+)-[MSU]`: the group is {what}"))]
    Pattern {
        pattern: String,
        what: &'static str,
        #[source]
        source: Option<regex::Error>,
    },

    #[error("{pattern:?} captures {what} from no header of {}", path.display())]
    #[diagnostic(help("the first header is {header:?}"))]
    PatternMatchesNothing { path: PathBuf, pattern: String, what: &'static str, header: String },

    #[error("no header of {} has the attribute {name}=…, {what}", path.display())]
    NoAttribute {
        path: PathBuf,
        name: String,
        what: &'static str,
        #[help]
        help: String,
    },

    #[error("synthetic data: {problem}")]
    Synthetic {
        problem: String,
        #[help]
        help: String,
    },

    #[error("{place}: the sequence of {id:?} holds {letter:?} at position {position}{}{}", in_column(column.as_deref()), and_more(*more))]
    BadSequence {
        place: String,
        column: Option<String>,
        id: String,
        letter: char,
        position: usize,
        more: usize,
        #[help]
        help: &'static str,
    },

    #[error("{} of the {} residues are unknown to the model: `X`, or a letter outside its vocabulary", thousands(*unknown), thousands(*residues))]
    MostlyUnknown {
        unknown: usize,
        residues: usize,
        #[help]
        help: &'static str,
    },

    #[error("{count} of the kept proteins {} the id of another: {}", if *count == 1 { "has" } else { "have" }, examples.join("; "))]
    #[diagnostic(help(
        "an id names one protein, in predictions too: give each its own, or have the others numbered, as ID#2: \
         `data.duplicate-ids = \"number\"`"
    ))]
    RepeatedIds { count: usize, examples: Vec<String> },

    #[error("{count} {} {what}, which the experiment refuses: {}", if *count == 1 { "row" } else { "rows" }, examples.join(", "))]
    #[diagnostic(help("correct the data, or let the experiment leave them out: {remedy}"))]
    Refused { reason: Dropped, what: &'static str, count: usize, examples: Vec<String>, remedy: &'static str },

    #[error("no protein of the data is of the class {label:?}")]
    AbsentClass {
        label: String,
        #[help]
        help: String,
    },

    #[error("the data has {}, and a classifier needs two", match found.as_slice() { [] => "no class".to_owned(), [one] => format!("one class, {one:?}"), _ => format!("{} classes", found.len()) })]
    #[diagnostic(help("is `data.label` the right one?"))]
    FewClasses { found: Vec<String> },

    #[error("`data.min-class-size` = {least} leaves {}, and a classifier needs two", if *left == 0 { "no class" } else { "one class" })]
    #[diagnostic(help("the largest classes are {sizes}"))]
    SmallClasses { least: usize, left: usize, sizes: String },

    #[error("{}", lacking(classes))]
    ClassWithoutProtein {
        classes: Vec<Lacking>,
        #[help]
        help: String,
    },

    #[error("the column {column:?} marks no protein that validates, and the data has a column {own:?}")]
    #[diagnostic(help(
        "if that marks them, write split.validation-column = {own:?}; to draw them from training instead, split.validation = 0.1"
    ))]
    OwnValidation { column: String, own: String },

    #[error("`train.select` = {metric:?} has no value on the validation split, whatever is predicted: {reason}")]
    #[diagnostic(help("select by another metric, such as {other:?}, or have the validation split hold other proteins"))]
    NoSelection { metric: &'static str, reason: &'static str, other: &'static str },

    #[error("the labels are {} different numbers among {} proteins, not classes", thousands(*distinct), thousands(*rows))]
    #[diagnostic(help("to predict numbers, set `kind = \"regression\"` in [task]"))]
    NumbersAsClasses { distinct: usize, rows: usize },

    #[error("{count} {} no number: {}", if *count == 1 { "label is" } else { "labels are" }, examples.join(", "))]
    #[diagnostic(help(
        "a regression needs numbers such as 1.5 or -2e-3; name words that stand for a missing one in `data.missing-values`; \
         to predict classes, leave `task.kind` out"
    ))]
    NoNumber { count: usize, examples: Vec<String> },

    #[error("no protein falls to the {} split", split.name())]
    EmptySplit {
        split: Split,
        #[help]
        help: String,
    },

    #[error(
        "{place}: `split.validation-column` reads {value:?}, which says neither that the protein validates nor that it does not"
    )]
    #[diagnostic(help(
        "`true`, `True`, `TRUE`, `1` and `yes` mark a protein that validates; `false`, `False`, `FALSE`, `0`, `no` and an empty \
         field do not; other words for an empty field are named in `data.missing-values`"
    ))]
    NoMark { place: String, value: String },

    #[error("synthetic data has no column {column:?} to split by")]
    #[diagnostic(help("use `split.method = \"stratified\"` or \"random\""))]
    SyntheticSplit { column: String },
}

/// A class of which some splits have no protein.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    pub class: String,
    pub kept: usize,
    pub splits: Vec<Split>,
}

impl Error {
    /// A column of Parquet that cannot be read.
    pub(super) fn column_type(path: &Path, column: &str, found: String) -> Self {
        let help = match found.as_str() {
            "lists" => {
                "several values a protein cannot be learned yet: write one a row, as text or as a number; names of several classes \
                 in one text are a class of their own"
            }
            _ => "write it as text or as numbers",
        };
        Self::ColumnType { path: path.to_owned(), column: short(column), found, help }
    }

    /// A path of the data that is a folder.
    pub(super) fn folder(path: &Path) -> Self {
        let inside = |name: &str| path.join(name).display().to_string();
        let help = format!(
            "name its files: path = {:?}; or one a split: path = {{ train = {:?}, validation = {:?}, test = {:?} }}",
            inside("*.csv"),
            inside("train.csv"),
            inside("validation.csv"),
            inside("test.csv")
        );
        Self::Folder { path: path.to_owned(), help }
    }

    /// Names the rows whose labels are no numbers, by their indices.
    pub(super) fn no_number(rows: &Rows, found: &[usize]) -> Self {
        const SHOWN: usize = 5;
        let example = |&row: &usize| format!("{} ({:?})", rows.place_in_file(&rows.all[row]), short(&rows.all[row].label));
        let mut examples: Vec<String> = found.iter().take(SHOWN).map(example).collect();
        if found.len() > SHOWN {
            examples.push("…".to_owned());
        }
        Self::NoNumber { count: found.len(), examples }
    }

    /// 2 where the experiment must change, 3 where the data must.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::UnknownFormat { .. }
            | Self::Folder { .. }
            | Self::FilePattern { .. }
            | Self::Column { .. }
            | Self::ColumnTwice { .. }
            | Self::ColumnType { .. }
            | Self::Pattern { .. }
            | Self::PatternMatchesNothing { .. }
            | Self::NoAttribute { .. }
            | Self::Synthetic { .. }
            | Self::AbsentClass { .. }
            | Self::FewClasses { .. }
            | Self::SmallClasses { .. }
            | Self::ClassWithoutProtein { .. }
            | Self::OwnValidation { .. }
            | Self::NoSelection { .. }
            | Self::NumbersAsClasses { .. }
            | Self::EmptySplit { .. }
            | Self::SyntheticSplit { .. } => Exit::Usage,
            Self::Unreadable { .. }
            | Self::NoMatch { .. }
            | Self::Compressed { .. }
            | Self::Csv { .. }
            | Self::Uneven { .. }
            | Self::Parquet { .. }
            | Self::Fasta { .. }
            | Self::Empty { .. }
            | Self::Swallowed { .. }
            | Self::SeveralLines { .. }
            | Self::Annotated { .. }
            | Self::BadSequence { .. }
            | Self::MostlyUnknown { .. }
            | Self::NoNumber { .. }
            | Self::RepeatedIds { .. }
            | Self::NoMark { .. }
            | Self::Refused { .. } => Exit::Input,
        }
    }
}

/// `no protein of the class "x" falls to the test split`, or the same of several.
fn lacking(classes: &[Lacking]) -> String {
    const SHOWN: usize = 30;
    let splits = |lacking: &Lacking| lacking.splits.iter().map(|split| split.name()).collect::<Vec<_>>().join(" and ");
    if let [only] = classes {
        let plural = if only.splits.len() > 1 { "splits" } else { "split" };
        return format!("no protein of the class {:?} falls to the {} {plural}", only.class, splits(only));
    }
    let told = |lacking: &Lacking| {
        let Lacking { class, kept, .. } = lacking;
        format!("{class:?} ({kept}; none in {})", splits(lacking))
    };
    let mut listed: Vec<String> = classes.iter().take(SHOWN).map(told).collect();
    if classes.len() > SHOWN {
        listed.push(format!("{} more", classes.len() - SHOWN));
    }
    format!("{} classes have too few proteins for every split: {}", classes.len(), listed.join(", "))
}

/// `3rd and 4th`.
fn ordinals(places: &[usize]) -> String {
    let ordinal = |place: &usize| match (place % 10, place % 100) {
        (1, other) if other != 11 => format!("{place}st"),
        (2, other) if other != 12 => format!("{place}nd"),
        (3, other) if other != 13 => format!("{place}rd"),
        _ => format!("{place}th"),
    };
    let ordinals: Vec<String> = places.iter().map(ordinal).collect();
    match ordinals.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => ordinals.concat(),
    }
}

/// The lines behind the first of those that became one row.
fn swallowed_lines(first: u64, rows: usize) -> String {
    match rows as u64 {
        0..=2 => format!("the row of line {}", first + 1),
        rows => format!("the rows of the lines {} to {}", first + 1, first + rows - 1),
    }
}

fn in_column(column: Option<&str>) -> String {
    column.map(|column| format!(" (column {column:?})")).unwrap_or_default()
}

fn and_more(more: usize) -> String {
    match more {
        0 => String::new(),
        1 => "; so does one more".to_owned(),
        _ => format!("; {more} more sequences have such letters"),
    }
}
