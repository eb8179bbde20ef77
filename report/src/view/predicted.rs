//! One run's predictions on one split: the ground all statistics stand on.

use crate::inputs::RunTables;
use titer_core::{data::Split, statistics};

/// Labels, logits and what was right, protein by protein.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    pub classes: usize,
    /// The true class of each protein.
    pub labels: Vec<usize>,
    /// `[proteins, classes]`
    pub logits: Vec<f32>,
    pub right: Vec<bool>,
}

impl Predicted {
    /// `None` where the run has no predictions that count, or some are of no class or no number.
    #[must_use]
    pub fn of(run: &RunTables, split: Split) -> Option<Self> {
        let names = &run.manifest.outcome.classes;
        let mut predicted = Self { classes: names.len(), labels: Vec::new(), logits: Vec::new(), right: Vec::new() };
        for row in run.predicted(split) {
            if row.logits.len() != names.len() || !row.logits.iter().all(|logit| logit.is_finite()) {
                return None;
            }
            predicted.labels.push(names.iter().position(|class| *class == row.label)?);
            predicted.logits.extend_from_slice(&row.logits);
            predicted.right.push(row.label == row.predicted);
        }
        (names.len() >= 2 && !predicted.labels.is_empty()).then_some(predicted)
    }

    /// The share of proteins that are right.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.right.iter().filter(|right| **right).count() as f64 / self.right.len() as f64
    }

    /// The class that is predicted for every protein, where it is one though the proteins are of several.
    #[must_use]
    pub fn only_class(&self) -> Option<usize> {
        let mut predicted = self.logits.chunks_exact(self.classes).map(titer_core::predictions::predicted);
        let first = predicted.next()?;
        let several = self.labels.iter().any(|label| *label != self.labels[0]);
        (several && predicted.all(|class| class == first)).then_some(first)
    }

    /// `[proteins, classes]`
    #[must_use]
    pub fn probabilities(&self) -> Vec<f64> {
        statistics::probabilities(&self.logits, self.classes)
    }

    /// Of two classes: the probability of the second.
    #[must_use]
    pub fn believed(&self) -> Vec<f64> {
        self.probabilities().into_iter().skip(1).step_by(2).collect()
    }

    /// Of two classes: which proteins are of the second.
    #[must_use]
    pub fn positive(&self) -> Option<Vec<bool>> {
        (self.classes == 2).then(|| self.labels.iter().map(|&label| label == 1).collect())
    }
}
