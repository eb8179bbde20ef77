use super::{Definition, OF_VALUES};
use crate::predictions::Values;

/// The mean squared error (`sklearn.metrics.mean_squared_error`), in the label's unit squared: what
/// a regression minimises.
pub(super) const METRIC: Definition = Definition {
    id: "mse",
    label: "MSE",
    about: "The mean squared error, in the label's unit squared: lower is better.",
    value: |predictions, weights| Values::mean(weights, predictions.values()?.errors().map(|error| error * error)),
    by_protein: Some(|predictions| Some(predictions.values()?.errors().map(|error| error * error).collect())),
    ..OF_VALUES
};
