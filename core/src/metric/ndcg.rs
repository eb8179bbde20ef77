use super::{Definition, Interval, OF_CORRELATIONS};
use crate::predictions::{Values, influence::pseudo_values, values};

/// The normalised discounted cumulative gain over all proteins (`sklearn.metrics.ndcg_score`, its
/// ties averaged): how near the proteins of the highest labels come to the top.
///
/// A protein's gain is its label less the lowest label of those that are scored, so that it is
/// defined for negative labels and does not depend on where the unit has its zero (`ProteinGym`
/// scales gains from 0 to 1, which gives the same); the discount of place k is 1 / log₂(k + 1).
/// Under weights the gains stay those of the proteins at hand: the lowest label of a resample is no
/// other unit.
pub(super) const METRIC: Definition = Definition {
    id: "ndcg",
    label: "NDCG",
    about: "The normalised discounted cumulative gain over all proteins; the gain is the label less the lowest label.",
    range: [0.0, 1.0],
    value: |predictions, weights| score(predictions.values()?, weights),
    undefined: |predictions| {
        let one = predictions.count() < 2;
        if one { "there is one protein alone" } else { "every label is the same" }
    },
    by_protein: Some(|predictions| {
        let values = predictions.values()?;
        pseudo_values(score(values, &predictions.ones())?, without_each(values).into_iter())
    }),
    interval: Interval::Bootstrap,
    ..OF_CORRELATIONS
};

/// The discounts of the first places added up: `n + 1` of them, from none.
fn discounts(places: usize) -> Vec<f64> {
    let mut sums = Vec::with_capacity(places + 1);
    let mut sum = 0.0;
    sums.push(sum);
    for place in 1..=places {
        sum += 1.0 / (place as f64 + 1.0).log2();
        sums.push(sum);
    }
    sums
}

fn gains(values: &Values) -> Vec<f64> {
    let lowest = values.targets.iter().copied().fold(f64::INFINITY, f64::min);
    values.targets.iter().map(|target| target - lowest).collect()
}

fn score(values: &Values, weights: &[u32]) -> Option<f64> {
    let (gains, whole) = (gains(values), weights.iter().map(|&weight| weight as usize).sum());
    let discounts = discounts(whole);
    let [found, ideal] = [values.by_predicted(), values.by_target()].map(|order| {
        let (mut place, mut sum) = (0, 0.0);
        for group in order.groups().rev() {
            let size = values::weight(group, weights);
            if size > 0.0 {
                let gain: f64 = group.iter().map(|&of| gains[of as usize] * f64::from(weights[of as usize])).sum();
                let next = place + size as usize;
                sum += gain / size * (discounts[next] - discounts[place]);
                place = next;
            }
        }
        sum
    });
    (ideal > 0.0).then(|| found / ideal)
}

/// The score without each protein in turn, from the sums before and behind it; the gains stay as
/// they are.
fn without_each(values: &Values) -> Vec<Option<f64>> {
    let (gains, count) = (gains(values), values.count());
    let discounts = discounts(count);
    let [found, ideal] = [values.by_predicted(), values.by_target()].map(|order| {
        // Of each group: where it begins, what it gains, and what those behind it would, one place further up.
        let groups: Vec<&[u32]> = order.groups().rev().collect();
        let gain = |group: &[u32]| group.iter().map(|&of| gains[of as usize]).sum::<f64>();
        let mut starts = vec![0];
        for group in &groups {
            starts.push(starts[starts.len() - 1] + group.len());
        }
        let of = |group: usize, up: usize| {
            let [first, past] = [starts[group] - up, starts[group + 1] - up];
            gain(groups[group]) / groups[group].len() as f64 * (discounts[past] - discounts[first])
        };
        let mut behind = vec![0.0; groups.len() + 1];
        for group in (1..groups.len()).rev() {
            behind[group] = behind[group + 1] + of(group, 1);
        }
        let (mut before, mut without) = (0.0, vec![0.0; count]);
        for (group, members) in groups.iter().enumerate() {
            let rest = members.len() as f64 - 1.0;
            let room = discounts[starts[group + 1] - 1] - discounts[starts[group]];
            for &protein in *members {
                let here = if rest > 0.0 { (gain(members) - gains[protein as usize]) / rest * room } else { 0.0 };
                without[protein as usize] = before + here + behind[group + 1];
            }
            before += of(group, 0);
        }
        without
    });
    found.iter().zip(ideal).map(|(found, ideal)| (ideal > 0.0).then(|| found / ideal)).collect()
}
