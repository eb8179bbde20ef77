use super::{Definition, OF_VALUES};
use crate::predictions::{Predictions, Values};

/// The root of the mean squared error (`sklearn.metrics.root_mean_squared_error`), in the label's
/// unit.
pub(super) const METRIC: Definition = Definition {
    id: "rmse",
    label: "RMSE",
    about: "The root of the mean squared error, in the label's unit: lower is better.",
    value: score,
    by_protein: Some(|predictions| {
        let score = score(predictions, &predictions.ones())?;
        let rate = if score > 0.0 { 0.5 / score } else { 0.0 };
        Some(predictions.values()?.errors().map(|error| score + rate * (error * error - score * score)).collect())
    }),
    ..OF_VALUES
};

fn score(predictions: &Predictions, weights: &[u32]) -> Option<f64> {
    Values::mean(weights, predictions.values()?.errors().map(|error| error * error)).map(f64::sqrt)
}
