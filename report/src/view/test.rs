//! A run on the test set: report, confusion matrix, curves.

use serde::Serialize;

use super::{
    format,
    table::{Cell, Kind, Table},
};
use crate::inputs::RunTables;
use titer_core::{
    data::Split,
    results::{manifest::Evaluated, tables::PredictionRow},
    statistics::{Scores, curves},
};

/// Points of a curve that are drawn, at most.
const DRAWN: usize = 400;

/// What is said about a run's best checkpoint on the test set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestView {
    /// For the line that a folded run shows.
    pub brief: String,
    pub summary: String,
    /// As `sklearn.metrics.classification_report` lays it out.
    pub report: Table,
    pub classes: Vec<String>,
    /// Rows: the true class; columns: the predicted one.
    pub confusion: Vec<Vec<u64>>,
    pub roc: Curves,
    pub precision_recall: Curves,
    /// Why a score has no value.
    pub undefined: Vec<String>,
}

/// The curves of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curves {
    /// Two classes: of class 1. Many: of each class against the rest.
    pub lines: Vec<Line>,
    /// The one line that stands for the run beside others. Two classes: that of class 1. Many: every decision of one class against
    /// the rest pooled (scikit-learn's micro-average).
    pub overall: Option<Line>,
}

/// A curve, its points from left to right or right to left.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    pub name: String,
    /// Under the curve: ROC-AUC, or the average precision.
    pub area: Option<f64>,
    pub x: Vec<f64>,
    pub y: Vec<f64>,
}

impl TestView {
    /// `None` where the run has no test scores.
    #[must_use]
    pub fn new(run: &RunTables) -> Option<Self> {
        let Evaluated { loss, scores } = run.manifest.scored(Split::Test)?;
        let classes = &run.manifest.outcome.classes;
        let rows: Vec<&PredictionRow> = run.predicted(Split::Test).collect();
        Some(Self {
            brief: brief(scores),
            summary: summary(*loss, scores),
            report: report(scores, classes),
            classes: classes.clone(),
            confusion: scores.confusion.clone(),
            roc: Curves::new(&rows, classes, Which::Roc),
            precision_recall: Curves::new(&rows, classes, Which::PrecisionRecall),
            undefined: undefined(scores, classes),
        })
    }
}

fn brief(scores: &Scores) -> String {
    let area = scores.roc_auc.map_or_else(String::new, |area| format!(", ROC-AUC {}", format::score(area)));
    format!("test accuracy {}{area}", format::percent(scores.accuracy))
}

fn summary(loss: f64, scores: &Scores) -> String {
    let wrong = scores.count as u64 - scores.confusion.iter().enumerate().filter_map(|(class, row)| row.get(class)).sum::<u64>();
    let area = scores.roc_auc.map_or_else(|| "no ROC-AUC".to_owned(), |area| format!("ROC-AUC {}", format::score(area)));
    format!(
        "Accuracy {} on {} ({} misclassified), {area}, MCC {}, loss {}.",
        format::percent(scores.accuracy),
        format::counted(scores.count as u64, "protein"),
        format::count(wrong),
        format::maybe_score(scores.mcc),
        format::score(loss),
    )
}

fn report(scores: &Scores, classes: &[String]) -> Table {
    let mut table = Table::new(
        "Classification report of the test set.",
        &[
            ("", Kind::Text),
            ("precision", Kind::Number),
            ("recall", Kind::Number),
            ("F1", Kind::Number),
            ("support", Kind::Number),
        ],
    );
    let reason = |metric: &str, class: usize| {
        let name = format!("{metric}[{class}]");
        scores.undefined.iter().find(|undefined| undefined.metric == name).map(|undefined| undefined.reason.as_str())
    };
    for (index, (class, name)) in scores.classes.iter().zip(classes).enumerate() {
        let cell = |metric: &str, value: Option<f64>| {
            value.map_or_else(|| Cell::none(reason(metric, index)), |x| format::score(x).into())
        };
        table.row([
            name.as_str().into(),
            cell("precision", class.precision),
            cell("recall", class.recall),
            cell("f1", class.f1),
            format::count(class.support).into(),
        ]);
    }
    let support = format::count(scores.count as u64);
    table.row(["accuracy".to_owned(), String::new(), String::new(), format::score(scores.accuracy), support.clone()]);
    let averages = [
        ("macro average", scores.macro_precision, scores.macro_recall, scores.macro_f1),
        ("weighted average", scores.precision, scores.recall, scores.f1),
    ];
    for (name, precision, recall, f1) in averages {
        table.row([name.to_owned(), format::score(precision), format::score(recall), format::score(f1), support.clone()]);
    }
    table
}

fn undefined(scores: &Scores, classes: &[String]) -> Vec<String> {
    let in_words = |metric: &str| match metric.split_once('[') {
        Some((name, class)) => {
            let class = class.trim_end_matches(']').parse::<usize>().ok().and_then(|class| classes.get(class));
            format!("{} of {}", metric_name(name), class.map_or(metric, String::as_str))
        }
        None => metric_name(metric).to_owned(),
    };
    scores
        .undefined
        .iter()
        .map(|undefined| format!("{} has no value: {}.", in_words(&undefined.metric), undefined.reason))
        .collect()
}

fn metric_name(field: &str) -> &str {
    match field {
        "precision" => "Precision",
        "recall" => "Recall",
        "f1" => "F1",
        "mcc" => "MCC",
        "roc_auc" => "ROC-AUC",
        "average_precision" => "Average precision",
        other => other,
    }
}

/// Which curve.
#[derive(Debug, Clone, Copy)]
enum Which {
    Roc,
    PrecisionRecall,
}

impl Curves {
    fn new(rows: &[&PredictionRow], classes: &[String], kind: Which) -> Self {
        let of_class = |class: usize| -> (Vec<bool>, Vec<f64>) {
            let scored = rows.iter().filter_map(|row| Some((row.label == classes[class], *row.probabilities.get(class)?)));
            scored.unzip()
        };
        if let [_, one] = classes {
            let (positive, scores) = of_class(1);
            let line = Line::new(one, &positive, &scores, kind);
            return Self { lines: line.iter().cloned().collect(), overall: line };
        }
        let (mut all_positive, mut all_scores) = (Vec::new(), Vec::new());
        let mut lines = Vec::new();
        for (class, name) in classes.iter().enumerate() {
            let (positive, scores) = of_class(class);
            lines.extend(Line::new(name, &positive, &scores, kind));
            all_positive.extend(positive);
            all_scores.extend(scores);
        }
        Self { lines, overall: Line::new("all classes pooled", &all_positive, &all_scores, kind) }
    }
}

impl Line {
    fn new(name: &str, positive: &[bool], scores: &[f64], kind: Which) -> Option<Self> {
        let (curve, area) = match kind {
            Which::Roc => (curves::roc(positive, scores)?, curves::roc_auc(positive, scores)),
            Which::PrecisionRecall => (curves::precision_recall(positive, scores)?, curves::average_precision(positive, scores)),
        };
        Some(Self { name: name.to_owned(), area, x: thinned(&curve.x), y: thinned(&curve.y) })
    }
}

/// At most [`DRAWN`] of the values and the last.
fn thinned(values: &[f64]) -> Vec<f64> {
    let stride = values.len().div_ceil(DRAWN).max(1);
    let last = values.len().saturating_sub(1);
    values.iter().enumerate().filter(|(place, _)| place % stride == 0 || *place == last).map(|(_, value)| *value).collect()
}
