//! The answer, in a few sentences that claim no more than the proteins and the seeds can tell.

use serde::Serialize;

use super::{
    advice::{Advice, Standing},
    choice::{By, Choice},
    comparison::{Comparison, selection_name, split_name},
    configurations::{Accuracy, Basis, Configuration},
    decision::{Beside, Decision},
    effects::Effect,
    format, leaks,
};
use crate::{
    data::{Card, Split},
    experiment::{Selection, Settings, Source, SplitSettings},
    report::inputs::{Inputs, RunTables},
    results::manifest::Status,
    text::cut,
};

/// What the experiment found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// One sentence that the numbers support.
    pub headline: String,
    /// What to use, how sure that is, what would make it surer.
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
        let majority = Majority::new(runs, comparison, standing.chosen);
        let mut answer = Self {
            headline: standing.headline(),
            advice: standing.advice(),
            tiles: tiles(&standing, decision.beside.as_ref(), majority.as_ref()),
            sentences: decision.effects.iter().filter_map(Effect::sentence).collect(),
            cautions: cautions(inputs, runs, comparison, decision),
        };
        answer.sentences.extend(
            decision
                .versus
                .as_ref()
                .zip(decision.choice.as_ref())
                .and_then(|(versus, choice)| versus.sentence(&decision.configurations, choice.configuration)),
        );
        answer.sentences.extend(match (&decision.beside, majority) {
            (Some(beside), _) => Some(beside.sentence(&standing.chosen.label)),
            (None, majority) => majority.map(|majority| majority.sentence(comparison.split, standing.accuracy)),
        });
        if comparison.points.of_data().is_empty() {
            answer.sentences.extend(ceiling(&inputs.card, standing.accuracy));
        }
        answer.sentences.push(kept_epochs(comparison));
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
            _ => "No finished run was scored: there is nothing to compare.".to_owned(),
        };
        Self { headline, advice: Vec::new(), tiles: Vec::new(), sentences: Vec::new(), cautions: Vec::new() }
    }
}

fn tiles(standing: &Standing, beside: Option<&Beside>, majority: Option<&Majority>) -> Vec<Tile> {
    let tile = |value: String, name: &str, note: String| Tile { value, name: name.to_owned(), note };
    let Standing { comparison, chosen, accuracy, .. } = standing;
    let split = split_name(comparison.split);
    let seeds = match chosen.runs.len() {
        1 => "one seed".to_owned(),
        _ => format!("the choice, mean of {}", chosen.seeds_in_words()),
    };
    let [low, high] = accuracy.interval.map(|end| format::decimal(end * 100.0, 1));
    let mut tiles = vec![
        tile(format::percent(accuracy.mean), &format!("{split} accuracy"), seeds),
        tile(format!("{low}\u{2013}{high}%"), "95% interval", interval_note(accuracy)),
    ];
    if let Some(area) = &chosen.roc_auc {
        tiles.push(tile(format::decimal(area.mean, 3), "ROC-AUC", format!("on the {split} set")));
    }
    if let Some(beside) = beside {
        tiles.push(tile(format::percent(beside.accuracy), "best yardstick", beside.yardstick.clone()));
    } else if let Some(majority) = majority {
        tiles.push(tile(format::percent(majority.share()), "majority class", format!("always {}", cut(&majority.name, 30))));
    }
    let runs = comparison.runs.len();
    let configurations = match standing.configurations.len() {
        1 => String::new(),
        many => format!("{} configurations", format::count(many as u64)),
    };
    tiles.push(tile(format::count(runs as u64), if runs == 1 { "run" } else { "runs" }, configurations));
    tiles
}

fn interval_note(accuracy: &Accuracy) -> String {
    match accuracy.of {
        Basis::Proteins => "Wilson: the proteins alone".to_owned(),
        Basis::SeedsAndProteins => "seeds and proteins".to_owned(),
        Basis::Seeds => "the seeds alone".to_owned(),
    }
}

/// What always naming one class would reach: the yardstick below which nothing was learned.
struct Majority {
    name: String,
    right: u64,
    of: u64,
}

