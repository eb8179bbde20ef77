//! Cautions about training: checkpoints past the lowest validation loss, runs that were still
//! improving, models that predict one class or one value.

use super::named;
use crate::{
    inputs::RunTables,
    view::{advice::Standing, comparison::split_name, format, predicted::Predicted, verdict::Doubt},
};
use titer_core::{
    data::Split,
    metric::ACCURACY,
    predictions::Output,
    results::{manifest::Status, tables::EpochRow},
};

/// How far the selected epoch's validation loss must exceed the lowest, as a share of it, to be
/// reported.
const ABOVE: f64 = 0.2;

pub(super) fn cautions(runs: &[&RunTables], standing: &Standing) -> Vec<String> {
    let chosen: Vec<&RunTables> =
        standing.chosen.runs.iter().map(|&run| runs[run]).filter(|run| run.manifest.status == Status::Finished).collect();
    [one_class(runs, standing), one_value(runs, standing), overfitting(&chosen, runs), improving(&chosen)]
        .into_iter()
        .flatten()
        .collect()
}

/// Models that predict one class only, where the headline does not say so of the choice.
fn one_class(runs: &[&RunTables], standing: &Standing) -> Option<String> {
    let comparison = standing.comparison;
    let is_headline = matches!(standing.verdict.doubt, Some(Doubt::OneClass { .. }));
    let collapsed = |(index, run): (usize, &&RunTables)| {
        let of_choice = is_headline && standing.chosen.runs.contains(&index);
        let only = Predicted::of(run, comparison.split, ACCURACY)?.only_class();
        (!of_choice && only.is_some()).then(|| comparison.runs[index].label.as_str())
    };
    let labels: Vec<&str> = runs.iter().enumerate().filter_map(collapsed).collect();
    let predict = if labels.len() == 1 { "predicts" } else { "predict" };
    (!labels.is_empty()).then(|| {
        format!(
            "{} {predict} one class for every {} protein{}.",
            format::counted(labels.len() as u64, "run"),
            split_name(comparison.split),
            named(&labels),
        )
    })
}

/// The same of models that predict nearly one value.
fn one_value(runs: &[&RunTables], standing: &Standing) -> Option<String> {
    let comparison = standing.comparison;
    let is_headline = matches!(standing.verdict.doubt, Some(Doubt::OneValue { .. }));
    let collapsed = |(index, run): (usize, &&RunTables)| {
        let of_choice = is_headline && standing.chosen.runs.contains(&index);
        let only = Predicted::of(run, comparison.split, comparison.metric)?.only_value();
        (!of_choice && only.is_some()).then(|| comparison.runs[index].label.as_str())
    };
    let labels: Vec<&str> = runs.iter().enumerate().filter_map(collapsed).collect();
    let predict = if labels.len() == 1 { "predicts" } else { "predict" };
    (!labels.is_empty()).then(|| {
        format!(
            "{} {predict} nearly the same value for every {} protein{}.",
            format::counted(labels.len() as u64, "run"),
            split_name(comparison.split),
            named(&labels),
        )
    })
}

/// The validation loss of the selected epoch over the lowest, where it is well above.
fn overfitted(run: &RunTables) -> Option<f64> {
    let loss = run.manifest.settings.task.kind.task().loss();
    let selected = validation(run).find(|row| row.selected)?.scores.number(loss);
    let lowest = validation(run).map(|row| row.scores.number(loss)).reduce(f64::min)?;
    let above = selected / lowest - 1.0;
    (above.is_finite() && above >= ABOVE).then_some(above)
}

/// Of the choice; of the others only how many.
fn overfitting(chosen: &[&RunTables], runs: &[&RunTables]) -> Option<String> {
    let found: Vec<f64> = chosen.iter().filter_map(|run| overfitted(run)).collect();
    let all = runs.iter().filter(|run| overfitted(run).is_some()).count();
    let task = runs.first().map_or_else(Default::default, |run| run.manifest.settings.task.kind).task();
    let sign = if task.output() == Output::Classes { "a sign of overconfident probabilities; " } else { "" };
    let advice = format!("{sign}fewer epochs, or select = {:?}, would stop earlier", task.loss().id);
    match found.as_slice() {
        [] if all == 0 => None,
        [] => Some(format!(
            "{}, none of the choice, selected an epoch whose validation loss is well above the lowest: a sign of overfitting.",
            format::counted(all as u64, "run")
        )),
        [above] if chosen.len() == 1 => Some(format!(
            "Overfitting: at the selected epoch the validation loss of the choice is {} above its lowest: {advice}.",
            format::percent(*above)
        )),
        many => {
            let [low, high] = [f64::min, f64::max].map(|pick| many.iter().copied().reduce(pick).unwrap_or(f64::NAN));
            let range = if many.len() == 1 { format::percent(low) } else { format::percent_between([low, high]) };
            Some(format!(
                "Overfitting: in {} of the choice's {} the validation loss at the selected epoch is {range} above its lowest: {advice}.",
                format::count(many.len() as u64),
                format::counted(chosen.len() as u64, "run"),
            ))
        }
    }
}

/// Runs of the choice whose last epoch is the best one.
fn improving(chosen: &[&RunTables]) -> Option<String> {
    let at_the_end = |run: &&&RunTables| {
        let rows: Vec<&EpochRow> = validation(run).collect();
        rows.len() > 1 && rows.last().is_some_and(|row| row.selected)
    };
    let found = chosen.iter().filter(at_the_end).count();
    let which = match (found, chosen.len()) {
        (0, _) => return None,
        (1, 1) => "The choice selects its last epoch".to_owned(),
        (2, 2) => "Both runs of the choice select their last epoch".to_owned(),
        (some, all) if some == all => format!("All {} of the choice select their last epoch", format::counted(all as u64, "run")),
        (1, all) => format!("1 of the choice's {all} runs selects its last epoch"),
        (some, all) => format!("{} of the choice's {all} runs select their last epoch", format::count(some as u64)),
    };
    let stopped = chosen.iter().any(|run| {
        let train = &run.manifest.settings.train;
        train.last_epoch() < train.epochs
    });
    let more = if stopped { "a later `stop-after`" } else { "more epochs" };
    Some(format!("{which}: it may still have been improving, and {more} may change the comparison."))
}

fn validation(run: &RunTables) -> impl Iterator<Item = &EpochRow> {
    run.epochs.iter().filter(|row| row.split == Split::Validation)
}
