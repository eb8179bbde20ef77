//! Numeric predictions, ranked once.

use std::ops::Range;

/// Numeric predictions beside what was measured, ready to be scored under many weights.
///
/// A weight counts a protein so many times, as a resample does: what is ranked under weights is
/// ranked as if each protein stood there as often as its weight says.
#[derive(Debug, Clone)]
pub struct Values {
    /// What was measured, in the data's unit.
    pub(crate) targets: Vec<f64>,
    /// What was predicted, in the same unit.
    pub(crate) predicted: Vec<f64>,
    by_target: Order,
    by_predicted: Order,
}

/// Proteins from the lowest value up, those of equal values together.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    proteins: Vec<u32>,
    groups: Vec<Range<usize>>,
    /// The group of each protein.
    group_of: Vec<u32>,
}

/// Means and sums of squares about them, of two lists under weights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments {
    pub whole: f64,
    pub mean: [f64; 2],
    /// Σ w (x − x̄)², Σ w (y − ȳ)².
    pub squares: [f64; 2],
    /// Σ w (x − x̄)(y − ȳ).
    pub products: f64,
}

impl Values {
    /// Prepares numbers that were measured and predicted, one each a protein.
    ///
    /// # Panics
    ///
    /// Where there are not as many of both, or one is not finite: such predictions come from a run
    /// that diverged and have no scores.
    #[must_use]
    pub fn new(targets: Vec<f64>, predicted: Vec<f64>) -> Self {
        assert_eq!(targets.len(), predicted.len(), "a protein has one target and one prediction");
        assert!(targets.iter().chain(&predicted).all(|value| value.is_finite()), "values are finite");
        let (by_target, by_predicted) = (Order::of(&targets), Order::of(&predicted));
        Self { targets, predicted, by_target, by_predicted }
    }

    /// How many proteins there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.targets.len()
    }

    /// What was measured, in the data's unit.
    #[must_use]
    pub fn targets(&self) -> &[f64] {
        &self.targets
    }

    /// What was predicted, in the same unit.
    #[must_use]
    pub fn predicted(&self) -> &[f64] {
        &self.predicted
    }

    /// What was predicted less what was measured.
    pub(crate) fn errors(&self) -> impl ExactSizeIterator<Item = f64> {
        self.predicted.iter().zip(&self.targets).map(|(predicted, target)| predicted - target)
    }

    /// The weighted mean of a value of each protein; `None` where the weights add up to nothing.
    pub(crate) fn mean(weights: &[u32], values: impl Iterator<Item = f64>) -> Option<f64> {
        let (mut whole, mut sum) = (0.0, 0.0);
        for (&weight, value) in weights.iter().zip(values) {
            whole += f64::from(weight);
            sum += f64::from(weight) * value;
        }
        (whole > 0.0).then(|| sum / whole)
    }

    /// Moments of targets and predictions; `None` where either is the same for every protein that
    /// has a weight.
    pub(crate) fn moments(&self, weights: &[u32]) -> Option<Moments> {
        self.vary(weights)?;
        Some(Moments::of(&self.targets, &self.predicted, weights))
    }

    /// The same of their ranks, from 1; equal values share the mean of their ranks.
    pub(crate) fn moments_of_ranks(&self, weights: &[u32]) -> Option<Moments> {
        self.vary(weights)?;
        Some(Moments::of(&self.by_target.ranks(weights), &self.by_predicted.ranks(weights), weights))
    }

    fn vary(&self, weights: &[u32]) -> Option<()> {
        (self.by_target.varies(weights) && self.by_predicted.varies(weights)).then_some(())
    }

    /// Why targets and predictions have no correlation.
    pub(crate) fn why_no_correlation(&self) -> &'static str {
        let ones = vec![1; self.count()];
        match (self.by_target.varies(&ones), self.by_predicted.varies(&ones)) {
            (false, _) if self.count() < 2 => "there is one protein alone",
            (false, _) => "every label is the same",
            _ => "every prediction is the same",
        }
    }

    pub(crate) const fn by_target(&self) -> &Order {
        &self.by_target
    }

    pub(crate) const fn by_predicted(&self) -> &Order {
        &self.by_predicted
    }
}

