//! How far the runs' probabilities can be believed, and what validation would change about them: a temperature, a threshold.

use serde::Serialize;

use super::{
    believed::{Believed, Predicted, Verdict},
    format,
    table::{Cell, Kind, Table},
    threshold::{self, Chosen},
};
use crate::{data::Split, eval, report::inputs::RunTables};

/// Runs up to which each is shown; of more, the first seed of every configuration.
const EVERY_RUN: usize = 12;
/// Runs up to which each has sentences of its own.
const IN_WORDS: usize = 3;

/// What the runs say of themselves against what is right on the test set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationView {
    pub sentences: Vec<String>,
    pub runs: Vec<RunCalibration>,
    pub table: Table,
    /// Of two classes.
    pub thresholds: Option<Table>,
}

/// One run's probabilities.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunCalibration {
    /// Its index among the report's runs.
    pub run: usize,
    pub label: String,
    pub proteins: u64,
    pub before: Believed,
    /// `None` where validation names no temperature.
    pub scaled: Option<Scaled>,
    /// Of two classes, where validation has both.
    pub threshold: Option<Chosen>,
}

/// The same probabilities after the logits were divided by the temperature that fits validation best.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scaled {
    pub temperature: f64,
    pub after: Believed,
}

impl CalibrationView {
    /// `None` where no run has a test set. `labels` name the runs.
    #[must_use]
    pub fn new(runs: &[&RunTables], labels: &[&str]) -> Option<Self> {
        let shown = shown(runs);
        let of = |&run: &usize| RunCalibration::new(run, labels[run], runs[run]);
        let found: Vec<RunCalibration> = shown.iter().filter_map(of).collect();
        let classes = runs.first().map(|run| run.manifest.outcome.classes.as_slice());
        let positive = classes.and_then(|classes| classes.get(1)).map_or("", String::as_str);
        (!found.is_empty()).then(|| Self {
            sentences: sentences(&found, shown.len() < runs.len(), positive),
            table: table(&found),
            thresholds: threshold::table(&found, positive),
            runs: found,
        })
    }
}

/// The runs that are shown: of many the first of those that differ in nothing but their seed.
fn shown(runs: &[&RunTables]) -> Vec<usize> {
    let seedless = |run: &RunTables| {
        let mut settings = run.manifest.settings.clone();
        settings.train.seed = 0;
        settings
    };
    let mut settings = Vec::new();
    let first_of_its_kind = |&run: &usize| {
        let own = seedless(runs[run]);
        let new = !settings.contains(&own);
        settings.push(own);
        new || runs.len() <= EVERY_RUN
    };
    (0..runs.len()).filter(first_of_its_kind).collect()
}

impl RunCalibration {
    /// `None` where the run has no test scores.
    fn new(index: usize, label: &str, run: &RunTables) -> Option<Self> {
        run.manifest.outcome.test.as_ref()?;
        let test = Predicted::of(run, Split::Test)?;
        let validation = Predicted::of(run, Split::Validation);
        let temperature = validation.as_ref().and_then(|on| eval::temperature(&on.labels, &on.logits, on.classes));
        let scaled = |temperature: f64| {
            let logits = eval::tempered(&test.logits, temperature);
            Scaled {
                temperature,
                after: Believed::new(&Predicted { logits, labels: test.labels.clone(), classes: test.classes }),
            }
        };
        Some(Self {
            run: index,
            label: label.to_owned(),
            proteins: test.labels.len() as u64,
            before: Believed::new(&test),
            scaled: temperature.map(scaled),
            threshold: validation.and_then(|validation| Chosen::new(&validation, &test)),
        })
    }
}

