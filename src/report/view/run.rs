//! One run, finished or failed.

use serde::Serialize;

use super::{
    comparison::{Comparison, selection_name},
    decision::Decision,
    format, intervals, making, points,
    table::{Kind, Table},
    test::TestView,
    training::TrainingView,
};
use crate::{
    experiment::{Finetune, Schedule},
    report::inputs::{FailedRun, RunTables},
    results::manifest::{Manifest, Status},
};

/// A run that reached its end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunView {
    pub label: String,
    /// Where the page jumps to.
    pub anchor: String,
    /// Of the configuration that was chosen from several.
    pub chosen: bool,
    pub diverged: bool,
    pub recipe: Table,
    pub training: TrainingView,
    pub test: Option<TestView>,
    /// Its scores with their intervals; `None` where it has none on the proteins of the others.
    pub intervals: Option<Table>,
}

/// A run that did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureView {
    pub label: String,
    pub key: String,
    pub message: String,
    pub hint: Option<String>,
}

impl RunView {
    #[must_use]
    pub fn new(index: usize, run: &RunTables, comparison: &Comparison, decision: &Decision) -> Self {
        Self {
            label: comparison.runs[index].label.clone(),
            anchor: format!("run-{}", index + 1),
            chosen: decision.configurations.len() > 1 && comparison.chosen.contains(&index),
            diverged: run.manifest.status == Status::Diverged,
            recipe: recipe(&run.manifest),
            training: TrainingView::new(run),
            test: TestView::new(run),
            intervals: decision.intervals.get(index).filter(|found| !found.is_empty()).map(|found| intervals::table(found)),
        }
    }
}

fn recipe(run: &Manifest) -> Table {
    let (train, outcome) = (&run.settings.train, &run.outcome);
    let schedule = match train.schedule {
        Schedule::Linear => "linear to zero",
        Schedule::Constant => "constant",
        Schedule::Cosine => "cosine to zero",
    };
    let warmup = if train.warmup_steps == 0 {
        String::new()
    } else {
        format!(", {} of warm-up", format::counted(train.warmup_steps, "step"))
    };
    let clipped = if train.max_grad_norm == 0.0 { "off".to_owned() } else { format::setting(train.max_grad_norm) };
    let mut table = Table::facts("The recipe.", Kind::Text);
    for (name, value) in [
        ("learning rate", format!("{}, {schedule}{warmup}", format::setting(train.learning_rate))),
        ("trained", trained(train.finetune)),
        ("batch", format!("{} proteins", format::count(train.batch_size as u64))),
        ("epochs and steps", format!("{} and {}", train.epochs, format::count(outcome.steps))),
        ("weight decay", format::setting(train.weight_decay)),
        ("gradient clipping", clipped),
        ("kept by", format!("validation {}", selection_name(train.select))),
        ("most tokens", format::count(outcome.max_length as u64)),
        ("precision", making::precision(outcome.precision).to_owned()),
        ("seed", train.seed.to_string()),
    ] {
        table.row([name.to_owned(), value]);
    }
    table
}

fn trained(finetune: Finetune) -> String {
    match finetune {
        Finetune::Full => "the whole model".to_owned(),
        Finetune::Frozen => "the classification head".to_owned(),
        Finetune::Last(layers) => {
            format!("the last {} and the classification head", format::counted(layers.get().into(), "layer"))
        }
    }
}

impl FailureView {
    #[must_use]
    pub fn new(failure: &FailedRun) -> Self {
        let label = points::label(&failure.point);
        Self {
            label: if label.is_empty() { "the run".to_owned() } else { label },
            key: failure.key.to_string(),
            message: failure.message.clone(),
            hint: failure.hint.clone(),
        }
    }
}
