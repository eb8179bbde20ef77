use super::{Definition, OF_CORRELATIONS};
use crate::predictions::{Values, values};

/// Kendall's rank correlation of labels and predictions, τ-b (`scipy.stats.kendalltau`): the pairs
/// in the same order less those in opposite order, over the root of the pairs that differ in one
/// and in the other.
pub(super) const METRIC: Definition = Definition {
    id: "kendall",
    label: "Kendall correlation",
    about: "Kendall's rank correlation of labels and predictions, tau-b.",
    value: |predictions, weights| tau(predictions.values()?, weights),
    by_protein: Some(|predictions| {
        let values = predictions.values()?;
        let score = tau(values, &predictions.ones())?;
        Some(by_protein(values, score))
    }),
    ..OF_CORRELATIONS
};

/// By Knight's algorithm (1966) with a tree of sums in place of the merge: O(n log n).
fn tau(values: &Values, weights: &[u32]) -> Option<f64> {
    let (targets, predicted) = (values.by_target(), values.by_predicted());
    if !(targets.varies(weights) && predicted.varies(weights)) {
        return None;
    }
    let mut below = Sums::new(predicted.distinct());
    let mut concordance = 0.0;
    for group in targets.groups() {
        for &protein in group {
            let weight = f64::from(weights[protein as usize]);
            if weight > 0.0 {
                concordance += weight * below.balance(predicted.group(protein as usize));
            }
        }
        for &protein in group {
            below.add(predicted.group(protein as usize), f64::from(weights[protein as usize]));
        }
    }
    // Copies of one protein tie in both.
    let pairs = |count: f64| count * (count - 1.0) / 2.0;
    let all = pairs(below.whole);
    let differing =
        [targets, predicted].map(|order| all - order.groups().map(|group| pairs(values::weight(group, weights))).sum::<f64>());
    Some((concordance / differing[0].sqrt() / differing[1].sqrt()).clamp(-1.0, 1.0))
}

/// The score and each protein's influence on it: twice how much more of the others it agrees with,
/// or differs from, than proteins do on average.
fn by_protein(values: &Values, score: f64) -> Vec<f64> {
    let (targets, predicted) = (values.by_target(), values.by_predicted());
    let count = values.count() as f64;
    let mut concordance = vec![0.0; values.count()];
    let mut pass = |groups: &mut dyn Iterator<Item = &[u32]>, sign: f64| {
        let mut seen = Sums::new(predicted.distinct());
        for group in groups {
            for &protein in group {
                concordance[protein as usize] += sign * seen.balance(predicted.group(protein as usize)) / count;
            }
            for &protein in group {
                seen.add(predicted.group(protein as usize), 1.0);
            }
        }
    };
    pass(&mut targets.groups(), 1.0);
    pass(&mut targets.groups().rev(), -1.0);
    let differing = [targets, predicted].map(|order| {
        let mut differing = vec![0.0; values.count()];
        for group in order.groups() {
            for &protein in group {
                differing[protein as usize] = 1.0 - group.len() as f64 / count;
            }
        }
        differing
    });
    let mean = |of: &[f64]| of.iter().sum::<f64>() / count;
    let (agreement, apart) = (mean(&concordance), [mean(&differing[0]), mean(&differing[1])]);
    let scale = (apart[0] * apart[1]).sqrt();
    let of = |protein: usize| {
        let together = 2.0 * (concordance[protein] - agreement) / scale;
        let alone: f64 = differing.iter().zip(apart).map(|(of, mean)| 2.0 * (of[protein] - mean) / mean).sum();
        score + together - score / 2.0 * alone
    };
    (0..values.count()).map(of).collect()
}

/// Sums of weights over places, after each of which all sums below are known in O(log n): a Fenwick
/// tree.
struct Sums {
    tree: Vec<f64>,
    whole: f64,
}

impl Sums {
    fn new(places: usize) -> Self {
        Self { tree: vec![0.0; places + 1], whole: 0.0 }
    }

    fn add(&mut self, place: usize, weight: f64) {
        self.whole += weight;
        let mut at = place + 1;
        while at < self.tree.len() {
            self.tree[at] += weight;
            at += at & at.wrapping_neg();
        }
    }

    /// The sum of the places before this one.
    fn before(&self, place: usize) -> f64 {
        let (mut at, mut sum) = (place, 0.0);
        while at > 0 {
            sum += self.tree[at];
            at &= at - 1;
        }
        sum
    }

    /// The sum of the places before this one less that of those after it.
    fn balance(&self, place: usize) -> f64 {
        self.before(place) - (self.whole - self.before(place + 1))
    }
}
