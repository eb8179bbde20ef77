//! Objectives: what training minimises. A kind of task has one file in this folder and one line in
//! [`of`].

mod classification;

use std::fmt;

use serde_json::{Map, Value};
use tch::Tensor;
use titer_core::task::{Kind, Target};

/// What a kind of task is to the trainer.
pub trait Objective: fmt::Debug + Send + Sync {
    fn kind(&self) -> Kind;

    /// The mean loss over the targets that count, a scalar; `outputs` fp32 `[sequences, outputs]`.
    fn loss(&self, outputs: &Tensor, targets: &Tensor) -> Tensor;

    /// What `transformers` has to know of the head, for `config.json`.
    fn config(&self, names: &[String]) -> Map<String, Value>;
}

/// The objective of a kind of task.
#[must_use]
pub fn of(kind: Kind) -> &'static dyn Objective {
    match kind {
        Kind::Classification => &classification::Classification,
    }
}

/// Targets as a tensor of the host, followed by so many that no loss counts: int64 `[targets]` of
/// classes.
pub fn tensor(targets: &[Target], surplus: usize) -> Tensor {
    let classes = targets.iter().map(|Target::Class(class)| *class as i64);
    Tensor::from_slice(&classes.chain(std::iter::repeat_n(classification::IGNORED, surplus)).collect::<Vec<i64>>())
}