impl Majority {
    /// The largest class among the proteins that the configuration was scored on: those of its own data, whatever the file's are.
    fn new(runs: &[&RunTables], comparison: &Comparison, configuration: &Configuration) -> Option<Self> {
        let run = configuration.runs.iter().map(|&run| runs[run]).find(|run| run.predicted(comparison.split).next().is_some())?;
        let classes = &run.manifest.outcome.classes;
        let mut counts = vec![0; classes.len()];
        for row in run.predicted(comparison.split) {
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

    fn sentence(&self, split: Split, accuracy: &Accuracy) -> String {
        let compared = match accuracy.mean - self.share() {
            same if same.abs() < 1e-9 => "just as many".to_owned(),
            less if less > 0.0 => format!("{} less", format::points(less)),
            more => format!("{} more", format::points(-more)),
        };
        format!(
            "Always naming the largest class of the {} set, {}, would get {} right: {compared}.",
            split_name(split),
            cut(&self.name, 60),
            format::percent(self.share()),
        )
    }
}

/// How far the chosen configuration is from the best possible, where that is known.
fn ceiling(card: &Card, accuracy: &Accuracy) -> Option<String> {
    let possible = card.best_accuracy?;
    let away = possible - accuracy.mean;
    let reached = if away < 0.0 {
        "what was reached is above it, which luck allows".to_owned()
    } else {
        format!("what was reached is {} away", format::points(away))
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

/// What the choosing itself adds to the score it went by.
fn optimism(choice: &Choice) -> Option<String> {
    let found = choice.optimism?;
    let (sign, worse) = if found.selection == Selection::Loss { (-1.0, "higher") } else { (1.0, "lower") };
    let gap = found.apparent - found.corrected;
    let name = selection_name(found.selection);
    let apparent = format!(
        "Being the best of {} on one validation set flatters: corrected for that, its validation {name} of {} is",
        format::counted(found.candidates as u64, "configuration"),
        format::score(sign * found.apparent),
    );
    let corrected = if gap >= 5e-5 {
        format!("about {}, {} {worse} (bootstrap)", format::score(sign * found.corrected), format::score(gap))
    } else {
        "the same (bootstrap)".to_owned()
    };
    let without = match found.left_out as u64 {
        0 => String::new(),
        runs => format!(" {} without validation predictions took no part in that.", format::counted(runs, "run")),
    };
    Some(format!("{apparent} {corrected}. What the choice of epochs adds to it is not estimated.{without}"))
}

fn cautions(inputs: &Inputs, runs: &[&RunTables], comparison: &Comparison, decision: &Decision) -> Vec<String> {
    let mut cautions = Vec::new();
    let (failed, open) = (inputs.failures.len(), inputs.open);
    if failed + open > 0 {
        let parts = [(failed, "failed"), (open, "not ended")].into_iter().filter(|(runs, _)| *runs > 0);
        let parts: Vec<String> = parts.map(|(runs, what)| format!("{} {what}", format::count(runs as u64))).collect();
        let all = format::counted((failed + open + comparison.runs.len()) as u64, "run");
        cautions.push(format!("Not all is in: of {all}, {}.", parts.join(" and ")));
    }
    let diverged = comparison.runs.iter().filter(|run| run.status == Status::Diverged).count();
    if diverged > 0 {
        let whose = if diverged == 1 {
            "its loss stopped being finite, and it is"
        } else {
            "their losses stopped being finite, and they are"
        };
        cautions.push(format!("{} diverged: {whose} not scored.", format::counted(diverged as u64, "run")));
    }
    cautions.extend(comparison.points.base_alone());
    cautions.extend(leaks::caution(&inputs.card));
    let seed = |run: &RunTables| run.manifest.settings.train.seed;
    let one_seed = runs.windows(2).all(|pair| seed(pair[0]) == seed(pair[1]))
        || decision.configurations.iter().all(|configuration| configuration.seeds.len() == 1);
    if at_random(runs) {
        cautions.push(
            "The split is at random: relatives of training proteins may be in the other sets, and on proteins of other families the accuracy may be lower."
                .to_owned(),
        );
    }
    if comparison.runs.len() < 2 {
        cautions.push("One run, one seed: what another seed would change is not known.".to_owned());
        return cautions;
    }
    let runs = &comparison.runs;
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
    let several = decision.configurations.len() > 1;
    if several && let Some(Choice { by: By::Accuracy(why), .. }) = decision.choice {
        let split = split_name(comparison.split);
        let why = why.in_words();
        cautions.push(format!("The choice goes by the {split} accuracy itself, which flatters it, because {why}."));
    }
    let unequal = decision.configurations.windows(2).any(|pair| pair[0].seeds.len() != pair[1].seeds.len());
    if one_seed {
        cautions.push("Every setting ran with one seed: what another seed would change is not known.".to_owned());
    } else if unequal {
        cautions.push("Not every configuration ran with the same number of seeds.".to_owned());
    }
    cautions
}

/// Whether real proteins were divided without regard to their families.
fn at_random(runs: &[&RunTables]) -> bool {
    runs.iter().any(|run| {
        let Settings { data, split, .. } = &run.manifest.settings;
        matches!(split, SplitSettings::Stratified { .. }) && !matches!(data.source, Source::Synthetic { .. })
    })
}
