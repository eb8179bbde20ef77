//! A run on the test set: report, confusion matrix, curves.

use serde::Serialize;

use super::{
    capitalised, format,
    table::{Cell, Kind, Table},
};
use crate::inputs::RunTables;
use titer_core::{
    data::Split,
    metric::{ACCURACY, F1, LOSS, MACRO_F1, MACRO_PRECISION, MACRO_RECALL, MCC, Metric, PRECISION, RECALL, ROC_AUC},
    results::tables::PredictionRow,
    scores::{Scores, Undefined},
    statistics::curves,
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
    /// The one line that stands for the run beside others. Two classes: that of class 1. Many:
    /// every decision of one class against the rest pooled (scikit-learn's micro-average).
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
    /// `None` where the run has no test scores, and of a regression.
    #[must_use]
    pub fn new(run: &RunTables) -> Option<Self> {
        let scores = run.manifest.scored(Split::Test)?;
        let classes = &run.manifest.outcome.classes;
        if classes.is_empty() {
            return None;
        }
        let rows: Vec<&PredictionRow> = run.predicted(Split::Test).collect();
        Some(Self {
            brief: brief(scores),
            summary: summary(scores),
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
    let area = scores.get(ROC_AUC).map_or_else(String::new, |area| format!(", ROC-AUC {}", format::score(area)));
    format!("test accuracy {}{area}", format::percent(scores.number(ACCURACY)))
}

fn summary(scores: &Scores) -> String {
    let wrong = scores.count as u64 - scores.correct();
    let area = scores.get(ROC_AUC).map_or_else(|| "no ROC-AUC".to_owned(), |area| format!("ROC-AUC {}", format::score(area)));
    format!(
        "Accuracy {} on {} ({} misclassified), {area}, MCC {}, loss {}.",
        format::percent(scores.number(ACCURACY)),
        format::counted(scores.count as u64, "protein"),
        format::count(wrong),
        format::maybe_score(scores.get(MCC)),
        format::score(scores.number(LOSS)),
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
    let reason = |metric: Metric, class: usize| {
        let is_it = |of: &&Undefined| of.metric == metric && of.class == Some(class);
        scores.undefined.iter().find(is_it).map(|undefined| undefined.reason.as_str())
    };
    for (index, (class, name)) in scores.classes.iter().zip(classes).enumerate() {
        let cell =
            |metric: Metric| class.get(metric).map_or_else(|| Cell::none(reason(metric, index)), |x| format::score(x).into());
        table.row([name.as_str().into(), cell(PRECISION), cell(RECALL), cell(F1), format::count(class.support).into()]);
    }
    let support = format::count(scores.count as u64);
    table.row(["accuracy".to_owned(), String::new(), String::new(), format::score(scores.number(ACCURACY)), support.clone()]);
    let averages = [("macro average", [MACRO_PRECISION, MACRO_RECALL, MACRO_F1]), ("weighted average", [PRECISION, RECALL, F1])];
    for (name, metrics) in averages {
        let [precision, recall, f1] = metrics.map(|metric| format::score(scores.number(metric)));
        table.row([name.to_owned(), precision, recall, f1, support.clone()]);
    }
    table
}

fn undefined(scores: &Scores, classes: &[String]) -> Vec<String> {
    let in_words = |Undefined { metric, class, reason }: &Undefined| {
        let of = class.and_then(|class| classes.get(class)).map_or_else(String::new, |class| format!(" of {class}"));
        format!("{}{of} has no value: {reason}.", capitalised(metric.label))
    };
    scores.undefined.iter().map(in_words).collect()
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
