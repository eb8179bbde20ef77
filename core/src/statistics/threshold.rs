//! From which probability on to say "class 1". To be chosen on validation: a threshold chosen on
//! the test set flatters it.

/// The threshold of the greatest balanced accuracy (the mean of sensitivity and specificity:
/// Youden's index has the same) on these probabilities (0 to 1); of several the one nearest one
/// half. A probability of this or more counts as positive.
///
/// Between two neighbouring probabilities all thresholds decide alike: one half stands for its gap,
/// the middle for every other. `None` without proteins of either class.
///
/// # Panics
///
/// Where there is not one probability a protein.
#[must_use]
pub fn best_threshold(positive: &[bool], probabilities: &[f64]) -> Option<f64> {
    assert_eq!(positive.len(), probabilities.len(), "a protein has one probability");
    let mut order: Vec<(f64, bool)> = probabilities.iter().copied().zip(positive.iter().copied()).collect();
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let positives = positive.iter().filter(|&&positive| positive).count();
    let negatives = positive.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let (mut true_positives, mut false_positives) = (0, 0);

    // A threshold and its value.
    let mut best: Option<(f64, f64)> = None;
    let mut consider = |low: f64, high: f64, true_positives: usize, false_positives: usize| {
        let sensitivity = true_positives as f64 / positives as f64;
        let value = f64::midpoint(sensitivity, (negatives - false_positives) as f64 / negatives as f64);
        let threshold = between(low, high);
        let nearer = |than: f64| (threshold - 0.5).abs() < (than - 0.5).abs();
        if best.is_none_or(|(other, highest)| value > highest || (value == highest && nearer(other))) {
            best = Some((threshold, value));
        }
    };
    let highest = order.first()?.0;
    if highest < 1.0 {
        consider(highest, 1.0, true_positives, false_positives);
    }
    let mut groups = order.chunk_by(|a, b| a.0 == b.0).peekable();
    while let Some(group) = groups.next() {
        let right = group.iter().filter(|(_, positive)| *positive).count();
        true_positives += right;
        false_positives += group.len() - right;
        let low = groups.peek().map_or(0.0, |next| next[0].0);
        consider(low, group[0].0, true_positives, false_positives);
    }
    best.map(|(threshold, _)| threshold)
}

/// A threshold above `low`, up to `high`; all of these but 0 itself, which has nothing below.
fn between(low: f64, high: f64) -> f64 {
    if low < 0.5 && 0.5 <= high {
        return 0.5;
    }
    let middle = f64::midpoint(low, high);
    if middle > low { middle } else { high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_half_stays_where_nothing_is_better() {
        assert_eq!(best_threshold(&[false, true], &[0.2, 0.9]), Some(0.5));
        assert_eq!(best_threshold(&[false, true], &[0.5, 0.5]), Some(0.5));
        assert_eq!(best_threshold(&[true, false], &[0.2, 0.9]), Some(0.1), "everything positive, as good as nothing, is nearer");
    }

    #[test]
    fn a_shifted_model_gets_the_middle_of_the_gap() {
        assert_eq!(best_threshold(&[false, false, true, true], &[0.6, 0.7, 0.8, 0.9]), Some(0.75));
        assert_eq!(best_threshold(&[false, false, true, true], &[0.1, 0.2, 0.3, 0.4]), Some(0.25));
    }

    #[test]
    fn one_class_has_no_threshold() {
        assert_eq!(best_threshold(&[false, false], &[0.2, 0.8]), None);
        assert_eq!(best_threshold(&[true, true], &[0.2, 0.8]), None);
        assert_eq!(best_threshold(&[], &[]), None);
    }

    #[test]
    fn neighbours_without_a_number_between_them_keep_to_their_sides() {
        let (low, high) = (0.75, f64::from_bits(0.75_f64.to_bits() + 1));
        assert_eq!(best_threshold(&[false, true], &[low, high]), Some(high));
        assert_eq!(best_threshold(&[false, true], &[0.0, f64::from_bits(1)]), Some(f64::from_bits(1)));
    }
}
