//! The runs side by side.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    format,
    points::Points,
    scale,
    table::{Cell, Kind, Table},
};
use titer_core::{
    data::Split,
    metric::{ACCURACY, Metric},
    predictions::Output,
    results::{Manifest, RunKey, manifest::Status},
    scores::{Scores, Values},
    statistics, task,
    text::cut,
};

/// The runs of an experiment, ranked by the metric that selected their checkpoints, on the test
/// set.
///
/// Where no run has a test set the validation set takes its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// What the runs predict.
    #[serde(skip)]
    pub kind: task::Kind,
    /// What the ranking and the scores are of.
    pub split: Split,
    /// The metric that is compared: the one that selected every run's best checkpoint, or the
    /// accuracy where they were selected by several.
    pub metric: Metric,
    pub runs: Vec<Compared>,
    /// Indices of the best runs by that metric: several where they tie, none where nothing was
    /// scored.
    pub best: Vec<usize>,
    /// Indices of the runs of the chosen configuration.
    pub chosen: Vec<usize>,
    /// The run of the configuration that is better than all others, and equivalent to none.
    #[serde(skip)]
    pub leader: Option<usize>,
    #[serde(skip)]
    pub points: Points,
}

/// One run of the comparison. `null` where there is no value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    pub key: RunKey,
    pub label: String,
    pub point: Map<String, Value>,
    pub status: Status,
    pub selection: Metric,
    pub selected_epoch: Option<u32>,
    /// On the split the comparison is of.
    pub scores: Option<Metrics>,
    /// Of the selected epoch.
    pub validation: Option<Metrics>,
    pub train_loss: f64,
    pub seconds: f64,
}

/// The scores of one run on one split.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metrics {
    pub proteins: u64,
    /// Of a classification.
    #[serde(flatten)]
    pub correct: Option<Correct>,
    /// Every metric of the task.
    #[serde(flatten)]
    pub metrics: Values,
}

/// How many proteins are classified correctly.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Correct {
    pub right: u64,
    /// Wilson's 95 % interval of the accuracy: from, to.
    pub accuracy_interval: [f64; 2],
}

impl Comparison {
    /// Compares `runs`, listed in their order.
    #[must_use]
    pub fn new(runs: &[&Manifest]) -> Self {
        let split = if runs.iter().any(|run| run.scored(Split::Test).is_some()) { Split::Test } else { Split::Validation };
        let points = Points::new(runs);
        let compared: Vec<Compared> =
            runs.iter().zip(&points.rows).map(|(run, point)| Compared::new(run, &point.label, split)).collect();
        let kind = runs.first().map_or_else(task::Kind::default, |run| run.settings.task.kind);
        let first = compared.first().map_or(kind.task().compares(), |run| run.selection);
        let metric = if compared.iter().all(|run| run.selection == first) { first } else { kind.task().compares() };
        let value = |run: &Compared| run.scores.as_ref()?.get(metric);
        let top = compared.iter().filter_map(value).max_by(|one, other| metric.order(*one, *other));
        let best = (0..compared.len()).filter(|&run| top.is_some() && value(&compared[run]) == top).collect();
        Self { kind, split, metric, runs: compared, best, chosen: Vec::new(), leader: None, points }
    }

    /// The metric that all runs selected their epochs by, which is then the compared one; `None`
    /// where they differ in it.
    #[must_use]
    pub fn selection(&self) -> Option<Metric> {
        self.runs.iter().all(|run| run.selection == self.metric).then_some(self.metric)
    }

    /// The compared metric's value, so that greater is better.
    #[must_use]
    pub fn oriented(&self, scores: Option<&Metrics>) -> Option<f64> {
        scores?.get(self.metric).map(|value| self.metric.oriented(value))
    }

    /// The metrics that tables show beside the compared one and the accuracy.
    #[must_use]
    pub fn others(&self) -> Vec<Metric> {
        let beside = self.kind.task().beside().iter().copied();
        beside.filter(|metric| *metric != self.metric && *metric != ACCURACY).collect()
    }

    /// The number of proteins, where every run was scored on the same number.
    fn proteins_alike(&self) -> Option<u64> {
        let mut proteins = self.runs.iter().filter_map(|run| run.scores.as_ref()).map(|scores| scores.proteins);
        let first = proteins.next()?;
        proteins.all(|other| other == first).then_some(first)
    }

