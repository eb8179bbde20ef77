//! The values of a column that mark a split.

use serde::{Deserialize, Serialize};

use super::Split;
use crate::text::whole;

/// One value that marks a split, or several: texts as the data writes them, in one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Marks {
    One(String),
    Several(Vec<String>),
}

/// The proteins that validate: those that are marked, or a share of the training ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Validation {
    Share(f64),
    Marked(Marks),
}

/// What else marks a split, in any case, if no row has the split's own name.
const USUAL: [(Split, &[&str]); 3] = [
    (Split::Train, &["train", "training"]),
    (Split::Validation, &["validation", "valid", "val", "dev"]),
    (Split::Test, &["test", "testing"]),
];

/// Whether a word is one that usually marks the split.
pub(crate) fn is_usual(split: Split, word: &str) -> bool {
    USUAL.iter().any(|(of, words)| *of == split && words.iter().any(|usual| usual.eq_ignore_ascii_case(word)))
}

impl Marks {
    /// Sorted, each once.
    pub(super) fn new(mut marks: Vec<String>) -> Self {
        marks.sort_unstable();
        marks.dedup();
        match marks.pop() {
            Some(only) if marks.is_empty() => Self::One(only),
            Some(last) => {
                marks.push(last);
                Self::Several(marks)
            }
            None => Self::Several(marks),
        }
    }

    /// What a file without the key has.
    pub(super) fn usual(split: Split) -> Self {
        Self::One(split.name().to_owned())
    }

    pub(super) fn all(&self) -> &[String] {
        match self {
            Self::One(mark) => std::slice::from_ref(mark),
            Self::Several(marks) => marks,
        }
    }

    /// Whether a value is one of these: `1.0` is `1`.
    pub(super) fn hold(&self, value: &str) -> bool {
        let same = |mark: &String| mark == value || whole(value).is_some_and(|value| whole(mark) == Some(value));
        self.all().iter().any(same)
    }
}

impl From<&str> for Marks {
    fn from(mark: &str) -> Self {
        Self::One(mark.to_owned())
    }
}

impl From<&str> for Validation {
    fn from(mark: &str) -> Self {
        Self::Marked(mark.into())
    }
}
