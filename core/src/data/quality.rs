//! The doubtful rows: counted as pandas counts them, treated as the experiment says.

use std::collections::{HashMap, hash_map::Entry};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Dropped, Error, Split,
    rows::{Row, Rows},
    tokens::Tokenizer,
};
use crate::{
    experiment::{Conflicts, DataSettings, Duplicates, LowerCase, Missing, UnknownResidues},
    task::Targets,
    text::short,
};

/// What became of every row, and the counts behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quality {
    /// `None`: kept.
    pub dropped: Vec<Option<Dropped>>,
    pub counts: Counts,
}

/// What was found among the rows, whatever was done about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows without an id, a sequence or a label.
    pub missing: usize,
    /// Rows that repeat the sequence of an earlier one: `df.duplicated("Sequence").sum()`. Counted,
    /// as the next three, among the rows that nothing else drops.
    pub duplicate_rows: usize,
    /// Rows whose sequence occurs more than once: `df.duplicated("Sequence", keep=False).sum()`.
    pub duplicate_members: usize,
    /// Distinct sequences that occur more than once.
    pub duplicate_groups: usize,
    /// Of those, the ones with more than one label.
    pub conflicting_groups: usize,
    /// Rows, none of them missing anything, with a letter outside the vocabulary: it is read as
    /// `<unk>`.
    pub unknown_residues: usize,
    /// Rows whose label is none of the file's classes.
    pub no_class: usize,
    /// Rows whose split column names no split.
    pub no_split: usize,
}

/// Examines rows in the order a careful reader would: what is missing, what is none of ours, what
/// the model cannot read, what occurs twice. `given` holds the split each row names, under the
/// column method. Duplicates are looked for among the rows that are left.
pub(super) fn examine(
    rows: &Rows,
    labels: &Targets,
    given: Option<&[Option<Split>]>,
    tokenizer: &Tokenizer,
    settings: &DataSettings,
) -> Result<Quality, Error> {
    let unknown: Vec<bool> = rows.all.par_iter().map(|row| !tokenizer.knows(&row.sequence)).collect();
    let reason = |index: usize| {
        let row: &Row = &rows.all[index];
        if row.is_missing() {
            Some(Dropped::Missing)
        } else if labels.of_rows[index].is_none() {
            Some(Dropped::NoClass)
        } else if given.is_some_and(|given| given[index].is_none()) {
            Some(Dropped::NoSplit)
        } else if unknown[index] && settings.cleaning.unknown_residues != UnknownResidues::Keep {
            Some(Dropped::UnknownResidue)
        } else {
            None
        }
    };
    let mut dropped: Vec<Option<Dropped>> = (0..rows.all.len()).map(reason).collect();
    let mut counts = Counts {
        missing: count(&dropped, Dropped::Missing),
        no_class: count(&dropped, Dropped::NoClass),
        no_split: count(&dropped, Dropped::NoSplit),
        unknown_residues: unknown.iter().zip(&rows.all).filter(|(unknown, row)| **unknown && !row.is_missing()).count(),
        ..Counts::default()
    };
    if settings.cleaning.missing == Missing::Refuse {
        refuse(rows, &dropped, Dropped::Missing, "without an id, a sequence or a label", "`data.missing = \"drop\"`")?;
    }
    if settings.cleaning.unknown_residues == UnknownResidues::Refuse {
        let remedy = "`data.unknown-residues = \"drop\"`, or \"keep\" to read such letters as `<unk>`";
        refuse(rows, &dropped, Dropped::UnknownResidue, "with a letter outside the vocabulary", remedy)?;
    }
    drop_repeats(rows, labels, settings, &mut dropped, &mut counts);
    if settings.cleaning.duplicates == Duplicates::Refuse {
        let remedy = "`data.duplicates = \"keep-first\"` or \"drop\"";
        refuse(rows, &dropped, Dropped::Duplicate, "with the sequence and the label of another", remedy)?;
    }
    if settings.cleaning.conflicts == Conflicts::Refuse {
        let remedy = "`data.conflicts = \"drop\"` or \"keep-first\"";
        refuse(rows, &dropped, Dropped::Conflict, "with the sequence of another and a different label", remedy)?;
    }
    Ok(Quality { dropped, counts })
}

/// Where the first rows stand that miss something.
pub(super) fn missing_places(rows: &Rows, dropped: &[Option<Dropped>]) -> Vec<String> {
    const SHOWN: usize = 5;
    let missing = rows.all.iter().zip(dropped).filter(|(_, dropped)| **dropped == Some(Dropped::Missing));
    missing.take(SHOWN).map(|(row, _)| rows.place(row)).collect()
}

