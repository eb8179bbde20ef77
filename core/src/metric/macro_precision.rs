use super::{Definition, OF_CELLS};
use crate::predictions::classes::ClassTally;

/// Precision, every class of the same weight.
pub(super) const METRIC: Definition = Definition {
    id: "macro-precision",
    label: "macro precision",
    about: "Precision, every class of the same weight.",
    shown: false,
    value: |predictions, weights| Some(predictions.classes()?.tally(weights)?.unweighted(ClassTally::precision)),
    ..OF_CELLS
};
