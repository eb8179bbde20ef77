use super::{Better, Definition, Interval, Output, Unit};

fn score(predictions: &Predictions, weights: &[u32]) -> Option<f64> {
    Some(predictions.classes()?.tally(weights)?.by_support(ClassTally::precision))
}
use crate::predictions::{Predictions, classes::ClassTally, influence};

/// Precision, the classes weighted by their support (`sklearn.metrics.precision_score`).
pub(super) const METRIC: Definition = Definition {
    id: "precision",
    label: "precision",
    about: "Precision, the classes weighted by their support.",
    better: Better::Higher,
    range: [0.0, 1.0],
    unit: Unit::Number,
    of: Output::Classes,
    from_classes: true,
    value: score,
    undefined: |_| "there is no protein",
    of_class: Some(|predictions, class| {
        let classes = predictions.classes().ok_or("there are no classes")?;
        classes
            .tally(&predictions.ones())
            .and_then(|tally| tally.classes[class].precision())
            .ok_or("nothing was predicted to be of this class")
    }),
    by_protein: |predictions| influence::by_cell(predictions.classes()?, |weights| score(predictions, weights)),
    interval: Interval::Bootstrap,
};
