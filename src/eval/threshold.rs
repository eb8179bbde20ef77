//! From which probability on to say "class 1". To be chosen on validation: a threshold chosen on the test set flatters it.

/// What a threshold is to make greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    Accuracy,
    /// Of the positive class.
    F1,
    /// The mean of sensitivity and specificity: the same threshold as Youden's index.
    BalancedAccuracy,
}

/// A threshold, and what it reaches where it was chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// A probability of this or more counts as positive.
    pub threshold: f64,
    pub value: f64,
}

/// The threshold of the greatest value on these probabilities (0 to 1); of several the one nearest one half.
///
/// Between two neighbouring probabilities all thresholds decide alike: one half stands for its gap, the middle for every other. `None` where the
/// objective has no value: without a positive for F1, without either class for the balanced accuracy, of nothing for the accuracy.
///
/// # Panics
///
/// Where there is not one probability a protein.
#[must_use]
pub fn best_threshold(positive: &[bool], probabilities: &[f64], objective: Objective) -> Option<Threshold> {
    assert_eq!(positive.len(), probabilities.len(), "a protein has one probability");
    let mut order: Vec<(f64, bool)> = probabilities.iter().copied().zip(positive.iter().copied()).collect();
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let positives = positive.iter().filter(|&&positive| positive).count();
    let negatives = positive.len() - positives;
    let mut found = Found { positives, negatives, true_positives: 0, false_positives: 0 };

    let mut best: Option<Threshold> = None;
    let mut consider = |low: f64, high: f64, found: &Found| {
        let Some(value) = found.value(objective) else { return };
        let candidate = Threshold { threshold: between(low, high), value };
        let off = |candidate: &Threshold| (candidate.threshold - 0.5).abs();
        if best.is_none_or(|best| value > best.value || (value == best.value && off(&candidate) < off(&best))) {
            best = Some(candidate);
        }
    };
    let highest = order.first()?.0;
    if highest < 1.0 {
        consider(highest, 1.0, &found);
    }
    let mut groups = order.chunk_by(|a, b| a.0 == b.0).peekable();
    while let Some(group) = groups.next() {
        let right = group.iter().filter(|(_, positive)| *positive).count();
        found.true_positives += right;
        found.false_positives += group.len() - right;
        let low = groups.peek().map_or(0.0, |next| next[0].0);
        consider(low, group[0].0, &found);
    }
    best
}

/// A threshold above `low`, up to `high`; all of these but 0 itself, which has nothing below.
fn between(low: f64, high: f64) -> f64 {
    if low < 0.5 && 0.5 <= high {
        return 0.5;
    }
    let middle = f64::midpoint(low, high);
    if middle > low { middle } else { high }
}

/// What counts as positive.
struct Found {
    positives: usize,
    negatives: usize,
    true_positives: usize,
    false_positives: usize,
}

impl Found {
    fn value(&self, objective: Objective) -> Option<f64> {
        let ratio = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        let true_negatives = self.negatives - self.false_positives;
        match objective {
            Objective::Accuracy => ratio(self.true_positives + true_negatives, self.positives + self.negatives),
            Objective::F1 if self.positives == 0 => None,
            Objective::F1 => ratio(2 * self.true_positives, self.positives + self.true_positives + self.false_positives),
            Objective::BalancedAccuracy => {
                Some(f64::midpoint(ratio(self.true_positives, self.positives)?, ratio(true_negatives, self.negatives)?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(positive: &[bool], probabilities: &[f64], objective: Objective) -> Option<(f64, f64)> {
        best_threshold(positive, probabilities, objective).map(|best| (best.threshold, best.value))
    }

    #[test]
    fn one_half_stays_where_nothing_is_better() {
        assert_eq!(best(&[false, true], &[0.2, 0.9], Objective::Accuracy), Some((0.5, 1.0)));
        assert_eq!(best(&[false, true], &[0.5, 0.5], Objective::Accuracy), Some((0.5, 0.5)));
    }

    #[test]
    fn a_shifted_model_gets_the_middle_of_the_gap() {
        assert_eq!(best(&[false, false, true, true], &[0.6, 0.7, 0.8, 0.9], Objective::BalancedAccuracy), Some((0.75, 1.0)));
        assert_eq!(best(&[false, false, true, true], &[0.1, 0.2, 0.3, 0.4], Objective::F1), Some((0.25, 1.0)));
    }

    #[test]
    fn one_class_is_met_by_calling_everything_it() {
        assert_eq!(best(&[true, true], &[0.2, 0.9], Objective::Accuracy), Some((0.1, 1.0)));
        assert_eq!(best(&[false, false], &[0.2, 0.8], Objective::Accuracy), Some((0.9, 1.0)));
        assert_eq!(best(&[false, false], &[0.2, 0.8], Objective::F1), None);
        assert_eq!(best(&[true, true], &[0.2, 0.8], Objective::BalancedAccuracy), None);
        assert_eq!(best(&[], &[], Objective::Accuracy), None);
    }

    #[test]
    fn neighbours_without_a_number_between_them_keep_to_their_sides() {
        let (low, high) = (0.75, f64::from_bits(0.75_f64.to_bits() + 1));
        assert_eq!(best(&[false, true], &[low, high], Objective::Accuracy), Some((high, 1.0)));
        assert_eq!(best(&[false, true], &[0.0, f64::from_bits(1)], Objective::Accuracy), Some((f64::from_bits(1), 1.0)));
    }
}
