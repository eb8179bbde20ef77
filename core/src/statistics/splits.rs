//! A mean over repeated random splits of the same proteins. Their training sets overlap and so do
//! their test sets: the values are not independent, and Student's interval over them is far too
//! narrow. Nadeau & Bengio (2003) add the share of test to training proteins to the variance's 1/J.

use super::{
    distribution::{chi_squared_quantile, t_noncentrality, t_p, t_quantile},
    power::POWER,
};

/// The mean of one value a split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OverSplits {
    pub estimate: f64,
    pub standard_error: f64,
    pub degrees_of_freedom: f64,
    /// 95 %.
    pub interval: [f64; 2],
    /// Two-sided, of an estimate of 0.
    pub p: f64,
    pub splits: usize,
}

/// The corrected resampled t interval; `tested_to_trained` is the number of test proteins over that
/// of training proteins. `None` of fewer than two splits, or where all values are the same: nothing
/// then says how far another split would move them.
#[must_use]
pub fn over_splits(values: &[f64], tested_to_trained: f64) -> Option<OverSplits> {
    let splits = values.len();
    let count = splits as f64;
    let estimate = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - estimate).powi(2)).sum();
    if splits < 2 || squares <= f64::EPSILON * count {
        return None;
    }
    let degrees_of_freedom = count - 1.0;
    let standard_error = ((1.0 / count + tested_to_trained) * squares / degrees_of_freedom).sqrt();
    let reach = t_quantile(0.975, degrees_of_freedom) * standard_error;
    Some(OverSplits {
        estimate,
        standard_error,
        degrees_of_freedom,
        interval: [estimate - reach, estimate + reach],
        p: if estimate == 0.0 { 1.0 } else { t_p(estimate / standard_error, degrees_of_freedom) },
        splits,
    })
}

impl OverSplits {
    /// As [`super::Crossed::equivalence_p`].
    #[must_use]
    pub fn equivalence_p(&self, margin: f64) -> f64 {
        let room = margin - self.estimate.abs();
        if room > 0.0 { t_p(room / self.standard_error, self.degrees_of_freedom) / 2.0 } else { 1.0 }
    }

    /// The smallest difference that so many splits find with 80 % power at that level: a range, at
    /// the ends of the 80 % interval of the variance (chi-square), which is known from few of them.
    #[must_use]
    pub fn detectable(&self, level: f64) -> [f64; 2] {
        let freedom = self.degrees_of_freedom;
        let standard_errors = t_noncentrality(t_quantile(1.0 - level / 2.0, freedom), POWER, freedom);
        [0.9, 0.1].map(|tail| standard_errors * self.standard_error * (freedom / chi_squared_quantile(tail, freedom)).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: mean 0.02, s² = 0.0001, (1/3 + 1/3) · s², t(0.975, 2) = 4.3027.
    #[test]
    fn it_is_nadeau_and_bengios() {
        let found = over_splits(&[0.01, 0.02, 0.03], 1.0 / 3.0).unwrap();
        let reach = 4.302_652_73 * (2.0_f64 / 3.0 * 0.0001).sqrt();
        assert!((found.estimate - 0.02).abs() < 1e-12);
        assert!((found.interval[1] - 0.02 - reach).abs() < 1e-9, "{found:?}");
        assert!(found.p > 0.05 && found.p < 0.2);
        let [from, to] = found.detectable(0.05);
        assert!(
            found.standard_error < from && from < 4.0 * found.standard_error && to > 10.0 * found.standard_error,
            "{from} {to}"
        );
    }

    #[test]
    fn one_split_or_equal_values_say_nothing() {
        assert_eq!(over_splits(&[0.1], 0.3), None);
        assert_eq!(over_splits(&[0.1, 0.1, 0.1], 0.3), None);
        assert_eq!(over_splits(&[], 0.3), None);
    }
}
