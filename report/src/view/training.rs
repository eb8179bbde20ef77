//! A run's training: its losses step by step, its validation epoch by epoch.

use serde::Serialize;

use super::{
    format, scale,
    table::{Badge, Kind, Table},
};
use crate::inputs::RunTables;
use titer_core::{
    data::Split,
    metric::{ACCURACY, F1, LOSS, MSE, Metric, PEARSON, RMSE, SPEARMAN, Unit},
    predictions::Output,
    results::{
        manifest::Status,
        tables::{EpochRow, StepRow},
    },
    scores::Values,
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
    /// What training minimises, as a metric.
    #[serde(skip)]
    pub loss: Metric,
    /// The two scores that are drawn beside it.
    #[serde(skip)]
    pub scores: [Metric; 2],
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
    pub metrics: Values,
    /// The mean training loss of the epoch's steps, in the unit of the validation loss.
    pub training: f64,
    pub selected: bool,
}

impl TrainingView {
    #[must_use]
    pub fn new(run: &RunTables) -> Self {
        let window = window(run.steps.len());
        let task = run.manifest.settings.task.kind.task();
        let unit = unit(run);
        let means = means(&run.steps, window).times(unit);
        Self {
            sentences: sentences(run, &means, window),
            epochs: epochs(run, &means, window),
            losses: thinned(&run.steps).times(unit),
            means,
            window,
            validation: validation(&run.epochs).map(|row| ValidationPoint::new(row, &run.steps, unit)).collect(),
            loss: task.loss(),
            scores: drawn(task.output(), run.manifest.settings.train.select),
        }
    }
}

/// What a training loss is multiplied by to be in the unit of the validation loss: labels may be
/// trained on in standard deviations.
fn unit(run: &RunTables) -> f64 {
    run.manifest.outcome.scaling.map_or(1.0, |scaling| scaling.deviation.powi(2))
}

/// Two scores that share an axis. Of classes the accuracy, and beside it what selects; where that
/// is the accuracy or the loss, F1. Of numbers two correlations, or what selects where that is of
/// no unit.
fn drawn(output: Output, select: Metric) -> [Metric; 2] {
    match output {
        Output::Classes if [LOSS, ACCURACY, F1].contains(&select) => [ACCURACY, F1],
        Output::Classes => [ACCURACY, select],
        Output::Values if select.unit == Unit::Label || select == SPEARMAN => [SPEARMAN, PEARSON],
        Output::Values => [select, SPEARMAN],
    }
}

impl Series {
    fn times(self, unit: f64) -> Self {
        Self { values: self.values.into_iter().map(|value| value * unit).collect(), ..self }
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
    fn new(row: &EpochRow, steps: &[StepRow], unit: f64) -> Self {
        let of_epoch: Vec<f64> = steps.iter().filter(|step| step.epoch == row.epoch).map(|step| step.loss * unit).collect();
        Self {
            epoch: row.epoch,
            metrics: row.scores.metrics.clone(),
            training: of_epoch.iter().sum::<f64>() / of_epoch.len() as f64,
            selected: row.selected,
        }
    }
}

fn sentences(run: &RunTables, means: &Series, window: usize) -> Vec<String> {
    let outcome = &run.manifest.outcome;
    let (unit, loss) = (unit(run), run.manifest.settings.task.kind.task().loss());
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
            "The training {} goes from {} ({}) to {} ({}), {direction} of {}; its mean over all {} is {}.{}",
            loss.label,
            scale::value(loss, *first),
            steps(window as u64),
            scale::value(loss, *last),
            steps(*end),
            format::percent(change.abs()),
            format::counted(outcome.steps, "step"),
            scale::value(loss, outcome.train_loss * unit),
            scaled(run),
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
        let usual: &[Metric] = if loss == LOSS { &[ACCURACY, F1, LOSS] } else { &[SPEARMAN, RMSE, MSE] };
        let first = Some(select).filter(|select| validation.get(*select).is_some() && !usual.contains(select));
        let told = first.iter().chain(usual).map(|&metric| match validation.get(metric) {
            Some(value) => format!("{} {}", metric.label, scale::value(metric, value)),
            None => format!("no {}", metric.label),
        });
        let told = told.collect::<Vec<_>>().join(", ");
        sentences.push(format!("The best checkpoint is that of epoch {kept}, {why}: {told}."));
    }
    sentences.extend(overfitting(&run.epochs, loss));
    if outcome.skipped_steps > 0 {
        sentences.push(format!("{} overflowed in fp16 and were skipped.", format::counted(outcome.skipped_steps, "step")));
    }
    sentences
}

/// Says in which unit a training loss stands, where it was computed in another.
fn scaled(run: &RunTables) -> String {
    run.manifest.outcome.scaling.map_or_else(String::new, |scaling| {
        format!(
            " It is in the unit of the labels squared: the loss of the standardised labels times {}, the variance of the training labels.",
            format::significant(scaling.deviation.powi(2), 4)
        )
    })
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

/// Says where the validation loss ended above its lowest.
fn overfitting(epochs: &[EpochRow], metric: Metric) -> Option<String> {
    let loss = |row: &EpochRow| row.scores.number(metric);
    let last = validation(epochs).last()?;
    let lowest = validation(epochs).reduce(|lowest, row| if loss(row) < loss(lowest) { row } else { lowest })?;
    (loss(last) > loss(lowest)).then(|| {
        format!(
            "The validation {} is lowest after epoch {} ({}) and ends at {}, {} higher.",
            metric.label,
            lowest.epoch,
            scale::value(metric, loss(lowest)),
            scale::value(metric, loss(last)),
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
    let task = run.manifest.settings.task.kind.task();
    let (usual, loss) = (task.by_epoch(), task.loss());
    let extra = (select != loss && !usual.contains(&select)).then_some(select);
    let metrics: Vec<Metric> = usual.iter().copied().chain(extra).collect();
    let heads = [format!("last logged {}", loss.label), format!("validation {}", loss.label)];
    let mut columns = vec![("epoch", Kind::Number)];
    columns.extend(heads.iter().map(|head| (head.as_str(), Kind::Number)));
    columns.extend(metrics.iter().map(|&metric| (scale::head(metric), Kind::Number)));
    let averages = if task.output() == Output::Classes { "; precision, recall and F1 are support-weighted" } else { "" };
    let mut table = Table::new(
        format!("Validation after each epoch; the last logged training {} is {logged}{averages}.", loss.label),
        &columns,
    );
    table.badge = Some(Badge::Selected);
    for row in validation(&run.epochs) {
        let end = run.steps.iter().rfind(|step| step.epoch == row.epoch).map(|step| step.step);
        let logged =
            means.steps.iter().zip(&means.values).rfind(|(step, _)| end.is_some_and(|end| **step <= end)).map(|(_, mean)| *mean);
        let scores = &row.scores;
        let of_loss = |value: Option<f64>| value.map_or_else(|| format::NONE.to_owned(), |value| scale::value(loss, value));
        let mut cells = vec![row.epoch.to_string(), of_loss(logged), of_loss(scores.get(loss))];
        let value =
            |metric: &Metric| scores.get(*metric).map_or_else(|| format::NONE.to_owned(), |value| scale::value(*metric, value));
        cells.extend(metrics.iter().map(value));
        table.row(cells).mark(row.selected);
    }
    table
}
