//! A run's training: its losses step by step, its validation epoch by epoch.

use serde::Serialize;

use super::{
    format, scale,
    table::{Badge, Kind, Table},
};
use crate::inputs::RunTables;
use titer_core::{
    data::Split,
    metric::{ACCURACY, F1, LOSS, MCC, Metric, PRECISION, RECALL, ROC_AUC},
    results::{
        manifest::Status,
        tables::{EpochRow, StepRow},
    },
};

/// Steps that `transformers.Trainer` takes the mean of for each line of its log.
const LOGGED: usize = 50;
/// Points of a series that are drawn, at most.
const DRAWN: usize = 1500;

/// What is said about a run's training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainingView {
    pub sentences: Vec<String>,
    pub epochs: Table,
    /// Every step's loss; every few steps' where there are very many.
    pub losses: Series,
    /// The mean loss of each window of steps, at the window's last step.
    pub means: Series,
    /// Steps in a window.
    pub window: usize,
    pub validation: Vec<ValidationPoint>,
    /// The metric that selects.
    #[serde(skip)]
    pub selection: Metric,
}

/// Numbers over steps. Not a number where a loss was not finite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    pub steps: Vec<u64>,
    pub values: Vec<f64>,
}

/// One epoch's validation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValidationPoint {
    pub epoch: u32,
    pub loss: f64,
    pub accuracy: f64,
    pub f1: f64,
    /// The metric that selects; not a number where it is undefined.
    #[serde(skip)]
    pub selected_by: f64,
    pub selected: bool,
}

impl TrainingView {
    #[must_use]
    pub fn new(run: &RunTables) -> Self {
        let window = window(run.steps.len());
        let selection = run.manifest.settings.train.select;
        let means = means(&run.steps, window);
        Self {
            sentences: sentences(run, &means, window),
            epochs: epochs(run, &means, window),
            losses: thinned(&run.steps),
            means,
            window,
            validation: validation(&run.epochs).map(|row| ValidationPoint::new(row, selection)).collect(),
            selection,
        }
    }
}

/// That window; a tenth of the steps where they are too few for a curve of such windows.
fn window(steps: usize) -> usize {
    if steps >= 4 * LOGGED { LOGGED } else { (steps / 10).max(1) }
}

/// The means of whole windows: what is left at the end has no line, as in the log of
/// `transformers.Trainer`.
fn means(steps: &[StepRow], window: usize) -> Series {
    let whole = || steps.chunks_exact(window);
    Series {
        steps: whole().filter_map(|rows| rows.last()).map(|row| row.step).collect(),
        values: whole().map(|rows| rows.iter().map(|row| row.loss).sum::<f64>() / rows.len() as f64).collect(),
    }
}

fn thinned(steps: &[StepRow]) -> Series {
    let stride = steps.len().div_ceil(DRAWN).max(1);
    let drawn = || steps.iter().step_by(stride);
    Series { steps: drawn().map(|row| row.step).collect(), values: drawn().map(|row| row.loss).collect() }
}

fn validation(epochs: &[EpochRow]) -> impl Iterator<Item = &EpochRow> {
    epochs.iter().filter(|row| row.split == Split::Validation)
}

impl ValidationPoint {
    fn new(row: &EpochRow, selection: Metric) -> Self {
        Self {
            epoch: row.epoch,
            loss: row.scores.number(LOSS),
            accuracy: row.scores.number(ACCURACY),
            f1: row.scores.number(F1),
            selected_by: row.scores.number(selection),
            selected: row.selected,
        }
    }
}

