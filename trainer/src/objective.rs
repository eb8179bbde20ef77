//! Objectives: what training minimises. A kind of task has one file in this folder and one line in
//! [`of`].

mod classification;
mod regression;

use std::{fmt, iter::repeat_n};

use serde_json::{Map, Value};
use tch::Tensor;
use titer_core::task::{Kind, Target};

/// What a kind of task is to the trainer.
pub trait Objective: fmt::Debug + Send + Sync {
    fn kind(&self) -> Kind;

    /// The mean loss over the targets that count, a scalar; `outputs` fp32 `[sequences, outputs]`.
    fn loss(&self, outputs: &Tensor, targets: &Tensor) -> Tensor;

    /// What stands for any target, where a batch has none yet.
    fn blank(&self) -> Target;

    /// What `transformers` has to know of the head, for `config.json`.
    fn config(&self, names: &[String]) -> Map<String, Value>;
}

/// The objective of a kind of task.
#[must_use]
pub fn of(kind: Kind) -> &'static dyn Objective {
    match kind {
        Kind::Classification => &classification::Classification,
        Kind::Regression => &regression::Regression,
    }
}

/// Targets as a tensor of the host, followed by so many that no loss counts: int64 `[targets]` of
/// classes, fp32 of values.
pub fn tensor(targets: &[Target], surplus: usize) -> Tensor {
    if targets.first().is_some_and(|target| target.value().is_some()) {
        let values = targets.iter().filter_map(|target| target.value()).map(|value| value as f32);
        return Tensor::from_slice(&values.chain(repeat_n(regression::IGNORED, surplus)).collect::<Vec<f32>>());
    }
    let classes = targets.iter().filter_map(|target| target.class()).map(|class| class as i64);
    Tensor::from_slice(&classes.chain(repeat_n(classification::IGNORED, surplus)).collect::<Vec<i64>>())
}
