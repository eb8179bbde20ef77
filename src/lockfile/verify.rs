//! What a run gave here beside what it gave when it was locked.

use serde::Serialize;

use super::{
    Outcome,
    limits::{Limits, Moved, figures},
};
use titer_core::results::{RunState, manifest::Status, tables::RunStatus};

/// What became of a locked run here.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// It is done here as there, and every number can be compared.
    Compared { status: Status, same_machine: bool, tolerance: f64, numbers: Vec<Number> },
    /// It finished on one side and diverged on the other.
    Status { lock: Status, here: Status },
    /// Files of the run are not as it left them.
    Damaged { files: Vec<String> },
    /// It is not done here.
    Missing { status: RunStatus },
    /// It was not done when the lock was written.
    NotLocked,
}

/// A number of the lock beside the same one here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Number {
    /// `test.macro-f1`.
    pub name: String,
    /// `None`: it has no value.
    pub lock: Option<f64>,
    pub here: Option<f64>,
    /// How far it moved, where it has a value on both sides.
    pub difference: Option<f64>,
    pub moved: Moved,
}

impl Verdict {
    /// Whether the run was compared and no number moved too far.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.numbers().is_some_and(|numbers| numbers.iter().all(|number| number.moved != Moved::Beyond))
    }

    /// The numbers, where there are any to compare.
    #[must_use]
    pub fn numbers(&self) -> Option<&[Number]> {
        if let Self::Compared { numbers, .. } = self { Some(numbers) } else { None }
    }
}

