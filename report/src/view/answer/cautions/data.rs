//! Cautions about the proteins: how they were split, how many there are, what is missing among
//! them.

use crate::{
    inputs::RunTables,
    view::{
        advice::Standing,
        comparison::{Compared, Metrics, split_name},
        decision::Decision,
        format, scale,
        verdict::Doubt,
    },
};
use titer_core::{
    data::{Card, Split},
    experiment::{Settings, Source, SplitSettings},
    metric::{Better, R2},
    predictions::Output,
    scores::Scores,
    text::cut,
};

/// Test proteins below which no statistic says much.
const FEW: u64 = 30;
/// Proteins of a class below which a single protein moves its scores.
const FEW_OF_CLASS: u64 = 10;
/// How far test scores must exceed validation's, in every configuration, to be reported.
const ABOVE: f64 = 0.015;
/// Standard errors that such an excess of a correlation must reach.
const SURE: f64 = 1.96;

pub(super) fn cautions(runs: &[&RunTables], standing: &Standing, decision: &Decision, card: &Card) -> Vec<String> {
    let comparison = standing.comparison;
    let split = comparison.split;
    let mut cautions: Vec<String> = comparison.points.base_alone().into_iter().collect();
    if at_random(runs) {
        // Of one length with numbers for labels: most often variants of one protein.
        let are_variants = card.values.is_some() && card.length.min == card.length.max;
        let caution = if are_variants {
            "The split is random: variants much like the training ones are in the other sets, and on variants of other positions or with more mutations scores may be lower."
        } else {
            "The split is random: relatives of training proteins may be in the other sets, and on proteins of other families scores may be lower."
        };
        cautions.push(caution.to_owned());
    }
    let scored: Vec<(&RunTables, &Scores)> =
        standing.chosen.runs.iter().filter_map(|&run| Some((runs[run], runs[run].manifest.scored(split)?))).collect();
    if let Some((run, scores)) = scored.first() {
        let name = split_name(split);
        if (scores.count as u64) < FEW {
            let proteins = format::counted(scores.count as u64, &format!("{name} protein"));
            cautions.push(format!("Only {proteins}: a single protein can move every statistic."));
        }
        let support = || scores.classes.iter().zip(&run.manifest.outcome.classes);
        let of = |has: fn(u64) -> bool| -> Vec<String> {
            support().filter(|(class, _)| has(class.support)).map(|(_, name)| cut(name, 60)).collect()
        };
        let absent = of(|support| support == 0);
        if !absent.is_empty() {
            cautions.push(format!(
                "No {name} protein belongs to {}: recall and the areas under the curves are undefined for that class, averages over classes count it as 0, and the accuracy does not cover it.",
                absent.join(", "),
            ));
        }
        let few = of(|support| support > 0 && support < FEW_OF_CLASS);
        if !few.is_empty() && scores.count as u64 >= FEW {
            cautions.push(format!(
                "Fewer than {FEW_OF_CLASS} {name} proteins belong to {}: a single protein can move the scores of that class.",
                few.join(", ")
            ));
        }
    }
    let unseen = card.splits.validation.classes.iter().filter(|class| class.count == 0);
    let unseen: Vec<String> = unseen.map(|class| cut(&class.name, 60)).collect();
    if !unseen.is_empty() && split != Split::Validation {
        cautions.push(format!(
            "No validation protein belongs to {}: checkpoints and configurations are chosen without regard to it.",
            unseen.join(", "),
        ));
    }
    cautions.extend(above(standing, decision));
    cautions.extend(below_mean(standing));
    cautions
}

/// Whether real proteins were divided without regard to their families.
fn at_random(runs: &[&RunTables]) -> bool {
    runs.iter().any(|run| {
        let Settings { data, split, .. } = &run.manifest.settings;
        matches!(split, SplitSettings::Stratified(_)) && !matches!(data.source, Source::Synthetic { .. })
    })
}

/// A choice whose errors are larger than those of one number for all.
fn below_mean(standing: &Standing) -> Option<String> {
    let r2 = standing.chosen.metrics.get(&R2)?.mean;
    let told = matches!(standing.verdict.doubt, Some(Doubt::OneValue { .. }));
    (r2 < 0.0 && !told).then(|| {
        format!(
            "R² of the choice is {}: its errors are larger than if the mean label of the {} proteins were predicted for each. Whatever it ranks, its values are off.",
            scale::value(R2, r2),
            split_name(standing.comparison.split)
        )
    })
}

/// How far a correlation of none differs by chance between two sets of so many proteins (Fisher's
/// transformation); one that is not none differs less.
fn by_chance(one: u64, other: u64) -> f64 {
    let variance = |proteins: u64| 1.0 / (proteins as f64 - 3.0).max(1.0);
    (SURE * (variance(one) + variance(other)).sqrt()).tanh()
}

/// Where the test set turned out easier than the validation set, whatever the settings.
fn above(standing: &Standing, decision: &Decision) -> Option<String> {
    let comparison = standing.comparison;
    let selection = comparison.selection()?;
    let of_classes = selection.of == Output::Classes;
    // Of numbers it is told of the correlations: how far they move by chance is known.
    let is_told = if of_classes { selection.better == Better::Higher } else { selection.range == [-1.0, 1.0] };
    if comparison.split != Split::Test || !is_told {
        return None;
    }
    let gap = |&run: &usize| {
        let run = &comparison.runs[run];
        Some(comparison.oriented(run.scores.as_ref())? - comparison.oriented(run.validation.as_ref())?)
    };
    let mean = |gaps: Vec<f64>| (!gaps.is_empty()).then(|| gaps.iter().sum::<f64>() / gaps.len() as f64);
    let gaps: Vec<f64> = decision.configurations.iter().filter_map(|of| mean(of.runs.iter().filter_map(gap).collect())).collect();
    let [low, high] = [f64::min, f64::max].map(|pick| gaps.iter().copied().reduce(pick));
    let (low, high) = (low?, high?);
    let proteins = |scores: Option<&Metrics>| scores.map_or(0, |scores| scores.proteins);
    let chance = |run: &Compared| by_chance(proteins(run.scores.as_ref()), proteins(run.validation.as_ref()));
    let least = if of_classes { ABOVE } else { comparison.runs.iter().map(chance).fold(ABOVE, f64::max) };
    (low >= least).then(|| {
        let by = scale::from_to(selection, [low, high]);
        let every = if gaps.len() == 1 { "" } else { " in every configuration" };
        format!(
            "The test {} exceeds validation's by {by}{every}: the test proteins of this split are easier, and another split would move both scores (a list for split.seed in the grid).",
            selection.label,
        )
    })
}
