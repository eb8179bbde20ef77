//! The parts of `[data]` that a run keeps as they are written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::table::table;

table! {
    /// What is done about doubtful proteins.
    Cleaning {
        /// What happens to proteins with the same sequence and the same label.
        duplicates: Duplicates = Duplicates::KeepFirst,
        /// What happens to proteins with the same sequence and different labels.
        conflicts: Conflicts = Conflicts::Drop,
        /// What happens to rows without an id, a sequence or a label.
        missing: Missing = Missing::Drop,
        /// What happens to sequences that hold a letter outside the vocabulary.
        unknown_residues: UnknownResidues = UnknownResidues::Keep,
        /// The words that stand for a missing id, sequence or label, such as `["NA", "null"]`,
        /// spelled as in the data. An empty field is always missing.
        missing_values: Vec<String> = Vec::new(),
        /// How lower-case letters of a sequence are read.
        lower_case: LowerCase = LowerCase::Upper,
        /// What is removed from sequences. Without it gaps stay, one token each, and a `*` is an
        /// error.
        strip: Vec<Strip> = Vec::new(),
        /// What happens if several of the kept proteins share an id.
        duplicate_ids: DuplicateIds = DuplicateIds::Refuse,
        /// The fewest kept proteins of a class: the proteins of smaller classes are dropped.
        /// Without it every class stays. For labels that are classes.
        #[schemars(range(min = 2))]
        min_class_size: Option<u32> = None,
    }
}

table! {
    /// The generator of made-up proteins.
    #[serde(deny_unknown_fields)]
    Synthetic {
        /// How many proteins are made.
        #[schemars(range(min = 1, max = 1_000_000))]
        proteins: usize = 1200,
        /// How many classes there are.
        #[schemars(range(min = 2, max = 8))]
        classes: usize = 2,
        /// The shortest protein, in residues.
        #[schemars(range(min = 40, max = 40_000))]
        min_length: usize = 60,
        /// The longest protein, in residues.
        #[schemars(range(min = 40, max = 40_000))]
        max_length: usize = 120,
        /// The share of proteins that begin with the signal of their class, from 0 to 1: it bounds
        /// the accuracy that can be reached.
        #[schemars(range(min = 0, max = 1))]
        signal: f64 = 0.95,
        /// Seeds the generator.
        seed: u32 = 42,
    }
}

/// What to do with proteins of one sequence and one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicates {
    /// The first stays, the others are dropped.
    KeepFirst,
    /// All are dropped.
    Drop,
    /// The data is refused.
    Refuse,
}

/// What to do with proteins of one sequence and several labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Conflicts {
    /// The first stays, as with `pandas.DataFrame.drop_duplicates`.
    KeepFirst,
    /// All are dropped.
    Drop,
    /// The data is refused.
    Refuse,
}

/// What to do with rows without an id, a sequence or a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// They are dropped.
    Drop,
    /// The data is refused.
    Refuse,
}

/// What to do with sequences that hold a letter outside the vocabulary (it would become `<unk>`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownResidues {
    /// Tokenised as `<unk>`, as `transformers` does.
    Keep,
    /// They are dropped.
    Drop,
    /// The data is refused.
    Refuse,
}

/// How lower-case letters of a sequence are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LowerCase {
    /// As their capitals.
    Upper,
    /// As `X`, the unknown residue: lower case marks what was masked.
    Mask,
}

/// What may be taken out of sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strip {
    /// The gaps of an alignment, `-` and `.`, wherever they stand.
    Gaps,
    /// The stop codon's `*` at the end.
    Stop,
}

/// What to do with an id that several of the kept proteins bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DuplicateIds {
    /// The data is refused.
    Refuse,
    /// The second is called `ID#2`, the third `ID#3`.
    Number,
}
