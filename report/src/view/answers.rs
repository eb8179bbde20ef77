//! What every run says about the same proteins: paired statistics are of nothing else.

use super::predicted::Predicted;
use crate::inputs::{Label, RunTables};
use titer_core::{data::Split, experiment::Source, metric::Metric};

/// The predictions of all runs on one set of proteins, protein by protein.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// What resampled proteins are drawn within: the class of each protein; all 0 of a regression.
    pub strata: Vec<usize>,
    /// The number of classes; 0 of a regression.
    pub classes: usize,
    /// A run each, in the comparison's order; `None` where it was not scored, or on other proteins
    /// than these.
    pub runs: Vec<Option<Predicted>>,
}

/// The sets of proteins that runs were scored on: one, unless the runs were split differently.
#[derive(Debug, Clone, PartialEq)]
pub struct Folds {
    /// In the order the runs come to them; at least one, without a run where nothing was scored.
    pub sets: Vec<Answers>,
    /// Which of the sets each run predicted; `None` where it predicted nothing. A run whose
    /// predictions cannot be used has a set too.
    pub of: Vec<Option<usize>>,
}

impl Folds {
    /// Groups the runs' predictions on `split` by their proteins, row by row: an id may come twice.
    /// `metric` is the one that is compared.
    #[must_use]
    pub fn new(runs: &[&RunTables], split: Split, metric: Metric) -> Self {
        let keys: Vec<Key> = runs.iter().map(|run| Key::new(run, split)).collect();
        let mut firsts: Vec<usize> = Vec::new();
        let mut place = |(run, key): (usize, &Key)| {
            if key.rows.is_empty() {
                return None;
            }
            let found = firsts.iter().position(|&first| keys[first] == *key);
            Some(found.unwrap_or_else(|| {
                firsts.push(run);
                firsts.len() - 1
            }))
        };
        let of: Vec<Option<usize>> = keys.iter().enumerate().map(&mut place).collect();
        let set = |set: usize| {
            let predicted = |(run, of): (&&RunTables, &Option<usize>)| {
                if *of == Some(set) { Predicted::of(run, split, metric) } else { None }
            };
            Answers::new(runs.iter().zip(&of).map(predicted).collect())
        };
        let sets = (0..firsts.len().max(1)).map(set).collect();
        Self { sets, of }
    }

    /// The set that most statements are about: the first.
    #[must_use]
    pub fn main(&self) -> &Answers {
        &self.sets[0]
    }

    /// A run's predictions, whatever set they are of.
    #[must_use]
    pub fn predicted(&self, run: usize) -> Option<&Predicted> {
        self.sets[self.of[run]?].runs[run].as_ref()
    }
}

/// What makes two runs' proteins the same ones.
#[derive(PartialEq)]
struct Key<'a> {
    rows: Vec<(&'a str, Label<'a>)>,
    classes: &'a [String],
    /// Made-up proteins have the same ids whatever they are made from.
    made_up: Option<&'a Source>,
}

impl<'a> Key<'a> {
    fn new(run: &'a RunTables, split: Split) -> Self {
        let source = &run.manifest.settings.data.source;
        Self {
            rows: run.proteins(split),
            classes: &run.manifest.outcome.classes,
            made_up: matches!(source, Source::Synthetic { .. }).then_some(source),
        }
    }
}

impl Answers {
    fn new(runs: Vec<Option<Predicted>>) -> Self {
        let first = runs.iter().flatten().next();
        let classes = first.and_then(Predicted::by_class).map_or(0, |of| of.classes);
        let strata = first.map(Predicted::strata).unwrap_or_default();
        Self { strata, classes, runs }
    }

    #[must_use]
    pub fn proteins(&self) -> usize {
        self.strata.len()
    }

    /// Which proteins are of the second class, where there are two.
    #[must_use]
    pub fn positive(&self) -> Option<Vec<bool>> {
        self.runs.iter().flatten().next()?.by_class()?.positive()
    }
}
