//! Calibration in sentences.

use super::{Group, RunCalibration, Scaled};
use crate::view::{believed::Verdict, capitalised, format};

/// Runs up to which each has sentences of its own.
const EACH_RUN: usize = 3;
/// Configurations up to which each has a sentence of its own.
const EACH_CONFIGURATION: usize = 6;
/// Configurations up to which they are named where some of their runs are miscalibrated.
const NAMED: usize = 3;

/// The sentences on the runs, the choice's first.
pub(super) fn sentences(groups: &[Group<'_>], positive: &str) -> Vec<String> {
    let runs: Vec<&RunCalibration> = groups.iter().flat_map(|group| &group.runs).collect();
    if runs.len() <= EACH_RUN {
        let own = |run: &&RunCalibration| {
            let threshold = run.threshold.as_ref().map(|threshold| threshold.in_words(&run.label, positive));
            [Some(run.in_words())].into_iter().chain([threshold]).flatten().collect::<Vec<_>>()
        };
        return runs.iter().flat_map(own).collect();
    }
    let mut sentences = Vec::new();
    if groups.len() == runs.len() {
        sentences.extend([verdicts(groups), format!("{}.", capitalised(&errors("their", &runs)))]);
        return sentences;
    }
    let several = groups.len() > 1;
    let of_choice = groups.iter().filter(|group| several && group.chosen).map(|group| format!("The choice, {}", in_words(group)));
    sentences.extend(of_choice);
    sentences.push(verdicts(groups));
    if !several {
        sentences.push(format!("{}.", capitalised(&errors("their", &runs))));
    }
    sentences
}

/// Says how the other configurations of several seeds are calibrated, where they are few.
pub(super) fn others(groups: &[Group<'_>]) -> Vec<String> {
    let repeated = groups.iter().any(|group| group.runs.len() > 1);
    let few = (2..=EACH_CONFIGURATION).contains(&groups.len());
    let others = groups.iter().filter(|group| repeated && few && !group.chosen);
    others.map(|group| capitalised(&in_words(group))).collect()
}

/// One configuration's means over its seeds.
fn in_words(Group { label, runs, .. }: &Group<'_>) -> String {
    let runs: Vec<&RunCalibration> = runs.iter().collect();
    let over = if runs.len() > 1 { format!(" on average over {} runs", runs.len()) } else { String::new() };
    let mean =
        |value: fn(&RunCalibration) -> f64| format::percent(runs.iter().map(|run| value(run)).sum::<f64>() / runs.len() as f64);
    let (confidence, accuracy) = (mean(|run| run.before.confidence), mean(|run| run.before.accuracy));
    format!("{label}: mean confidence {confidence}, accuracy {accuracy}{over}; {}.", errors("its", &runs))
}

/// How many are overconfident and how many underconfident, and of which configurations they are.
fn verdicts(groups: &[Group<'_>]) -> String {
    let runs = || groups.iter().flat_map(|group| &group.runs);
    let all = runs().count();
    let count = |verdict: Verdict| runs().filter(|run| run.before.verdict() == verdict).count();
    let whose = |verdict: Verdict| {
        let has = |group: &&Group<'_>| group.runs.iter().any(|run| run.before.verdict() == verdict);
        let names: Vec<&str> = groups.iter().filter(has).map(|group| group.label).collect();
        let of = match (names.len(), count(verdict)) {
            (some, _) if some == groups.len() || some > NAMED => return String::new(),
            (1, 1) => ", of ",
            _ => ", all of ",
        };
        format!("{of}{}", names.join(" and "))
    };
    let parts = [
        (Verdict::Over, "overconfident"),
        (Verdict::Under, "underconfident"),
        (Verdict::Mixed, "overconfident about some proteins and underconfident about others"),
    ];
    if let Some((_, what)) = parts.iter().find(|(verdict, _)| count(*verdict) == all) {
        return format!("All {all} runs are {what}.");
    }
    let untold = count(Verdict::Within);
    if untold == all {
        return format!("No evidence of miscalibration: none of {all} runs has an ECE significantly above chance.");
    }
    let mut told: Vec<String> = parts
        .iter()
        .filter(|(verdict, _)| count(*verdict) > 0)
        .map(|(verdict, what)| format!("{} {what}{}", are(count(*verdict)), whose(*verdict)))
        .collect();
    told.extend((untold > 0).then(|| format!("{} not significantly miscalibrated", are(untold))));
    format!("Of {all} runs {}.", told.join("; "))
}

fn are(count: usize) -> String {
    if count == 1 { "1 is".to_owned() } else { format!("{count} are") }
}

/// The calibration errors, and what a temperature does to them.
fn errors(whose: &str, runs: &[&RunCalibration]) -> String {
    let before = format::range(runs.iter().map(|run| run.before.ece), 3);
    let scaled: Vec<(f64, &Scaled)> = runs.iter().filter_map(|run| Some((run.before.ece, run.scaled.as_ref()?))).collect();
    if scaled.len() < runs.len() {
        return format!("{whose} ECE is {before}");
    }
    let lower = scaled.iter().filter(|(before, scaled)| scaled.after.ece < *before).count();
    let effect = match lower {
        0 => "does not lower it:",
        all if all == scaled.len() => "lowers it to",
        _ => "lowers some and not others:",
    };
    let temperature = format::range(scaled.iter().map(|(_, scaled)| scaled.temperature), 2);
    let after = format::range(scaled.iter().map(|(_, scaled)| scaled.after.ece), 3);
    format!("{whose} ECE is {before}, and a temperature fitted on validation ({temperature}) {effect} {after}")
}

impl RunCalibration {
    fn in_words(&self) -> String {
        let Self { label, before, .. } = self;
        let (sure, right) = (format::percent(before.confidence), format::percent(before.accuracy));
        let ece = format::decimal(before.ece, 3);
        let verdict = match before.verdict() {
            Verdict::Over => format!("Overconfident: the mean confidence of {label} is {sure}, its accuracy {right}."),
            Verdict::Under => format!("Underconfident: the mean confidence of {label} is {sure}, its accuracy {right}."),
            Verdict::Mixed => format!(
                "Miscalibrated both ways: {label} is overconfident about some proteins and underconfident about others, which cancels in the mean (confidence {sure}, accuracy {right})."
            ),
            Verdict::Within => {
                format!("No evidence of miscalibration: the mean confidence of {label} is {sure}, its accuracy {right}.")
            }
        };
        let chance = format!("{} expected by chance, {}", format::decimal(before.ece_by_chance, 3), format::p_is(before.ece_p));
        let Some(Scaled { temperature, after }) = &self.scaled else {
            return format!("{verdict} Its ECE is {ece} ({chance}); no temperature can be fitted on validation.");
        };
        let (temperature, scaled) = (format::decimal(*temperature, 2), format::decimal(after.ece, 3));
        let effect = match after.ece.total_cmp(&before.ece) {
            _ if scaled == ece => format!("leaves it at {ece}"),
            std::cmp::Ordering::Less => format!("lowers it to {scaled}"),
            _ => format!("raises it to {scaled}"),
        };
        format!("{verdict} Its ECE is {ece} ({chance}); a temperature of {temperature}, fitted on validation, {effect}.")
    }
}
