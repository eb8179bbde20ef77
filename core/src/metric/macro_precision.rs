use super::{Better, Definition, Interval, Unit};

fn score(predictions: &Predictions, weights: &[u32]) -> Option<f64> {
    Some(predictions.classes()?.tally(weights)?.unweighted(ClassTally::precision))
}
use crate::predictions::{Predictions, classes::ClassTally, influence};

/// Precision, every class of the same weight.
pub(super) const METRIC: Definition = Definition {
    id: "macro-precision",
    label: "macro precision",
    about: "Precision, every class of the same weight.",
    better: Better::Higher,
    range: [0.0, 1.0],
    unit: Unit::Number,
    of: |predictions| predictions.classes().is_some(),
    value: score,
    undefined: |_| "there is no protein",
    of_class: None,
    by_protein: |predictions| influence::by_cell(predictions.classes()?, |weights| score(predictions, weights)),
    interval: Interval::Bootstrap,
};
