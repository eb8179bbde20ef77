//! One run of a regression on the test set.

use serde::Serialize;

use super::Points;
use crate::{
    inputs::RunTables,
    view::{capitalised, format, scale},
};
use titer_core::{
    data::Split,
    metric::{Metric, R2, RMSE, SPEARMAN},
    results::tables::ValueRow,
    scores::Scores,
};

/// Points that a run's figure shows, at most: of a run among many, and of a few.
const FEW: usize = 150;
const DRAWN: usize = 600;
/// Runs beyond which each has few points.
const MANY: usize = 8;

/// What is said about a run's best checkpoint on the test set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunValues {
    /// For the line that a folded run shows.
    pub brief: String,
    pub summary: String,
    pub points: Points,
    /// Why a score has no value.
    pub undefined: Vec<String>,
}

impl RunValues {
    /// `None` where the run has no test scores, and of a classification.
    #[must_use]
    pub fn new(run: &RunTables, runs: usize) -> Option<Self> {
        let scores = run.manifest.scored(Split::Test)?;
        let rows: Vec<&ValueRow> = run.valued(Split::Test).collect();
        if rows.is_empty() {
            return None;
        }
        let select = run.manifest.settings.train.select;
        let told = |metrics: &[Metric]| {
            let told = |metric: &Metric| match scores.get(*metric) {
                Some(value) => format!("{} {}", metric.label, scale::value(*metric, value)),
                None => format!("no {}", metric.label),
            };
            metrics.iter().map(told).collect::<Vec<_>>().join(", ")
        };
        let brief: &[Metric] = if select == RMSE { &[RMSE, SPEARMAN] } else { &[select, RMSE] };
        let usual = [SPEARMAN, R2, RMSE];
        let all: Vec<Metric> = (!usual.contains(&select)).then_some(select).into_iter().chain(usual).collect();
        let (observed, predicted): (Vec<f64>, Vec<f64>) = rows.iter().map(|row| (row.label, row.predicted)).unzip();
        let most = if runs > MANY { FEW } else { DRAWN };
        Some(Self {
            brief: format!("test {}", told(brief)),
            summary: capitalised(&format!("{} on {}.", told(&all), format::counted(scores.count as u64, "protein"))),
            points: Points::drawn(rows.iter().map(|row| row.id.as_str()), &observed, &predicted, 1, most),
            undefined: undefined(scores),
        })
    }
}

fn undefined(scores: &Scores) -> Vec<String> {
    let told = |of: &titer_core::scores::Undefined| format!("{} has no value: {}.", capitalised(of.metric.label), of.reason);
    scores.undefined.iter().map(told).collect()
}
