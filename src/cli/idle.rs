//! Settings that do nothing, though somebody wrote them down.

use super::prepared::Prepared;
use crate::{
    experiment::{Loaded, MaxLength, Settings},
    text::thousands,
};

/// A line for each setting that no run feels. What depends on the data is told where they could be prepared.
pub fn notes<'a>(loaded: &Loaded, runs: impl Iterator<Item = &'a Settings> + Clone, prepared: Option<&Prepared>) -> Vec<String> {
    let mut notes: Vec<String> = loaded
        .overridden()
        .map(|key| format!("`{key}` is varied by the grid: the value outside of [grid] is used by no run"))
        .collect();
    let settings = || runs.clone();
    if loaded.gives("tokens.truncate") {
        let longest = |run: &Settings| run.tokens.max_length == MaxLength::Longest;
        if settings().all(longest) {
            notes.push("`tokens.truncate` does nothing beside `tokens.max-length` = \"longest\"".to_owned());
        } else if prepared.is_some_and(|prepared| !settings().any(|run| prepared.truncates(run))) {
            notes.push("`tokens.truncate` does nothing: no protein is longer than `tokens.max-length`".to_owned());
        }
    }
    if let Some(prepared) = prepared {
        for run in settings() {
            let Some(an_epoch) = prepared.steps_an_epoch(run) else { continue };
            for note in of_steps(run, an_epoch) {
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
        let classes = &prepared.base.classes;
        let unknown = loaded.experiment.report.hints.keys().filter(|class| !classes.contains(class));
        notes.extend(unknown.map(|class| format!("`report.hints` of {class:?} do nothing: no class of the data is named so")));
    }
    notes
}

fn of_steps(run: &Settings, an_epoch: u64) -> Vec<String> {
    let recipe = &run.train;
    let all = an_epoch * u64::from(recipe.epochs);
    let steps = recipe.max_steps.map_or(all, |limit| limit.min(all));
    let mut notes = Vec::new();
    if let Some(limit) = recipe.max_steps.filter(|limit| *limit >= all) {
        let (limit, all) = (thousands(limit), thousands(all));
        notes.push(format!("`train.max-steps` = {limit} does nothing: {} epochs are {all} steps", recipe.epochs));
    }
    if recipe.warmup_steps >= steps.max(1) {
        notes.push(format!(
            "`train.warmup-steps` = {} is no shorter than the training of {} steps: the learning rate never reaches `train.learning-rate`",
            thousands(recipe.warmup_steps),
            thousands(steps)
        ));
    }
    notes
}
