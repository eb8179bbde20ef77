//! The baselines: what simple methods reach on the test proteins, and a run beside them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    capitalised, format,
    predicted::Predicted,
    scale,
    table::{Cell, Kind, Table},
};
use crate::inputs::{Inputs, RunTables};
use titer_core::{
    data::Split,
    metric::{self, ACCURACY, Metric, ROC_AUC},
    results::tables::{BaselineRow, Baselines as Rows, Made, PredictionRow},
    scores::Values,
    statistics,
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
    pub right: u64,
    pub of: u64,
    pub accuracy: f64,
    /// 95 %, after Wilson.
    pub interval: [f64; 2],
    /// Every metric; those of probabilities are `None` where the method gives none.
    pub metrics: Values,
    /// How it was made.
    pub made: String,
    #[serde(skip)]
    answers: Vec<BaselineRow>,
    #[serde(skip)]
    classes: Vec<String>,
}

impl Baselines {
    /// `None` where the results have none.
    #[must_use]
    pub fn new(inputs: &Inputs, metric: Metric) -> Option<Self> {
        let rows = inputs.baselines.as_ref()?;
        let taken: Vec<BaselineView> = rows.made.iter().filter_map(|made| BaselineView::new(made, rows)).collect();
        let is_missing = |made: &&Made| !rows.rows.iter().any(|row| row.baseline == made.baseline);
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
        let of_this: Vec<&BaselineRow> = rows.rows.iter().filter(|row| row.baseline == made.baseline).collect();
        let of = of_this.len() as u64;
        let right = of_this.iter().filter(|row| row.label == row.predicted).count() as u64;
        (of > 0).then(|| Self {
            name: made.name.clone(),
            right,
            of,
            accuracy: right as f64 / of as f64,
            interval: statistics::wilson(right, of),
            metrics: metrics(&of_this, &rows.classes),
            made: made.made.clone(),
            answers: of_this.into_iter().cloned().collect(),
            classes: rows.classes.clone(),
        })
    }

    /// Its predictions for each protein of a run's test set, in the run's order. `None` where it
    /// was taken on others.
    #[must_use]
    pub fn about(&self, run: &RunTables, metric: Metric) -> Option<Predicted> {
        let test: Vec<&PredictionRow> = run.predicted(Split::Test).collect();
        let mut found: BTreeMap<(&str, &str), Vec<&BaselineRow>> = BTreeMap::new();
        for row in &self.answers {
            found.entry((&row.id, &row.label)).or_default().push(row);
        }
        if test.len() != self.answers.len() {
            return None;
        }
        // An id may come twice: each of its rows takes one of its answers.
        let rows = test.iter().map(|row| found.get_mut(&(row.id.as_str(), row.label.as_str()))?.pop());
        predicted(&rows.collect::<Option<Vec<_>>>()?, &self.classes, metric)
    }
}

/// A baseline's predictions as a run's: the logarithms of its probabilities for logits, or a class
/// that is certain.
fn predicted(rows: &[&BaselineRow], classes: &[String], metric: Metric) -> Option<Predicted> {
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
    Predicted::new(classes.len(), labels, logits, right, metric)
}

/// Every metric that the predictions have.
fn metrics(rows: &[&BaselineRow], classes: &[String]) -> Values {
    let value = |metric: &Metric| (*metric, predicted(rows, classes, *metric).and_then(|of| of.score));
    metric::ALL.iter().map(value).collect()
}

/// The compared metric has a column too, where it is neither the accuracy nor the ROC-AUC.
fn table(taken: &[BaselineView], metric: Metric) -> Table {
    let metrics: Vec<Metric> = [ROC_AUC].into_iter().chain((![ACCURACY, ROC_AUC].contains(&metric)).then_some(metric)).collect();
    let mut columns =
        vec![("baseline", Kind::Text), ("accuracy", Kind::Number), ("95% interval", Kind::Number), ("correct", Kind::Number)];
    columns.extend(metrics.iter().map(|metric| (metric.label, Kind::Number)));
    columns.push(("how it was made", Kind::Text));
    let mut table =
        Table::new("Baselines: simple methods on the same test proteins, with 95% intervals of the accuracy (Wilson).", &columns);
    for baseline in taken {
        let [low, high] = baseline.interval;
        let value = |metric: &Metric| match baseline.metrics.get(*metric) {
            Some(value) => scale::value(*metric, value).into(),
            None if metric.from_classes => Cell::none(Some("undefined on these proteins")),
            None => Cell::none(Some("it predicts classes, not probabilities")),
        };
        let mut cells: Vec<Cell> = vec![
            baseline.name.clone().into(),
            format::percent(baseline.accuracy).into(),
            format::percent_between([low, high]).into(),
            format!("{} of {}", format::count(baseline.right), format::count(baseline.of)).into(),
        ];
        cells.extend(metrics.iter().map(value));
        cells.push(baseline.made.clone().into());
        table.row(cells);
    }
    table
}
