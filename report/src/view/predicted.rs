//! One run's predictions on one split: the ground all statistics stand on.

use crate::inputs::RunTables;
use titer_core::{
    data::Split,
    metric::{ACCURACY, Metric},
    predictions::{self, Predictions},
    statistics,
};

/// Labels, logits and what was right, protein by protein.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    pub classes: usize,
    /// The true class of each protein.
    pub labels: Vec<usize>,
    /// `[proteins, classes]`
    pub logits: Vec<f32>,
    pub right: Vec<bool>,
    /// The score by the metric that is compared; `None` where it is undefined.
    pub score: Option<f64>,
    /// What each protein contributes to it: values whose mean is the score. `None` where it has
    /// none.
    pub values: Option<Vec<f64>>,
}

impl Predicted {
    /// Its predictions on `split`, with what `metric` makes of them. `None` where the run has no
    /// predictions that count, or some are of no class or no number.
    #[must_use]
    pub fn of(run: &RunTables, split: Split, metric: Metric) -> Option<Self> {
        let names = &run.manifest.outcome.classes;
        let (mut labels, mut logits, mut right) = (Vec::new(), Vec::new(), Vec::new());
        for row in run.predicted(split) {
            if row.logits.len() != names.len() || !row.logits.iter().all(|logit| logit.is_finite()) {
                return None;
            }
            labels.push(names.iter().position(|class| *class == row.label)?);
            logits.extend_from_slice(&row.logits);
            right.push(row.label == row.predicted);
        }
        Self::new(names.len(), labels, logits, right, metric)
    }

    /// Predictions for at least one protein; `logits` `[proteins, classes]`. `None` where there is
    /// nothing to compare.
    #[must_use]
    pub fn new(classes: usize, labels: Vec<usize>, logits: Vec<f32>, right: Vec<bool>, metric: Metric) -> Option<Self> {
        if classes < 2 || labels.is_empty() {
            return None;
        }
        let mut predicted = Self { classes, labels, logits, right, score: None, values: None };
        if metric == ACCURACY {
            predicted.score = Some(predicted.accuracy());
            predicted.values = Some(predicted.right.iter().map(|&right| f64::from(u8::from(right))).collect());
        } else {
            let of = predicted.prepared();
            predicted.score = metric.score(&of);
            predicted.values = metric.by_protein(&of);
        }
        Some(predicted)
    }

    /// The predictions, ready for metrics.
    #[must_use]
    pub fn prepared(&self) -> Predictions {
        Predictions::of_classes(&self.labels, &self.logits, self.classes)
    }

    /// The share of proteins that are right.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.right.iter().filter(|right| **right).count() as f64 / self.right.len() as f64
    }

    /// The class that is predicted for every protein, where it is one though the proteins are of
    /// several.
    #[must_use]
    pub fn only_class(&self) -> Option<usize> {
        let mut predicted = self.logits.chunks_exact(self.classes).map(predictions::predicted);
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
