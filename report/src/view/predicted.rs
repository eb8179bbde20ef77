//! One run's predictions on one split: the ground all statistics stand on.

use crate::inputs::RunTables;
use titer_core::{
    data::Split,
    metric::{ACCURACY, Metric, SPEARMAN},
    predictions::{self, Output, Predictions, Values},
    statistics,
};

/// Predictions whose standard deviation is below this share of the labels' are nearly the same.
const NEARLY: f64 = 0.01;
/// Standard errors beyond which a rank correlation is no chance.
const SURE: f64 = 1.96;

/// What was predicted, protein by protein, and what the compared metric makes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    pub given: Given,
    /// The score by the metric that is compared; `None` where it is undefined.
    pub score: Option<f64>,
    /// What each protein contributes to it: values whose mean is the score. `None` where it has
    /// none.
    pub values: Option<Vec<f64>>,
}

/// Labels beside predictions.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    Classes(ByClass),
    Values(ByValue),
}

/// Class predictions.
#[derive(Debug, Clone, PartialEq)]
pub struct ByClass {
    pub classes: usize,
    /// The true class of each protein.
    pub labels: Vec<usize>,
    /// `[proteins, classes]`
    pub logits: Vec<f32>,
    pub right: Vec<bool>,
}

/// Numeric predictions, in the data's unit.
#[derive(Debug, Clone, PartialEq)]
pub struct ByValue {
    pub labels: Vec<f64>,
    pub predicted: Vec<f64>,
}

impl Predicted {
    /// Its predictions on `split`, with what `metric` makes of them. `None` where the run has no
    /// predictions that count, or some are of no class or no number.
    #[must_use]
    pub fn of(run: &RunTables, split: Split, metric: Metric) -> Option<Self> {
        match run.manifest.settings.task.kind.task().output() {
            Output::Classes => Self::new(Given::Classes(ByClass::of(run, split)?), metric),
            Output::Values => {
                let (labels, predicted) = run.valued(split).map(|row| (row.label, row.predicted)).unzip();
                Self::new(Given::Values(ByValue { labels, predicted }), metric)
            }
        }
    }

    /// Predictions for at least one protein. `None` where there is nothing to compare.
    #[must_use]
    pub fn new(given: Given, metric: Metric) -> Option<Self> {
        let (score, values) = match &given {
            Given::Classes(of) if of.classes < 2 || of.labels.is_empty() => return None,
            Given::Values(of) if of.labels.is_empty() || !of.is_finite() => return None,
            Given::Classes(of) if metric == ACCURACY => {
                (Some(of.accuracy()), Some(of.right.iter().map(|&right| f64::from(u8::from(right))).collect()))
            }
            given => {
                let of = given.prepared();
                (metric.score(&of), metric.by_protein(&of))
            }
        };
        Some(Self { given, score, values })
    }

    /// How many proteins there are.
    #[must_use]
    pub fn proteins(&self) -> usize {
        match &self.given {
            Given::Classes(of) => of.labels.len(),
            Given::Values(of) => of.labels.len(),
        }
    }

    /// The predictions, ready for metrics.
    #[must_use]
    pub fn prepared(&self) -> Predictions {
        self.given.prepared()
    }

    /// What resampled proteins are drawn within: their class; of numbers all proteins together.
    #[must_use]
    pub fn strata(&self) -> Vec<usize> {
        match &self.given {
            Given::Classes(of) => of.labels.clone(),
            Given::Values(of) => vec![0; of.labels.len()],
        }
    }

    /// The predictions where they are classes.
    #[must_use]
    pub fn by_class(&self) -> Option<&ByClass> {
        if let Given::Classes(of) = &self.given { Some(of) } else { None }
    }

    /// As [`Self::by_class`].
    #[must_use]
    pub fn into_classes(self) -> Option<ByClass> {
        if let Given::Classes(of) = self.given { Some(of) } else { None }
    }

    /// The predictions where they are numbers.
    #[must_use]
    pub fn by_value(&self) -> Option<&ByValue> {
        if let Given::Values(of) = &self.given { Some(of) } else { None }
    }

    /// Which proteins are classified correctly; none of numbers.
    #[must_use]
    pub fn right(&self) -> Vec<bool> {
        self.by_class().map(|of| of.right.clone()).unwrap_or_default()
    }

    /// The class that is predicted for every protein, where it is one though the proteins are of
    /// several.
    #[must_use]
    pub fn only_class(&self) -> Option<usize> {
        self.by_class()?.only_class()
    }

    /// About which number is predicted for every protein, where the predictions hardly vary though
    /// the labels do.
    #[must_use]
    pub fn only_value(&self) -> Option<f64> {
        self.by_value()?.only_value()
    }
}

impl Given {
    fn prepared(&self) -> Predictions {
        match self {
            Self::Classes(of) => Predictions::of_classes(&of.labels, &of.logits, of.classes),
            Self::Values(of) => Predictions::Values(Values::new(of.labels.clone(), of.predicted.clone())),
        }
    }
}

impl ByValue {
    /// Predictions may lie close together and rank the proteins well: those have learned something.
    fn only_value(&self) -> Option<f64> {
        let [labels, predicted] = [&self.labels, &self.predicted].map(|values| statistics::spread(values));
        let (labels, predicted) = (labels?, predicted?);
        let flat = labels.deviation? > 0.0 && predicted.deviation? < NEARLY * labels.deviation?;
        let ranked = || SPEARMAN.score(&Predictions::Values(Values::new(self.labels.clone(), self.predicted.clone())));
        let chance = SURE / (self.labels.len() as f64 - 1.0).sqrt();
        (flat && ranked().is_none_or(|correlation| correlation < chance)).then_some(predicted.mean)
    }

    fn is_finite(&self) -> bool {
        self.labels.iter().chain(&self.predicted).all(|value| value.is_finite())
    }
}

impl ByClass {
    fn of(run: &RunTables, split: Split) -> Option<Self> {
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
        Some(Self { classes: names.len(), labels, logits, right })
    }

    /// The share of proteins that are right.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.right.iter().filter(|right| **right).count() as f64 / self.right.len() as f64
    }

    fn only_class(&self) -> Option<usize> {
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
