//! Scores as means over the proteins: a value a protein, whose mean is the score and whose variance
//! over the proteins is the score's.
//!
//! A loss is such a mean. Any other score is one to first order: the protein's value is the score
//! and, times the number of proteins, how fast the score moves with the protein's weight (its
//! influence; Efron 1982, the infinitesimal jackknife). Of an area under a ROC curve these are the
//! placements of `DeLong` et al. 1988. Where one protein may rule the score they are the
//! jackknife's pseudo-values.

use std::ops::Range;

use super::{Classes, Predictions};
use crate::statistics::{Auc, auc, crossed::crossed_values, distribution::t_quantile, interval::wilson, ranked::Ranked};

/// What is left of a sum of squares without one protein, as a share of it, is nothing below this.
pub const NOTHING: f64 = 1e-12;

/// Pseudo-values of the jackknife (Tukey 1958), moved so that their mean is the score; `without` is
/// the score without each protein in turn. `None` where one has no value.
///
/// Of a score that single proteins may rule, such as Pearson's correlation with one outlier, they
/// spread more than the influences, which are right only while no protein counts much.
#[must_use]
pub fn pseudo_values(score: f64, without: impl ExactSizeIterator<Item = Option<f64>>) -> Option<Vec<f64>> {
    let count = without.len() as f64;
    if count < 3.0 {
        return None;
    }
    let without = without.collect::<Option<Vec<f64>>>()?;
    let mean = without.iter().sum::<f64>() / count;
    Some(without.into_iter().map(|without| score + (count - 1.0) * (mean - without)).collect())
}

/// The weight of every protein where the rate of change is measured by one more and one less.
const WEIGHT: u32 = 1000;

/// The values of a score of the confusion matrix: alike for all proteins of one cell.
pub fn by_cell(classes: &Classes, value: impl Fn(&[u32]) -> Option<f64>) -> Option<Vec<f64>> {
    let proteins = classes.count();
    let score = value(&vec![1; proteins])?;
    let mut weights = vec![WEIGHT; proteins];
    let mut values = vec![score; proteins];
    for cell in &classes.cells {
        let one = cell.proteins[0] as usize;
        let mut at = |weight: u32| {
            weights[one] = weight;
            value(&weights)
        };
        let rate = f64::from(WEIGHT) * (at(WEIGHT + 1)? - at(WEIGHT - 1)?) / 2.0;
        weights[one] = WEIGHT;
        for &protein in &cell.proteins {
            values[protein as usize] += rate * proteins as f64;
        }
    }
    Some(values)
}

/// The values of a score that is the mean over classes of an area under a curve.
pub fn by_class(classes: &Classes, score: Option<f64>, influence: fn(&[Ranked]) -> Option<Vec<f64>>) -> Option<Vec<f64>> {
    let score = score?;
    let averaged = classes.averaged();
    let count = averaged.len() as f64;
    let found: Vec<Vec<f64>> = averaged.map(|class| influence(classes.ranked(class))).collect::<Option<_>>()?;
    let value = |protein: usize| score + found.iter().map(|class| class[protein]).sum::<f64>() / count;
    Some((0..classes.count()).map(value).collect())
}

/// The area under the ROC curve of two classes with its variance; `None` of more classes, and where
/// a class has too few proteins.
#[must_use]
pub fn two_class_area(classes: &Classes) -> Option<Auc> {
    (classes.number() == 2).then_some(())?;
    let ranked = classes.ranked(1);
    // The rank stands for the probability: those that tie share one.
    let (mut group, mut positive, mut order) = (0.0, Vec::new(), Vec::new());
    for protein in ranked {
        positive.push(protein.positive);
        order.push(-group);
        if protein.last {
            group += 1.0;
        }
    }
    auc(&positive, &order)
}

/// Why there is no area under a curve.
#[must_use]
pub fn why_no_area(classes: &Classes) -> &'static str {
    let none_positive = |class: usize| classes.ranked(class).iter().all(|protein| !protein.positive);
    match classes.number() {
        2 if none_positive(1) => "no protein is of class 1",
        2 => "every protein is of class 1",
        _ => "a class is without a protein",
    }
}

/// Why one class against the rest has no area under a ROC curve.
#[must_use]
pub fn why_no_area_of(classes: &Classes, class: usize) -> &'static str {
    let every = classes.ranked(class).iter().all(|protein| protein.positive);
    if every { "every protein is of this class" } else { "no protein is of this class" }
}

