//! How sure any statistic is: the bootstrap over proteins with bias-corrected and accelerated
//! intervals.

use rayon::prelude::*;

use super::{
    distribution::{normal_cdf, normal_quantile},
    resample::Resamples,
};
use crate::numpy::quantile;

/// The share of cases that an interval is to hold.
pub const LEVEL: f64 = 0.95;
/// Proteins that are left out one at a time, at most. They only serve to estimate a skewness, for
/// which a thousand suffice.
const LEFT_OUT: usize = 1000;

/// A statistic with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// The value on the proteins themselves.
    pub estimate: f64,
    /// [`bca`]; [`percentile`] where that has no value. A statistic that no resample moves has an
    /// interval without width.
    pub interval: [f64; 2],
    /// The standard deviation over the resamples.
    pub standard_error: f64,
    /// Resamples on which the statistic has no value; they are left aside.
    pub undefined: usize,
}

/// A statistic without one protein of a stratum, for each of some or all of its proteins.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// How many proteins the stratum has.
    pub size: usize,
    pub values: Vec<f64>,
}

impl Resamples {
    /// The bootstrap of one statistic, which gets how often each protein was drawn and may have no
    /// value. `None` where it has none on the proteins themselves, or on all resamples.
    #[must_use]
    pub fn bootstrap(&self, statistic: impl Fn(&[u32]) -> Option<f64> + Sync) -> Option<Bootstrap> {
        let estimate = statistic(&vec![1; self.proteins])?;
        let replicates: Vec<f64> = self.map(&statistic).into_iter().flatten().collect();
        if replicates.is_empty() {
            return None;
        }
        let accelerated = self.jackknife(&statistic).and_then(|left_out| bca(estimate, &replicates, &left_out, LEVEL));
        Some(Bootstrap {
            estimate,
            interval: accelerated.unwrap_or_else(|| percentile(&replicates, LEVEL)),
            standard_error: deviation(&replicates),
            undefined: self.plan.resamples - replicates.len(),
        })
    }

    /// The statistic without each protein in turn; of many proteins without every second, third, …
    /// of each stratum. A stratum of one protein never varies and has no say. `None` where a value
    /// is missing.
    fn jackknife(&self, statistic: &(impl Fn(&[u32]) -> Option<f64> + Sync)) -> Option<Vec<LeftOut>> {
        let without = |weights: &mut Vec<u32>, protein: usize| {
            weights[protein] = 0;
            let value = statistic(weights);
            weights[protein] = 1;
            value
        };
        let step = self.proteins.div_ceil(LEFT_OUT);
        let of_stratum = |stratum: &Vec<usize>| {
            let values = stratum
                .par_iter()
                .step_by(step)
                .map_init(|| vec![1; self.proteins], |weights, &protein| without(weights, protein));
            Some(LeftOut { size: stratum.len(), values: values.collect::<Option<_>>()? })
        };
        self.strata.iter().filter(|stratum| stratum.len() > 1).map(of_stratum).collect()
    }
}

/// The interval that holds the middle share `level` of the replicates (Efron & Tibshirani 1993,
/// §13.3; `scipy.stats.bootstrap`'s `percentile`).
///
/// # Panics
///
/// Where there are no replicates.
#[must_use]
pub fn percentile(replicates: &[f64], level: f64) -> [f64; 2] {
    let sorted = sorted(replicates);
    let tail = (1.0 - level) / 2.0;
    [quantile(&sorted, tail), quantile(&sorted, 1.0 - tail)]
}

/// The bias-corrected and accelerated interval (Efron 1987; Efron & Tibshirani 1993, §14.3; several
/// strata as in `scipy.stats.bootstrap` of several samples): the percentile interval, moved by how
/// the replicates lie about the estimate and by how skewed the influence of single proteins is.
///
/// `None` where all replicates lie to one side of the estimate, or no protein has any influence.
///
/// # Panics
///
/// Where there are no replicates.
#[must_use]
pub fn bca(estimate: f64, replicates: &[f64], left_out: &[LeftOut], level: f64) -> Option<[f64; 2]> {
    let below = replicates.iter().filter(|&&value| value < estimate).count();
    let up_to = replicates.iter().filter(|&&value| value <= estimate).count();
    let bias = normal_quantile((below + up_to) as f64 / (2.0 * replicates.len() as f64));
    let acceleration = acceleration(left_out);
    let sorted = sorted(replicates);
    let end = |chance: f64| {
        let moved = bias + normal_quantile(chance);
        normal_cdf(bias + moved / (1.0 - acceleration * moved))
    };
    let tail = (1.0 - level) / 2.0;
    let [low, high] = [end(tail), end(1.0 - tail)];
    (bias.is_finite() && low.is_finite() && high.is_finite()).then(|| [quantile(&sorted, low), quantile(&sorted, high)])
}

