use super::{Definition, OF_CELLS};
use crate::predictions::classes::ClassTally;

/// Recall, every class of the same weight: the balanced accuracy.
pub(super) const METRIC: Definition = Definition {
    id: "macro-recall",
    label: "macro recall",
    about: "Recall, every class of the same weight: the balanced accuracy.",
    shown: false,
    value: |predictions, weights| Some(predictions.classes()?.tally(weights)?.unweighted(ClassTally::recall)),
    ..OF_CELLS
};
