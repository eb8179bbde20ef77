//! How sure a share is.

use super::distribution::Z;

/// The 95 % interval of a share after Wilson (1927), for `part` of `whole`: within 0 and 1, and of
/// a width even where the share is 0 or 1. Of nothing it is everything.
#[must_use]
pub fn wilson(part: u64, whole: u64) -> [f64; 2] {
    wilson_at(part as f64, whole as f64, Z)
}

/// The same for a part that is a mean of several counts, and so no whole number.
#[must_use]
pub fn wilson_of(part: f64, whole: u64) -> [f64; 2] {
    wilson_at(part, whole as f64, Z)
}

/// The same of any number of samples and any quantile in place of the normal one: `part` and
/// `whole` need be no whole numbers.
#[must_use]
pub(crate) fn wilson_at(part: f64, whole: f64, z: f64) -> [f64; 2] {
    if whole <= 0.0 {
        return [0.0, 1.0];
    }
    let share = part / whole;
    let centre = share + z * z / (2.0 * whole);
    let reach = z * (share * (1.0 - share) / whole + z * z / (4.0 * whole * whole)).sqrt();
    let scale = 1.0 + z * z / whole;
    // None and all reach 0 and 1 exactly; the difference of the two terms would miss them by a rounding error.
    let low = if part <= 0.0 { 0.0 } else { (centre - reach) / scale };
    let high = if part >= whole { 1.0 } else { (centre + reach) / scale };
    [low, high]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// statsmodels' `proportion_confint(…, method="wilson")`.
    #[test]
    fn the_seeds_accuracy_lies_between_0_824_and_0_876() {
        let [low, high] = wilson(609, 715);
        assert!((low - 0.823_823_717_626).abs() < 1e-9 && (high - 0.875_913_329_852).abs() < 1e-9, "{low} {high}");
    }

    #[test]
    fn all_right_is_not_beyond_doubt() {
        let [low, high] = wilson(25, 25);
        assert!((low - 0.866_807_749).abs() < 1e-8 && high == 1.0, "{low} {high}");
        let [low, high] = wilson(0, 25);
        assert!(low == 0.0 && (high - 0.133_192_251).abs() < 1e-8, "{low} {high}");
    }

    #[test]
    fn of_nothing_nothing_is_known() {
        assert_eq!(wilson(0, 0), [0.0, 1.0]);
    }
}
