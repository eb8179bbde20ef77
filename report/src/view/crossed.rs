//! The compared metric over seeds and proteins: the crossed model on what each protein contributes.

use titer_core::{
    metric::{ACCURACY, Metric},
    statistics::{self, Crossed, Pairing},
};

use super::predicted::Predicted;

/// The mean of runs that differ in their seed; `None` where one of them has no score.
#[must_use]
pub fn mean(metric: Metric, runs: &[&Predicted]) -> Option<Crossed> {
    if metric == ACCURACY { statistics::crossed(&right(runs)) } else { statistics::crossed_values(&values(runs)?) }
}

/// The first runs' mean less the second's, on the same proteins. An accuracy is counted as Bonett
/// and Price have it: what no protein shows here another might.
#[must_use]
pub fn difference(metric: Metric, one: &[&Predicted], other: &[&Predicted], pairing: Pairing) -> Option<Crossed> {
    if metric == ACCURACY {
        statistics::crossed_difference(&right(one), &right(other), pairing)
    } else {
        let found = statistics::crossed_values_difference(&values(one)?, &values(other)?, pairing)?;
        // Two runs that agree on every protein have no variance to test with.
        (found.standard_error > 0.0 || found.estimate == 0.0).then_some(found)
    }
}

fn right(runs: &[&Predicted]) -> Vec<Vec<bool>> {
    runs.iter().map(|run| run.right()).collect()
}

fn values(runs: &[&Predicted]) -> Option<Vec<Vec<f64>>> {
    runs.iter().map(|run| run.values.clone()).collect()
}