/// Student's 95 % interval of a score, on the scale of the logit, which stays within 0 and 1 and is
/// as lopsided as a score near them.
///
/// A score that no protein moves, everything being in order, has no variance: a score of 1 is then
/// as sure as a share of all proteins of the smaller class.
#[must_use]
pub fn logit_interval(predictions: &Predictions, values: Vec<f64>) -> Option<[f64; 2]> {
    let (score, reach) = student(values)?;
    if score >= 1.0 {
        let classes = predictions.classes()?;
        let smaller = classes.averaged().map(|class| smaller_side(classes.ranked(class))).min()?;
        return Some(wilson(smaller, smaller));
    }
    let (logit, reach) = ((score / (1.0 - score)).ln(), reach / (score * (1.0 - score)));
    Some([logit - reach, logit + reach].map(|end| 1.0 / (1.0 + (-end).exp())))
}

/// The same on the scale of the logarithm, which stays above 0.
#[must_use]
pub fn logarithm_interval(values: Vec<f64>) -> Option<[f64; 2]> {
    let (score, reach) = student(values)?;
    (score > 0.0).then(|| [score * (-reach / score).exp(), score * (reach / score).exp()])
}

/// A score, and how far Student's 95 % interval reaches from it.
fn student(values: Vec<f64>) -> Option<(f64, f64)> {
    let found = crossed_values(&[values])?;
    Some((found.estimate, t_quantile(0.975, found.degrees_of_freedom) * found.standard_error))
}

/// How many of the positives and of the others stand before a group of equal probabilities, and
/// with it.
struct Group {
    proteins: Range<usize>,
    before: [f64; 2],
    with: [f64; 2],
}

fn groups(ranked: &[Ranked]) -> Vec<Group> {
    let mut groups = Vec::new();
    let (mut first, mut before, mut with) = (0, [0.0; 2], [0.0; 2]);
    for (place, protein) in ranked.iter().enumerate() {
        with[usize::from(!protein.positive)] += 1.0;
        if protein.last {
            groups.push(Group { proteins: first..place + 1, before, with });
            (first, before) = (place + 1, with);
        }
    }
    groups
}

/// How many proteins the class has, or all others, whichever are fewer.
fn smaller_side(ranked: &[Ranked]) -> u64 {
    let positives = ranked.iter().filter(|protein| protein.positive).count();
    positives.min(ranked.len() - positives) as u64
}

/// The share of the other side that a protein stands on the right side of, less the area; stretched
/// so that their variance is that of the placements of each class (Bessel's correction class by
/// class).
#[must_use]
pub fn placements(ranked: &[Ranked]) -> Option<Vec<f64>> {
    let groups = groups(ranked);
    let [positives, negatives] = groups.last()?.with;
    if positives < 2.0 || negatives < 2.0 {
        return None;
    }
    let place = |group: &Group, positive: bool| {
        let middle = |side: usize| f64::midpoint(group.before[side], group.with[side]);
        if positive { 1.0 - middle(1) / negatives } else { middle(0) / positives }
    };
    let on_average = groups.iter().map(|group| (group.with[0] - group.before[0]) * place(group, true)).sum::<f64>() / positives;
    let stretched = |size: f64| ranked.len() as f64 / size * (size / (size - 1.0)).sqrt();
    let mut influence = vec![0.0; ranked.len()];
    for group in &groups {
        for protein in &ranked[group.proteins.clone()] {
            let size = if protein.positive { positives } else { negatives };
            influence[protein.protein as usize] = stretched(size) * (place(group, protein.positive) - on_average);
        }
    }
    Some(influence)
}

/// How fast the average precision, Σ pₖ Tₖ / nₖ over the positives, moves with a protein's weight:
/// pₖ are the positives of a group of equal probabilities, Tₖ those down to it, nₖ all proteins
/// down to it.
#[must_use]
pub fn of_precision(ranked: &[Ranked]) -> Option<Vec<f64>> {
    let groups = groups(ranked);
    let [positives, _] = groups.last()?.with;
    if positives == 0.0 {
        return None;
    }
    let precision = |group: &Group| group.with[0] / (group.with[0] + group.with[1]);
    let of_group = |group: &Group| group.with[0] - group.before[0];
    let average = groups.iter().map(|group| of_group(group) * precision(group)).sum::<f64>() / positives;
    let mut influence = vec![0.0; ranked.len()];
    let (mut found, mut all) = (0.0, 0.0);
    for group in groups.iter().rev() {
        let whole = group.with[0] + group.with[1];
        found += of_group(group) / whole;
        all += of_group(group) * precision(group) / whole;
        for protein in &ranked[group.proteins.clone()] {
            let own = if protein.positive { precision(group) - average + found } else { 0.0 };
            influence[protein.protein as usize] = ranked.len() as f64 / positives * (own - all);
        }
    }
    Some(influence)
}
