use super::{Better, Definition, Interval, Unit};

fn score(predictions: &Predictions, weights: &[u32]) -> Option<f64> {
    Some(predictions.classes()?.tally(weights)?.unweighted(ClassTally::recall))
}
use crate::predictions::{Predictions, classes::ClassTally, influence};

/// Recall, every class of the same weight: the balanced accuracy.
pub(super) const METRIC: Definition = Definition {
    id: "macro-recall",
    label: "macro recall",
    about: "Recall, every class of the same weight: the balanced accuracy.",
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
