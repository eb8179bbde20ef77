//! The baselines: what simple methods reach on the test proteins, and a run beside them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    capitalised, format,
    predicted::{ByClass, ByValue, Given, Predicted},
    scale,
    table::{Cell, Kind, Table},
};
use crate::inputs::{Inputs, RunTables};
use titer_core::{
    data::Split,
    metric::{self, ACCURACY, Metric, ROC_AUC},
    predictions::Output,
    results::tables::{BaselineRow, BaselineValue, Baselines as Rows, Made},
    scores::Values,
    statistics,
    task::Kind as Task,
};

/// The baselines in the order they were computed: the simplest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Baselines {
    pub taken: Vec<BaselineView>,
    /// Why the others could not be taken: a sentence each.
    pub missing: Vec<String>,
    pub table: Table,
}

/// One baseline on the test proteins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BaselineView {
    /// As a reader knows it: `amino-acid composition`.
    pub name: String,
    pub of: u64,
    /// Of a classification.
    #[serde(flatten)]
    pub correct: Option<Correct>,
    /// Every metric; those of probabilities are `None` where the method gives none.
    pub metrics: Values,
    /// How it was made.
    pub made: String,
    #[serde(skip)]
    answers: Answers,
}

/// How many proteins are classified correctly.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Correct {
    pub right: u64,
    pub accuracy: f64,
    /// 95 %, after Wilson.
    pub interval: [f64; 2],
}

/// What a baseline predicts, as it is stored.
#[derive(Debug, Clone, PartialEq)]
enum Answers {
    Classes { rows: Vec<BaselineRow>, classes: Vec<String> },
    Values(Vec<BaselineValue>),
}

impl Baselines {
    /// `None` where the results have none.
    #[must_use]
    pub fn new(inputs: &Inputs, metric: Metric) -> Option<Self> {
        let rows = inputs.baselines.as_ref()?;
        let taken: Vec<BaselineView> = rows.made.iter().filter_map(|made| BaselineView::new(made, rows)).collect();
        let has_rows =
            |id: &str| rows.rows.iter().any(|row| row.baseline == id) || rows.values.iter().any(|row| row.baseline == id);
        let is_missing = |made: &&Made| !has_rows(&made.baseline);
        let missing =
            rows.made.iter().filter(is_missing).map(|made| format!("{}: {}", capitalised(&made.name), made.made)).collect();
        Some(Self { table: table(&taken, metric), taken, missing })
    }

    /// The best by a metric: what a run has to beat. `None` where none has a value.
    #[must_use]
    pub fn best(&self, metric: Metric) -> Option<&BaselineView> {
        let valued = self.taken.iter().rev().filter_map(|baseline| Some((baseline, baseline.metrics.get(metric)?)));
        valued.max_by(|(_, one), (_, other)| metric.order(*one, *other)).map(|(baseline, _)| baseline)
    }
}

impl BaselineView {
    fn new(made: &Made, rows: &Rows) -> Option<Self> {
        let named = |name: String, answers: Answers, correct| Self {
            name,
            of: answers.count() as u64,
            correct,
            metrics: answers.metrics(),
            made: made.made.clone(),
            answers,
        };
        let values: Vec<BaselineValue> = rows.values.iter().filter(|row| row.baseline == made.baseline).cloned().collect();
        if !values.is_empty() {
            return Some(named(made.name.clone(), Answers::Values(values), None));
        }
        let of_this: Vec<BaselineRow> = rows.rows.iter().filter(|row| row.baseline == made.baseline).cloned().collect();
        let of = of_this.len() as u64;
        let right = of_this.iter().filter(|row| row.label == row.predicted).count() as u64;
        let correct = Correct { right, accuracy: right as f64 / of as f64, interval: statistics::wilson(right, of) };
        let answers = Answers::Classes { rows: of_this, classes: rows.classes.clone() };
        (of > 0).then(|| named(made.name.clone(), answers, Some(correct)))
    }

    /// Its predictions for each protein of a run's test set, in the run's order. `None` where it
    /// was taken on others.
    #[must_use]
    pub fn about(&self, run: &RunTables, metric: Metric) -> Option<Predicted> {
        match &self.answers {
            Answers::Classes { rows, classes } => {
                let test = run.predicted(Split::Test).map(|row| (row.id.as_str(), row.label.as_str()));
                by_class(&matched(test, rows, |row| (&row.id, &row.label))?, classes, metric)
            }
            Answers::Values(rows) => {
                let test = run.valued(Split::Test).map(|row| (row.id.as_str(), row.label.to_bits()));
                by_value(&matched(test, rows, |row| (&row.id, row.label.to_bits()))?, metric)
            }
        }
    }
}