    /// The comparison as a table: a row per run, the chosen ones marked.
    #[must_use]
    pub fn table(&self) -> Table {
        let split = split_name(self.split);
        let names = self.points.names();
        let mut columns: Vec<(&str, Kind)> = names.iter().map(|name| (name.as_str(), Kind::Number)).collect();
        if columns.is_empty() {
            columns.push(("run", Kind::Text));
        }
        let first_score = columns.len();
        let alike = self.proteins_alike();
        let right = alike.map_or_else(|| "correct".to_owned(), |proteins| format!("correct of {}", format::count(proteins)));
        let others = self.others();
        let validation = format!("val. {}", scale::head(self.metric));
        columns.extend((self.metric != ACCURACY).then_some((scale::head(self.metric), Kind::Number)));
        let of_classes = self.kind.task().output() == Output::Classes;
        if of_classes {
            columns.extend([("accuracy", Kind::Number), ("95% interval", Kind::Number), (right.as_str(), Kind::Number)]);
        }
        columns.extend(others.iter().map(|&metric| (scale::head(metric), Kind::Number)));
        columns.extend([("selected epoch", Kind::Number), (validation.as_str(), Kind::Number), ("time", Kind::Number)]);
        let of = if of_classes { " The interval is Wilson's 95% interval of the accuracy; F1 is support-weighted." } else { "" };
        let caption = format!("The runs on the {split} set.{of}{}", starred_of(self.metric, self.leader));
        let mut table = Table::new(caption, &columns);
        for (index, (run, point)) in self.runs.iter().zip(&self.points.rows).enumerate() {
            let mut cells: Vec<Cell> = point.values.iter().map(|value| cut(&format::value(value), 40).into()).collect();
            if cells.is_empty() {
                cells.push(run.label.clone().into());
            }
            cells.extend(run.cells(self.metric, &others, of_classes, alike.is_some()));
            table.row(cells).of_run(index).mark(self.chosen.contains(&index));
        }
        if let Some(leader) = self.leader {
            table.rows[leader].cells[first_score].best = true;
        }
        table
    }
}

impl Compared {
    fn new(run: &Manifest, label: &str, split: Split) -> Self {
        let metrics = |split| run.scored(split).map(Metrics::new);
        Self {
            key: run.key.clone(),
            label: label.to_owned(),
            point: run.point.clone(),
            status: run.status,
            selection: run.settings.train.select,
            selected_epoch: run.outcome.selected_epoch,
            scores: metrics(split),
            validation: metrics(Split::Validation),
            train_loss: run.outcome.train_loss,
            seconds: run.outcome.seconds,
        }
    }

    /// `alike`: the head of the column says of how many proteins.
    fn cells(&self, metric: Metric, others: &[Metric], of_classes: bool, alike: bool) -> Vec<Cell> {
        let why = match self.status {
            Status::Diverged => "diverged: the loss stopped being finite",
            Status::Finished => "finished without proteins to score",
        };
        let none = || Cell::none(Some(why));
        let first = (metric != ACCURACY).then_some(metric);
        let mut cells = if let Some(scores) = &self.scores {
            let score = |metric: Metric| {
                scores
                    .get(metric)
                    .map_or_else(|| Cell::none(Some("undefined on these proteins")), |x| scale::value(metric, x).into())
            };
            let mut cells: Vec<Cell> = first.into_iter().map(score).collect();
            if let Some(Correct { right, accuracy_interval }) = &scores.correct {
                let of = if alike { String::new() } else { format!(" of {}", format::count(scores.proteins)) };
                cells.push(score(ACCURACY));
                cells.push(scale::interval(ACCURACY, *accuracy_interval).into());
                cells.push(format!("{}{of}", format::count(*right)).into());
            }
            cells.extend(others.iter().copied().map(score));
            cells
        } else {
            // The word that every command has for it.
            let word = if self.status == Status::Diverged { "diverged".into() } else { none() };
            let columns = first.into_iter().len() + if of_classes { 3 } else { 0 } + others.len();
            let rest = columns - 1;
            std::iter::once(word).chain(std::iter::repeat_with(none).take(rest)).collect()
        };
        cells.push(self.selected_epoch.map_or_else(none, |epoch| epoch.to_string().into()));
        cells.push(
            self.validation
                .as_ref()
                .and_then(|scores| scores.get(metric))
                .map_or_else(none, |value| scale::value(metric, value).into()),
        );
        cells.push(format::duration(self.seconds).into());
        cells
    }
}

impl Metrics {
    fn new(scores: &Scores) -> Self {
        let proteins = scores.count as u64;
        let correct = (!scores.confusion.is_empty()).then(|| {
            let right = scores.correct();
            Correct { right, accuracy_interval: statistics::wilson(right, proteins) }
        });
        Self { proteins, correct, metrics: scores.metrics.clone() }
    }

    /// A metric's value; `None` where it is undefined.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.metrics.get(metric)
    }
}

/// What a star in a table means, or that there is no star, as the end of its caption.
#[must_use]
pub fn starred(metric: Metric, leader: Option<usize>) -> String {
    match leader {
        Some(_) => format!(" The {} that stands apart from all others is starred.", metric.label),
        None => " No configuration stands apart from all others: none is starred.".to_owned(),
    }
}

/// What a star says, where there is one.
fn starred_of(metric: Metric, leader: Option<usize>) -> String {
    leader.map_or_else(String::new, |leader| starred(metric, Some(leader)))
}

/// A split's name in a sentence.
#[must_use]
pub const fn split_name(split: Split) -> &'static str {
    match split {
        Split::Train => "training",
        Split::Validation => "validation",
        Split::Test => "test",
    }
}

/// A selection metric's value in a sentence, greater being better: a share is written in per cent.
#[must_use]
pub fn selection_score(selection: Metric, value: f64) -> String {
    scale::value(selection, selection.oriented(value))
}
