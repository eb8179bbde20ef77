//! The mistakes of an experiment file: what is wrong, where, and what would be right.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use miette::{Diagnostic, NamedSource, SourceSpan};

use super::{
    document::{Document, Pointer},
    lookalikes,
    name::InvalidName,
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
        if let Some((span, message, help)) = span.as_ref().and_then(|span| known_slip(document, span.start)) {
            return Self::at(document, Some(span), &format!("not TOML: {message}"), Some(&help));
        }
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

/// What people write that is no TOML, and why: where it stands in the line of an error, what it is,
/// and what to write.
fn known_slip(document: &Document, error: usize) -> Option<(Range<usize>, String, String)> {
    let range = document.line_at(error);
    let line = document.text.get(range.clone())?;
    let within = |part: Range<usize>| range.start + part.start..range.start + part.end;
    if ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
        let help = "decide which of the two versions counts, and take the three marks out";
        return Some((within(0..7), "a merge conflict that is not resolved".to_owned(), help.to_owned()));
    }
    if let Some((part, what)) = lookalikes::first(&code_of(line)) {
        let letter = &line[part.clone()];
        return Some((within(part), format!("the character {letter:?} is not TOML's"), what));
    }
    // 0,001: the comma stands at the error or right before it.
    let bytes = line.as_bytes();
    let at = error - range.start;
    let comma = [at, at.wrapping_sub(1)].into_iter().find(|at| bytes.get(*at) == Some(&b','))?;
    let digits = |byte: &&u8| byte.is_ascii_digit();
    let before = bytes[..comma].iter().rev().take_while(digits).count();
    let after = bytes[comma + 1..].iter().take_while(digits).count();
    if before == 0 || after == 0 {
        return None;
    }
    let number = comma - before..comma + 1 + after;
    let help = format!("if a number is meant, write {}", line[number.clone()].replace(',', "."));
    Some((within(number), "the decimal sign is a point, not a comma".to_owned(), help))
}

/// A line with what stands in quotes, and its comment, blanked out.
fn code_of(line: &str) -> String {
    let (mut code, mut quote) = (String::with_capacity(line.len()), None);
    for letter in line.chars() {
        let is_code = quote.is_none() && letter != '#';
        match letter {
            '#' if quote.is_none() => break,
            '"' | '\'' if quote.is_none() => quote = Some(letter),
            letter if quote == Some(letter) => quote = None,
            _ => {}
        }
        if is_code {
            code.push(letter);
        } else {
            code.extend(std::iter::repeat_n(' ', letter.len_utf8()));
        }
    }
    code
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(String, String)> {
        let mistakes = Document::new("try.toml", text).parse().unwrap_err();
        let said = |mistake: &Mistake| (mistake.message().to_owned(), mistake.hint().unwrap_or_default().to_owned());
        mistakes.iter().map(said).collect()
    }

    #[test]
    fn a_slip_of_the_pen_is_named_once_a_line() {
        let [(message, help)] = &told("a = [1e\u{2212}3]\n")[..] else { panic!("not one") };
        assert_eq!(
            (message.as_str(), help.as_str()),
            ("not TOML: the character \"\u{2212}\" is not TOML's", "U+2212 is a minus sign of typesetting: write -")
        );
        assert_eq!(told("[grid]\n\u{201c}train.seed\u{201d} = [1]\n").len(), 1);
        for (text, number) in [("a = [0,001]\n", "0.001"), ("a = 0,5\n", "0.5"), ("a = 10,25 # b\n", "10.25")] {
            assert_eq!(told(text)[0].1, format!("if a number is meant, write {number}"), "{text}");
        }
        let marks = "<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> other\n";
        assert_eq!(told(marks)[0].0, "not TOML: a merge conflict that is not resolved");
    }

    #[test]
    fn letters_in_quotes_and_comments_are_nobodys_slip() {
        for text in ["a = \"1 \u{2212} 2\" b\n", "a = b # \u{201c}c\u{201d}\n", "a = '\u{2019}' = 1\n"] {
            assert!(told(text).iter().all(|(message, _)| !message.contains("character")), "{text}: {:?}", told(text));
        }
    }
}