/// A sixth of the skewness of the influences, NaN where there are none.
fn acceleration(left_out: &[LeftOut]) -> f64 {
    let (mut cubes, mut squares) = (0.0, 0.0);
    for LeftOut { size, values } in left_out {
        let (n, kept) = (*size as f64, values.len() as f64);
        // About the first value: equal ones then have a mean that equals them, and no skewness of rounding errors.
        let mean = values[0] + values.iter().map(|value| value - values[0]).sum::<f64>() / kept;
        let moment = |power: i32| values.iter().map(|value| ((n - 1.0) * (mean - value)).powi(power)).sum::<f64>() / kept;
        cubes += moment(3) / (n * n);
        squares += moment(2) / n;
    }
    cubes / (6.0 * squares.powf(1.5))
}

fn sorted(values: &[f64]) -> Vec<f64> {
    assert!(!values.is_empty(), "there are replicates");
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The standard deviation of a sample (divided by n − 1), 0 of one value.
fn deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() as f64 - 1.0).max(1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Resampling;

    const PLAN: Resampling = Resampling { resamples: 50, seed: 7 };

    fn mean(values: &[f64]) -> impl Fn(&[u32]) -> Option<f64> + Sync {
        move |weights: &[u32]| {
            let total: u32 = weights.iter().sum();
            let sum: f64 = weights.iter().zip(values).map(|(&weight, value)| f64::from(weight) * value).sum();
            (total > 0).then(|| sum / f64::from(total))
        }
    }

    #[test]
    fn threads_and_repetition_change_nothing_and_the_seed_does() {
        let values: Vec<f64> = (0..40).map(|i| f64::from(i * i % 17)).collect();
        let run = |seed, threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Resamples::draw(&[0; 40], &Resampling { resamples: 200, seed }).bootstrap(mean(&values)).unwrap())
        };
        assert_eq!(run(1, 1), run(1, 3));
        assert_ne!(run(1, 1).interval, run(2, 1).interval);
    }

    #[test]
    fn a_statistic_without_a_value_has_no_bootstrap_and_one_that_fails_at_times_says_how_often() {
        assert_eq!(Resamples::draw(&[0; 5], &PLAN).bootstrap(|_| None), None);
        assert_eq!(Resamples::draw(&[0; 5], &Resampling { resamples: 0, seed: 1 }).bootstrap(|_| Some(1.0)), None);
        let fickle = |weights: &[u32]| (weights[0] > 0).then(|| f64::from(weights[1]));
        let found = Resamples::draw(&[0; 5], &PLAN).bootstrap(fickle).unwrap();
        let without_the_first = (0..50).filter(|&i| Resamples::draw(&[0; 5], &PLAN).weights(i)[0] == 0).count();
        assert!(found.undefined > 0 && found.undefined == without_the_first, "{found:?}");
    }

    #[test]
    fn what_never_varies_has_an_interval_without_width() {
        let all_right = Resamples::draw(&[0, 0, 1, 1], &PLAN).bootstrap(mean(&[1.0; 4])).unwrap();
        assert_eq!(all_right, Bootstrap { estimate: 1.0, interval: [1.0, 1.0], standard_error: 0.0, undefined: 0 });
        let single = Resamples::draw(&[0], &PLAN).bootstrap(mean(&[0.25])).unwrap();
        assert_eq!((single.estimate, single.interval), (0.25, [0.25, 0.25]));
    }

    #[test]
    fn of_many_proteins_some_are_left_out_and_the_acceleration_hardly_moves() {
        let values: Vec<f64> = (0..2500).map(|i| f64::from(i * 37 % 2500 / 50).powi(2)).collect();
        let resamples = Resamples::draw(&vec![0; 2500], &Resampling { resamples: 1, seed: 1 });
        let part = resamples.jackknife(&mean(&values)).unwrap();
        assert_eq!((part[0].size, part[0].values.len()), (2500, 834));
        let all: Vec<f64> = (0..2500).map(|i| (values.iter().sum::<f64>() - values[i]) / 2499.0).collect();
        let whole = acceleration(&[LeftOut { size: 2500, values: all }]);
        assert!((acceleration(&part) / whole - 1.0).abs() < 0.1, "{} {whole}", acceleration(&part));
    }
}
