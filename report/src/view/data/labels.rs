//! The labels of a regression: how they are distributed, in all and in each part of the split.

use serde::Serialize;

use super::{
    super::{
        format,
        pairs::LEVEL,
        table::{Kind, Table},
    },
    BoxStats, SHOWN, kept,
};
use titer_core::{
    data::{Card, Numbers, Split, ValueCard},
    results::tables::ProteinRow,
    statistics,
    text::cut,
};

/// Bars of a histogram, at least and at most.
const LEAST: usize = 10;
const MOST: usize = 50;
/// Different labels up to which they may be grades rather than measurements.
const GRADES: usize = 10;
/// Digits of a label.
const DIGITS: usize = 4;

/// What is drawn and said of the labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Labels {
    pub sentences: Vec<String>,
    pub bins: Bins,
    /// A box per part of the split.
    pub boxes: Vec<BoxStats>,
}

/// Counts of numbers in bins of one width, a row of counts a part of the split.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bins {
    /// The lowest value of the first bin.
    pub start: f64,
    pub width: f64,
    pub counts: Vec<Vec<u64>>,
}

/// A part of the split in words.
const fn name(split: Split) -> &'static str {
    match split {
        Split::Train => "training",
        Split::Validation => "validation",
        Split::Test => "test",
    }
}

fn told(value: f64) -> String {
    format::significant(value, DIGITS)
}

impl Labels {
    pub(super) fn new(card: &ValueCard, proteins: &[ProteinRow]) -> Self {
        let of = |split: Split| -> Vec<f64> {
            kept(proteins).filter(|row| row.split == Some(split)).filter_map(|row| row.value).collect()
        };
        let parts = Split::ALL.map(of);
        let [train, _, test] = &parts;
        let sentences = [outliers(card, proteins), grades(card), beyond(train, test), by_length(proteins)];
        Self {
            sentences: sentences.into_iter().flatten().collect(),
            bins: Bins::new(&parts),
            boxes: Split::ALL.iter().zip(&parts).filter_map(|(split, values)| BoxStats::new(name(*split), values)).collect(),
        }
    }
}

/// Labels beyond Tukey's fences, and the furthest of them.
fn outliers(card: &ValueCard, proteins: &[ProteinRow]) -> Option<String> {
    let [low, high] = card.of.fences();
    let away = |value: f64| (low - value).max(value - high);
    let labelled = kept(proteins).filter_map(|row| Some((row, row.value?)));
    let (furthest, value) = labelled.max_by(|(_, one), (_, other)| away(*one).total_cmp(&away(*other)))?;
    let count = card.outliers as u64;
    (count > 0).then(|| {
        let (lies, which) =
            if count == 1 { ("lies", "it is that of") } else { ("lie", "the furthest is that of") };
        format!(
            "{} {lies} more than 1.5 interquartile ranges beyond the quartiles (below {} or above {}): {which} {}, {}. The squared error weighs such labels most.",
            format::counted(count, "label"),
            told(low),
            told(high),
            cut(&furthest.id, 60),
            told(value),
        )
    })
}

fn grades(card: &ValueCard) -> Option<String> {
    let few = card.distinct <= GRADES;
    let values = format::counted(card.distinct as u64, "different value");
    few.then(|| format!("The labels take {values} only: if these are grades, a classification may suit them better."))
}

/// Test labels where no training label lies.
fn beyond(train: &[f64], test: &[f64]) -> Option<String> {
    let of = Numbers::of(train.iter().copied())?;
    let outside = test.iter().filter(|value| !(of.min..=of.max).contains(*value)).count() as u64;
    (outside > 0).then(|| {
        format!(
            "{} of {} {} outside the range of the training labels ({} to {}): there the models extrapolate.",
            format::count(outside),
            format::counted(test.len() as u64, "test label"),
            if outside == 1 { "lies" } else { "lie" },
            told(of.min),
            told(of.max),
        )
    })
}

/// Whether length alone says something about the label; `None` where all proteins have one length.
fn by_length(proteins: &[ProteinRow]) -> Option<String> {
    let (lengths, values): (Vec<f64>, Vec<f64>) =
        kept(proteins).filter_map(|row| Some((f64::from(row.length), row.value?))).unzip();
    let trend = statistics::rank_trend(&lengths, &values)?;
    let found = format!("Spearman correlation {}, {}", format::signed(trend.correlation, 2), format::p_is(trend.p));
    Some(if trend.p < LEVEL {
        let direction = if trend.correlation > 0.0 { "higher" } else { "lower" };
        format!("Longer proteins have {direction} labels ({found}).")
    } else {
        format!("No evidence that labels depend on length ({found}).")
    })
}

