//! What can be wrong with the data.

use std::path::PathBuf;

use miette::Diagnostic;

use super::{Dropped, Split};
use crate::exit::Exit;

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
    #[diagnostic(help("tables end in .csv, .tsv or .parquet"))]
    UnknownFormat { path: PathBuf },

    #[error("{} is not a table that can be read", path.display())]
    #[diagnostic(help("every line needs as many fields as the header, in UTF-8"))]
    Csv { path: PathBuf, source: csv::Error },

    #[error("{} is not a Parquet file that can be read", path.display())]
    Parquet { path: PathBuf, source: polars::error::PolarsError },

    #[error("{} is not FASTA: record {record}: {source}", path.display())]
    #[diagnostic(help("each record is a line `>ID …` followed by lines of the sequence"))]
    Fasta { path: PathBuf, record: u64, source: std::io::Error },

    #[error("{} has no column {column:?}", path.display())]
    Column {
        path: PathBuf,
        column: String,
        #[help]
        help: String,
    },

    #[error("the column {column:?} of {} holds {found}, not text or numbers", path.display())]
    #[diagnostic(help("write it as text, or as numbers of 32 or 64 bits"))]
    ColumnType { path: PathBuf, column: String, found: String },

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

    #[error("synthetic data: {problem}")]
    Synthetic {
        problem: String,
        #[help]
        help: String,
    },

    #[error("{place}: the sequence of {id:?} holds {letter:?} at position {position}{}{}", in_column(column.as_deref()), and_more(*more))]
    #[diagnostic(help(
        "a sequence is letters, one a residue (`-` and `.` are gaps); take out digits, white space, and the `*` of a stop codon"
    ))]
    BadSequence { place: String, column: Option<String>, id: String, letter: char, position: usize, more: usize },

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
    #[diagnostic(help("is {key} the right one?"))]
    FewClasses { found: Vec<String>, key: &'static str },

    #[error("no protein of the class {class:?} falls to the {} split", split.name())]
    #[diagnostic(help(
        "{kept} of its proteins were kept: add more, enlarge the split, or leave the class out of `data.classes`"
    ))]
    ClassWithoutProtein { class: String, split: Split, kept: usize },

    #[error("synthetic data has no column {column:?} to split by")]
    #[diagnostic(help("use `split.method = \"stratified\"`"))]
    SyntheticSplit { column: String },
}

impl Error {
    /// 2 where the experiment must change, 3 where the data must.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::UnknownFormat { .. }
            | Self::Column { .. }
            | Self::ColumnType { .. }
            | Self::Pattern { .. }
            | Self::PatternMatchesNothing { .. }
            | Self::Synthetic { .. }
            | Self::AbsentClass { .. }
            | Self::FewClasses { .. }
            | Self::ClassWithoutProtein { .. }
            | Self::SyntheticSplit { .. } => Exit::Usage,
            Self::Unreadable { .. }
            | Self::Csv { .. }
            | Self::Parquet { .. }
            | Self::Fasta { .. }
            | Self::Empty { .. }
            | Self::BadSequence { .. }
            | Self::Refused { .. } => Exit::Input,
        }
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

/// The candidate most like `text`, where one is like it at all.
pub(super) fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let like = |candidate: &str| strsim::jaro_winkler(&text.to_lowercase(), &candidate.to_lowercase());
    candidates
        .map(|candidate| (like(candidate), candidate))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, nearest)| nearest)
}
