//! Every score of a run with its 95 % interval: how far another draw of proteins may move it.

use rayon::prelude::*;
use serde::Serialize;

use super::{
    answers::Answers,
    format,
    predicted::Predicted,
    scale,
    table::{Cell, Kind, Table},
};
use titer_core::{
    metric::{self, Method, Metric},
    predictions::Output,
    scores::Scores,
    statistics::{self, Resamples, Resampling},
};

/// Resamples of a bootstrap interval: the ends of a 95 % interval then move by about a tenth of its
/// width from one seed to another.
const RESAMPLING: Resampling = Resampling { resamples: 1000, seed: 0 };
/// Classes up to which each has its own rows.
const BY_CLASS: usize = 6;

/// One score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interval {
    pub score: String,
    /// `None` of a score of one class.
    #[serde(skip)]
    pub metric: Option<Metric>,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub method: Method,
}

/// The scores of every run with their intervals; empty where a run was not scored on the common
/// proteins.
#[must_use]
pub fn intervals(compared: Metric, answers: &Answers, scores: &[Option<&Scores>], classes: &[String]) -> Vec<Vec<Interval>> {
    if answers.proteins() == 0 {
        return vec![Vec::new(); scores.len()];
    }
    let resamples = Resamples::draw(&answers.strata, &RESAMPLING);
    answers
        .runs
        .par_iter()
        .zip(scores)
        .map(|(run, scores)| match (run, scores) {
            (Some(run), Some(scores)) => of_run(compared, run, scores, classes, &resamples),
            _ => Vec::new(),
        })
        .collect()
}

fn of_run(compared: Metric, run: &Predicted, scores: &Scores, classes: &[String], resamples: &Resamples) -> Vec<Interval> {
    let mut found = Vec::new();
    if classes.len() <= BY_CLASS {
        for (index, (class, name)) in scores.classes.iter().zip(classes).enumerate() {
            let hit = scores.confusion[index][index];
            found.push(Interval::wilson(format!("recall of {name}"), hit, class.support));
            found.push(Interval::wilson(format!("precision of {name}"), hit, class.predicted));
        }
    }
    found.retain(|interval| interval.value.is_finite());
    let predictions = run.prepared();
    let of_output = metric::ALL.iter().filter(|metric| metric.of == predictions.output());
    let shown = of_output.filter(|metric| metric.shown || **metric == compared);
    let shown = shown.filter_map(|&metric| Some((metric, scores.get(metric)?)));
    found.extend(shown.filter_map(|(metric, value)| {
        let ([low, high], method) = metric.interval(&predictions, resamples)?;
        Some(Interval { score: metric.label.to_owned(), metric: Some(metric), value, low, high, method })
    }));
    found
}

impl Interval {
    /// A share, not finite where it is of nothing.
    fn wilson(score: impl Into<String>, part: u64, whole: u64) -> Self {
        let [low, high] = statistics::wilson(part, whole);
        Self { score: score.into(), metric: None, value: part as f64 / whole as f64, low, high, method: Method::Wilson }
    }
}

/// The scores as a table.
#[must_use]
pub fn table(intervals: &[Interval]) -> Table {
    let of_values = intervals.iter().any(|of| of.metric.is_some_and(|metric| metric.of == Output::Values));
    let kind = if of_values { "" } else { " of the same kind" };
    let caption = format!("The scores with their 95% intervals if proteins{kind} were resampled, the model held fixed.");
    let columns = [("", Kind::Text), ("value", Kind::Number), ("95% interval", Kind::Number), ("method", Kind::Text)];
    let mut table = Table::new(caption, &columns);
    for Interval { score, metric, value, low, high, method } in intervals {
        let method = match method {
            Method::Wilson => "Wilson",
            Method::DeLong => "DeLong",
            Method::Bootstrap => "bootstrap",
            Method::Influence => "influence",
        };
        let cells: [Cell; 4] = [
            score.as_str().into(),
            metric.map_or_else(|| format::percent(*value), |metric| scale::value(metric, *value)).into(),
            metric.map_or_else(|| format::percent_between([*low, *high]), |metric| scale::interval(metric, [*low, *high])).into(),
            method.into(),
        ];
        table.row(cells);
    }
    table
}