fn sentences(run: &RunTables, means: &Series, window: usize) -> Vec<String> {
    let outcome = &run.manifest.outcome;
    let mut sentences = Vec::new();
    if let (Some(first), Some(last), Some(end)) = (means.values.first(), means.values.last(), means.steps.last())
        && means.values.len() > 1
        && first.is_finite()
        && last.is_finite()
    {
        let steps = |end: u64| match window {
            1 => format!("step {}", format::count(end)),
            _ => format!("mean of steps {} to {}", format::count(end + 1 - window as u64), format::count(end)),
        };
        let change = 1.0 - last / first;
        let direction = if change >= 0.0 { "a reduction" } else { "a rise" };
        sentences.push(format!(
            "The training loss goes from {} ({}) to {} ({}), {direction} of {}; its mean over all {} is {}.",
            format::score(*first),
            steps(window as u64),
            format::score(*last),
            steps(*end),
            format::percent(change.abs()),
            format::counted(outcome.steps, "step"),
            format::score(outcome.train_loss),
        ));
    }
    if run.manifest.status == Status::Diverged {
        sentences.push(divergence(run));
    }
    if let (Some(kept), Some(validation)) = (outcome.selected_epoch, &outcome.validation) {
        let select = run.manifest.settings.train.select;
        let why = match validation.get(select) {
            Some(_) => format!("selected by validation {}", select.label),
            None => format!("the first, because validation {} is undefined in every epoch", select.label),
        };
        sentences.push(format!(
            "The best checkpoint is that of epoch {kept}, {why}: {}accuracy {}, F1 {}, loss {}.",
            match validation.get(select) {
                Some(value) if ![ACCURACY, F1, LOSS].contains(&select) =>
                    format!("{} {}, ", select.label, scale::value(select, value)),
                _ => String::new(),
            },
            format::percent(validation.number(ACCURACY)),
            format::score(validation.number(F1)),
            format::score(validation.number(LOSS)),
        ));
    }
    sentences.extend(overfitting(&run.epochs));
    if outcome.skipped_steps > 0 {
        sentences.push(format!("{} overflowed in fp16 and were skipped.", format::counted(outcome.skipped_steps, "step")));
    }
    sentences
}

/// Where a run that diverged did so.
fn divergence(run: &RunTables) -> String {
    let step = format::count(run.manifest.outcome.steps);
    let before = run.manifest.outcome.selected_epoch.map_or(", before its first evaluation", |_| "");
    // What the model gives may overflow in an evaluation, after a step whose loss was still finite.
    if run.steps.last().is_some_and(|last| last.loss.is_finite()) {
        format!("In the evaluation after step {step} the model's outputs were no longer finite: the run diverged there{before}.")
    } else {
        format!("The loss stopped being finite at step {step}: the run diverged there{before}.")
    }
}

fn loss(row: &EpochRow) -> f64 {
    row.scores.number(LOSS)
}

/// Says where the validation loss ended above its lowest.
fn overfitting(epochs: &[EpochRow]) -> Option<String> {
    let last = validation(epochs).last()?;
    let lowest = validation(epochs).reduce(|lowest, row| if loss(row) < loss(lowest) { row } else { lowest })?;
    (loss(last) > loss(lowest)).then(|| {
        format!(
            "The validation loss is lowest after epoch {} ({}) and ends at {}, {} higher.",
            lowest.epoch,
            format::score(loss(lowest)),
            format::score(loss(last)),
            format::percent(loss(last) / loss(lowest) - 1.0),
        )
    })
}

fn epochs(run: &RunTables, means: &Series, window: usize) -> Table {
    let logged = match window {
        1 => "the last step's".to_owned(),
        _ => format!("the mean of the last whole window of {window} steps"),
    };
    let select = run.manifest.settings.train.select;
    let usual = [ACCURACY, PRECISION, RECALL, F1, MCC, ROC_AUC];
    let extra = (select != LOSS && !usual.contains(&select)).then_some(select);
    let metrics: Vec<Metric> = usual.into_iter().chain(extra).collect();
    let mut columns = vec![("epoch", Kind::Number), ("last logged loss", Kind::Number), ("validation loss", Kind::Number)];
    columns.extend(metrics.iter().map(|metric| (metric.label, Kind::Number)));
    let mut table = Table::new(
        format!(
            "Validation after each epoch; the last logged training loss is {logged}; precision, recall and F1 are support-weighted."
        ),
        &columns,
    );
    table.badge = Some(Badge::Selected);
    for row in validation(&run.epochs) {
        let end = run.steps.iter().rfind(|step| step.epoch == row.epoch).map(|step| step.step);
        let logged =
            means.steps.iter().zip(&means.values).rfind(|(step, _)| end.is_some_and(|end| **step <= end)).map(|(_, mean)| *mean);
        let scores = &row.scores;
        let mut cells = vec![row.epoch.to_string(), format::maybe_score(logged), format::score(loss(row))];
        let value =
            |metric: &Metric| scores.get(*metric).map_or_else(|| format::NONE.to_owned(), |value| scale::value(*metric, value));
        cells.extend(metrics.iter().map(value));
        table.row(cells).mark(row.selected);
    }
    table
}
