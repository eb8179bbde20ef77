//! The answer, in a few sentences that claim no more than the test set can tell.

use serde::Serialize;

use super::{
    comparison::{Compared, Comparison, Metrics, selection_name, split_name},
    format,
    pair::Pair,
};
use crate::{
    data::{Card, Split},
    experiment::Selection,
    report::inputs::{Inputs, RunTables},
    text::cut,
};

/// What the experiment found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// One sentence: which run scored best, and how well.
    pub headline: String,
    /// The figures a reader looks for first.
    pub tiles: Vec<Tile>,
    /// By how much, and how sure one may be.
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
    pub fn new(inputs: &Inputs, runs: &[&RunTables], comparison: &Comparison) -> Self {
        let Some((&best, scores)) =
            comparison.best.first().and_then(|best| Some((best, comparison.runs[*best].scores.as_ref()?)))
        else {
            return Self::without_scores(inputs, comparison);
        };
        let majority = Majority::new(runs[best], comparison.split);
        let mut answer = Self {
            headline: headline(comparison, scores),
            tiles: tiles(comparison, best, scores, majority.as_ref()),
            sentences: Vec::new(),
            cautions: cautions(inputs, runs, comparison, best),
        };
        if let Some(rival) = rival(comparison) {
            answer.sentences.extend(gap(comparison, scores, rival));
            let label = |run: usize| comparison.runs[run].label.as_str();
            let pair = Pair::new(runs[best], runs[rival], comparison.split);
            answer.sentences.extend(pair.map(|pair| pair.verdict(comparison.split, label(best), label(rival))));
        }
        answer.sentences.push(uncertainty(scores));
        answer.sentences.extend(majority.map(|majority| majority.sentence(comparison.split, scores)));
        if comparison.points.of_data().is_empty() {
            answer.sentences.extend(ceiling(&inputs.card, scores));
        }
        answer.sentences.push(kept_epochs(comparison));
        answer
    }

    fn without_scores(inputs: &Inputs, comparison: &Comparison) -> Self {
        let headline = match (comparison.runs.len(), inputs.failures.len()) {
            (0, 0) => "No run has finished yet.".to_owned(),
            (0, failed) => format!("No run has finished: {} failed.", format::counted(failed as u64, "run")),
            _ => "No finished run was scored: there is nothing to compare.".to_owned(),
        };
        Self { headline, tiles: Vec::new(), sentences: Vec::new(), cautions: Vec::new() }
    }
}

fn headline(comparison: &Comparison, scores: &Metrics) -> String {
    let split = split_name(comparison.split);
    let labels: Vec<&str> = comparison.best.iter().map(|&run| comparison.runs[run].label.as_str()).collect();
    let right =
        format!("{} of {}", format::percent(scores.accuracy), format::counted(scores.proteins, &format!("{split} protein")));
    match labels.as_slice() {
        _ if comparison.runs.len() == 1 => format!("The run gets {right} right."),
        [best] => format!("{} scores best: {right} right.", super::capitalised(best)),
        [one, other] => format!("{} and {other} tie: {right} right.", super::capitalised(one)),
        many => format!("{} runs tie: {right} right.", many.len()),
    }
}

fn tiles(comparison: &Comparison, best: usize, scores: &Metrics, majority: Option<&Majority>) -> Vec<Tile> {
    let tile = |value: String, name: &str, note: String| Tile { value, name: name.to_owned(), note };
    let split = split_name(comparison.split);
    let mut tiles = vec![tile(
        format::percent(scores.accuracy),
        &format!("{split} accuracy"),
        format!("{} of {} right", format::count(scores.right), format::count(scores.proteins)),
    )];
    if let Some(area) = scores.roc_auc {
        tiles.push(tile(format::decimal(area, 3), "ROC-AUC", format!("on the {split} set")));
    }
    tiles.push(tile(interval(scores), "95% interval", format!("Wilson, {}", format::counted(scores.proteins, "protein"))));
    if let Some(majority) = majority {
        tiles.push(tile(format::percent(majority.share()), "majority class", format!("always {}", cut(&majority.name, 30))));
    }
    tiles.push(tile(
        format!("{}", comparison.runs.len()),
        if comparison.runs.len() == 1 { "run" } else { "runs" },
        format!("{} for the best", format::duration(comparison.runs[best].seconds)),
    ));
    tiles
}

fn interval(scores: &Metrics) -> String {
    let [low, high] = scores.accuracy_interval.map(|end| format::decimal(end * 100.0, 1));
    format!("{low}–{high}%")
}

/// What the best run is set against: one that ties with it, or else the best of those below; `None` where there is no other.
fn rival(comparison: &Comparison) -> Option<usize> {
    if let Some(&tying) = comparison.best.get(1) {
        return Some(tying);
    }
    let accuracy = |run: &usize| comparison.runs[*run].scores.as_ref().map(|scores| scores.accuracy);
    let below = (0..comparison.runs.len()).filter(|run| !comparison.best.contains(run) && accuracy(run).is_some());
    // Of equal ones the first, as everywhere in the report.
    below.reduce(|first, run| if accuracy(&run) > accuracy(&first) { run } else { first })
}

fn gap(comparison: &Comparison, best: &Metrics, rival: usize) -> Option<String> {
    let run = &comparison.runs[rival];
    let scores = run.scores.as_ref()?;
    let accuracy = format::percent(scores.accuracy);
    if scores.proteins != best.proteins {
        return Some(format!("The next, {}, gets {accuracy} of its {} right.", run.label, format::count(scores.proteins)));
    }
    let more = best.right - scores.right;
    (more > 0).then(|| format!("That is {} more than {} ({accuracy}).", format::counted(more, "protein"), run.label))
}

