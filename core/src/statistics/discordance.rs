//! The difference of two shares of the same samples.

use super::distribution::Z;

/// The 95 % interval of the difference of two accuracies on the same `whole` samples, of which
/// `only_first` and `only_second` are those that exactly one of the two gets right: Wald's with one
/// sample added to either (Bonett and Price 2012), which keeps its coverage where few differ.
///
/// # Panics
///
/// Where more samples differ than there are.
#[must_use]
pub fn paired_interval(only_first: u64, only_second: u64, whole: u64) -> [f64; 2] {
    assert!(only_first + only_second <= whole, "the samples that differ are among all");
    let n = whole as f64 + 2.0;
    let (first, second) = ((only_first as f64 + 1.0) / n, (only_second as f64 + 1.0) / n);
    let difference = first - second;
    let reach = Z * ((first + second - difference * difference) / n).sqrt();
    [(difference - reach).max(-1.0), (difference + reach).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written out by hand: (9 − 3) / 52 ± 1.96 · √((12/52 − (6/52)²) / 52).
    #[test]
    fn it_is_bonett_and_prices() {
        let [low, high] = paired_interval(8, 2, 50);
        let reach = Z * ((12.0 / 52.0 - (6.0_f64 / 52.0).powi(2)) / 52.0).sqrt();
        assert!((low - (6.0 / 52.0 - reach)).abs() < 1e-15 && (high - (6.0 / 52.0 + reach)).abs() < 1e-15);
    }

    #[test]
    fn it_turns_with_the_sides_and_has_a_width_where_nothing_differs() {
        let [low, high] = paired_interval(3, 9, 100);
        assert_eq!(paired_interval(9, 3, 100), [-high, -low]);
        let [low, high] = paired_interval(0, 0, 100);
        assert!(low < 0.0 && high > 0.0 && (low + high).abs() < 1e-15);
        assert_eq!(paired_interval(0, 0, 0), [-1.0, 1.0]);
    }
}
