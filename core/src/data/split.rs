//! The proteins as the experiment's split method divides them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{
    Dropped, Error, Protein, Word,
    error::Lacking,
    rows::{Row, Rows},
};
use crate::{
    experiment::split::{Divide, Given, Kept, NoMark, Said, Split, Splits, is_usual},
    task::{Target, Task},
    text::short,
};

/// What the data says of splits.
pub(super) struct Found {
    pub given: Given,
    /// The values of the first column that the method reads, with the rows of each, the most
    /// frequent first; none where it reads no column.
    values: Vec<(String, usize)>,
    column: String,
}

/// The splits that the data gives its rows; `None` where the method does not read them from the
/// data. `missing` are the words that stand for a missing value.
pub(super) fn given(method: &dyn Divide, rows: &Rows, missing: &[String]) -> Result<Option<Found>, Error> {
    let refused = |row: &Row, value: &str| Error::NoMark { place: rows.place_in_file(row), value: short(value) };
    let said: Vec<Said> = rows.all.iter().map(|row| Said { values: &row.split, file: rows.split_of_file(row) }).collect();
    let given = method.given(&said, missing).map_err(|NoMark { row, value }| refused(&rows.all[row], value))?;
    let Some(given) = given else { return Ok(None) };
    let columns = method.columns();
    let column = columns.first().copied().unwrap_or_default().to_owned();
    if given.drawn.is_some_and(|drawn| !drawn.asked) && !columns.is_empty() {
        // Before they are drawn from training: the data may mark them elsewhere.
        let marks = |header: &&String| {
            let name = header.to_ascii_lowercase();
            let name = name.strip_prefix("is").map_or(name.as_str(), |name| name.trim_start_matches(['_', '-', ' ']));
            !columns.contains(&header.as_str()) && is_usual(Split::Validation, name)
        };
        if let Some(own) = rows.headers.iter().find(marks) {
            return Err(Error::OwnValidation { column: short(&column), own: short(own) });
        }
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for value in rows.all.iter().filter_map(|row| row.split.first()) {
        *counts.entry(value).or_default() += 1;
    }
    let mut values: Vec<(String, usize)> = counts.into_iter().map(|(value, count)| (value.to_owned(), count)).collect();
    values.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(Some(Found { given, values, column }))
}

/// The values of rows that were dropped for being of no split.
pub(super) fn of_none(rows: &Rows, dropped: &[Option<Dropped>]) -> Vec<Word> {
    const MOST: usize = 100;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, _) in rows.all.iter().zip(dropped).filter(|(_, dropped)| **dropped == Some(Dropped::NoSplit)) {
        *counts.entry(row.split.first().map_or("", String::as_str)).or_default() += 1;
    }
    let word = |(value, count): (&str, usize)| Word { field: "split".to_owned(), value: value.to_owned(), count };
    counts.into_iter().map(word).take(MOST).collect()
}

impl Found {
    /// What the column holds, where a split has no protein.
    fn help(&self, split: Split) -> Option<String> {
        const SHOWN: usize = 12;
        if self.values.is_empty() {
            return None;
        }
        let mut told: Vec<String> =
            self.values.iter().take(SHOWN).map(|(value, count)| format!("{:?} ({count})", short(value))).collect();
        if self.values.len() > SHOWN {
            told.push(format!("{} more", self.values.len() - SHOWN));
        }
        let example = self.values.iter().map(|(value, _)| value).find(|value| !value.is_empty()).map_or("…", String::as_str);
        let what = if split == Split::Validation { ", or is a share of training to draw, such as 0.1" } else { "" };
        Some(format!(
            "the column {:?} holds {}: `split.{}` names the value or values that mark it, such as {:?}{what}",
            short(&self.column),
            told.join(", "),
            split.name(),
            short(example),
        ))
    }
}

