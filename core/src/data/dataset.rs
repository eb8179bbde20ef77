//! What [`prepare`](super::prepare) returns: every row, what became of it, and the splits.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::task::{Kind, Scaling, Target};

use super::{
    Card, Split, Splits,
    rows::{Row, Rows},
    tokens::Tokenizer,
};

/// The data of one run: every row that was read, what became of it, and the three splits.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// What is predicted.
    pub kind: Kind,
    /// Names of the classes, in label order: a protein's class is an index into them. None of a
    /// task without classes.
    pub classes: Vec<String>,
    /// How a regression's labels are scaled for training; `None` where they are not.
    pub scaling: Option<Scaling>,
    /// Every row read, in the order of the file.
    pub proteins: Vec<Protein>,
    /// The kept rows by split, as indices into `proteins`, in the order the reference trains and
    /// evaluates them in.
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
    /// What a model is to give for it; `None` where the label is missing or takes no part.
    pub target: Option<Target>,
    /// Tokens before truncation, as the tokenizer counts them: residues + 2, less where unknown
    /// letters stand side by side.
    pub tokens: usize,
    /// `None`: kept.
    pub dropped: Option<Dropped>,
}

impl Protein {
    /// The class, an index into [`Dataset::classes`], where the target is one.
    #[must_use]
    pub fn class(&self) -> Option<usize> {
        self.target.and_then(Target::class)
    }
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
    /// Its class has too few proteins.
    SmallClass,
}

impl Dataset {
    /// How many outputs a model of it has.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.kind.task().outputs(&self.classes)
    }

    /// The proteins of a split, as indices into `proteins`.
    #[must_use]
    pub fn split(&self, split: Split) -> &[usize] {
        self.splits.of(split)
    }

    /// The split of every protein; `None` where it was dropped.
    #[must_use]
    pub fn split_of_proteins(&self) -> Vec<Option<Split>> {
        let mut splits = vec![None; self.proteins.len()];
        for split in Split::ALL {
            for &index in self.split(split) {
                splits[index] = Some(split);
            }
        }
        splits
    }
}

/// Joins the rows with what was found out about them.
pub(super) fn proteins(
    rows: Rows,
    targets: &[Option<Target>],
    dropped: &[Option<Dropped>],
    tokenizer: &Tokenizer,
) -> Vec<Protein> {
    let protein = |(index, Row { id, sequence, label, .. }): (usize, Row)| {
        let tokens = tokenizer.count(&sequence);
        Protein { id, sequence, label, target: targets[index], tokens, dropped: dropped[index] }
    };
    rows.all.into_par_iter().enumerate().map(protein).collect()
}
