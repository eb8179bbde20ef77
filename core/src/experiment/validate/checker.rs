//! Collects faults, and holds the rules that many keys share and no schema can say.

use regex::RegexBuilder;

use super::super::{
    diagnostic::{Fault, Scope},
    document::Pointer,
    layers::Path,
};
use crate::text;

pub struct Checker<'a> {
    broken: &'a [Path],
    faults: Vec<Fault>,
}

/// A key that may be left out was given a value that cannot be; the fault is noted.
#[derive(Debug, Clone, Copy)]
pub struct Refused;

/// A pattern that compiles to more bytes is none that anybody wrote to read a header with.
pub const LARGEST_PATTERN: usize = 1 << 20;

impl<'a> Checker<'a> {
    pub const fn new(broken: &'a [Path]) -> Self {
        Self { broken, faults: Vec::new() }
    }

    pub fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    /// Reports a value.
    pub fn refuse(&mut self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        self.push(key, Pointer::Value, message.into(), help.into(), Scope::Key);
    }

    /// Reports what several keys say together; not where one of their table could not be read, and
    /// has its default here.
    pub fn refuse_together(&mut self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        if self.is_broken(key.rsplit_once('.').map_or(key, |(table, _)| table)) {
            return;
        }
        self.push(key, Pointer::Value, message.into(), help.into(), Scope::Several);
    }

    /// Reports a key that means nothing beside the others.
    pub fn out_of_place<T>(&mut self, key: &str, value: Option<&T>, beside: &str, help: &str) {
        if value.is_some() {
            self.push(key, Pointer::Key, format!("`{key}` has no meaning {beside}"), help.to_owned(), Scope::Several);
        }
    }

    /// Demands a key; `anchor` is the key to point at where it is missing.
    pub fn need<T>(&mut self, key: &str, value: Option<T>, anchor: &str, help: &str) -> Option<T> {
        if value.is_none() && !self.is_broken(key) {
            self.push(anchor, Pointer::Key, format!("`{key}` is missing"), help.to_owned(), Scope::Several);
        }
        value
    }

    /// Whether the key, a table it stands in, or a key of its table could not be read.
    pub fn is_broken(&self, key: &str) -> bool {
        // `zip` stops at the shorter one: either is a beginning of the other.
        self.broken.iter().any(|broken| broken.iter().zip(key.split('.')).all(|(broken, step)| broken == step))
    }

    /// A text that is not blank.
    pub fn text(&mut self, key: &str, value: Option<String>) -> Option<String> {
        let value = value?;
        if value.trim().is_empty() {
            self.refuse(key, format!("`{key}` is empty"), "write what it names, or leave the key out");
            return None;
        }
        Some(value)
    }

    /// A path that needs no shell and holds no control characters.
    pub fn path(&mut self, key: &str, value: String) -> Option<String> {
        if value.contains(char::is_control) {
            // What stood behind backslashes, before TOML read it.
            let written = value.chars().flat_map(|letter| {
                let escaped = match letter {
                    '\u{8}' => Some("\\b".to_owned()),
                    '\u{c}' => Some("\\f".to_owned()),
                    letter if letter.is_control() => Some(letter.escape_default().to_string()),
                    _ => None,
                };
                escaped.unwrap_or_else(|| letter.to_string()).chars().collect::<Vec<_>>()
            });
            let written: String = written.collect();
            let message = format!("`{key}` holds a control character: \"{}\"", text::shown(&written));
            let help = format!("TOML reads a backslash in \"…\" as an escape: write '{written}', in single quotes, or use `/`");
            self.refuse(key, message, help);
            return None;
        }
        let Some(word) = text::unexpanded(&value) else { return Some(value) };
        let message = format!("{value:?} starts with `{word}`, which only a shell knows");
        self.refuse(key, message, "write the whole path, or one relative to the folder titer is called in");
        None
    }

    /// A digest or a commit, where there is one: so many hexadecimal digits, told in lower case.
    pub fn hexadecimal(
        &mut self,
        key: &str,
        value: Option<String>,
        digits: usize,
        help: &str,
    ) -> Result<Option<String>, Refused> {
        let Some(value) = value else { return Ok(None) };
        if value.len() == digits && value.chars().all(|digit| digit.is_ascii_hexdigit()) {
            return Ok(Some(value.to_ascii_lowercase()));
        }
        self.refuse(key, format!("`{key}` is not {digits} hexadecimal digits"), help);
        Err(Refused)
    }

    /// A regular expression with a group.
    pub fn pattern(&mut self, key: &str, value: String) -> Option<String> {
        let help = "a regular expression whose first group is what is meant, such as '^\\S+ (\\S+)-[MSU]'";
        match RegexBuilder::new(&value).size_limit(LARGEST_PATTERN).build() {
            Ok(pattern) if pattern.captures_len() > 1 => return Some(value),
            Ok(_) => self.refuse(key, format!("`{key}` has no group"), help),
            Err(regex::Error::Syntax(error)) => {
                let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                self.refuse(key, format!("`{key}` is not a regular expression: {reason}"), help);
            }
            Err(error) => self.refuse(key, format!("`{key}` is not a regular expression: {error}"), help),
        }
        None
    }

    fn push(&mut self, key: &str, pointer: Pointer, message: String, help: String, scope: Scope) {
        let path = key.split('.').map(str::to_owned).collect();
        self.faults.push(Fault { path, pointer, message, help: Some(help), scope });
    }
}
