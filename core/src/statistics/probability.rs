//! Logits → probabilities, in f64 whatever the run computed in.

/// Turns logits `[n, classes]` into probabilities `[n, classes]`, both row by row: the softmax of
/// each row.
///
/// # Panics
///
/// Where `logits` is no whole number of rows.
#[must_use]
pub fn probabilities(logits: &[f32], classes: usize) -> Vec<f64> {
    assert!(classes > 0 && logits.len().is_multiple_of(classes), "logits are rows of {classes}");
    let mut probabilities = Vec::with_capacity(logits.len());
    for row in logits.chunks_exact(classes) {
        let exponentials = Exponentials::new(row);
        probabilities.extend(exponentials.values.iter().map(|value| value / exponentials.sum));
    }
    probabilities
}

/// The log of the softmax's value at `class`, without the detour over a probability that may round
/// to 0.
pub(crate) fn log_probability(row: &[f32], class: usize) -> f64 {
    let exponentials = Exponentials::new(row);
    f64::from(row[class]) - exponentials.highest - exponentials.sum.ln()
}

/// exp(logit − highest logit) of one row.
struct Exponentials {
    highest: f64,
    values: Vec<f64>,
    sum: f64,
}

impl Exponentials {
    fn new(row: &[f32]) -> Self {
        let highest = row.iter().copied().map(f64::from).fold(f64::NEG_INFINITY, f64::max);
        let values: Vec<f64> = row.iter().map(|&logit| (f64::from(logit) - highest).exp()).collect();
        // Added up from the smallest, so that rows of the same logits in another order get the same sum to the last bit: their
        // probabilities tie, and a rank statistic must see the tie instead of rounding noise.
        let mut ascending = values.clone();
        ascending.sort_unstable_by(f64::total_cmp);
        Self { highest, values, sum: ascending.iter().sum() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_adds_up_to_one_and_is_not_moved_by_a_shift() {
        let plain = probabilities(&[1.0, 2.0, 4.0, 0.0, 0.0, 0.0], 3);
        let shifted = probabilities(&[101.0, 102.0, 104.0, -7.0, -7.0, -7.0], 3);
        assert_eq!(plain, shifted);
        assert!((plain[..3].iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert_eq!(plain[3..], [1.0 / 3.0; 3]);
    }

    #[test]
    fn the_same_logits_in_another_order_tie_exactly() {
        let row = [0.1, 1.7, -0.3, 2.9, 0.4, 1.1, -2.2];
        let mut turned = row;
        turned.rotate_left(3);
        assert_eq!(probabilities(&row, 7)[3], probabilities(&turned, 7)[0]);
    }

    #[test]
    fn far_logits_neither_overflow_nor_lose_the_loss() {
        assert_eq!(probabilities(&[0.0, 3e38], 2), [0.0, 1.0]);
        assert_eq!(log_probability(&[0.0, 1000.0], 0), -1000.0);
        assert_eq!(log_probability(&[0.0, 1000.0], 1), 0.0);
    }
}
