//! What the comparison does not show: each caution is a pure reading of the tables, and says what
//! to do about it where there is something to do.

mod computing;
mod data;
mod seeds;
mod training;

use crate::{
    inputs::{Inputs, RunTables},
    view::{advice::Standing, choice::By, comparison::Comparison, decision::Decision, format, leaks, making, scale},
};
use titer_core::{metric::Better, results::manifest::Status};

/// Runs and configurations that are named; of more their number.
const NAMED: usize = 3;

pub(super) fn cautions(inputs: &Inputs, runs: &[&RunTables], standing: &Standing, decision: &Decision) -> Vec<String> {
    let comparison = standing.comparison;
    let mut cautions = Vec::new();
    cautions.extend(outstanding(inputs, comparison));
    cautions.extend(without_scores(comparison));
    cautions.extend(leaks::caution(&inputs.card));
    cautions.extend(data::cautions(runs, standing, decision, &inputs.card));
    cautions.extend(choosing(standing, decision));
    cautions.extend(making::no_region(inputs, comparison));
    cautions.extend(computing::caution(runs));
    cautions.extend(seeds::cautions(standing));
    cautions.extend(training::cautions(runs, standing));
    cautions
}

/// Runs that have no result, or none yet.
fn outstanding(inputs: &Inputs, comparison: &Comparison) -> Option<String> {
    let (failed, open) = (inputs.failures.len(), inputs.open);
    let parts =
        [(failed, "failed"), (open, "not ended (running, interrupted or pending)")].into_iter().filter(|(runs, _)| *runs > 0);
    let parts: Vec<String> = parts.map(|(runs, what)| format!("{} {what}", format::count(runs as u64))).collect();
    let all = format::counted((failed + open + comparison.runs.len()) as u64, "run");
    (!parts.is_empty()).then(|| format!("Some runs have no result: of {all}, {}.", parts.join(" and ")))
}

/// Runs that ended and have nothing to compare.
fn without_scores(comparison: &Comparison) -> Vec<String> {
    let of = |status: Status| comparison.runs.iter().filter(move |run| run.scores.is_none() && run.status == status);
    let told = |status: Status, one: &str, many: &str| {
        let labels: Vec<&str> = of(status).map(|run| run.label.as_str()).collect();
        let what = if labels.len() == 1 { one } else { many };
        (!labels.is_empty()).then(|| format!("{} {what}{}.", format::counted(labels.len() as u64, "run"), named(&labels)))
    };
    let diverged = told(
        Status::Diverged,
        "diverged: its loss stopped being finite, and no mean includes it",
        "diverged: their losses stopped being finite, and no mean includes them",
    );
    let unscored = told(
        Status::Finished,
        "finished without scores, and no mean includes it",
        "finished without scores, and no mean includes them",
    );
    diverged.into_iter().chain(unscored).collect()
}

/// What the choice went by.
fn choosing(standing: &Standing, decision: &Decision) -> Vec<String> {
    let comparison = standing.comparison;
    let noticeable = scale::least(comparison.metric, standing.score.mean);
    let mut cautions = Vec::new();
    let runs = &comparison.runs;
    if runs.windows(2).any(|pair| pair[0].selection != pair[1].selection) {
        let mut metrics: Vec<&str> = runs.iter().map(|run| run.selection.label).collect();
        metrics.sort_unstable();
        metrics.dedup();
        cautions.push(format!(
            "The runs selected their epochs by different metrics ({}): part of any difference may come from that.",
            metrics.join(", ")
        ));
    }
    if !comparison.points.beyond.is_empty() {
        cautions.push(format!("The runs also differ in settings outside the grid: {}.", comparison.points.beyond.join(", ")));
    }
    let scored = decision.configurations.iter().filter(|of| of.score.is_some()).count();
    match decision.choice.as_ref().map(|choice| choice.by) {
        Some(by @ By::Compared(_, why)) if decision.configurations.len() > 1 => {
            let (what, why) = (by.in_words(comparison.split), why.in_words());
            cautions.push(format!("The choice uses the {what} itself, which inflates that score, because {why}."));
        }
        // Validation and test are of the same trained runs: what luck gave to one it gave to the other.
        Some(By::Validation(_)) if scored > 1 => {
            let luck = decision.choice.as_ref().and_then(|choice| choice.lucky_seeds);
            let expected = match luck {
                None => String::new(),
                Some(luck) if luck < noticeable => {
                    let least = scale::difference(comparison.metric, 2.0 * noticeable);
                    format!(". These seeds suggest an inflation of less than {least}")
                }
                Some(luck) => {
                    let worse = if comparison.metric.better == Better::Higher { "less" } else { "more" };
                    format!(". With other seeds expect about {} {worse}", scale::difference(comparison.metric, luck))
                }
            };
            cautions.push(format!(
                "The score of the choice is optimistic for new seeds: validation and test score the same trained runs, so choosing favours seeds that were lucky on both{expected}."
            ));
        }
        _ => {}
    }
    cautions
}

/// ` (a; b)`; nothing where there are too many.
fn named(labels: &[&str]) -> String {
    if labels.len() > NAMED { String::new() } else { format!(" ({})", labels.join("; ")) }
}
