//! Whether something goes with something else: a trend over ranks, and a table of two by two.

use statrs::function::factorial::ln_binomial;

use super::{delong::midranks, distribution::normal_p};

/// A table counts as at least as extreme as the one found up to this share of its probability.
const ROUNDING: f64 = 1.0 + 1e-7;

/// A linear trend over ranks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// The correlation with the midranks.
    pub correlation: f64,
    /// Two-sided.
    pub p: f64,
}

/// Tests for a linear trend of `values` over the ranks of `places` by the Mantel–Haenszel statistic
/// (Mantel 1963), (n − 1)·r², r being the correlation with the midranks.
///
/// `None` of fewer than three pairs, or where either side is constant.
///
/// # Panics
///
/// Where there is not a value a place.
#[must_use]
pub fn trend(places: &[f64], values: &[f64]) -> Option<Trend> {
    assert_eq!(places.len(), values.len(), "a value a place");
    let correlation = correlation(&midranks(places), values).filter(|_| places.len() > 2)?;
    Some(Trend { correlation, p: normal_p((places.len() as f64 - 1.0).sqrt() * correlation) })
}

/// The same over the ranks of both sides, ties sharing theirs: Spearman's correlation.
///
/// # Panics
///
/// Where there is not a value a place.
#[must_use]
pub fn rank_trend(places: &[f64], values: &[f64]) -> Option<Trend> {
    trend(places, &midranks(values))
}

/// Fisher's exact test of a table of two by two: the two-sided p-value, the sum of the
/// probabilities of all tables with the same margins that are no likelier (Fisher 1922).
#[must_use]
pub fn fisher([[a, b], [c, d]]: [[u64; 2]; 2]) -> f64 {
    let (row, column, all) = (a + b, a + c, a + b + c + d);
    let chance = |a: u64| (ln_binomial(row, a) + ln_binomial(all - row, column - a) - ln_binomial(all, column)).exp();
    let found = chance(a);
    let possible = (row + column).saturating_sub(all)..=row.min(column);
    possible.map(chance).filter(|chance| *chance <= found * ROUNDING).sum::<f64>().min(1.0)
}

/// Pearson's correlation; `None` where a side is constant.
fn correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (of_x, of_y) = (mean(x), mean(y));
    let sum = |f: &dyn Fn(f64, f64) -> f64| x.iter().zip(y).map(|(x, y)| f(x - of_x, y - of_y)).sum::<f64>();
    let scale = (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    (scale > 0.0).then(|| sum(&|x, y| x * y) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `fisher_exact` of `SciPy` 1.
    #[test]
    fn fishers_test_is_scipys() {
        let cases = [
            ([[8, 2], [1, 5]], 0.034_965_034_965_034_975),
            ([[3, 0], [0, 3]], 0.1),
            ([[12, 88], [30, 170]], 0.596_998_989_993_207_4),
            ([[0, 10], [0, 5]], 1.0),
        ];
        for (table, expected) in cases {
            assert!((fisher(table) - expected).abs() < 1e-9, "{table:?}: {}", fisher(table));
        }
    }

    /// `rankdata`, `corrcoef` and `chi2.sf`.
    #[test]
    fn a_trend_is_tested_over_midranks() {
        let lengths = [80.0, 95.0, 95.0, 120.0, 150.0, 150.0, 200.0, 240.0, 260.0, 300.0];
        let wrong = [0.0, 0.0, 0.2, 0.0, 0.4, 0.0, 1.0, 0.2, 1.0, 0.6];
        let found = trend(&lengths, &wrong).unwrap();
        assert!((found.correlation - 0.700_569_444_104_059).abs() < 1e-12, "{found:?}");
        assert!((found.p - 0.035_578_833_239_594_154).abs() < 1e-9, "{found:?}");
        let stretched = lengths.map(|length: f64| length.powi(3));
        assert_eq!(trend(&stretched, &wrong), Some(found), "ranks alone count");
    }

    #[test]
    fn where_nothing_varies_there_is_no_trend() {
        assert_eq!(trend(&[1.0, 2.0, 3.0], &[0.5; 3]), None);
        assert_eq!(trend(&[1.0, 2.0], &[0.0, 1.0]), None);
    }
}
