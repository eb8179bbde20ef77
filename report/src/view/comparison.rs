//! The runs side by side.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    format,
    points::Points,
    table::{Cell, Kind, Table},
};
use titer_core::{
    data::Split,
    metric::{ACCURACY, F1, LOSS, MCC, Metric, ROC_AUC, Unit},
    results::{Manifest, RunKey, manifest::Status},
    scores::{Scores, Values},
    statistics,
    text::cut,
};

/// The runs of an experiment, ranked by how many proteins of the test set they get right.
///
/// Where no run has a test set the validation set takes its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// What the ranking and the scores are of.
    pub split: Split,
    pub runs: Vec<Compared>,
    /// Indices of the runs with the highest accuracy: several where they tie, none where nothing was scored.
    pub best: Vec<usize>,
    /// Indices of the runs of the chosen configuration.
    pub chosen: Vec<usize>,
    /// The run of the configuration whose accuracy is told from all others.
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
    pub right: u64,
    /// Wilson's 95 % interval of the accuracy: from, to.
    pub accuracy_interval: [f64; 2],
    /// Every metric of the task.
    #[serde(flatten)]
    pub metrics: Values,
    /// The metric that names the selected epoch, so that greater is better: minus the loss where it is the loss.
    #[serde(skip)]
    pub selected_by: Option<f64>,
}

impl Comparison {
    /// Compares `runs`, listed in their order.
    #[must_use]
    pub fn new(runs: &[&Manifest]) -> Self {
        let split = if runs.iter().any(|run| run.scored(Split::Test).is_some()) { Split::Test } else { Split::Validation };
        let points = Points::new(runs);
        let compared: Vec<Compared> =
            runs.iter().zip(&points.rows).map(|(run, point)| Compared::new(run, &point.label, split)).collect();
        let accuracies = compared.iter().filter_map(|run| run.scores.as_ref()).map(|scores| scores.number(ACCURACY));
        let best = match accuracies.max_by(f64::total_cmp) {
            Some(top) => (0..compared.len())
                .filter(|&run| compared[run].scores.as_ref().is_some_and(|s| s.number(ACCURACY) == top))
                .collect(),
            None => Vec::new(),
        };
        Self { split, runs: compared, best, chosen: Vec::new(), leader: None, points }
    }

    /// The number of proteins, where every run was scored on the same number.
    fn proteins_alike(&self) -> Option<u64> {
        let mut proteins = self.runs.iter().filter_map(|run| run.scores.as_ref()).map(|scores| scores.proteins);
        let first = proteins.next()?;
        proteins.all(|other| other == first).then_some(first)
    }

    /// The comparison as a table: a row a run, the chosen ones marked.
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
        columns.extend([
            ("accuracy", Kind::Number),
            ("95% interval", Kind::Number),
            (right.as_str(), Kind::Number),
            ("ROC-AUC", Kind::Number),
            ("F1", Kind::Number),
            ("MCC", Kind::Number),
            ("loss", Kind::Number),
            ("selected epoch", Kind::Number),
            ("val. F1", Kind::Number),
            ("time", Kind::Number),
        ]);
        let caption = format!(
            "The runs on the {split} set. The interval is Wilson's, of the accuracy; F1 is support-weighted.{}",
            self.leader.map_or("", |leader| starred(Some(leader)))
        );
        let mut table = Table::new(caption, &columns);
        for (index, (run, point)) in self.runs.iter().zip(&self.points.rows).enumerate() {
            let mut cells: Vec<Cell> = point.values.iter().map(|value| cut(&format::value(value), 40).into()).collect();
            if cells.is_empty() {
                cells.push(run.label.clone().into());
            }
            cells.extend(run.cells(alike.is_some()));
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
        let selection = run.settings.train.select;
        let metrics = |split| run.scored(split).map(|scores| Metrics::new(scores, selection));
        Self {
            key: run.key.clone(),
            label: label.to_owned(),
            point: run.point.clone(),
            status: run.status,
            selection,
            selected_epoch: run.outcome.selected_epoch,
            scores: metrics(split),
            validation: metrics(Split::Validation),
            train_loss: run.outcome.train_loss,
            seconds: run.outcome.seconds,
        }
    }

    /// `alike`: the head of the column says of how many proteins.
    fn cells(&self, alike: bool) -> Vec<Cell> {
        let why = match self.status {
            Status::Diverged => "diverged: the loss stopped being finite",
            Status::Finished => "finished without proteins to score",
        };
        let none = || Cell::none(Some(why));
        let score = |value: Option<f64>| {
            value.map_or_else(|| Cell::none(Some("undefined on these proteins")), |x| format::score(x).into())
        };
        let mut cells = if let Some(scores) = &self.scores {
            vec![
                format::score(scores.number(ACCURACY)).into(),
                scores.accuracy_interval.map(|end| format::decimal(end, 3)).join(" to ").into(),
                if alike {
                    format::count(scores.right)
                } else {
                    format!("{} of {}", format::count(scores.right), format::count(scores.proteins))
                }
                .into(),
                score(scores.get(ROC_AUC)),
                score(scores.get(F1)),
                score(scores.get(MCC)),
                score(scores.get(LOSS)),
            ]
        } else {
            // The word that every command has for it.
            let first = if self.status == Status::Diverged { "diverged".into() } else { none() };
            vec![first, none(), none(), none(), none(), none(), none()]
        };
        cells.push(self.selected_epoch.map_or_else(none, |epoch| epoch.to_string().into()));
        cells.push(self.validation.as_ref().map_or_else(none, |scores| format::score(scores.number(F1)).into()));
        cells.push(format::duration(self.seconds).into());
        cells
    }
}

impl Metrics {
    fn new(scores: &Scores, selection: Metric) -> Self {
        let proteins = scores.count as u64;
        let right = scores.correct();
        Self {
            proteins,
            right,
            accuracy_interval: statistics::wilson(right, proteins),
            metrics: scores.metrics.clone(),
            selected_by: scores.get(selection).map(|value| selection.oriented(value)),
        }
    }

    /// A metric's value; `None` where it is undefined.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.metrics.get(metric)
    }

    /// A metric's value, NaN where there is none.
    #[must_use]
    pub fn number(&self, metric: Metric) -> f64 {
        self.metrics.number(metric)
    }
}

/// What a star in a table says, or that there is none, as the end of its caption.
#[must_use]
pub const fn starred(leader: Option<usize>) -> &'static str {
    match leader {
        Some(_) => " The accuracy that differs significantly from all others is starred.",
        None => " No configuration differs significantly from all others: none is starred.",
    }
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

/// A selection metric's value in a sentence, greater being better: a share is told in per cent there.
#[must_use]
pub fn selection_score(selection: Metric, value: f64) -> String {
    let value = selection.oriented(value);
    if selection.unit == Unit::Share { format::percent(value) } else { format::score(value) }
}
