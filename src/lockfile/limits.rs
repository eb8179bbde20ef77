//! How far the numbers of a run may move.
//!
//! A metric may move by a share of its range, a loss by a share of itself. On the machine of the
//! lock a run gives the same bits again, and the tolerance only forgives the last digits. On
//! another CPU or GPU, with other threads, another precision or another libtorch, sums are taken in
//! another order and training carries that on: predictions near the boundary of two classes change
//! sides, two epochs that are as good as each other change places, and one confident mistake moves
//! a loss by a third. There the metrics decide, and losses and the selected epoch are only shown.
//! docs/locking.md has what was measured.

use serde::Serialize;

use super::Outcome;
use titer_core::{metric::Metric, results::manifest::Status};

/// How far a number may move on the machine of the lock.
pub const SAME_MACHINE: f64 = 1e-6;

/// How far a number may move elsewhere.
pub const DIFFERENT_MACHINE: f64 = 0.05;

/// Whether a number moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moved {
    /// Not at all, to the last bit.
    No,
    Within,
    Beyond,
}

/// What kind of number it is that may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Follows from the settings.
    Steps,
    SelectedEpoch,
    Metric(Metric),
    /// The mean over the steps of training.
    Loss,
}

/// How far the numbers of a run may move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) tolerance: f64,
    /// Losses are held to the tolerance.
    losses: bool,
    /// The selected epoch must be the same.
    epoch: bool,
}

impl Limits {
    /// `tolerance` takes the place of [`SAME_MACHINE`] and [`DIFFERENT_MACHINE`].
    pub(super) fn new(same_machine: bool, tolerance: Option<f64>) -> Self {
        Self {
            tolerance: tolerance.unwrap_or(if same_machine { SAME_MACHINE } else { DIFFERENT_MACHINE }),
            losses: same_machine || tolerance.is_some(),
            epoch: same_machine,
        }
    }

    pub(super) fn judge(self, kind: Kind, lock: Option<f64>, here: Option<f64>) -> Moved {
        let (Some(lock), Some(here)) = (lock, here) else {
            return if lock.is_none() && here.is_none() { Moved::No } else { Moved::Beyond };
        };
        if lock == here || (lock.is_nan() && here.is_nan()) {
            return Moved::No;
        }
        let allowed = match kind {
            Kind::Steps => 0.0,
            Kind::SelectedEpoch if self.epoch => 0.0,
            Kind::Metric(metric) if is_bounded(metric) => (metric.range[1] - metric.range[0]) * self.tolerance,
            Kind::Loss | Kind::Metric(_) if self.losses => self.tolerance * lock.abs(),
            Kind::SelectedEpoch | Kind::Loss | Kind::Metric(_) => f64::MAX,
        };
        // A loss that is not finite on one side alone is beyond whatever is allowed.
        if (here - lock).abs() <= allowed { Moved::Within } else { Moved::Beyond }
    }
}

/// Whether a metric has a greatest and a least value.
fn is_bounded(metric: Metric) -> bool {
    metric.range.iter().all(|end| end.is_finite())
}

/// The numbers of a run, in the lock's order: of the metrics those that `locked` holds.
pub(super) fn figures(outcome: &Outcome, locked: &Outcome) -> Vec<(String, Kind, Option<f64>)> {
    let mut figures = vec![
        ("steps".to_owned(), Kind::Steps, Some(outcome.steps as f64)),
        ("selected-epoch".to_owned(), Kind::SelectedEpoch, outcome.selected_epoch.map(f64::from)),
        ("train-loss".to_owned(), Kind::Loss, Some(outcome.train_loss)),
    ];
    let splits = [("validation", &outcome.validation, &locked.validation), ("test", &outcome.test, &locked.test)];
    for (split, metrics, locked) in splits {
        // A lock of an older titer holds scores of runs that diverged later.
        let metrics = metrics.as_ref().filter(|_| outcome.status == Status::Finished);
        for metric in locked.iter().flat_map(|locked| locked.0.keys()) {
            let value = metrics.and_then(|metrics| metrics.0.get(metric).copied().flatten());
            figures.push((format!("{split}.{metric}"), Kind::Metric(*metric), value));
        }
    }
    figures
}
