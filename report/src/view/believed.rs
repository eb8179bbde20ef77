//! One run's probabilities on one split, against what is right.

use serde::Serialize;

use super::{pairs::LEVEL, predicted::ByClass};
use titer_core::{
    metric::LOSS,
    predictions::Predictions,
    statistics::{self, Bin, calibration::BINS},
};

/// Probabilities on the test set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Believed {
    /// The mean probability of the predicted classes.
    pub confidence: f64,
    pub accuracy: f64,
    pub accuracy_interval: [f64; 2],
    pub ece: f64,
    pub ece_by_chance: f64,
    /// How often chance makes an ECE as great.
    pub ece_p: f64,
    pub brier: f64,
    pub log_loss: f64,
    pub bins: Vec<Reliability>,
}

/// A bin of the reliability curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reliability {
    pub count: u64,
    pub confidence: f64,
    pub accuracy: f64,
    pub interval: [f64; 2],
}

impl Believed {
    #[must_use]
    pub fn new(predicted: &ByClass) -> Self {
        let ByClass { labels, logits, classes, .. } = predicted;
        let found = statistics::calibration(labels, &predicted.probabilities(), *classes, BINS);
        let total = labels.len() as f64;
        let over_proteins = |value: fn(&Bin) -> f64| found.bins.iter().map(|bin| value(bin) * bin.count as f64).sum::<f64>();
        let right = over_proteins(|bin| bin.accuracy).round() as u64;
        Self {
            confidence: over_proteins(|bin| bin.confidence) / total,
            accuracy: right as f64 / total,
            accuracy_interval: statistics::wilson(right, labels.len() as u64),
            ece: found.ece,
            ece_by_chance: found.ece_by_chance,
            ece_p: found.ece_p,
            brier: found.brier,
            log_loss: LOSS.score(&Predictions::of_classes(labels, logits, *classes)).unwrap_or(f64::NAN),
            bins: found.bins.into_iter().map(Reliability::from).collect(),
        }
    }

    /// Whether the calibration error is more than chance, and which way it goes. The mean
    /// confidence alone would not show errors that cancel.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let [low, high] = self.accuracy_interval;
        match self.confidence {
            _ if self.ece_p >= LEVEL => Verdict::Within,
            sure if sure > high => Verdict::Over,
            unsure if unsure < low => Verdict::Under,
            _ => Verdict::Mixed,
        }
    }
}

impl From<Bin> for Reliability {
    fn from(Bin { count, confidence, accuracy, interval, .. }: Bin) -> Self {
        Self { count, confidence, accuracy, interval }
    }
}

/// How a mean probability stands to the share that is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Over,
    Under,
    /// Too sure of some and not sure enough of others.
    Mixed,
    /// No more than chance.
    Within,
}
