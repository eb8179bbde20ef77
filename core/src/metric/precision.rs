use super::{Definition, OF_CELLS};
use crate::predictions::classes::ClassTally;

/// Precision, the classes weighted by their support (`sklearn.metrics.precision_score`).
pub(super) const METRIC: Definition = Definition {
    id: "precision",
    label: "precision",
    about: "Precision, the classes weighted by their support.",
    shown: false,
    value: |predictions, weights| Some(predictions.classes()?.tally(weights)?.by_support(ClassTally::precision)),
    of_class: Some(|predictions, class| {
        let classes = predictions.classes().ok_or("there are no classes")?;
        let tally = classes.tally(&predictions.ones());
        tally.and_then(|tally| tally.classes[class].precision()).ok_or("nothing was predicted to be of this class")
    }),
    ..OF_CELLS
};
