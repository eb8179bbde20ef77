//! The mistakes of an experiment file: what is wrong, where, and what would be right.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use miette::{Diagnostic, NamedSource, SourceSpan};

use super::{
    document::{Document, Pointer},
    settings::InvalidName,
};
use crate::{
    exit::Exit,
    text::{cut, shown, shown_lines},
};

/// An experiment that cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The file cannot be read.
    #[error("the experiment file {} cannot be read", path.display())]
    #[diagnostic(help("name an experiment file, such as experiments/quickstart.toml; paths start from the current folder"))]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// The file's stem cannot name a folder of results.
    #[error("the file {} cannot name an experiment", path.display())]
    #[diagnostic(help("the results lie in a folder named after the file: rename the file"))]
    Name { path: PathBuf, source: InvalidName },
    /// The file, a `--set` or the grid says something that cannot be.
    #[error("{}{} in {}", if *more { "more than " } else { "" }, count(mistakes.len()), path.display())]
    Mistakes {
        path: PathBuf,
        #[related]
        mistakes: Vec<Mistake>,
        /// There are more than are told.
        more: bool,
    },
}

/// Mistakes that are told at most: nobody corrects more at a time, and a file of nothing else must
/// not take for ever.
pub(super) const MOST_MISTAKES: usize = 50;

/// In letters; a key or a value that a message repeats may be as long as the file.
const LONGEST_MESSAGE: usize = 500;
const LONGEST_HELP: usize = 2_000;

/// In bytes: the lines of a mistake, with the one above and the one below.
const LONGEST_EXCERPT: usize = 4_000;

impl Error {
    /// The mistakes of a file, in the order of its texts.
    pub(super) fn mistakes(path: &Path, mut mistakes: Vec<Mistake>) -> Self {
        let more = mistakes.len() > MOST_MISTAKES;
        mistakes.truncate(MOST_MISTAKES);
        Self::Mistakes { path: path.to_owned(), mistakes, more }
    }

    /// The code the process ends with.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Unreadable { .. } | Self::Name { .. } | Self::Mistakes { .. } => Exit::Usage,
        }
    }
}

fn count(mistakes: usize) -> String {
    if mistakes == 1 { "1 mistake".to_owned() } else { format!("{mistakes} mistakes") }
}

/// One mistake, pointing at the text that makes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct Mistake {
    message: String,
    #[help]
    help: Option<String>,
    #[source_code]
    text: NamedSource<Arc<str>>,
    /// Where the mistake stands.
    offset: usize,
    /// What is shown of the text; nothing where it would fill the screen.
    #[label]
    span: Option<SourceSpan>,
}

impl Mistake {
    /// What is wrong, in one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What would be right.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Orders mistakes: by document, then by place in it, then by what is said.
    pub(super) fn place(&self, documents: &[Document]) -> (usize, usize, String) {
        let document = documents.iter().position(|document| Arc::ptr_eq(&document.text, self.text.inner()));
        (document.unwrap_or_default(), self.offset, self.message.clone())
    }

    /// The text that could not be parsed as TOML.
    pub(super) fn syntax(document: &Document, message: &str, span: Option<Range<usize>>) -> Self {
        let help = match message {
            "duplicate key" => "a key may be written once in its table: keep one of them",
            _ if span.as_ref().is_some_and(|span| document.escapes(span.start)) => {
                "a backslash in \"…\" begins an escape: write a path in single quotes, 'C:\\folder\\data.csv', or with `/`"
            }
            _ => "TOML has text in quotes, lists in [ ], one `key = value` a line; see https://toml.io",
        };
        Self::at(document, span, &format!("not TOML: {message}"), Some(help))
    }

    pub(super) fn at(document: &Document, span: Option<Range<usize>>, message: &str, help: Option<&str>) -> Self {
        let text = NamedSource::new(&document.name, Arc::clone(&document.text)).with_language("TOML");
        let offset = span.as_ref().map_or(0, |span| span.start);
        let message = cut(&shown(message), LONGEST_MESSAGE);
        let help = help.map(|help| cut(&shown_lines(help), LONGEST_HELP));
        match span {
            Some(span) if document.excerpt(&span) > LONGEST_EXCERPT => {
                let message = format!("{message} (line {})", document.line(offset));
                Self { message, help, text, offset, span: None }
            }
            span => Self { message, help, text, offset, span: span.map(SourceSpan::from) },
        }
    }
}

/// A mistake before it is known which text made it: found in the layered settings, by key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The key, a step an element.
    pub path: Vec<String>,
    pub pointer: Pointer,
    pub message: String,
    pub help: Option<String>,
    /// Whether the fault lies in this key alone, or in what several keys say together.
    pub scope: Scope,
}

impl Fault {
    /// The types refuse what their schema allows.
    pub(super) fn unreadable(error: &toml::de::Error) -> Self {
        let (path, message) = (Vec::new(), format!("the settings cannot be read: {}", error.message()));
        let help = Some("`titer schema --reference` lists the keys and their values".to_owned());
        Self { path, pointer: Pointer::Key, message, help, scope: Scope::Several }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Key,
    Several,
}
