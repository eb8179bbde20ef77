use super::{Definition, OF_CORRELATIONS};
use crate::predictions::{
    influence::{NOTHING, pseudo_values},
    values::Moments,
};

/// Pearson's correlation of labels and predictions (`scipy.stats.pearsonr`).
pub(super) const METRIC: Definition = Definition {
    id: "pearson",
    label: "Pearson correlation",
    about: "Pearson's correlation of labels and predictions.",
    value: |predictions, weights| predictions.values()?.moments(weights)?.correlation(),
    by_protein: Some(|predictions| {
        let values = predictions.values()?;
        let moments = values.moments(&predictions.ones())?;
        let Moments { whole, mean, squares, products } = moments;
        let without = |(target, predicted): (&f64, &f64)| {
            let apart = [target - mean[0], predicted - mean[1]];
            let less = |one: usize, other: usize| apart[one] * apart[other] * whole / (whole - 1.0);
            let rest = [squares[0] - less(0, 0), squares[1] - less(1, 1)];
            let varies = rest.iter().zip(squares).all(|(rest, all)| *rest > NOTHING * all);
            varies.then(|| (products - less(0, 1)) / rest[0].sqrt() / rest[1].sqrt())
        };
        pseudo_values(moments.correlation()?, values.targets.iter().zip(&values.predicted).map(without))
    }),
    ..OF_CORRELATIONS
};