fn uncertainty(scores: &Metrics) -> String {
    let [low, high] = scores.accuracy_interval.map(format::percent);
    format!(
        "The 95% interval (Wilson) of an accuracy of {} on {} goes from {low} to {high}.",
        format::percent(scores.accuracy),
        format::counted(scores.proteins, "protein"),
    )
}

fn points(share: f64) -> String {
    format!("{} points", format::decimal(share * 100.0, 1))
}

/// What always naming one class would reach: the yardstick below which nothing was learned.
struct Majority {
    name: String,
    right: u64,
    of: u64,
}

impl Majority {
    /// The largest class among the proteins that `run` was scored on: those of its own data, whatever the file's are.
    fn new(run: &RunTables, split: Split) -> Option<Self> {
        let classes = &run.manifest.outcome.classes;
        let mut counts = vec![0; classes.len()];
        for row in run.predictions.iter().filter(|row| row.split == split) {
            counts[classes.iter().position(|class| *class == row.label)?] += 1;
        }
        let largest =
            (0..classes.len()).reduce(|largest, class| if counts[class] > counts[largest] { class } else { largest })?;
        let of = counts.iter().sum();
        (of > 0).then(|| Self { name: classes[largest].clone(), right: counts[largest], of })
    }

    fn share(&self) -> f64 {
        self.right as f64 / self.of as f64
    }

    fn sentence(&self, split: Split, best: &Metrics) -> String {
        let compared = match best.accuracy - self.share() {
            0.0 => "just as many".to_owned(),
            less if less > 0.0 => format!("{} less", points(less)),
            more => format!("{} more", points(-more)),
        };
        format!(
            "Always naming the largest class of the {} set, {}, would get {} right: {compared}.",
            split_name(split),
            cut(&self.name, 60),
            format::percent(self.share()),
        )
    }
}

/// How far the best run is from the best possible, where that is known.
fn ceiling(card: &Card, best: &Metrics) -> Option<String> {
    let possible = card.best_accuracy?;
    let away = possible - best.accuracy;
    let reached = if away < 0.0 {
        "the best run is above it, which luck allows".to_owned()
    } else {
        format!("the best run is {} away", points(away))
    };
    Some(format!(
        "No classifier can be expected to get more than {} of these made-up proteins right; {reached}.",
        format::percent(possible),
    ))
}

fn kept_epochs(comparison: &Comparison) -> String {
    let selection = comparison.runs.first().map_or(Selection::F1, |run| run.selection);
    if comparison.runs.iter().any(|run| run.selection != selection) {
        return "Each run keeps the epoch that its own metric puts first on the validation set; of equal ones the earlier."
            .to_owned();
    }
    let best = if selection == Selection::Loss { "lowest" } else { "highest" };
    let each = if comparison.runs.len() == 1 { "The run" } else { "Each run" };
    format!("{each} keeps the epoch with the {best} validation {}; of equal ones the earlier.", selection_name(selection))
}

fn cautions(inputs: &Inputs, runs: &[&RunTables], comparison: &Comparison, best: usize) -> Vec<String> {
    let mut cautions = Vec::new();
    let (failed, open) = (inputs.failures.len(), inputs.open);
    if failed + open > 0 {
        let parts = [(failed, "failed"), (open, "not ended")].into_iter().filter(|(runs, _)| *runs > 0);
        let parts: Vec<String> = parts.map(|(runs, what)| format!("{} {what}", format::count(runs as u64))).collect();
        let all = format::counted((failed + open + comparison.runs.len()) as u64, "run");
        cautions.push(format!("Not all is in: of {all}, {}.", parts.join(" and ")));
    }
    cautions.extend(comparison.points.base_alone());
    let seed = |run: &RunTables| run.manifest.settings.train.seed;
    let one_seed = runs.windows(2).all(|pair| seed(pair[0]) == seed(pair[1]));
    let runs = &comparison.runs;
    if runs.len() < 2 {
        cautions.push("One run, one seed: what another seed would change is not known.".to_owned());
        return cautions;
    }
    if runs.windows(2).any(|pair| pair[0].selection != pair[1].selection) {
        let mut metrics: Vec<&str> = runs.iter().map(|run| selection_name(run.selection)).collect();
        metrics.sort_unstable();
        metrics.dedup();
        cautions.push(format!(
            "The runs kept their epochs by different metrics ({}): part of any difference may come from that.",
            metrics.join(", ")
        ));
    }
    if !comparison.points.beyond.is_empty() {
        cautions.push(format!("The runs also differ in settings outside the grid: {}.", comparison.points.beyond.join(", ")));
    }
    if comparison.split == Split::Test {
        cautions.push(by_validation(comparison, best));
    }
    if one_seed {
        cautions.push("Every setting ran with one seed: what another seed would change is not known.".to_owned());
    }
    cautions
}

fn by_validation(comparison: &Comparison, best: usize) -> String {
    let picked = "The best run is named by its test score, which therefore flatters it a little";
    match comparison.chosen_by_validation() {
        Some(chosen) if chosen == best => {
            format!("{picked}; validation {} would have chosen the same run.", selection_name(comparison.runs[best].selection))
        }
        Some(chosen) => {
            let Compared { label, scores, selection, .. } = &comparison.runs[chosen];
            let accuracy = scores.as_ref().map_or_else(|| format::NONE.to_owned(), |scores| format::percent(scores.accuracy));
            format!(
                "{picked}; validation {} would have chosen {label}, with a test accuracy of {accuracy}.",
                selection_name(*selection)
            )
        }
        None => format!("{picked}; a choice should rest on the validation set."),
    }
}
