//! Settings that do nothing, though somebody wrote them down.

use super::prepared::Prepared;
use titer_core::{
    experiment::{Loaded, MaxLength, Settings, Steps},
    text::thousands,
};

/// A line for each setting that no run feels. What depends on the data is told where they could be
/// prepared.
pub fn notes<'a>(loaded: &Loaded, runs: impl Iterator<Item = &'a Settings>, prepared: Option<&Prepared>) -> Vec<String> {
    let mut notes: Vec<String> = loaded
        .overridden()
        .map(|key| format!("`{key}` is varied by the grid: the value outside of [grid] is used by no run"))
        .collect();
    let runs: Vec<&Settings> = runs.collect();
    if loaded.gives("tokens.truncate") {
        if runs.iter().all(|run| run.tokens.max_length == MaxLength::Longest) {
            notes.push("`tokens.truncate` does nothing beside `tokens.max-length` = \"longest\"".to_owned());
        } else if prepared.is_some_and(|prepared| !runs.iter().any(|run| prepared.truncates(run))) {
            notes.push("`tokens.truncate` does nothing: no protein is longer than `tokens.max-length`".to_owned());
        }
    }
    if let Some(prepared) = prepared {
        for run in runs {
            let Some(steps) = prepared.steps(run) else { continue };
            for note in of_steps(run, steps) {
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
        let classes = &prepared.base.classes;
        let unknown = loaded.experiment.report.hints.keys().filter(|class| !classes.contains(class));
        notes.extend(unknown.map(|class| format!("`report.hints` of {class:?} do nothing: no class of the data has that name")));
    }
    notes
}

fn of_steps(run: &Settings, steps: Steps) -> Vec<String> {
    let recipe = &run.train;
    let mut notes = Vec::new();
    let (epochs, all) = (recipe.epochs, steps.an_epoch * u64::from(recipe.epochs));
    let limit = recipe.max_steps.filter(|limit| *limit < all);
    if let Some(more) = recipe.max_steps.filter(|more| *more >= all) {
        notes.push(format!("`train.max-steps` = {} does nothing: {epochs} epochs are {} steps", thousands(more), thousands(all)));
    }
    let last_epoch = recipe.stop_after.filter(|last| steps.an_epoch * u64::from(*last) < limit.unwrap_or(all));
    if let (Some(last), None) = (recipe.stop_after, last_epoch) {
        notes.push(format!("`train.stop-after` = {last} does nothing: the schedule ends after {steps}"));
    }
    let ends = match (last_epoch, limit) {
        (Some(_), None) => format!("`train.stop-after` ends the training after {steps}, before its schedule ends"),
        (Some(_), Some(limit)) => format!(
            "`train.stop-after` ends the training after {steps}, and `train.max-steps` the schedule after {} steps",
            thousands(limit)
        ),
        (None, Some(_)) => format!("`train.max-steps` ends the training after {steps}"),
        (None, None) => String::new(),
    };
    if !ends.is_empty() {
        notes.push(format!("`train.epochs` = {epochs} is not reached: {ends}"));
    }
    if recipe.warmup_steps >= steps.total.max(1) {
        notes.push(format!(
            "`train.warmup-steps` = {} is no shorter than the training of {} steps: the learning rate never reaches `train.learning-rate`",
            thousands(recipe.warmup_steps),
            thousands(steps.total)
        ));
    }
    notes
}