/// Divides the kept proteins, `kept` as indices into all.
pub(super) fn divide(
    method: &dyn Divide,
    task: &dyn Task,
    proteins: &[Protein],
    kept: &[usize],
    given: Option<&Given>,
) -> Splits {
    let targets: Vec<Target> = kept.iter().filter_map(|&index| proteins[index].target).collect();
    let strata = task.strata(&targets);
    let of_kept: Vec<Option<Split>> =
        given.map(|given| kept.iter().map(|&index| given.splits[index]).collect()).unwrap_or_default();
    let drawn = given.and_then(|given| given.drawn);
    method.divide(&Kept { strata: &strata, given: &of_kept, drawn }).mapped(kept)
}

/// Refuses splits without a protein, and those in which a class that the task requires has none: no
/// score of it could be computed. Splits that the data gives may lack a class, all but training.
pub(super) fn require_proteins(
    splits: &Splits,
    proteins: &[Protein],
    required: &[String],
    found: Option<&Found>,
    divide: impl Fn(&[usize]) -> Splits,
) -> Result<(), Error> {
    for split in Split::ALL {
        if splits.of(split).is_empty() {
            let help =
                found.and_then(|found| found.help(split)).unwrap_or_else(|| "add proteins, or enlarge the split".to_owned());
            return Err(Error::EmptySplit { split, help });
        }
    }
    let needed: &[Split] = if found.is_some() { &[Split::Train] } else { &Split::ALL };
    let classes_of = |splits: &Splits| -> Vec<(Split, HashSet<usize>)> {
        let of = |split: Split| splits.of(split).iter().filter_map(|&index| proteins[index].class()).collect();
        needed.iter().map(|split| (*split, of(*split))).collect()
    };
    let present = classes_of(splits);
    let mut kept = vec![0_usize; required.len()];
    for class in proteins.iter().filter(|protein| protein.dropped.is_none()).filter_map(Protein::class) {
        if let Some(kept) = kept.get_mut(class) {
            *kept += 1;
        }
    }
    let lacks = |(class, name): (usize, &String)| {
        let splits: Vec<Split> =
            present.iter().filter(|(_, present)| !present.contains(&class)).map(|(split, _)| *split).collect();
        (!splits.is_empty()).then(|| Lacking { class: short(name), kept: kept[class], splits })
    };
    let classes: Vec<Lacking> = required.iter().enumerate().filter_map(lacks).collect();
    if classes.is_empty() {
        return Ok(());
    }
    // The least size with which every class that stays has a protein in each split.
    let enough = |least: &usize| {
        let stays = |class: usize| kept.get(class).is_some_and(|kept| kept >= least);
        let is_kept = |protein: &Protein| protein.dropped.is_none() && protein.class().is_some_and(stays);
        let members: Vec<usize> = (0..proteins.len()).filter(|&index| is_kept(&proteins[index])).collect();
        let large: Vec<usize> = (0..kept.len()).filter(|&class| stays(class)).collect();
        let present = || classes_of(&divide(&members));
        large.len() > 1 && present().iter().all(|(_, present)| large.iter().all(|class| present.contains(class)))
    };
    let sizes: BTreeSet<usize> = kept.iter().map(|kept| kept + 1).filter(|size| *size > 1).collect();
    let help = if found.is_some() {
        "no model learns a class without a training protein: have the data give it some, or leave the class out of `data.classes`"
            .to_owned()
    } else if let Some(least) = sizes.into_iter().find(enough) {
        let (out, all) = (kept.iter().filter(|kept| **kept < least).count(), kept.len());
        format!(
            "leave small classes out: `data.min-class-size = {least}` ({out} of the {all} classes are smaller); or add proteins"
        )
    } else {
        let few = kept.iter().zip(required).map(|(kept, name)| format!("{:?} {kept}", short(name)));
        format!("add proteins, or enlarge the split; kept of each class: {}", few.take(30).collect::<Vec<_>>().join(", "))
    };
    Err(Error::ClassWithoutProtein { classes, help })
}
