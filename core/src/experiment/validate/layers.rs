//! `train.finetune` beside the model.

use super::Checker;
use crate::experiment::settings::{Finetune, ModelSettings, TrainSettings, Weights};

/// No more layers can be trained than there are. How many a folder's model has, the worker finds
/// out.
pub fn check(train: &TrainSettings, model: &ModelSettings, checker: &mut Checker) {
    let there = match &model.weights {
        Weights::Random { size } => Some(size.layers()),
        Weights::Hub { name, .. } => named_layers(name),
        Weights::Folder { .. } => None,
    };
    if let (Finetune::Last(last), Some(there)) = (train.finetune, there)
        && last.get() > there
    {
        let message = format!("`train.finetune.last` is {last}, and the model has {there} layers");
        checker.refuse_together("train.finetune.last", message, format!("train at most {there} layers, or write \"full\""));
    }
}

/// The layers of `facebook/esm2_t6_8M_UR50D`: Meta names its models by them.
fn named_layers(name: &str) -> Option<u32> {
    name.strip_prefix("facebook/esm2_t")?.split('_').next()?.parse().ok()
}
