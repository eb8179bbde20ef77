use super::{Better, Definition, Interval, Unit};

fn score(predictions: &Predictions, weights: &[u32]) -> Option<f64> {
    Some(predictions.classes()?.tally(weights)?.by_support(ClassTally::recall))
}
use crate::predictions::{Predictions, classes::ClassTally, influence};

/// Recall, the classes weighted by their support (`sklearn.metrics.recall_score`).
pub(super) const METRIC: Definition = Definition {
    id: "recall",
    label: "recall",
    about: "Recall, the classes weighted by their support.",
    better: Better::Higher,
    range: [0.0, 1.0],
    unit: Unit::Number,
    of: |predictions| predictions.classes().is_some(),
    value: score,
    undefined: |_| "there is no protein",
    of_class: Some(|predictions, class| {
        let classes = predictions.classes().ok_or("there are no classes")?;
        classes.tally(&predictions.ones()).and_then(|tally| tally.classes[class].recall()).ok_or("no protein is of this class")
    }),
    by_protein: |predictions| influence::by_cell(predictions.classes()?, |weights| score(predictions, weights)),
    interval: Interval::Bootstrap,
};
