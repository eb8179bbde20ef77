use super::{Definition, OF_CELLS};
use crate::predictions::classes::ClassTally;

/// F1, every class of the same weight.
pub(super) const METRIC: Definition = Definition {
    id: "macro-f1",
    label: "macro F1",
    about: "F1, every class of the same weight.",
    value: |predictions, weights| Some(predictions.classes()?.tally(weights)?.unweighted(ClassTally::f1)),
    ..OF_CELLS
};
