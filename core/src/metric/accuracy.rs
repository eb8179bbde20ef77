use super::{Definition, Interval, OF_CELLS, Unit};
use crate::predictions::classes::ratio;

/// The share of proteins whose class is predicted correctly (`sklearn.metrics.accuracy_score`).
pub(super) const METRIC: Definition = Definition {
    id: "accuracy",
    label: "accuracy",
    about: "The share of proteins that are classified correctly.",
    unit: Unit::Share,
    value: |predictions, weights| {
        let tally = predictions.classes()?.tally(weights)?;
        ratio(tally.correct, tally.whole)
    },
    by_protein: Some(|predictions| {
        let correct = &predictions.classes()?.correct;
        Some(correct.iter().map(|&correct| f64::from(u8::from(correct))).collect())
    }),
    interval: Interval::Wilson,
    ..OF_CELLS
};
