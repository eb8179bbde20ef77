//! One of several classes a protein.

use serde_json::{Map, Value, json};
use tch::{Reduction, Tensor};
use titer_core::task::{Kind, Target};

use super::Objective;

/// The class that the loss passes over.
pub(super) const IGNORED: i64 = -100;

/// Cross-entropy over the classes.
#[derive(Debug)]
pub(super) struct Classification;

impl Objective for Classification {
    fn kind(&self) -> Kind {
        Kind::Classification
    }

    fn loss(&self, outputs: &Tensor, targets: &Tensor) -> Tensor {
        outputs.cross_entropy_loss::<Tensor>(targets, None, Reduction::Mean, IGNORED, 0.0)
    }

    fn blank(&self) -> Target {
        Target::Class(0)
    }

    fn config(&self, names: &[String]) -> Map<String, Value> {
        let to_name: Map<String, Value> =
            (0..).zip(names).map(|(index, name): (u32, _)| (index.to_string(), json!(name))).collect();
        let to_index: Map<String, Value> = (0..).zip(names).map(|(index, name): (u32, _)| (name.clone(), json!(index))).collect();
        let mut config = Map::new();
        config.insert("problem_type".to_owned(), json!("single_label_classification"));
        config.insert("num_labels".to_owned(), json!(names.len()));
        config.insert("id2label".to_owned(), Value::Object(to_name));
        config.insert("label2id".to_owned(), Value::Object(to_index));
        config
    }
}
