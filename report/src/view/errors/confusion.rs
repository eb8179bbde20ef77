//! What is taken for what: the confusion matrix of the choice.

use serde::Serialize;

use super::tested::Tested;

/// The mean confusion matrix over a configuration's seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Confusion {
    pub classes: Vec<String>,
    /// Rows: the true class; columns: the predicted one. Means over the seeds.
    pub counts: Vec<Vec<f64>>,
    pub seeds: usize,
}

impl Confusion {
    pub(super) fn new(tested: &Tested<'_>) -> Self {
        let classes = tested.classes.to_vec();
        let mut counts = vec![vec![0.0; classes.len()]; classes.len()];
        let place = |name: &str| classes.iter().position(|class| class == name);
        for row in tested.runs.iter().flat_map(|run| &run.rows) {
            if let (Some(is), Some(predicted)) = (place(&row.label), place(&row.predicted)) {
                counts[is][predicted] += 1.0 / tested.runs.len() as f64;
            }
        }
        Self { classes, counts, seeds: tested.runs.len() }
    }
}
