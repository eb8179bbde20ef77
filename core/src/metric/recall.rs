use super::{Definition, OF_CELLS};
use crate::predictions::classes::ClassTally;

/// Recall, the classes weighted by their support (`sklearn.metrics.recall_score`).
pub(super) const METRIC: Definition = Definition {
    id: "recall",
    label: "recall",
    about: "Recall, the classes weighted by their support.",
    shown: false,
    value: |predictions, weights| Some(predictions.classes()?.tally(weights)?.by_support(ClassTally::recall)),
    of_class: Some(|predictions, class| {
        let classes = predictions.classes().ok_or("there are no classes")?;
        let tally = classes.tally(&predictions.ones());
        tally.and_then(|tally| tally.classes[class].recall()).ok_or("no protein is of this class")
    }),
    ..OF_CELLS
};
