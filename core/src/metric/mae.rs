use super::{Definition, OF_VALUES};
use crate::predictions::Values;

/// The mean absolute error (`sklearn.metrics.mean_absolute_error`), in the label's unit.
pub(super) const METRIC: Definition = Definition {
    id: "mae",
    label: "MAE",
    about: "The mean absolute error, in the label's unit: lower is better.",
    value: |predictions, weights| Values::mean(weights, predictions.values()?.errors().map(f64::abs)),
    by_protein: Some(|predictions| Some(predictions.values()?.errors().map(f64::abs).collect())),
    ..OF_VALUES
};
