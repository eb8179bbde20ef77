//! The proteins of an experiment: rows → quality → labels → split → tokens.
//!
//! [`prepare`] is the way through the room. Everything it decides about a row stays visible in the [`Dataset`]: no row vanishes,
//! it is kept or it says why it was dropped.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The data of one run: every row that was read, what became of it, and the three splits.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Names of the classes, in label order: a protein's `class` is an index into them.
    pub classes: Vec<String>,
    /// Every row read, in the order of the file.
    pub proteins: Vec<Protein>,
    /// The kept rows by split, as indices into `proteins`, in the order the reference trains and evaluates them in.
    pub splits: Splits,
    /// The most tokens a protein may have, `<cls>` and `<eos>` counted.
    pub max_length: usize,
    pub card: Card,
}

/// One row of the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Protein {
    pub id: String,
    pub sequence: String,
    /// The label as the data writes it; empty where it is missing.
    pub label: String,
    /// Index into [`Dataset::classes`]; `None` where the label is missing or no class.
    pub class: Option<usize>,
    /// Tokens before truncation: residues + 2.
    pub tokens: usize,
    /// `None`: kept.
    pub dropped: Option<Dropped>,
}

/// Why a row takes no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dropped {
    /// No id, no sequence or no label.
    Missing,
    /// Another row has the same sequence and the same label.
    Duplicate,
    /// Another row has the same sequence and another label.
    Conflict,
    /// A letter outside the vocabulary.
    UnknownResidue,
    /// The label is not one of the file's classes.
    NoClass,
    /// The split column's value names no split.
    NoSplit,
}

/// One of the three parts of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    Train,
    Validation,
    Test,
}

/// Indices into [`Dataset::proteins`], in the reference's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splits {
    pub train: Vec<usize>,
    pub validation: Vec<usize>,
    pub test: Vec<usize>,
}

/// The data card: what `titer describe` prints. Lengths count residues, tokens count `<cls>` and `<eos>` too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub rows: usize,
    /// Rows without an id, a sequence or a label.
    pub missing: usize,
    /// Rows that repeat the sequence of an earlier one: `df.duplicated("Sequence").sum()`.
    pub duplicate_rows: usize,
    /// Rows whose sequence occurs more than once: `df.duplicated("Sequence", keep=False).sum()`.
    pub duplicate_members: usize,
    /// Distinct sequences that occur more than once.
    pub duplicate_groups: usize,
    /// Of those, the ones with more than one label.
    pub conflicting_groups: usize,
    /// Rows with a letter outside the vocabulary.
    pub unknown_residues: usize,
    /// Rows whose label is none of the file's classes.
    pub no_class: usize,
    pub kept: usize,
    pub classes: Vec<ClassShare>,
    /// Size of the smallest class over that of the largest.
    pub balance: f64,
    /// Of the kept proteins.
    pub length: Distribution,
    /// Of the sample that `max-length` is read from; of all kept proteins under the other policies.
    pub tokens: TokenDistribution,
    pub max_length: usize,
    /// Kept proteins that fit into `max_length`.
    pub covered: usize,
    /// Kept proteins that lose residues to it.
    pub truncated: usize,
    pub splits: SplitCards,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassShare {
    pub name: String,
    pub count: usize,
    pub share: f64,
}

/// Percentiles by linear interpolation, as NumPy's default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    pub min: usize,
    pub max: usize,
    pub mean: f64,
    pub median: f64,
    pub p95: f64,
    pub p99: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenDistribution {
    pub min: usize,
    pub max: usize,
    pub mean: f64,
    pub median: f64,
    pub p95: f64,
    pub p99: f64,
    /// How many proteins were looked at.
    pub sample: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitCards {
    pub train: SplitCard,
    pub validation: SplitCard,
    pub test: SplitCard,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitCard {
    pub count: usize,
    pub classes: Vec<ClassShare>,
}