/// How the labels are distributed, in all and in each part of the split.
pub(super) fn table(card: &Card) -> Table {
    let heads = ["proteins", "lowest", "1st quartile", "median", "3rd quartile", "highest"];
    let mut columns = vec![("", Kind::Text)];
    columns.extend(heads.map(|head| (head, Kind::Number)));
    let mut table = Table::new("The labels of the kept proteins, by part of the split.", &columns);
    let all = card.values.map(|values| values.of);
    let parts = Split::ALL.map(|split| (name(split), card.splits.of(split).count, card.splits.of(split).values));
    for (name, count, of) in parts.into_iter().chain([("all", card.kept, all)]) {
        let mut cells = vec![name.to_owned(), format::count(count as u64)];
        let numbers = of.map(|Numbers { min, q1, median, q3, max, .. }| [min, q1, median, q3, max].map(told));
        cells.extend(numbers.unwrap_or_else(|| [const { String::new() }; 5].map(|_| format::NONE.to_owned())));
        table.row(cells);
    }
    table
}

/// The split: how many proteins went where, and what their labels are on average.
pub(super) fn split_table(card: &Card) -> Table {
    let heads = ["proteins", "share", "mean", "SD", "median"];
    let mut columns = vec![("", Kind::Text)];
    columns.extend(heads.map(|head| (head, Kind::Number)));
    let mut table = Table::new("Proteins in each part of the split, and their labels.", &columns);
    for split in Split::ALL {
        let part = card.splits.of(split);
        let mut cells =
            vec![name(split).to_owned(), format::count(part.count as u64), format::share(part.count as u64, card.kept as u64)];
        let numbers = part.values.map(|Numbers { mean, deviation, median, .. }| [mean, deviation, median].map(told));
        cells.extend(numbers.unwrap_or_else(|| [const { String::new() }; 3].map(|_| format::NONE.to_owned())));
        table.row(cells);
    }
    table
}

/// The proteins of the lowest, the middle and the highest label.
pub(super) fn samples(proteins: &[ProteinRow]) -> Table {
    let mut table = Table::new(
        format!("The proteins of the lowest, the middle and the highest label, with their first {SHOWN} residues."),
        &[("", Kind::Text), ("label", Kind::Number), ("id", Kind::Code), ("residues", Kind::Number), ("sequence", Kind::Code)],
    );
    let mut sorted: Vec<(&ProteinRow, f64)> = kept(proteins).filter_map(|row| Some((row, row.value?))).collect();
    sorted.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let last = sorted.len().saturating_sub(1);
    for (what, place) in [("lowest", 0), ("middle", last / 2), ("highest", last)] {
        if let Some((row, value)) = sorted.get(place) {
            table.row([
                what.to_owned(),
                told(*value),
                row.id.clone(),
                format::count(u64::from(row.length)),
                cut(&row.sequence, SHOWN),
            ]);
        }
    }
    table
}

impl Bins {
    fn new(parts: &[Vec<f64>]) -> Self {
        let values = || parts.iter().flatten().copied();
        let [start, end] = [values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max)];
        let count = values().count();
        let spans = end > start;
        let bins = if spans { ((count as f64).sqrt().ceil() as usize).clamp(LEAST, MOST) } else { 1 };
        let width = if spans { (end - start) / bins as f64 } else { 1.0 };
        let of_part = |part: &Vec<f64>| {
            let mut counts = vec![0; bins];
            for value in part {
                counts[(((value - start) / width) as usize).min(bins - 1)] += 1;
            }
            counts
        };
        let start = if spans { start } else { start - 0.5 };
        Self { start: if start.is_finite() { start } else { 0.0 }, width, counts: parts.iter().map(of_part).collect() }
    }

    /// The middle of every bin.
    #[must_use]
    pub fn middles(&self) -> Vec<f64> {
        let bins = self.counts.first().map_or(0, Vec::len);
        (0..bins).map(|bin| self.start + (bin as f64 + 0.5) * self.width).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_falls_into_one_bin() {
        let bins = Bins::new(&[vec![-1.0, 0.0, 1.0], vec![9.0], Vec::new()]);
        assert_eq!((bins.start, bins.width, bins.middles().len()), (-1.0, 1.0, 10));
        assert_eq!(bins.counts.iter().map(|part| part.iter().sum::<u64>()).collect::<Vec<_>>(), [3, 1, 0]);
        let same = Bins::new(&[vec![2.0, 2.0]]);
        assert_eq!((same.middles(), same.counts), (vec![2.0], vec![vec![2]]));
        assert!(Bins::new(&[Vec::new()]).start.is_finite());
    }

    #[test]
    fn test_labels_outside_the_training_labels_are_told() {
        let told = beyond(&[0.0, 1.0], &[0.5, 1.5, -1.0]).unwrap();
        assert_eq!(
            told,
            "2 of 3 test labels lie outside the range of the training labels (0 to 1.000): there the models extrapolate."
        );
        assert_eq!(beyond(&[0.0, 1.0], &[0.5]), None);
    }
}
