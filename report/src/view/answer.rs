//! The answer, in a few sentences that claim no more than the proteins and the seeds support.

mod cautions;
mod scope;

use serde::Serialize;

use super::{
    advice::{Advice, Standing},
    beside::Beside,
    choice::Choice,
    comparison::{Comparison, split_name},
    configurations::{Basis, Score},
    decision::Decision,
    effects::Effect,
    format, scale,
};
use crate::inputs::{Inputs, RunTables};
use titer_core::{
    data::Card,
    metric::{ACCURACY, Better, F1, Metric, RMSE, ROC_AUC, SPEARMAN, Unit},
    predictions::Output,
    results::manifest::Status,
    scores::Scores,
};

/// What the experiment found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// What was asked: task, data, model.
    pub scope: String,
    /// One sentence that the numbers support.
    pub headline: String,
    /// What to use, how confident one may be, what would settle it.
    pub advice: Vec<Advice>,
    /// The figures a reader looks for first.
    pub tiles: Vec<Tile>,
    /// What else belongs to the answer.
    pub sentences: Vec<String>,
    /// What the comparison does not show.
    pub cautions: Vec<String>,
}

/// A figure in large type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tile {
    pub value: String,
    pub name: String,
    pub note: String,
}

impl Answer {
    #[must_use]
    pub fn new(inputs: &Inputs, runs: &[&RunTables], comparison: &Comparison, decision: &Decision) -> Self {
        let Some(standing) = Standing::new(comparison, decision) else {
            return Self::without_scores(inputs, comparison);
        };
        let mut answer = Self {
            scope: scope::sentence(inputs, runs, comparison),
            headline: standing.headline(),
            advice: standing.advice(),
            tiles: tiles(&standing, decision.beside.as_ref()),
            sentences: decision.effects.iter().filter_map(Effect::sentence).collect(),
            cautions: cautions::cautions(inputs, runs, &standing, decision),
        };
        answer.sentences.extend(
            decision
                .versus
                .as_ref()
                .zip(decision.choice.as_ref())
                .and_then(|(versus, choice)| versus.sentence(&decision.configurations, choice.configuration)),
        );
        answer.sentences.extend(decision.beside.as_ref().map(|beside| beside.sentence(&standing.chosen.name())));
        if comparison.points.of_data().is_empty() {
            answer.sentences.extend(ceiling(&inputs.card, &standing));
        }
        answer.sentences.push(selected_epochs(comparison));
        answer.sentences.extend(decision.choice.as_ref().and_then(optimism));
        answer
    }

    fn without_scores(inputs: &Inputs, comparison: &Comparison) -> Self {
        let all_diverged = comparison.runs.iter().all(|run| run.status == Status::Diverged);
        let headline = match (comparison.runs.len(), inputs.failures.len()) {
            (0, 0) => "No run has finished yet.".to_owned(),
            (0, failed) => format!("No run has finished: {} failed.", format::counted(failed as u64, "run")),
            (1, _) if all_diverged => "The run diverged: there is nothing to compare.".to_owned(),
            (2, _) if all_diverged => "Both runs diverged: there is nothing to compare.".to_owned(),
            (runs, _) if all_diverged => format!("All {runs} runs diverged: there is nothing to compare."),
            _ => undefined(inputs, comparison)
                .unwrap_or_else(|| "No finished run was scored: there is nothing to compare.".to_owned()),
        };
        let scope = String::new();
        Self { scope, headline, advice: Vec::new(), tiles: Vec::new(), sentences: Vec::new(), cautions: Vec::new() }
    }
}

/// What is said where runs were scored, and none has the compared metric.
fn undefined(inputs: &Inputs, comparison: &Comparison) -> Option<String> {
    let metric = comparison.metric;
    let scored = inputs.runs.iter().filter_map(|run| run.manifest.scored(comparison.split));
    let found: Option<Vec<&str>> = scored.map(|scores| reason(scores, metric)).collect();
    let mut reasons = found.filter(|reasons| !reasons.is_empty())?;
    let every = if reasons.len() == 1 { "the run" } else { "every run" };
    reasons.sort_unstable();
    reasons.dedup();
    Some(match reasons.as_slice() {
        ["every prediction is the same"] => format!(
            "Nothing was learned: {every} predicts the same value for every protein, which leaves the {} undefined.",
            metric.label
        ),
        many => format!("There is nothing to compare: the {} of {every} is undefined ({}).", metric.label, many.join("; ")),
    })
}

/// Why a metric over all proteins has no value.
fn reason(scores: &Scores, metric: Metric) -> Option<&str> {
    scores.undefined.iter().find(|of| of.metric == metric && of.class.is_none()).map(|of| of.reason.as_str())
}

