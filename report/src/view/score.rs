//! The score by which the figures set configurations side by side.

use super::{
    comparison::{Comparison, Metrics},
    format,
};

/// What a figure of scores shows, and how it is written.
#[derive(Debug, Clone, Copy)]
pub struct Score {
    pub name: &'static str,
    /// Reads it; `None` where it is undefined.
    pub of: fn(&Metrics) -> Option<f64>,
    pub written: fn(f64) -> String,
    /// How an axis writes it.
    pub ticks: &'static str,
}

impl Score {
    /// The score that the runs of a comparison are ranked by.
    #[must_use]
    pub fn of(_comparison: &Comparison) -> Self {
        Self { name: "accuracy", of: |metrics| Some(metrics.accuracy), written: format::percent, ticks: ".1~%" }
    }

    /// The mean over the scored runs among `runs`; `None` where none was scored.
    #[must_use]
    pub fn mean(&self, comparison: &Comparison, runs: &[usize]) -> Option<f64> {
        let known = |run: &usize| comparison.runs.get(*run)?.scores.as_ref().and_then(self.of);
        let values: Vec<f64> = runs.iter().filter_map(known).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}
