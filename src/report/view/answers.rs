//! What every run says about the same proteins: paired statistics are of nothing else.

use super::predicted::Predicted;
use crate::{data::Split, report::inputs::RunTables};

/// The predictions of all runs on one split, protein by protein.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    pub classes: usize,
    /// The true class of each protein.
    pub labels: Vec<usize>,
    /// A run each, in the comparison's order; `None` where it was not scored, or on other proteins than the first that was.
    pub runs: Vec<Option<Predicted>>,
    /// Whether all runs that predicted any proteins predicted the same ones.
    pub alike: bool,
}

impl Answers {
    /// Pairs the runs' predictions on `split`, row by row: an id may come twice.
    #[must_use]
    pub fn new(runs: &[&RunTables], split: Split) -> Self {
        let rows: Vec<Vec<(&str, &str)>> =
            runs.iter().map(|run| run.predicted(split).map(|row| (row.id.as_str(), row.label.as_str())).collect()).collect();
        let mut some = rows.iter().filter(|rows| !rows.is_empty());
        let one = some.next();
        let alike = some.all(|rows| Some(rows) == one);
        let mut predicted: Vec<Option<Predicted>> = runs.iter().map(|run| Predicted::of(run, split)).collect();
        let Some(first) = predicted.iter().position(Option::is_some) else {
            return Self { classes: 0, labels: Vec::new(), runs: predicted, alike };
        };
        let classes = |run: usize| &runs[run].manifest.outcome.classes;
        for (run, predicted) in predicted.iter_mut().enumerate() {
            if rows[run] != rows[first] || classes(run) != classes(first) {
                *predicted = None;
            }
        }
        let labels = predicted[first].as_ref().map_or_else(Vec::new, |first| first.labels.clone());
        Self { classes: classes(first).len(), labels, runs: predicted, alike }
    }

    #[must_use]
    pub fn proteins(&self) -> usize {
        self.labels.len()
    }

    /// Which proteins are of the second class, where there are two.
    #[must_use]
    pub fn positive(&self) -> Option<Vec<bool>> {
        self.runs.iter().flatten().next()?.positive()
    }
}
