//! Sequences that several of the given splits hold: what was trained on is tested. Each is a
//! repeated sequence too, so that what the experiment says of those decides which rows stay.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{Dropped, Split, rows::Rows};

/// Examples that are told.
const SHOWN: usize = 5;

/// Sequences that stand in more than one of the given splits, among the rows that are dropped for
/// nothing but a repeated sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// Distinct sequences.
    pub sequences: usize,
    pub train_validation: usize,
    pub train_test: usize,
    pub validation_test: usize,
    /// Rows of those sequences that were dropped, by the split that the data gives them.
    pub dropped: BySplit,
    /// Of the first such sequences, the first row of each split.
    pub examples: Vec<Vec<Member>>,
}

/// A count a split.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BySplit {
    pub train: usize,
    pub validation: usize,
    pub test: usize,
}

impl BySplit {
    fn of(&mut self, split: Split) -> &mut usize {
        match split {
            Split::Train => &mut self.train,
            Split::Validation => &mut self.validation,
            Split::Test => &mut self.test,
        }
    }
}

/// A protein, and where the data puts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub id: String,
    pub split: Split,
}

impl Shared {
    /// `None` where no two splits share a sequence. `dropped` is what became of the rows in the
    /// end.
    pub(super) fn between(rows: &Rows, given: &[Option<Split>], dropped: &[Option<Dropped>]) -> Option<Self> {
        let takes_part = |index: usize| matches!(dropped[index], None | Some(Dropped::Duplicate | Dropped::Conflict));
        let mut members: HashMap<&str, Vec<usize>> = HashMap::with_capacity(rows.all.len());
        for (index, row) in rows.all.iter().enumerate().filter(|(index, _)| takes_part(*index)) {
            members.entry(&row.sequence).or_default().push(index);
        }
        let mut members: Vec<Vec<usize>> = members.into_values().filter(|members| members.len() > 1).collect();
        // By their first rows, in the order of the file.
        members.sort_unstable();
        let mut several: Vec<(Vec<usize>, BTreeMap<Split, usize>)> = Vec::new();
        for members in members {
            let mut first = BTreeMap::new();
            for index in &members {
                first.entry(given[*index]?).or_insert(*index);
            }
            if first.len() > 1 {
                several.push((members, first));
            }
        }
        if several.is_empty() {
            return None;
        }
        let of_both = |one, other| several.iter().filter(|(_, of)| of.contains_key(&one) && of.contains_key(&other)).count();
        let mut lost = BySplit::default();
        for index in several.iter().flat_map(|(members, _)| members).filter(|index| dropped[**index].is_some()) {
            *lost.of(given[*index]?) += 1;
        }
        let member = |(split, index): (&Split, &usize)| Member { id: rows.all[*index].id.clone(), split: *split };
        Some(Self {
            sequences: several.len(),
            train_validation: of_both(Split::Train, Split::Validation),
            train_test: of_both(Split::Train, Split::Test),
            validation_test: of_both(Split::Validation, Split::Test),
            dropped: lost,
            examples: several.iter().take(SHOWN).map(|(_, first)| first.iter().map(member).collect()).collect(),
        })
    }
}