fn tiles(standing: &Standing, beside: Option<&Beside>) -> Vec<Tile> {
    let tile = |value: String, name: &str, note: String| Tile { value, name: name.to_owned(), note };
    let Standing { comparison, chosen, metric, score, .. } = standing;
    let split = split_name(comparison.split);
    let seeds = match (chosen.replicates.all(), chosen.replicates.scored) {
        (1, _) => "one seed".to_owned(),
        (_, 1) => format!("the choice, {}", chosen.replicates.over()),
        _ => format!("the choice, mean over {}", chosen.replicates.over()),
    };
    let interval = match metric.unit {
        Unit::Share => format!("{}%", score.interval.map(|end| format::decimal(end * 100.0, 1)).join("\u{2013}")),
        Unit::Number | Unit::Label => scale::interval(*metric, score.interval),
    };
    let mut tiles = vec![
        tile(scale::value(*metric, score.mean), &format!("{split} {}", metric.label), seeds),
        tile(interval, "95% interval", interval_note(*metric, score)),
    ];
    let other = second(*metric);
    if let Some(spread) = chosen.metrics.get(&other) {
        let value = if other == ROC_AUC { format::decimal(spread.mean, 3) } else { scale::value(other, spread.mean) };
        tiles.push(tile(value, other.label, format!("on the {split} set")));
    }
    if let Some(beside) = beside {
        let name = if beside.only { "majority baseline" } else { "best baseline" };
        tiles.push(tile(scale::value(*metric, beside.score), name, beside.baseline.clone()));
    }
    let runs = comparison.runs.len();
    let configurations = match standing.configurations.len() {
        1 => String::new(),
        many => format!("{} configurations", format::count(many as u64)),
    };
    tiles.push(tile(format::count(runs as u64), if runs == 1 { "run" } else { "runs" }, configurations));
    tiles
}

/// The metric that is told beside the compared one: of a regression an error beside a correlation,
/// and a correlation beside an error.
fn second(metric: Metric) -> Metric {
    match metric.of {
        Output::Classes if metric == ROC_AUC => ACCURACY,
        Output::Classes => ROC_AUC,
        Output::Values if metric.unit == Unit::Label => SPEARMAN,
        Output::Values => RMSE,
    }
}

fn interval_note(metric: Metric, score: &Score) -> String {
    match score.of {
        Basis::Proteins if metric == ACCURACY => "over proteins only (Wilson)".to_owned(),
        Basis::Proteins => "over proteins only".to_owned(),
        Basis::SeedsAndProteins => "over seeds and proteins".to_owned(),
        Basis::Seeds => "over seeds only".to_owned(),
        Basis::Splits => "over other splits of these data".to_owned(),
    }
}

/// How far the chosen configuration is from the best possible, where that is known.
fn ceiling(card: &Card, standing: &Standing) -> Option<String> {
    let possible = card.best_accuracy?;
    let away = possible - standing.chosen.metrics.get(&ACCURACY)?.mean;
    let reached = if away < 0.0 {
        "the choice lies above it, by luck".to_owned()
    } else {
        format!("the choice lies {} below", format::points(away))
    };
    Some(format!(
        "No classifier can be expected to exceed {} accuracy on these synthetic proteins; {reached}.",
        format::percent(possible)
    ))
}

/// How the epoch of each run's best checkpoint was selected.
fn selected_epochs(comparison: &Comparison) -> String {
    let selection = comparison.runs.first().map_or(F1, |run| run.selection);
    if comparison.runs.iter().any(|run| run.selection != selection) {
        return "Each run's best checkpoint is from the epoch that ranks first by its own validation metric; ties go to the earlier epoch."
            .to_owned();
    }
    let best = if selection.better == Better::Lower { "lowest" } else { "highest" };
    let whose = if comparison.runs.len() == 1 { "The" } else { "Each run's" };
    format!(
        "{whose} best checkpoint is from the epoch with the {best} validation {}; ties go to the earlier epoch.",
        selection.label
    )
}

/// What the choosing itself adds to the score it went by.
fn optimism(choice: &Choice) -> Option<String> {
    let found = choice.optimism?;
    let worse = if found.selection.better == Better::Lower { "higher" } else { "lower" };
    let gap = found.selection.oriented(found.apparent) - found.selection.oriented(found.corrected);
    let name = found.selection.label;
    let apparent = format!(
        "Picking the best of {} on one validation set flatters it: corrected for that, the validation {name} of {} is",
        format::counted(found.candidates as u64, "configuration"),
        scale::value(found.selection, found.apparent),
    );
    let [before, after] = [found.apparent, found.corrected].map(|value| scale::value(found.selection, value));
    let corrected = if gap > 0.0 && before != after {
        format!("about {after}, {} {worse} (bootstrap)", scale::difference(found.selection, gap))
    } else {
        "the same (bootstrap)".to_owned()
    };
    let without = match found.left_out as u64 {
        0 => String::new(),
        runs => format!(" Excluded: {} without validation predictions.", format::counted(runs, "run")),
    };
    Some(format!("{apparent} {corrected}. The inflation from selecting epochs is not estimated.{without}"))
}
