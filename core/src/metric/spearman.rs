use super::{Definition, OF_CORRELATIONS};
use crate::predictions::Values;

/// Spearman's rank correlation of labels and predictions (`scipy.stats.spearmanr`): Pearson's of
/// their ranks, equal values sharing the mean of theirs.
///
/// By protein: its influence, which is its own share and what it does to the ranks of all others
/// (Croux & Dehon 2010, with ties).
pub(super) const METRIC: Definition = Definition {
    id: "spearman",
    label: "Spearman correlation",
    about: "Spearman's rank correlation of labels and predictions.",
    value: |predictions, weights| predictions.values()?.moments_of_ranks(weights)?.correlation(),
    by_protein: Some(|predictions| {
        let values = predictions.values()?;
        let score = values.moments_of_ranks(&predictions.ones())?.correlation()?;
        Some(influence(values).into_iter().map(|influence| score + influence).collect())
    }),
    ..OF_CORRELATIONS
};

/// With the shares of proteins below, u and v, less a half: the covariance's influence is uv, and
/// what a protein adds to the shares of those above it, less the covariance once each; a variance's
/// likewise.
fn influence(values: &Values) -> Vec<f64> {
    let count = values.count() as f64;
    let orders = [values.by_target(), values.by_predicted()];
    let ones = vec![1; values.count()];
    let [u, v] = orders.map(|order| {
        let ranks = order.ranks(&ones);
        ranks.into_iter().map(|rank| (rank - 0.5) / count - 0.5).collect::<Vec<f64>>()
    });
    let mean = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f64>() / count;
    let (covariance, variances) = (mean(&u, &v), [mean(&u, &u), mean(&v, &v)]);
    let scale = (variances[0] * variances[1]).sqrt();
    let (v_above, u_above) = (orders[0].mean_above(&v), orders[1].mean_above(&u));
    let own = [orders[0].mean_above(&u), orders[1].mean_above(&v)];
    let of = |protein: usize| {
        let (u, v) = (u[protein], v[protein]);
        let together = u * v + v_above[protein] + u_above[protein] - 3.0 * covariance;
        let alone = [u * u + 2.0 * own[0][protein], v * v + 2.0 * own[1][protein]];
        let alone: f64 = alone.iter().zip(variances).map(|(alone, variance)| (alone - 3.0 * variance) / variance).sum();
        (together - covariance / 2.0 * alone) / scale
    };
    (0..values.count()).map(of).collect()
}
