//! `[train]`.

use std::num::NonZeroU32;

use super::Checker;
use crate::experiment::{
    raw::{self, Train},
    settings::{Finetune, ModelSettings, TrainSettings, Weights},
};

pub fn train(raw: &Train, checker: &mut Checker) -> Option<TrainSettings> {
    let epochs = checker.whole("train.epochs", raw.epochs, 1..=u32::MAX.into());
    let batch_size = checker.count("train.batch-size", raw.batch_size, 1);
    let eval_batch_size = checker.count("train.eval-batch-size", raw.eval_batch_size, 1);
    let learning_rate = checker.number("train.learning-rate", raw.learning_rate, |rate| rate > 0.0, "greater than 0");
    let weight_decay = checker.number("train.weight-decay", raw.weight_decay, |decay| decay >= 0.0, "0 or greater");
    let warmup_steps = checker.count("train.warmup-steps", raw.warmup_steps, 0);
    let max_grad_norm = checker.number("train.max-grad-norm", raw.max_grad_norm, |norm| norm >= 0.0, "0 or greater");
    let seed = checker.seed("train.seed", raw.seed);
    let max_steps = match raw.max_steps {
        None => None,
        given => Some(checker.count("train.max-steps", given, 1)? as u64),
    };
    let finetune = match raw.finetune.as_ref()? {
        raw::Finetune::Full => Some(Finetune::Full),
        raw::Finetune::Frozen => Some(Finetune::Frozen),
        raw::Finetune::Table(table) => {
            let last =
                checker.need("train.finetune.last", table.last, "train.finetune", "write \"full\", \"frozen\" or { last = 2 }");
            checker
                .whole("train.finetune.last", last, 1..=u32::MAX.into())
                .and_then(|last| NonZeroU32::new(last as u32))
                .map(Finetune::Last)
        }
    };
    Some(TrainSettings {
        epochs: epochs? as u32,
        batch_size: batch_size?,
        eval_batch_size: eval_batch_size?,
        learning_rate: learning_rate?,
        weight_decay: weight_decay?,
        schedule: raw.schedule?,
        warmup_steps: warmup_steps? as u64,
        max_grad_norm: max_grad_norm?,
        precision: raw.precision?,
        seed: seed?,
        select: raw.select?,
        max_steps,
        finetune: finetune?,
    })
}

/// No more layers can be trained than there are. How many a folder's model has, the worker finds out.
pub fn check_layers(train: &TrainSettings, model: &ModelSettings, checker: &mut Checker) {
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
