//! The configuration that a report recommends, by its runs.

use crate::{
    inputs::{Inputs, RunTables},
    view::{baselines::Baselines, comparison::Comparison, decision::Decision},
};
use titer_core::{data::Split, results::RunKey};

/// The scored runs of the recommended configuration, the best by validation first: by the metric
/// that selected its epochs, of equal ones the first of the plan. Empty where nothing was scored.
#[must_use]
pub fn recommended(inputs: &Inputs) -> Vec<RunKey> {
    let runs: Vec<&RunTables> = inputs.runs.iter().collect();
    let manifests: Vec<_> = runs.iter().map(|run| &run.manifest).collect();
    let comparison = Comparison::new(&manifests);
    let baselines = Baselines::new(inputs, comparison.metric);
    let decision = Decision::new(inputs, &runs, &comparison, baselines.as_ref());
    let chosen = decision.chosen().map(|chosen| chosen.runs.as_slice()).unwrap_or_default();
    let validated = |run: &usize| {
        let manifest = &runs[*run].manifest;
        let select = manifest.settings.train.select;
        let value = manifest.scored(Split::Validation)?.metrics.get(select)?;
        Some((select.oriented(value), manifest.key.clone()))
    };
    let mut scored: Vec<(f64, RunKey)> = chosen.iter().filter_map(validated).collect();
    // Stable: of equal ones the first stays first.
    scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    scored.into_iter().map(|(_, key)| key).collect()
}
