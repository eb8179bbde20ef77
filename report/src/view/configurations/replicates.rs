//! How often a configuration was repeated, and what became of the repetitions: what a mean is over,
//! and what it is not over.

use serde::Serialize;

use crate::view::{
    answers::Folds,
    comparison::Comparison,
    format::{self, counted},
};
use titer_core::results::manifest::Status;

/// The runs of a configuration by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Replicates {
    pub scored: usize,
    /// Different seeds among the scored ones.
    pub seeds: usize,
    /// Different test sets among the scored ones: more than one where the split or the data are
    /// drawn again.
    pub splits: usize,
    pub diverged: usize,
    /// Failed, or unreadable.
    pub failed: usize,
    /// Finished, and without proteins to score on.
    pub unscored: usize,
}

impl Replicates {
    pub(super) fn new(runs: &[usize], comparison: &Comparison, seeds: &[u32], folds: &Folds, failed: usize) -> Self {
        let is_scored = |run: &&usize| comparison.runs[**run].scores.is_some();
        let scored: Vec<usize> = runs.iter().filter(is_scored).copied().collect();
        let diverged = runs.iter().filter(|&&run| comparison.runs[run].status == Status::Diverged).count();
        Self {
            scored: scored.len(),
            seeds: distinct(scored.iter().map(|&run| seeds[run])),
            splits: distinct(scored.iter().filter_map(|&run| folds.of[run])).max(1),
            diverged,
            failed,
            unscored: runs.len() - scored.len() - diverged,
        }
    }

    /// All that were tried.
    #[must_use]
    pub const fn all(&self) -> usize {
        self.scored + self.diverged + self.failed + self.unscored
    }

    /// What a mean is over, in a sentence: `3 seeds`, `2 of 5 seeds; 3 diverged`,
    /// `3 splits with 2 seeds each`.
    #[must_use]
    pub fn over(&self) -> String {
        let Self { scored, seeds, splits, .. } = *self;
        let missing = self.missing();
        match (splits, missing.is_empty()) {
            (1, true) => counted(scored as u64, "seed"),
            (1, false) => format!("{} of {}; {missing}", format::count(scored as u64), counted(self.all() as u64, "seed")),
            (_, true) if splits == scored => counted(splits as u64, "split"),
            (_, true) if splits * seeds == scored => {
                format!("{} with {} each", counted(splits as u64, "split"), counted(seeds as u64, "seed"))
            }
            (_, true) => format!("{} on {}", counted(scored as u64, "run"), counted(splits as u64, "split")),
            (_, false) => format!(
                "{} of {} on {}; {missing}",
                format::count(scored as u64),
                counted(self.all() as u64, "run"),
                counted(splits as u64, "split")
            ),
        }
    }

    /// What became of those that do not count, in the words of `titer status`; nothing where all
    /// do.
    #[must_use]
    pub fn missing(&self) -> String {
        let parts = [(self.diverged, "diverged"), (self.failed, "failed"), (self.unscored, "finished without scores")];
        let told = parts.iter().filter(|(runs, _)| *runs > 0);
        told.map(|(runs, what)| format!("{} {what}", format::count(*runs as u64))).collect::<Vec<_>>().join(", ")
    }

    /// As a table's cell says it: `3`, `2 of 5`.
    #[must_use]
    pub fn counted(&self) -> String {
        if self.scored == self.all() { self.scored.to_string() } else { format!("{} of {}", self.scored, self.all()) }
    }
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> usize {
    values.collect::<std::collections::BTreeSet<T>>().len()
}