/// Refuses data that is mostly residues that say nothing: a column or a file that holds no proteins
/// would train. Repeated sequences count, for masked ones are all alike.
pub(super) fn require_known(
    rows: &Rows,
    dropped: &[Option<Dropped>],
    tokenizer: &Tokenizer,
    settings: &DataSettings,
) -> Result<(), Error> {
    let of = |row: &Row| {
        let unknown = row.sequence.bytes().filter(|&byte| byte == b'X' || !tokenizer.knows_letter(byte)).count();
        [unknown, row.sequence.len()]
    };
    let repeats = [Some(Dropped::Duplicate), Some(Dropped::Conflict)];
    let proteins = rows.all.par_iter().zip(dropped).filter(|(_, dropped)| dropped.is_none() || repeats.contains(dropped));
    let [unknown, residues] = proteins.map(|(row, _)| of(row)).reduce(|| [0; 2], |a, b| [a[0] + b[0], a[1] + b[1]]);
    if unknown * 2 <= residues {
        return Ok(());
    }
    let help = match settings.cleaning.lower_case {
        LowerCase::Upper => "are these proteins? A letter a residue is read",
        LowerCase::Mask => "lower-case letters are read as `X`: `data.lower-case = \"upper\"` reads them as their capitals",
    };
    Err(Error::MostlyUnknown { unknown, residues, help })
}

/// Rows of one sequence.
struct Group {
    first: usize,
    members: usize,
    conflicting: bool,
}

/// Finds repeated sequences among the rows still kept. A group of one label is treated as
/// `duplicates` says, one of several labels as `conflicts` says; what is to be refused is marked as
/// if it were to be dropped.
fn drop_repeats(rows: &Rows, labels: &Targets, settings: &DataSettings, dropped: &mut [Option<Dropped>], counts: &mut Counts) {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_sequence: HashMap<&str, usize> = HashMap::with_capacity(rows.all.len());
    let mut group_of = vec![usize::MAX; rows.all.len()];
    for (index, row) in rows.all.iter().enumerate().filter(|(index, _)| dropped[*index].is_none()) {
        match by_sequence.entry(&row.sequence) {
            Entry::Vacant(vacant) => {
                group_of[index] = groups.len();
                vacant.insert(groups.len());
                groups.push(Group { first: index, members: 1, conflicting: false });
            }
            Entry::Occupied(occupied) => {
                let group = &mut groups[*occupied.get()];
                group_of[index] = *occupied.get();
                group.members += 1;
                group.conflicting |= labels.of_rows[index] != labels.of_rows[group.first];
            }
        }
    }
    for group in groups.iter().filter(|group| group.members > 1) {
        counts.duplicate_rows += group.members - 1;
        counts.duplicate_members += group.members;
        counts.duplicate_groups += 1;
        counts.conflicting_groups += usize::from(group.conflicting);
    }
    for (index, dropped) in dropped.iter_mut().enumerate().filter(|(_, dropped)| dropped.is_none()) {
        let group = &groups[group_of[index]];
        if group.members == 1 {
            continue;
        }
        let keeps_first = if group.conflicting {
            settings.cleaning.conflicts == Conflicts::KeepFirst
        } else {
            settings.cleaning.duplicates == Duplicates::KeepFirst
        };
        if keeps_first && index == group.first {
            continue;
        }
        let differs = if keeps_first { labels.of_rows[index] != labels.of_rows[group.first] } else { group.conflicting };
        *dropped = Some(if differs { Dropped::Conflict } else { Dropped::Duplicate });
    }
}

fn count(dropped: &[Option<Dropped>], reason: Dropped) -> usize {
    dropped.iter().filter(|dropped| **dropped == Some(reason)).count()
}

/// Ends with an error where any row was dropped for the reason. `what` says what the rows are,
/// `remedy` which setting drops them.
fn refuse(
    rows: &Rows,
    dropped: &[Option<Dropped>],
    reason: Dropped,
    what: &'static str,
    remedy: &'static str,
) -> Result<(), Error> {
    const SHOWN: usize = 5;
    let count = count(dropped, reason);
    if count == 0 {
        return Ok(());
    }
    let of_reason = rows.all.iter().zip(dropped).filter(|(_, dropped)| **dropped == Some(reason)).map(|(row, _)| row);
    let example = |row: &Row| match row.id.as_str() {
        "" => rows.place(row),
        id => format!("{} {:?}", rows.place(row), short(id)),
    };
    let mut examples: Vec<String> = of_reason.take(SHOWN).map(example).collect();
    if count > SHOWN {
        examples.push("…".to_owned());
    }
    Err(Error::Refused { reason, what, count, examples, remedy })
}
