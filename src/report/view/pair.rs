//! Two runs on the same proteins, and whether these tell them apart.

use super::{comparison::split_name, format};
use crate::{data::Split, eval, report::inputs::RunTables, results::tables::PredictionRow};

/// From where on a difference counts as told apart.
const LEVEL: f64 = 0.05;

/// The proteins that exactly one of two runs gets right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub only_one: u64,
    pub only_other: u64,
}

impl Pair {
    /// Pairs two runs' predictions on `split`, row by row: an id may come twice. `None` where the rows are not the same proteins
    /// with the same classes.
    #[must_use]
    pub fn new(one: &RunTables, other: &RunTables, split: Split) -> Option<Self> {
        let (one, other) = (rows(one, split), rows(other, split));
        let alike = |(this, that): (&&PredictionRow, &&PredictionRow)| (&this.id, &this.label) == (&that.id, &that.label);
        if one.is_empty() || one.len() != other.len() || !one.iter().zip(&other).all(alike) {
            return None;
        }
        let right = |row: &PredictionRow| row.label == row.predicted;
        let only = |these: &[&PredictionRow], those: &[&PredictionRow]| {
            these.iter().zip(those).filter(|(this, that)| right(this) && !right(that)).count() as u64
        };
        Some(Self { only_one: only(&one, &other), only_other: only(&other, &one) })
    }

    /// What the proteins of `split` tell about the two runs, by their names.
    #[must_use]
    pub fn verdict(self, split: Split, one: &str, other: &str) -> String {
        let Self { only_one, only_other } = self;
        let counts = format!("Right only by {one}: {}, only by {other}: {}.", format::count(only_one), format::count(only_other));
        let p = eval::mcnemar(only_one, only_other);
        if only_one == only_other {
            return format!("{counts} A tie: these proteins prefer neither.");
        }
        let test = format!("exact McNemar test, {}", p_value(p));
        if p < LEVEL {
            format!("{counts} These proteins tell the two apart ({test}); one seed each says nothing about another seed.")
        } else {
            format!("{counts} This {} set does not tell the two apart ({test}).", split_name(split))
        }
    }
}

fn rows(run: &RunTables, split: Split) -> Vec<&PredictionRow> {
    run.predictions.iter().filter(|row| row.split == split).collect()
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {}", format::decimal(p, 3)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(only_one: u64, only_other: u64) -> String {
        Pair { only_one, only_other }.verdict(Split::Test, "A", "B")
    }

    #[test]
    fn a_verdict_rests_on_the_proteins_the_runs_disagree_on() {
        assert_eq!(
            verdict(8, 0),
            "Right only by A: 8, only by B: 0. These proteins tell the two apart (exact McNemar test, p = 0.008); one seed each says nothing about another seed."
        );
        assert_eq!(
            verdict(41, 30),
            "Right only by A: 41, only by B: 30. This test set does not tell the two apart (exact McNemar test, p = 0.235)."
        );
        assert_eq!(verdict(4, 4), "Right only by A: 4, only by B: 4. A tie: these proteins prefer neither.");
        assert!(verdict(200, 0).contains("p < 0.001"));
    }
}