impl Order {
    fn of(values: &[f64]) -> Self {
        let mut proteins: Vec<u32> = (0..values.len() as u32).collect();
        proteins.sort_by(|&one, &other| values[one as usize].total_cmp(&values[other as usize]));
        let (mut groups, mut group_of, mut first) = (Vec::new(), vec![0; values.len()], 0);
        for place in 0..proteins.len() {
            let value = values[proteins[place] as usize];
            group_of[proteins[place] as usize] = groups.len() as u32;
            // 0 and −0 are one value.
            if proteins.get(place + 1).is_none_or(|&next| values[next as usize] != value) {
                groups.push(first..place + 1);
                first = place + 1;
            }
        }
        Self { proteins, groups, group_of }
    }

    /// The proteins of equal values, from the lowest value up.
    pub fn groups(&self) -> impl DoubleEndedIterator<Item = &[u32]> {
        self.groups.iter().map(|group| &self.proteins[group.clone()])
    }

    /// How many distinct values there are.
    pub const fn distinct(&self) -> usize {
        self.groups.len()
    }

    /// The group of a protein, from that of the lowest value up.
    pub fn group(&self, protein: usize) -> usize {
        self.group_of[protein] as usize
    }

    /// Whether proteins of two values have a weight.
    pub fn varies(&self, weights: &[u32]) -> bool {
        let has_weight = |group: &&[u32]| group.iter().any(|&protein| weights[protein as usize] > 0);
        self.groups().filter(has_weight).nth(1).is_some()
    }

    /// The rank of every protein, from 1; equal values share the mean of their ranks.
    pub fn ranks(&self, weights: &[u32]) -> Vec<f64> {
        let (mut ranks, mut before) = (vec![0.0; weights.len()], 0.0);
        for group in self.groups() {
            let size = weight(group, weights);
            for &protein in group {
                ranks[protein as usize] = before + f64::midpoint(size, 1.0);
            }
            before += size;
        }
        ranks
    }

    /// For each protein the mean over all proteins of `values` of those above it, and half of those
    /// that equal it.
    pub fn mean_above(&self, values: &[f64]) -> Vec<f64> {
        let (mut means, mut above) = (vec![0.0; values.len()], 0.0);
        for group in self.groups().rev() {
            let here: f64 = group.iter().map(|&protein| values[protein as usize]).sum();
            for &protein in group {
                means[protein as usize] = (above + here / 2.0) / values.len() as f64;
            }
            above += here;
        }
        means
    }
}

/// How much a group weighs.
pub(crate) fn weight(group: &[u32], weights: &[u32]) -> f64 {
    group.iter().map(|&protein| f64::from(weights[protein as usize])).sum()
}

impl Moments {
    pub fn of(one: &[f64], other: &[f64], weights: &[u32]) -> Self {
        let rows = || one.iter().zip(other).zip(weights).map(|((x, y), &weight)| (*x, *y, f64::from(weight)));
        let (mut whole, mut sums) = (0.0, [0.0; 2]);
        for (x, y, weight) in rows() {
            whole += weight;
            sums = [sums[0] + weight * x, sums[1] + weight * y];
        }
        let mean = sums.map(|sum| sum / whole);
        let (mut squares, mut products) = ([0.0; 2], 0.0);
        for (x, y, weight) in rows() {
            let (x, y) = (x - mean[0], y - mean[1]);
            squares = [squares[0] + weight * x * x, squares[1] + weight * y * y];
            products += weight * x * y;
        }
        Self { whole, mean, squares, products }
    }

    /// Pearson's correlation.
    pub fn correlation(&self) -> Option<f64> {
        let scale = self.squares[0].sqrt() * self.squares[1].sqrt();
        (scale > 0.0).then(|| (self.products / scale).clamp(-1.0, 1.0))
    }
}
