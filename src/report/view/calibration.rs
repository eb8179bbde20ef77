//! How far the runs' probabilities can be believed, and what validation would change about them: a temperature, a threshold.

use serde::Serialize;

use super::{
    format,
    table::{Cell, Kind, Table},
    threshold::{self, Chosen},
};
use crate::{
    data::Split,
    eval::{self, Bin, calibration::BINS},
    report::inputs::RunTables,
};

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

/// Probabilities on the test set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Believed {
    /// The mean probability of the predicted classes.
    pub confidence: f64,
    pub accuracy: f64,
    pub accuracy_interval: [f64; 2],
    pub ece: f64,
    pub ece_by_chance: f64,
    pub brier: f64,
    pub log_loss: f64,
    pub bins: Vec<Reliability>,
}

/// A bin of the reliability curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reliability {
    pub count: u64,
    pub confidence: f64,
    pub accuracy: f64,
    pub interval: [f64; 2],
}

/// The same probabilities after the logits were divided by the temperature that fits validation best.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scaled {
    pub temperature: f64,
    pub after: Believed,
}

/// The labels and logits of a run on one split.
pub(super) struct Predicted {
    pub labels: Vec<usize>,
    pub logits: Vec<f32>,
    pub classes: usize,
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

impl Predicted {
    /// `None` where the split has no predictions, or some are of no class or no number.
    fn of(run: &RunTables, split: Split) -> Option<Self> {
        let classes = &run.manifest.outcome.classes;
        let (mut labels, mut logits) = (Vec::new(), Vec::new());
        for row in run.predictions.iter().filter(|row| row.split == split) {
            labels.push(classes.iter().position(|class| *class == row.label)?);
            logits.extend_from_slice(&row.logits);
        }
        let sound =
            classes.len() >= 2 && logits.len() == labels.len() * classes.len() && logits.iter().all(|logit| logit.is_finite());
        (!labels.is_empty() && sound).then_some(Self { labels, logits, classes: classes.len() })
    }

    pub fn probabilities(&self) -> Vec<f64> {
        eval::probabilities(&self.logits, self.classes)
    }
}

impl Believed {
    fn new(predicted: &Predicted) -> Self {
        let Predicted { labels, logits, classes } = predicted;
        let found = eval::calibration(labels, &predicted.probabilities(), *classes, BINS);
        let total = labels.len() as f64;
        let over_proteins = |value: fn(&Bin) -> f64| found.bins.iter().map(|bin| value(bin) * bin.count as f64).sum::<f64>();
        let right = over_proteins(|bin| bin.accuracy).round() as u64;
        Self {
            confidence: over_proteins(|bin| bin.confidence) / total,
            accuracy: right as f64 / total,
            accuracy_interval: eval::wilson(right, labels.len() as u64),
            ece: found.ece,
            ece_by_chance: found.ece_by_chance,
            brier: found.brier,
            log_loss: eval::score(labels, logits, *classes).log_loss,
            bins: found.bins.into_iter().map(Reliability::from).collect(),
        }
    }

    /// Whether it is surer than its accuracy allows, less sure, or neither can be told.
    fn verdict(&self) -> Verdict {
        let [low, high] = self.accuracy_interval;
        match self.confidence {
            sure if sure > high => Verdict::Over,
            unsure if unsure < low => Verdict::Under,
            _ => Verdict::Within,
        }
    }
}

impl From<Bin> for Reliability {
    fn from(Bin { count, confidence, accuracy, interval, .. }: Bin) -> Self {
        Self { count, confidence, accuracy, interval }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Over,
    Under,
    Within,
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
        format!("Their ECE is {before}; divided by a temperature fitted on validation, {}.", range(scaled))
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
        let change = match after.ece.total_cmp(&before.ece) {
            _ if scaled == ece => format!("leaves its ECE at {ece}"),
            std::cmp::Ordering::Less => format!("brings its ECE from {ece} to {scaled}"),
            _ => format!("does not help: its ECE goes from {ece} to {scaled}"),
        };
        format!("{verdict} A temperature of {temperature}, fitted on validation, {change} (by chance alone {chance}).")
    }

    fn cells(&self) -> Vec<Cell> {
        let numbers = |of: &Believed| [of.ece, of.brier, of.log_loss].map(|value| Cell::from(format::decimal(value, 3)));
        let Self { before, .. } = self;
        let mut cells: Vec<Cell> = vec![
            self.label.clone().into(),
            format::percent(before.confidence).into(),
            format::percent(before.accuracy).into(),
            format::decimal(before.ece_by_chance, 3).into(),
        ];
        cells.extend(numbers(before));
        match &self.scaled {
            Some(Scaled { temperature, after }) => {
                cells.push(format::decimal(*temperature, 2).into());
                cells.extend(numbers(after));
            }
            None => cells.extend((0..4).map(|_| {
                Cell::none(Some(
                    "validation names no temperature: its predictions are missing, all right, or no better than chance",
                ))
            })),
        }
        cells
    }
}

fn table(runs: &[RunCalibration]) -> Table {
    let caption = "Probabilities on the test set. Sure: the mean probability of the predicted class, to be compared with the share that is right. \
                   ECE: the expected calibration error over 15 bins, and what it would be by chance alone were every probability exact. \
                   Scaled: with the logits divided by the temperature that fits validation best.";
    let mut columns = vec![("run", Kind::Text)];
    let numbers = [
        "sure",
        "right",
        "ECE by chance",
        "ECE",
        "Brier",
        "log loss",
        "temperature",
        "scaled ECE",
        "scaled Brier",
        "scaled log loss",
    ];
    columns.extend(numbers.map(|name| (name, Kind::Number)));
    let mut table = Table::new(caption, &columns);
    for run in runs {
        table.row(run.cells());
    }
    table
}