/// Compares a locked run with what is here of it; `damaged` names its files that are not as it left
/// them, `tolerance` takes the place of the usual one.
#[must_use]
pub fn verify(locked: Option<&Outcome>, here: &RunState, damaged: Vec<String>, tolerance: Option<f64>) -> Verdict {
    let Some(locked) = locked else { return Verdict::NotLocked };
    let RunState::Ended(manifest) = here else { return Verdict::Missing { status: here.status() } };
    if !damaged.is_empty() {
        return Verdict::Damaged { files: damaged };
    }
    let here = Outcome::from(&**manifest);
    if locked.status != here.status {
        return Verdict::Status { lock: locked.status, here: here.status };
    }
    let same_machine = locked.computed.is_same_machine(&here.computed);
    let limits = Limits::new(same_machine, tolerance);
    let pairs = figures(locked, locked).into_iter().zip(figures(&here, locked));
    let numbers = pairs.map(|((name, kind, lock), (_, _, here))| {
        let moved = limits.judge(kind, lock, here);
        let difference = here.zip(lock).map(|(here, lock)| here - lock);
        Number { name, lock, here, difference, moved }
    });
    Verdict::Compared { status: here.status, same_machine, tolerance: limits.tolerance, numbers: numbers.collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lockfile::limits::Kind;
    use titer_core::{
        metric::{ACCURACY, F1, LOSS, MACRO_F1, MCC, Metric, ROC_AUC},
        results::Manifest,
    };

    /// A finished run.
    fn manifest() -> Manifest {
        let scores = json!({
            "count": 10, "undefined": [],
            "metrics": {
                "loss": 0.4, "accuracy": 0.8, "f1": 0.8, "macro_f1": 0.75, "mcc": 0.6, "roc_auc": null, "average_precision": 0.9,
            },
        });
        let settings = titer_core::experiment::parse(
            std::path::Path::new("try.toml"),
            "[data]\nsource = \"synthetic\"\n[model]\nweights = { random = \"esm2-tiny\" }\n",
            &[],
        );
        let json = json!({
            "format": titer_core::results::FORMAT, "semantics": titer_core::identity::SEMANTICS, "key": "0".repeat(16), "experiment": "try", "status": "finished", "point": {},
            "settings": settings.unwrap().experiment.base,
            "inputs": { "data": "d", "weights": "w" },
            "versions": { "titer": "0.1.0", "commit": null, "libtorch": "2.11.0", "cuda": null }, "files": {},
            "machine": { "os": "linux", "cpu": "some", "threads": 2, "device": "cpu", "gpu": null },
            "outcome": {
                "started": "", "finished": "", "seconds": 1.0, "train_seconds": 1.0, "eval_seconds": 1.0, "precision": "fp32",
                "parameters": { "total": 1, "blocks": [] }, "model": {}, "max_length": 9, "classes": ["a", "b"], "steps": 4,
                "steps_an_epoch": 2, "skipped_steps": 0, "tokens": 9, "train_loss": 0.5, "selected_epoch": 1,
                "validation": scores, "test": scores, "peak_memory": 1,
                "attempts": [], "determinism": { "deterministic": true, "why_not": [] },
            },
        });
        serde_json::from_value(json).unwrap()
    }

    /// The numbers that moved, after a change to what is here.
    fn moved(tolerance: Option<f64>, change: impl FnOnce(&mut Manifest)) -> Vec<(String, Moved)> {
        let locked = Outcome::from(&manifest());
        let mut here = manifest();
        change(&mut here);
        let verdict = verify(Some(&locked), &RunState::Ended(Box::new(here)), Vec::new(), tolerance);
        let numbers = verdict.numbers().unwrap();
        assert_eq!(numbers.len(), 17);
        let moved = numbers.iter().filter(|number| number.moved != Moved::No);
        moved.map(|number| (number.name.clone(), number.moved)).collect()
    }

    /// Gives a metric of the test set another value.
    fn test(manifest: &mut Manifest, metric: Metric, change: impl FnOnce(f64) -> f64) {
        let metrics = &mut manifest.outcome.test.as_mut().unwrap().metrics;
        metrics.set(metric, Some(change(metrics.get(metric).unwrap_or_default())));
    }

    fn beyond(name: &str) -> Vec<(String, Moved)> {
        vec![(name.to_owned(), Moved::Beyond)]
    }

    fn within(name: &str) -> Vec<(String, Moved)> {
        vec![(name.to_owned(), Moved::Within)]
    }

    #[test]
    fn the_same_numbers_agree_at_no_tolerance_at_all() {
        assert_eq!(moved(Some(0.0), |_| ()), []);
        assert_eq!(moved(Some(0.0), |here| here.machine.cpu = "other".into()), []);
    }

    #[test]
    fn on_the_machine_of_the_lock_hardly_anything_may_move() {
        assert_eq!(moved(None, |here| test(here, ACCURACY, |was| was + 1e-5)), beyond("test.accuracy"));
        assert_eq!(moved(None, |here| test(here, ACCURACY, |was| was + 1e-7)), within("test.accuracy"));
        assert_eq!(moved(None, |here| here.outcome.selected_epoch = Some(2)), beyond("selected-epoch"));
        assert_eq!(moved(Some(0.0), |here| test(here, ACCURACY, |was| was + 1e-15)), beyond("test.accuracy"));
    }

    #[test]
    fn another_machine_is_told_by_what_moves_numbers() {
        let changes: [fn(&mut Manifest); 7] = [
            |here| here.machine.cpu = "other".into(),
            |here| here.machine.threads = 1,
            |here| here.machine.device = "cuda:0".into(),
            |here| here.machine.gpu = Some("one".into()),
            |here| here.machine.kernels = Some("avx2".into()),
            |here| here.outcome.precision = titer_core::experiment::Precision::Bf16,
            |here| here.versions.libtorch = "2.12.0".into(),
        ];
        for change in changes {
            let shift = |by: f64| {
                moved(None, |here| {
                    change(here);
                    test(here, MACRO_F1, |was| was + by);
                    here.outcome.selected_epoch = Some(2);
                })
            };
            assert_eq!(shift(0.049)[1..], within("test.macro-f1"));
            assert_eq!(shift(-0.051)[1..], beyond("test.macro-f1"));
            assert_eq!(shift(0.0), within("selected-epoch"));
        }
        let titer = moved(None, |here| {
            here.versions.titer = "0.2.0".into();
            test(here, F1, |was| was + 0.01);
        });
        assert_eq!(titer, beyond("test.f1"), "another titer on the same machine is to give the same numbers");
    }

    #[test]
    fn elsewhere_the_metrics_decide_and_not_the_losses() {
        let elsewhere = |tolerance, change: fn(&mut Manifest)| {
            moved(tolerance, |here| {
                here.machine.threads = 1;
                change(here);
            })
        };
        assert_eq!(elsewhere(None, |here| test(here, LOSS, |was| was * 3.0)), within("test.loss"));
        for not_finite in [f64::NAN, f64::INFINITY] {
            let verdict = Limits::new(false, None).judge(Kind::Loss, Some(0.4), Some(not_finite));
            assert_eq!(verdict, Moved::Beyond);
        }
        assert_eq!(elsewhere(Some(0.05), |here| test(here, LOSS, |was| was * 3.0)), beyond("test.loss"));
        assert_eq!(elsewhere(None, |here| test(here, MCC, |_| 0.69)), within("test.mcc"));
        assert_eq!(elsewhere(None, |here| test(here, MCC, |_| 0.71)), beyond("test.mcc"));
    }

    #[test]
    fn a_loss_may_move_by_a_share_of_itself() {
        assert_eq!(moved(Some(0.02), |here| here.outcome.train_loss *= 1.019), within("train-loss"));
        assert_eq!(moved(Some(0.02), |here| here.outcome.train_loss *= 1.021), beyond("train-loss"));
        assert_eq!(moved(Some(0.02), |here| test(here, LOSS, |was| was * 0.97)), beyond("test.loss"));
    }

    #[test]
    fn what_has_no_value_is_the_like_of_what_has_none() {
        assert_eq!(moved(Some(1.0), |here| test(here, ROC_AUC, |_| 0.5)), beyond("test.roc-auc"));
        assert_eq!(moved(Some(1.0), |here| here.outcome.test.as_mut().unwrap().metrics.set(MCC, None)), beyond("test.mcc"));
        assert_eq!(moved(Some(1.0), |here| here.outcome.train_loss = f64::NAN), beyond("train-loss"));
        assert_eq!(moved(Some(1.0), |here| here.outcome.test = None).len(), 6);
        let mut diverged = manifest();
        diverged.outcome.train_loss = f64::NAN;
        assert!(verify(Some(&Outcome::from(&diverged)), &RunState::Ended(Box::new(diverged)), Vec::new(), None).agrees());
    }

    #[test]
    fn steps_do_not_move_at_all() {
        assert_eq!(moved(Some(99.0), |here| here.outcome.steps = 5), beyond("steps"));
    }

    #[test]
    fn what_cannot_be_compared_does_not_agree() {
        let locked = Outcome::from(&manifest());
        let pending = verify(Some(&locked), &RunState::Pending, Vec::new(), None);
        assert_eq!(pending, Verdict::Missing { status: RunStatus::Pending });
        let unlocked = verify(None, &RunState::Ended(Box::new(manifest())), Vec::new(), None);
        assert_eq!(unlocked, Verdict::NotLocked);
        let mut diverged = manifest();
        diverged.status = Status::Diverged;
        let other = verify(Some(&locked), &RunState::Ended(Box::new(diverged)), Vec::new(), None);
        assert_eq!(other, Verdict::Status { lock: Status::Finished, here: Status::Diverged });
        assert!([pending, unlocked, other].iter().all(|verdict| !verdict.agrees()));
    }
}
