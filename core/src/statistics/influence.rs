//! Scores as means over the proteins: a value a protein, whose mean is the score and whose variance over the proteins is the score's.
//!
//! A log loss is such a mean. Any other score is one to first order: the protein's value is the score and, times the number of proteins, how fast
//! the score moves with the protein's weight (its influence; Efron 1982, the infinitesimal jackknife). Of an area under a ROC curve these are
//! the placements of `DeLong` et al. 1988.

use super::{
    crossed::crossed_values,
    distribution::t_quantile,
    interval::wilson,
    ranked::Ranked,
    weighted::{Prepared, mean},
};

/// The weight of every protein where a score's slope is measured by one more and one less.
const WEIGHT: u32 = 1000;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    RocAuc,
    AveragePrecision,
    F1,
    MacroF1,
    Mcc,
    LogLoss,
}

impl Measure {
    /// The score itself.
    #[must_use]
    pub fn of(self, prepared: &Prepared) -> Option<f64> {
        self.weighted(prepared, &vec![1; prepared.count()])
    }

    fn weighted(self, prepared: &Prepared, weights: &[u32]) -> Option<f64> {
        match self {
            Self::RocAuc => prepared.roc_auc(weights),
            Self::AveragePrecision => prepared.average_precision(weights),
            Self::F1 => prepared.f1(weights),
            Self::MacroF1 => prepared.macro_f1(weights),
            Self::Mcc => prepared.mcc(weights),
            Self::LogLoss => prepared.log_loss(weights),
        }
    }

    /// A value a protein, of which the score is the mean. `None` where it has none.
    #[must_use]
    pub fn by_protein(self, prepared: &Prepared) -> Option<Vec<f64>> {
        let score = self.of(prepared)?;
        let influence = match self {
            Self::LogLoss => return Some(prepared.losses.clone()),
            Self::RocAuc => by_class(prepared, placements)?,
            Self::AveragePrecision => by_class(prepared, of_precision)?,
            Self::F1 | Self::MacroF1 | Self::Mcc => self.by_cell(prepared)?,
        };
        Some(influence.into_iter().map(|influence| score + influence).collect())
    }

    /// The 95 % interval of a run's average precision or log loss, for another draw of proteins: Student's on the scale of the logit and of the logarithm,
    /// which stay within 0 and 1 and above 0 and are as lopsided as these scores near them. Of the other scores `None`, and where the score has no value.
    ///
    /// A score that no protein moves, everything being in order, has no variance: an average precision of 1 is then as sure as a share of all
    /// proteins of the smaller class.
    #[must_use]
    pub fn interval(self, prepared: &Prepared) -> Option<[f64; 2]> {
        let values = self.by_protein(prepared)?;
        let found = crossed_values(&[values])?;
        let (score, reach) = (found.estimate, t_quantile(0.975, found.degrees_of_freedom) * found.standard_error);
        match self {
            Self::AveragePrecision if score >= 1.0 => {
                let smaller = prepared.ranked.iter().map(|ranked| smaller_side(ranked)).min()?;
                Some(wilson(smaller, smaller))
            }
            Self::AveragePrecision => {
                let (logit, reach) = ((score / (1.0 - score)).ln(), reach / (score * (1.0 - score)));
                Some([logit - reach, logit + reach].map(|end| 1.0 / (1.0 + (-end).exp())))
            }
            Self::LogLoss if score > 0.0 => Some([score * (-reach / score).exp(), score * (reach / score).exp()]),
            _ => None,
        }
    }

    /// Of a score of the confusion matrix: alike for all proteins of one cell.
    fn by_cell(self, prepared: &Prepared) -> Option<Vec<f64>> {
        let proteins = prepared.count();
        let mut weights = vec![WEIGHT; proteins];
        let mut influence = vec![0.0; proteins];
        for cell in &prepared.cells {
            let one = cell.proteins[0] as usize;
            let mut at = |weight: u32| {
                weights[one] = weight;
                self.weighted(prepared, &weights)
            };
            let slope = f64::from(WEIGHT) * (at(WEIGHT + 1)? - at(WEIGHT - 1)?) / 2.0;
            weights[one] = WEIGHT;
            for &protein in &cell.proteins {
                influence[protein as usize] = slope * proteins as f64;
            }
        }
        Some(influence)
    }
}

/// The mean over the classes that a score is the mean of.
fn by_class(prepared: &Prepared, influence: fn(&[Ranked]) -> Option<Vec<f64>>) -> Option<Vec<f64>> {
    let classes: Option<Vec<Vec<f64>>> = prepared.ranked.iter().map(|ranked| influence(ranked)).collect();
    let classes = classes?;
    let over_classes = |protein: usize| mean(classes.iter().map(|class| Some(class[protein])), classes.len());
    (0..prepared.count()).map(over_classes).collect()
}

/// How many of the positives and of the others stand before a group of equal probabilities, and with it.
struct Group {
    proteins: std::ops::Range<usize>,
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

/// The share of the other side that a protein stands on the right side of, less the area; stretched so that their variance is that of the
/// placements of each class (Bessel's correction class by class).
fn placements(ranked: &[Ranked]) -> Option<Vec<f64>> {
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

/// How fast the average precision, Σ pₖ Tₖ / nₖ over the positives, moves with a protein's weight: pₖ are the positives of a group of equal
/// probabilities, Tₖ those down to it, nₖ all proteins down to it.
fn of_precision(ranked: &[Ranked]) -> Option<Vec<f64>> {
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