/// The rows of some proteins, in their order; `None` where there are others. An id may come twice:
/// each of its proteins takes one of its rows.
fn matched<'a, R, L: Ord>(
    proteins: impl Iterator<Item = (&'a str, L)>,
    rows: &'a [R],
    of: impl Fn(&'a R) -> (&'a str, L),
) -> Option<Vec<&'a R>> {
    let mut found: BTreeMap<(&str, L), Vec<&R>> = BTreeMap::new();
    for row in rows {
        found.entry(of(row)).or_default().push(row);
    }
    let matched: Vec<&R> = proteins.map(|protein| found.get_mut(&protein)?.pop()).collect::<Option<_>>()?;
    (matched.len() == rows.len()).then_some(matched)
}

impl Answers {
    fn count(&self) -> usize {
        match self {
            Self::Classes { rows, .. } => rows.len(),
            Self::Values(rows) => rows.len(),
        }
    }

    /// Every metric that the predictions have.
    fn metrics(&self) -> Values {
        let predicted = |metric| match self {
            Self::Classes { rows, classes } => by_class(&rows.iter().collect::<Vec<_>>(), classes, metric),
            Self::Values(rows) => by_value(&rows.iter().collect::<Vec<_>>(), metric),
        };
        let output = match self {
            Self::Classes { .. } => Output::Classes,
            Self::Values(_) => Output::Values,
        };
        let of_output = metric::ALL.iter().filter(|metric| metric.of == output);
        of_output.map(|&metric| (metric, predicted(metric).and_then(|of| of.score))).collect()
    }
}

/// A baseline's predictions as a run's: the logarithms of its probabilities for logits, or a class
/// that is certain.
fn by_class(rows: &[&BaselineRow], classes: &[String], metric: Metric) -> Option<Predicted> {
    let place = |name: &str| classes.iter().position(|class| class == name);
    let mut labels = Vec::new();
    let mut logits = Vec::new();
    for row in rows {
        labels.push(place(&row.label)?);
        match &row.probabilities {
            Some(probabilities) => logits.extend(probabilities.iter().map(|p| p.max(f64::MIN_POSITIVE).ln() as f32)),
            None if metric.from_classes => {
                let class = place(&row.predicted)?;
                logits.extend((0..classes.len()).map(|other| if other == class { 1.0 } else { 0.0 }));
            }
            None => return None,
        }
    }
    let right = rows.iter().map(|row| row.label == row.predicted).collect();
    Predicted::new(Given::Classes(ByClass { classes: classes.len(), labels, logits, right }), metric)
}

fn by_value(rows: &[&BaselineValue], metric: Metric) -> Option<Predicted> {
    let (labels, predicted) = rows.iter().map(|row| (row.label, row.predicted)).unzip();
    Predicted::new(Given::Values(ByValue { labels, predicted }), metric)
}

/// Of a classification the accuracy first, with its interval, and then the ROC-AUC and the compared
/// metric; of a regression the metrics that tables show.
fn table(taken: &[BaselineView], metric: Metric) -> Table {
    let of_classes = metric.of == Output::Classes;
    let metrics: Vec<Metric> = if of_classes {
        [ROC_AUC].into_iter().chain((![ACCURACY, ROC_AUC].contains(&metric)).then_some(metric)).collect()
    } else {
        let beside = Task::Regression.task().beside().iter().copied().filter(|other| *other != metric);
        std::iter::once(metric).chain(beside).collect()
    };
    let mut columns = vec![("baseline", Kind::Text)];
    if of_classes {
        columns.extend([("accuracy", Kind::Number), ("95% interval", Kind::Number), ("correct", Kind::Number)]);
    }
    columns.extend(metrics.iter().map(|&metric| (scale::head(metric), Kind::Number)));
    columns.push(("how it was made", Kind::Text));
    let with = if of_classes { ", with 95% intervals of the accuracy (Wilson)" } else { "" };
    let mut table = Table::new(format!("Baselines: simple methods on the same test proteins{with}."), &columns);
    for baseline in taken {
        let value = |metric: &Metric| match baseline.metrics.get(*metric) {
            Some(value) => scale::value(*metric, value).into(),
            None if metric.from_classes => Cell::none(Some("undefined on these proteins")),
            None if !of_classes => Cell::none(Some("undefined: every prediction is the same")),
            None => Cell::none(Some("it predicts classes, not probabilities")),
        };
        let mut cells: Vec<Cell> = vec![baseline.name.clone().into()];
        if let Some(Correct { right, accuracy, interval }) = &baseline.correct {
            cells.push(format::percent(*accuracy).into());
            cells.push(format::percent_between(*interval).into());
            cells.push(format!("{} of {}", format::count(*right), format::count(baseline.of)).into());
        }
        cells.extend(metrics.iter().map(value));
        cells.push(baseline.made.clone().into());
        table.row(cells);
    }
    table
}
