use super::{Better, Definition, Interval, OF_VALUES, Unit};
use crate::predictions::{
    Predictions, Values,
    influence::{NOTHING, pseudo_values},
};

/// The coefficient of determination, 1 − Σ (y − ŷ)² / Σ (y − ȳ)² (`sklearn.metrics.r2_score`):
/// 0 for the mean of the labels, below 0 for what is worse than it.
pub(super) const METRIC: Definition = Definition {
    id: "r2",
    label: "R\u{b2}",
    about: "The coefficient of determination: the share of the labels' variance that the predictions explain.",
    better: Better::Higher,
    range: [f64::NEG_INFINITY, 1.0],
    unit: Unit::Number,
    value: score,
    undefined: |predictions| {
        let one = predictions.count() < 2;
        if one { "there is one protein alone" } else { "every label is the same" }
    },
    by_protein: Some(|predictions| {
        let (values, ones) = (predictions.values()?, predictions.ones());
        let (score, count) = (score(predictions, &ones)?, values.count() as f64);
        let mean = Values::mean(&ones, values.targets.iter().copied())?;
        let all = count * spread(values, &ones, mean)?;
        let residual = (1.0 - score) * all;
        let without = |(error, target): (f64, &f64)| {
            let rest = all - (target - mean).powi(2) * count / (count - 1.0);
            (rest > NOTHING * all).then(|| 1.0 - (residual - error * error) / rest)
        };
        pseudo_values(score, values.errors().zip(&values.targets).map(without))
    }),
    interval: Interval::Bootstrap,
    ..OF_VALUES
};

fn score(predictions: &Predictions, weights: &[u32]) -> Option<f64> {
    let values = predictions.values()?;
    if !values.by_target().varies(weights) {
        return None;
    }
    let mean = Values::mean(weights, values.targets.iter().copied())?;
    let residual = Values::mean(weights, values.errors().map(|error| error * error))?;
    Some(1.0 - residual / spread(values, weights, mean)?)
}

/// The variance of the labels about their mean.
fn spread(values: &Values, weights: &[u32], mean: f64) -> Option<f64> {
    Values::mean(weights, values.targets.iter().map(|target| (target - mean).powi(2))).filter(|variance| *variance > 0.0)
}
