use super::{Better, Definition, Interval, Unit};
use crate::predictions::classes::ratio;

/// The share of proteins whose class is predicted correctly (`sklearn.metrics.accuracy_score`).
pub(super) const METRIC: Definition = Definition {
    id: "accuracy",
    label: "accuracy",
    about: "The share of proteins that are classified correctly.",
    better: Better::Higher,
    range: [0.0, 1.0],
    unit: Unit::Share,
    of: |predictions| predictions.classes().is_some(),
    value: |predictions, weights| {
        let tally = predictions.classes()?.tally(weights)?;
        ratio(tally.correct, tally.whole)
    },
    undefined: |_| "there is no protein",
    of_class: None,
    by_protein: |predictions| {
        let correct = &predictions.classes()?.correct;
        Some(correct.iter().map(|&correct| f64::from(u8::from(correct))).collect())
    },
    interval: Interval::Wilson,
};
