//! The baselines: what simple methods reach on the test proteins, and a run beside them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    capitalised, format,
    table::{Cell, Kind, Table},
};
use crate::inputs::{Inputs, RunTables};
use titer_core::{
    data::Split,
    results::tables::{BaselineRow, Baselines as Rows, Made, PredictionRow},
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
    /// `None` where the method gives no probabilities.
    pub roc_auc: Option<f64>,
    /// How it was made.
    pub made: String,
    /// Id and class of each protein, and whether it was right.
    #[serde(skip)]
    answers: Vec<Answer>,
}

/// A protein and whether its class was told.
type Answer = (String, String, bool);

impl Baselines {
    /// `None` where the results have none.
    #[must_use]
    pub fn new(inputs: &Inputs) -> Option<Self> {
        let rows = inputs.baselines.as_ref()?;
        let taken: Vec<BaselineView> = rows.made.iter().filter_map(|made| BaselineView::new(made, rows)).collect();
        let is_missing = |made: &&Made| !rows.rows.iter().any(|row| row.baseline == made.baseline);
        let missing = rows
            .made
            .iter()
            .filter(is_missing)
            .map(|made| format!("{}: {}", capitalised(name(&made.baseline)), made.made))
            .collect();
        Some(Self { table: table(&taken), taken, missing })
    }

    /// The one that is right most often: what a run has to beat. `None` where none was taken.
    #[must_use]
    pub fn best(&self) -> Option<&BaselineView> {
        self.taken.iter().rev().max_by_key(|baseline| baseline.right)
    }
}

impl BaselineView {
    fn new(made: &Made, rows: &Rows) -> Option<Self> {
        let of_this: Vec<&BaselineRow> = rows.rows.iter().filter(|row| row.baseline == made.baseline).collect();
        let of = of_this.len() as u64;
        let right = of_this.iter().filter(|row| row.label == row.predicted).count() as u64;
        (of > 0).then(|| Self {
            name: name(&made.baseline).to_owned(),
            right,
            of,
            accuracy: right as f64 / of as f64,
            interval: statistics::wilson(right, of),
            roc_auc: roc_auc(&of_this, &rows.classes),
            made: made.made.clone(),
            answers: of_this.iter().map(|row| (row.id.clone(), row.label.clone(), row.label == row.predicted)).collect(),
        })
    }

    /// Whether it is right about each protein of a run's test set, in the run's order. `None` where it was taken on others.
    #[must_use]
    pub fn right_about(&self, run: &RunTables) -> Option<Vec<bool>> {
        let test: Vec<&PredictionRow> = run.predicted(Split::Test).collect();
        let mut found: BTreeMap<(&str, &str), Vec<bool>> = BTreeMap::new();
        for (id, label, right) in &self.answers {
            found.entry((id, label)).or_default().push(*right);
        }
        if test.len() != self.answers.len() {
            return None;
        }
        // An id may come twice: each of its rows takes one of its answers.
        test.iter().map(|row| found.get_mut(&(row.id.as_str(), row.label.as_str()))?.pop()).collect()
    }
}

/// Two classes: of the second. Many: the unweighted mean, each against the rest.
fn roc_auc(rows: &[&BaselineRow], classes: &[String]) -> Option<f64> {
    let of_class = |class: usize| {
        let scores: Vec<f64> = rows.iter().map(|row| row.probabilities.as_ref()?.get(class).copied()).collect::<Option<_>>()?;
        let positive: Vec<bool> = rows.iter().map(|row| row.label == classes[class]).collect();
        statistics::curves::roc_auc(&positive, &scores)
    };
    match classes.len() {
        0 | 1 => None,
        2 => of_class(1),
        many => Some((0..many).map(of_class).sum::<Option<f64>>()? / many as f64),
    }
}

/// What a reader calls a baseline.
fn name(baseline: &str) -> &str {
    match baseline {
        "majority" => "majority class",
        "composition" => "amino-acid composition",
        "k-mers" => "nearest by k-mers",
        "mmseqs2" => "best MMseqs2 hit",
        other => other,
    }
}

fn table(taken: &[BaselineView]) -> Table {
    let mut table = Table::new(
        "Baselines: simple methods on the same test proteins, with 95% intervals after Wilson.",
        &[
            ("baseline", Kind::Text),
            ("accuracy", Kind::Number),
            ("95% interval", Kind::Number),
            ("correct", Kind::Number),
            ("ROC-AUC", Kind::Number),
            ("how it was made", Kind::Text),
        ],
    );
    for baseline in taken {
        let [low, high] = baseline.interval;
        let area = baseline
            .roc_auc
            .map_or_else(|| Cell::none(Some("it predicts classes, not probabilities")), |area| format::score(area).into());
        table.row([
            baseline.name.clone().into(),
            format::percent(baseline.accuracy).into(),
            format::percent_between([low, high]).into(),
            format!("{} of {}", format::count(baseline.right), format::count(baseline.of)).into(),
            area,
            Cell::from(baseline.made.clone()),
        ]);
    }
    table
}
