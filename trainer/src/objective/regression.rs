//! A number a protein.

use serde_json::{Map, Value, json};
use tch::Tensor;
use titer_core::task::{Kind, Target};

use super::Objective;

/// The target that the loss passes over: not a number, which no label is.
pub(super) const IGNORED: f32 = f32::NAN;

/// The mean squared error, as `EsmForSequenceClassification` of one label has it.
#[derive(Debug)]
pub(super) struct Regression;

impl Objective for Regression {
    fn kind(&self) -> Kind {
        Kind::Regression
    }

    /// Of a fixed shape, whatever is passed over: a step of it can be recorded.
    fn loss(&self, outputs: &Tensor, targets: &Tensor) -> Tensor {
        let counts = targets.isnan().logical_not();
        let errors = outputs.squeeze_dim(1) - targets;
        let errors = errors.where_self(&counts, &errors.zeros_like());
        errors.square().sum(None) / counts.sum(None)
    }

    fn blank(&self) -> Target {
        Target::Value(0.0)
    }

    /// With one label `transformers` computes the same loss by itself.
    fn config(&self, _: &[String]) -> Map<String, Value> {
        let mut config = Map::new();
        config.insert("problem_type".to_owned(), json!("regression"));
        config.insert("num_labels".to_owned(), json!(1));
        config.insert("id2label".to_owned(), json!({ "0": "LABEL_0" }));
        config.insert("label2id".to_owned(), json!({ "LABEL_0": 0 }));
        config
    }
}
