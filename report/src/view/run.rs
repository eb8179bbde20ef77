//! One run, finished or failed.

use serde::Serialize;

use super::{
    comparison::Comparison,
    decision::Decision,
    format, intervals, points,
    table::{Kind, Table},
    test::TestView,
    training::TrainingView,
    values::RunValues,
};
use crate::inputs::{FailedRun, RunTables};
use titer_core::{
    experiment::{Finetune, Schedule},
    predictions::Output,
    results::manifest::Status,
    task::Scaling,
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
    /// Whether it was trained on standardised labels.
    pub scaled: bool,
    pub recipe: Table,
    pub training: TrainingView,
    /// Of a classification.
    pub test: Option<TestView>,
    /// Of a regression.
    pub values: Option<RunValues>,
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
    pub fn new(index: usize, run: &RunTables, comparison: &Comparison, decision: &Decision, trained_on: usize) -> Self {
        Self {
            label: comparison.runs[index].label.clone(),
            anchor: format!("run-{}", index + 1),
            chosen: decision.configurations.len() > 1 && comparison.chosen.contains(&index),
            diverged: run.manifest.status == Status::Diverged,
            scaled: run.manifest.outcome.scaling.is_some(),
            recipe: recipe(run, trained_on),
            training: TrainingView::new(run),
            test: TestView::new(run),
            values: RunValues::new(run, comparison.runs.len()),
            intervals: decision.intervals.get(index).filter(|found| !found.is_empty()).map(|found| intervals::table(found)),
        }
    }
}

/// `trained_on` is the number of training proteins of the experiment's own split.
fn recipe(run: &RunTables, trained_on: usize) -> Table {
    let (train, outcome) = (&run.manifest.settings.train, &run.manifest.outcome);
    let of_values = run.manifest.settings.task.kind.task().output() == Output::Values;
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
        ("trained", trained(train.finetune, of_values)),
        ("loss", loss(run)),
        ("batch", format!("{} proteins", format::count(train.batch_size as u64))),
        ("epochs and steps", length(run, trained_on)),
        ("weight decay", format::setting(train.weight_decay)),
        ("gradient clipping", clipped),
        ("selected by", format!("validation {}", train.select.label)),
        ("most tokens", format::count(outcome.max_length as u64)),
        ("precision", outcome.precision.name().to_owned()),
        ("seed", train.seed.to_string()),
    ] {
        // Of a classification there is one loss.
        if of_values || name != "loss" {
            table.row([name.to_owned(), value]);
        }
    }
    table
}

/// What training minimised, of a regression.
fn loss(run: &RunTables) -> String {
    run.manifest.outcome.scaling.map_or_else(
        || "mean squared error".to_owned(),
        |Scaling { mean, deviation }| {
            let [mean, deviation] = [mean, deviation].map(|number| format::significant(number, 4));
            format!("mean squared error of the standardised labels: less {mean}, divided by {deviation} (mean and SD of the training labels)")
        },
    )
}

/// `5 epochs, 675 steps`; `40 epochs of 200, 5,400 steps` of a run that `stop-after` ended; `30
/// steps, 0.6 of an epoch` of one that `max-steps` ended, or that diverged.
fn length(run: &RunTables, trained_on: usize) -> String {
    let train = &run.manifest.settings.train;
    let steps = run.manifest.outcome.steps;
    let of_first = run.steps.iter().filter(|step| step.epoch == 1).count();
    // An epoch that another follows was whole.
    let whole = run.steps.iter().any(|step| step.epoch > 1);
    let an_epoch = if whole { of_first } else { trained_on.div_ceil(train.batch_size.max(1)) };
    let epochs = steps as f64 / an_epoch.max(1) as f64;
    let told = format::counted(steps, "step");
    let last = train.last_epoch();
    if steps == u64::from(last) * an_epoch as u64 {
        let of = if last < train.epochs { format!(" of {}", format::count(u64::from(train.epochs))) } else { String::new() };
        return format!("{}{of}, {told}", format::counted(last.into(), "epoch"));
    }
    let number = format::decimal(epochs, 1);
    if epochs < 1.0 { format!("{told}, {number} of an epoch") } else { format!("{told}, {number} epochs of {}", train.epochs) }
}

fn trained(finetune: Finetune, of_values: bool) -> String {
    let head = if of_values { "the regression head" } else { "the classification head" };
    match finetune {
        Finetune::Full => "the whole model".to_owned(),
        Finetune::Frozen => head.to_owned(),
        Finetune::Last(layers) => format!("the last {} and {head}", format::counted(layers.get().into(), "layer")),
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
