use super::{Definition, OF_CELLS};
use crate::predictions::classes::ClassTally;

/// F1, the classes weighted by their support (`sklearn.metrics.f1_score`).
pub(super) const METRIC: Definition = Definition {
    id: "f1",
    label: "F1",
    about: "F1, the classes weighted by their support.",
    value: |predictions, weights| Some(predictions.classes()?.tally(weights)?.by_support(ClassTally::f1)),
    of_class: Some(|predictions, class| {
        let classes = predictions.classes().ok_or("there are no classes")?;
        let tally = classes.tally(&predictions.ones());
        tally.and_then(|tally| tally.classes[class].f1()).ok_or("no protein is of this class and nothing was predicted to be")
    }),
    ..OF_CELLS
};
