//! How sure the area under a ROC curve is, and how much two areas on the same proteins differ: the
//! method of `DeLong` et al. 1988 by the midranks of Sun & Xu 2014, which sort instead of comparing
//! every pair.

use super::{
    curves::roc_auc,
    distribution::{Z, normal_p},
    interval::wilson,
};

/// The area under a ROC curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Auc {
    pub area: f64,
    /// Of the area, over test sets of as many positives and negatives.
    pub variance: f64,
    pub positives: u64,
    pub negatives: u64,
}

impl Auc {
    /// The 95 % interval on the logit scale (Pepe 2003, §5.2.5), which stays within 0 and 1 and is
    /// not symmetric near them.
    ///
    /// An area of 0 or 1 has no variance and no logit. It says that every protein of the smaller
    /// class stands above (below) every one of the other; the interval is then Wilson's for so many
    /// of so many.
    #[must_use]
    pub fn interval(&self) -> [f64; 2] {
        if self.area <= 0.0 || self.area >= 1.0 {
            let smaller = self.positives.min(self.negatives);
            return wilson(if self.area >= 1.0 { smaller } else { 0 }, smaller);
        }
        let logit = (self.area / (1.0 - self.area)).ln();
        let reach = Z * self.variance.sqrt() / (self.area * (1.0 - self.area));
        [logit - reach, logit + reach].map(|end| 1.0 / (1.0 + (-end).exp()))
    }
}

/// How much the areas of two classifiers on the same proteins differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AucDifference {
    /// The first area less the second.
    pub difference: f64,
    pub standard_error: f64,
    /// Two-sided, of equal areas.
    pub p: f64,
    /// 95 %, symmetric.
    pub interval: [f64; 2],
}

/// The area with its variance. `None` where a class has fewer than two proteins: their variance has
/// no value.
///
/// # Panics
///
/// Where there is not one score a protein.
#[must_use]
pub fn auc(positive: &[bool], scores: &[f64]) -> Option<Auc> {
    let placements = Placements::new(positive, scores)?;
    let (positives, negatives) = (placements.of_positives.len() as u64, placements.of_negatives.len() as u64);
    Some(Auc { area: placements.area, variance: placements.covariance(&placements), positives, negatives })
}

/// `DeLong`'s test of two correlated areas. `None` where a class has fewer than two proteins, or
/// where two areas differ and yet neither varies: one orders everything right, the other everything
/// wrong.
///
/// # Panics
///
/// Where there are not two scores a protein.
#[must_use]
pub fn auc_difference(positive: &[bool], first: &[f64], second: &[f64]) -> Option<AucDifference> {
    let (first, second) = (Placements::new(positive, first)?, Placements::new(positive, second)?);
    let difference = first.area - second.area;
    // From the placements' differences rather than from two variances less two covariances, which cancel to noise for like classifiers.
    let apart = first.less(&second);
    let standard_error = apart.covariance(&apart).sqrt();
    if standard_error == 0.0 && difference != 0.0 {
        return None;
    }
    let p = if difference == 0.0 { 1.0 } else { normal_p(difference / standard_error) };
    let reach = Z * standard_error;
    Some(AucDifference { difference, standard_error, p, interval: [difference - reach, difference + reach] })
}

/// Of each protein the share of the other class that it stands on the right side of (ties half):
/// the structural components.
struct Placements {
    area: f64,
    of_positives: Vec<f64>,
    of_negatives: Vec<f64>,
}

impl Placements {
    fn new(positive: &[bool], scores: &[f64]) -> Option<Self> {
        assert_eq!(positive.len(), scores.len(), "a protein has one score");
        let of =
            |class: bool| -> Vec<f64> { positive.iter().zip(scores).filter(|(p, _)| **p == class).map(|(_, s)| *s).collect() };
        let (positives, negatives) = (of(true), of(false));
        if positives.len() < 2 || negatives.len() < 2 {
            return None;
        }
        let (m, n) = (positives.len() as f64, negatives.len() as f64);
        let together: Vec<f64> = positives.iter().chain(&negatives).copied().collect();
        let (among_all, among_positives, among_negatives) = (midranks(&together), midranks(&positives), midranks(&negatives));
        // A midrank among all less the one among its own is how many of the others stand below.
        let of_positives: Vec<f64> = among_all.iter().zip(&among_positives).map(|(all, own)| (all - own) / n).collect();
        let of_negatives =
            among_all[positives.len()..].iter().zip(&among_negatives).map(|(all, own)| 1.0 - (all - own) / m).collect();
        Some(Self { area: roc_auc(positive, scores)?, of_positives, of_negatives })
    }

    /// The placements of one classifier less those of another.
    fn less(&self, other: &Self) -> Self {
        let less = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        Self {
            area: self.area - other.area,
            of_positives: less(&self.of_positives, &other.of_positives),
            of_negatives: less(&self.of_negatives, &other.of_negatives),
        }
    }

    /// Of two areas on the same proteins.
    fn covariance(&self, other: &Self) -> f64 {
        let over = |a: &[f64], b: &[f64]| {
            let n = a.len() as f64;
            let products: f64 = a.iter().zip(b).map(|(a, b)| (a - self.area) * (b - other.area)).sum();
            products / (n - 1.0) / n
        };
        over(&self.of_positives, &other.of_positives) + over(&self.of_negatives, &other.of_negatives)
    }
}

/// Ranks from 1, those that tie sharing the middle of theirs.
pub(super) fn midranks(scores: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let mut ranks = vec![0.0; scores.len()];
    let mut first = 0;
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let middle = first as f64 + (tied.len() + 1) as f64 / 2.0;
        for &index in tied {
            ranks[index] = middle;
        }
        first += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_the_middle_of_their_ranks() {
        assert_eq!(midranks(&[0.3, 0.1, 0.3, 0.9, 0.3]), [3.0, 1.0, 3.0, 5.0, 3.0]);
    }

    #[test]
    fn a_perfect_order_is_not_beyond_doubt() {
        let perfect = auc(&[false, true, false, true, true], &[0.1, 0.8, 0.2, 0.9, 0.7]).unwrap();
        assert_eq!((perfect.area, perfect.variance, perfect.interval()), (1.0, 0.0, wilson(2, 2)));
        let reversed = auc(&[true, false, true, false, false], &[0.1, 0.8, 0.2, 0.9, 0.7]).unwrap();
        assert_eq!((reversed.area, reversed.interval()), (0.0, wilson(0, 2)));
    }

    #[test]
    fn one_protein_of_a_class_has_no_variance() {
        assert_eq!(auc(&[true, false, false], &[0.9, 0.1, 0.2]), None);
        assert_eq!(auc(&[], &[]), None);
        assert_eq!(auc_difference(&[true, true, false], &[0.9, 0.1, 0.2], &[0.9, 0.1, 0.2]), None);
    }

    #[test]
    fn the_same_order_differs_by_nothing() {
        let positive = [true, false, true, false, true, false];
        let first = [0.9, 0.4, 0.3, 0.2, 0.6, 0.7];
        let same = auc_difference(&positive, &first, &first.map(|score| score * score)).unwrap();
        assert_eq!(same, AucDifference { difference: 0.0, standard_error: 0.0, p: 1.0, interval: [0.0, 0.0] });
        let perfect = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
        assert_eq!(auc_difference(&positive, &perfect, &perfect.map(|score| -score)), None);
    }
}
