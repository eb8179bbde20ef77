//! A TOML text that can be pointed into: the experiment file, or the text of one `--set`.

use std::{ops::Range, sync::Arc};

use toml::{
    Table,
    de::{DeTable, DeValue},
};

use super::{
    diagnostic::{MOST_MISTAKES, Mistake},
    numbers,
};

/// A TOML text and the name a reader knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub name: String,
    pub text: Arc<str>,
}

/// What of an entry is pointed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pointer {
    Key,
    Value,
}

impl Document {
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// Parses the text; every error of it in one go: of the syntax, or, where that is right, of the
    /// numbers.
    pub fn parse(&self) -> Result<Table, Vec<Mistake>> {
        let (root, mut errors) = DeTable::parse_recoverable(&self.text);
        errors.sort_by_key(|error| error.span().map(|span| span.start));
        let syntax = |error: &toml::de::Error| Mistake::syntax(self, error.message(), error.span());
        // One more than are told, so that it is known that there are more.
        let mut mistakes: Vec<Mistake> = errors.iter().take(MOST_MISTAKES + 1).map(syntax).collect();
        if mistakes.is_empty() {
            numbers::unreadable(root.get_ref(), &mut |span, message, help| {
                mistakes.push(Mistake::at(self, Some(span), message, Some(help)));
                mistakes.len() <= MOST_MISTAKES
            });
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        // What parses for its places and not for its values is refused as well, whatever it is.
        toml::from_str(&self.text).map_err(|error| vec![syntax(&error)])
    }

    /// Whether the text is written as TOML is, whatever its values.
    pub fn is_toml(&self) -> bool {
        DeTable::parse_recoverable(&self.text).1.is_empty()
    }

    /// Whether the document says anything at this path.
    pub fn holds(&self, path: &[String]) -> bool {
        self.locate(path, Pointer::Key).is_some()
    }

    /// How long the lines of a span are, with the one above and the one below, in bytes.
    pub fn excerpt(&self, span: &Range<usize>) -> usize {
        let (above, below) = (&self.text.as_bytes()[..span.start], &self.text.as_bytes()[span.end..]);
        let ends = |byte: u8| byte == b'\n';
        let above = above.iter().rev().enumerate().filter(|(_, byte)| ends(**byte)).nth(1).map_or(above.len(), |(far, _)| far);
        let below = below.iter().enumerate().filter(|(_, byte)| ends(**byte)).nth(1).map_or(below.len(), |(far, _)| far);
        above + span.len() + below
    }

    /// Whether what stands at an offset follows a backslash in a text in `"…"`: at most as far on
    /// as the longest escape reaches.
    pub fn escapes(&self, offset: usize) -> bool {
        const LONGEST: usize = 10;
        let Some(above) = self.text.get(..offset) else { return false };
        let line = above.rsplit('\n').next().unwrap_or_default();
        line.contains('"') && line.bytes().rev().take(LONGEST).any(|byte| byte == b'\\')
    }

    /// The line of an offset, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.text.get(..offset).map_or(0, |above| above.matches('\n').count()) + 1
    }

    /// Where the entry at `path` stands, in bytes. A path is a key a step, or an index into an
    /// array.
    pub fn locate(&self, path: &[String], pointer: Pointer) -> Option<Range<usize>> {
        let (root, _) = DeTable::parse_recoverable(&self.text);
        let (first, rest) = path.split_first()?;
        let (key, mut value) = root.get_ref().get_key_value(first.as_str())?;
        let mut found = key.span();
        for step in rest {
            value = match value.get_ref() {
                DeValue::Table(table) => {
                    let (key, value) = table.get_key_value(step.as_str())?;
                    found = key.span();
                    value
                }
                DeValue::Array(array) => {
                    let value = array.get(step.parse::<usize>().ok()?)?;
                    found = value.span();
                    value
                }
                _ => return None,
            };
        }
        Some(match pointer {
            Pointer::Key => found,
            Pointer::Value => value.span(),
        })
    }
}
