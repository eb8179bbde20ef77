use super::{Better, Definition, Interval, Output, Unit};

fn score(predictions: &Predictions, weights: &[u32]) -> Option<f64> {
    Some(predictions.classes()?.tally(weights)?.by_support(ClassTally::f1))
}
use crate::predictions::{Predictions, classes::ClassTally, influence};

/// F1, the classes weighted by their support (`sklearn.metrics.f1_score`).
pub(super) const METRIC: Definition = Definition {
    id: "f1",
    label: "F1",
    about: "F1, the classes weighted by their support.",
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
            .and_then(|tally| tally.classes[class].f1())
            .ok_or("no protein is of this class and nothing was predicted to be")
    }),
    by_protein: |predictions| influence::by_cell(predictions.classes()?, |weights| score(predictions, weights)),
    interval: Interval::Bootstrap,
};
