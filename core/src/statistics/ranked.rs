//! Areas under curves from proteins ranked once and weighted many times.

/// A protein in its rank.
#[derive(Debug, Clone, Copy)]
pub struct Ranked {
    pub(crate) protein: u32,
    pub(crate) positive: bool,
    /// The last of its probability: those that tie enter together.
    pub(crate) last: bool,
}

/// The proteins from the highest probability of a class down; `probabilities` is `[n, classes]`.
pub fn rank(labels: &[usize], probabilities: &[f64], classes: usize, class: usize) -> Vec<Ranked> {
    let believed = |protein: u32| probabilities[protein as usize * classes + class];
    let mut order: Vec<u32> = (0..labels.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| believed(b).total_cmp(&believed(a)));
    let last = |at: usize| order.get(at + 1).is_none_or(|&next| believed(next) != believed(order[at]));
    let ranked = |(at, &protein): (usize, &u32)| Ranked { protein, positive: labels[protein as usize] == class, last: last(at) };
    order.iter().enumerate().map(ranked).collect()
}

/// The proteins from the highest score down.
///
/// # Panics
///
/// Where there is not one score a protein.
pub fn of(positive: &[bool], scores: &[f64]) -> Vec<Ranked> {
    assert_eq!(scores.len(), positive.len(), "a protein has one score");
    // One column of probabilities, that of class 0.
    let labels: Vec<usize> = positive.iter().map(|&positive| usize::from(!positive)).collect();
    rank(&labels, scores, 1, 0)
}

/// The area under the ROC curve of proteins that count as often as their weights say: pairs in
/// order, those that tie half, in whole numbers. `None` where either side is empty.
pub fn area_under_roc(ranked: &[Ranked], weights: &[u32]) -> Option<f64> {
    let mut doubled: u64 = 0;
    let (mut positives, mut negatives, mut positives_before, mut negatives_before) = (0, 0, 0, 0);
    for protein in ranked {
        let weight = u64::from(weights[protein.protein as usize]);
        let counted = if protein.positive { &mut positives } else { &mut negatives };
        *counted += weight;
        if protein.last {
            doubled += (negatives - negatives_before) * (positives + positives_before);
            (positives_before, negatives_before) = (positives, negatives);
        }
    }
    (positives > 0 && negatives > 0).then(|| doubled as f64 / (2.0 * positives as f64 * negatives as f64))
}

/// The average precision of proteins that count as often as their weights say: precisions weighted
/// by the recall that each threshold adds, without interpolation. `None` where nothing is positive.
pub fn average_precision(ranked: &[Ranked], weights: &[u32]) -> Option<f64> {
    let (mut positives, mut found, mut positives_before) = (0, 0, 0);
    let mut area = 0.0;
    for protein in ranked {
        let weight = u64::from(weights[protein.protein as usize]);
        found += weight;
        positives += if protein.positive { weight } else { 0 };
        if protein.last && positives > positives_before {
            area += (positives - positives_before) as f64 * (positives as f64 / found as f64);
            positives_before = positives;
        }
    }
    (positives > 0).then(|| area / positives as f64)
}

/// What each threshold finds under weights, from the highest to the lowest: how many of the
/// positives, how many others.
pub fn found(ranked: &[Ranked], weights: &[u32]) -> Vec<(u64, u64)> {
    let mut points = Vec::with_capacity(ranked.len());
    let (mut positives, mut negatives) = (0, 0);
    for protein in ranked {
        let weight = u64::from(weights[protein.protein as usize]);
        *(if protein.positive { &mut positives } else { &mut negatives }) += weight;
        if protein.last && positives + negatives > 0 {
            points.push((positives, negatives));
        }
    }
    points
}