fn sentences(runs: &[RunCalibration], first_seeds: bool, positive: &str) -> Vec<String> {
    if runs.len() <= IN_WORDS {
        let own = |run: &RunCalibration| {
            let threshold = run.threshold.as_ref().map(|threshold| threshold.in_words(&run.label, positive));
            [Some(run.in_words())].into_iter().chain([threshold]).flatten().collect::<Vec<_>>()
        };
        return runs.iter().flat_map(own).collect();
    }
    let count = |verdict: Verdict| runs.iter().filter(|run| run.before.verdict() == verdict).count();
    let range = |values: Vec<f64>| {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        format!("{} to {}", format::decimal(low, 3), format::decimal(high, 3))
    };
    let of = if first_seeds { "configurations, each by its first seed," } else { "runs" };
    let mut sentences = vec![format!(
        "Of {} {of} {} surer than their accuracy allows (overconfident), {} less sure, and of {} it cannot be told on these proteins.",
        runs.len(),
        are(count(Verdict::Over)),
        are(count(Verdict::Under)),
        count(Verdict::Within),
    )];
    let scaled: Vec<f64> = runs.iter().filter_map(|run| Some(run.scaled.as_ref()?.after.ece)).collect();
    let before = range(runs.iter().map(|run| run.before.ece).collect());
    sentences.push(if scaled.is_empty() {
        format!("Their ECE is {before}.")
    } else {
        format!("Their ECE is {before}; with their logits divided by a temperature fitted on validation, {}.", range(scaled))
    });
    sentences
}

fn are(count: usize) -> String {
    if count == 1 { "1 is".to_owned() } else { format!("{count} are") }
}

impl RunCalibration {
    fn in_words(&self) -> String {
        let Self { label, before, .. } = self;
        let (sure, right) = (format::percent(before.confidence), format::percent(before.accuracy));
        let ece = format::decimal(before.ece, 3);
        let verdict = match before.verdict() {
            Verdict::Over => format!("Overconfident: {label} is {sure} sure on average, and {right} are right."),
            Verdict::Under => format!("Underconfident: {label} is {sure} sure on average, and {right} are right."),
            Verdict::Within => {
                let [low, high] = before.accuracy_interval.map(format::percent);
                format!("About as sure as it may be: {label} is {sure} sure on average, and {right} are right ({low} to {high}).")
            }
        };
        let chance = format::decimal(before.ece_by_chance, 3);
        let Some(Scaled { temperature, after }) = &self.scaled else {
            return format!("{verdict} Its ECE is {ece} (by chance alone {chance}); validation names no temperature.");
        };
        let (temperature, scaled) = (format::decimal(*temperature, 2), format::decimal(after.ece, 3));
        let effect = match after.ece.total_cmp(&before.ece) {
            _ if scaled == ece => format!("leaves its ECE at {ece}"),
            std::cmp::Ordering::Less => format!("brings its ECE from {ece} to {scaled}"),
            _ => format!("does not help: its ECE goes from {ece} to {scaled}"),
        };
        format!("{verdict} A temperature of {temperature}, fitted on validation, {effect} (by chance alone {chance}).")
    }

    fn cells(&self) -> Vec<Cell> {
        const NO_TEMPERATURE: &str =
            "validation names no temperature: its predictions are missing, all right, or no better than chance";
        let Self { label, before, scaled, .. } = self;
        let number = |value: f64| Cell::from(format::decimal(value, 3));
        let after = |value: fn(&Believed) -> f64| {
            scaled.as_ref().map_or_else(|| Cell::none(Some(NO_TEMPERATURE)), |scaled| number(value(&scaled.after)))
        };
        let temperature = |Scaled { temperature, .. }: &Scaled| Cell::from(format::decimal(*temperature, 2));
        vec![
            label.clone().into(),
            format::percent(before.confidence).into(),
            format::percent(before.accuracy).into(),
            scaled.as_ref().map_or_else(|| Cell::none(Some(NO_TEMPERATURE)), temperature),
            number(before.ece),
            after(|of| of.ece),
            number(before.ece_by_chance),
            number(before.brier),
            after(|of| of.brier),
            number(before.log_loss),
            after(|of| of.log_loss),
        ]
    }
}

fn table(runs: &[RunCalibration]) -> Table {
    let caption = "Probabilities on the test set. Sure: the mean probability of the predicted class, to be compared with the share that is right. \
                   Scaled: with the logits divided by the temperature that fits validation best. ECE: the expected calibration error over 15 bins; \
                   by chance: what it would be on average were every probability exact.";
    let mut columns = vec![("run", Kind::Text)];
    let numbers =
        ["sure", "right", "temperature", "ECE", "scaled ECE", "by chance", "Brier", "scaled Brier", "loss", "scaled loss"];
    columns.extend(numbers.map(|name| (name, Kind::Number)));
    let mut table = Table::new(caption, &columns);
    for run in runs {
        table.row(run.cells()).of_run(run.run);
    }
    table
}
