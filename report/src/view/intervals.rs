//! Every score of a run with its 95 % interval: how far another draw of proteins may move it.

use rayon::prelude::*;
use serde::Serialize;

use super::{
    answers::Answers,
    format,
    predicted::Predicted,
    table::{Cell, Kind, Table},
};
use titer_core::statistics::{self, Measure, Prepared, Resamples, Resampling, Scores};

/// Resamples of a bootstrap interval: the ends of a 95 % interval then move by about a tenth of its width from one seed to another.
const RESAMPLING: Resampling = Resampling { resamples: 1000, seed: 0 };
/// Classes up to which each has its own rows.
const BY_CLASS: usize = 6;

/// One score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interval {
    pub score: String,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub method: Method,
}

/// Where an interval comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    Wilson,
    DeLong,
    /// `BCa`, proteins drawn within their classes.
    Bootstrap,
    /// What each protein contributes to the score, on a scale that keeps to its range.
    Influence,
}

/// The scores of every run with their intervals; empty where a run was not scored on the common proteins.
#[must_use]
pub fn intervals(answers: &Answers, scores: &[Option<&Scores>], classes: &[String]) -> Vec<Vec<Interval>> {
    if answers.proteins() == 0 {
        return vec![Vec::new(); scores.len()];
    }
    let resamples = Resamples::draw(&answers.labels, &RESAMPLING);
    answers
        .runs
        .par_iter()
        .zip(scores)
        .map(|(run, scores)| match (run, scores) {
            (Some(run), Some(scores)) => of_run(answers, run, scores, classes, &resamples),
            _ => Vec::new(),
        })
        .collect()
}

fn of_run(answers: &Answers, run: &Predicted, scores: &Scores, classes: &[String], resamples: &Resamples) -> Vec<Interval> {
    let mut found = Vec::new();
    let right: u64 = run.right.iter().filter(|right| **right).count() as u64;
    found.push(Interval::wilson("accuracy", right, answers.proteins() as u64));
    if classes.len() <= BY_CLASS {
        for (index, (class, name)) in scores.classes.iter().zip(classes).enumerate() {
            let hit = scores.confusion[index][index];
            found.push(Interval::wilson(format!("recall of {name}"), hit, class.support));
            found.push(Interval::wilson(format!("precision of {name}"), hit, class.predicted));
        }
    }
    found.retain(|interval| interval.value.is_finite());
    if let Some(area) = answers.positive().and_then(|positive| statistics::auc(&positive, &run.believed())) {
        let [low, high] = area.interval();
        found.push(Interval { score: "ROC-AUC".to_owned(), value: area.area, low, high, method: Method::DeLong });
    }
    let prepared = Prepared::new(&answers.labels, &run.logits, answers.classes);
    let mut bootstrapped = |score: &str, value: Option<f64>, statistic: &(dyn Fn(&[u32]) -> Option<f64> + Sync)| {
        let (Some(value), Some(found_again)) = (value, resamples.bootstrap(statistic)) else { return };
        let [low, high] = found_again.interval;
        found.push(Interval { score: score.to_owned(), value, low, high, method: Method::Bootstrap });
    };
    if answers.classes > 2 {
        bootstrapped("ROC-AUC", scores.roc_auc, &|weights| prepared.roc_auc(weights));
    }
    bootstrapped("F1", Some(scores.f1), &|weights| prepared.f1(weights));
    bootstrapped("macro F1", Some(scores.macro_f1), &|weights| prepared.macro_f1(weights));
    bootstrapped("MCC", scores.mcc, &|weights| prepared.mcc(weights));
    let measured = [
        ("average precision", scores.average_precision, Measure::AveragePrecision),
        ("log loss", Some(scores.log_loss), Measure::LogLoss),
    ];
    for (score, value, measure) in measured {
        if let (Some(value), Some([low, high])) = (value, measure.interval(&prepared)) {
            found.push(Interval { score: score.to_owned(), value, low, high, method: Method::Influence });
        }
    }
    found
}

impl Interval {
    /// A share, not finite where it is of nothing.
    fn wilson(score: impl Into<String>, part: u64, whole: u64) -> Self {
        let [low, high] = statistics::wilson(part, whole);
        Self { score: score.into(), value: part as f64 / whole as f64, low, high, method: Method::Wilson }
    }
}

/// The scores as a table.
#[must_use]
pub fn table(intervals: &[Interval]) -> Table {
    let caption = "The scores with their 95% intervals: how far another draw of proteins of the same kind may move them, the model as it is.";
    let columns = [("", Kind::Text), ("value", Kind::Number), ("95% interval", Kind::Number), ("method", Kind::Text)];
    let mut table = Table::new(caption, &columns);
    for Interval { score, value, low, high, method } in intervals {
        let method = match method {
            Method::Wilson => "Wilson",
            Method::DeLong => "DeLong",
            Method::Bootstrap => "bootstrap",
            Method::Influence => "influence",
        };
        let cells: [Cell; 4] = [
            score.as_str().into(),
            format::score(*value).into(),
            format!("{} to {}", format::decimal(*low, 3), format::decimal(*high, 3)).into(),
            method.into(),
        ];
        table.row(cells);
    }
    table
}
