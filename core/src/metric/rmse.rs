use super::{Definition, OF_VALUES};
use crate::predictions::{Predictions, Values, influence::pseudo_values};

/// The root of the mean squared error (`sklearn.metrics.root_mean_squared_error`), in the label's
/// unit.
pub(super) const METRIC: Definition = Definition {
    id: "rmse",
    label: "RMSE",
    about: "The root of the mean squared error, in the label's unit: lower is better.",
    value: score,
    by_protein: Some(|predictions| {
        let squares: Vec<f64> = predictions.values()?.errors().map(|error| error * error).collect();
        let (sum, rest) = (squares.iter().sum::<f64>(), squares.len() as f64 - 1.0);
        let without = squares.iter().map(|square| Some(((sum - square) / rest).max(0.0).sqrt()));
        pseudo_values(score(predictions, &predictions.ones())?, without)
    }),
    ..OF_VALUES
};

fn score(predictions: &Predictions, weights: &[u32]) -> Option<f64> {
    Values::mean(weights, predictions.values()?.errors().map(|error| error * error)).map(f64::sqrt)
}
