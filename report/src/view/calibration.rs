//! How far the runs' probabilities can be believed, and what validation would change about them: a temperature, a threshold.

mod words;

use serde::Serialize;

use super::{
    believed::Believed,
    configurations::Configuration,
    format,
    predicted::Predicted,
    table::{Cell, Kind, Table},
    threshold::{self, Chosen},
};
use crate::inputs::RunTables;
use titer_core::metric::ACCURACY;
use titer_core::{data::Split, statistics};

/// Runs up to which each is shown; of more, the first seed of every configuration.
const EVERY_RUN: usize = 12;

/// What the runs say of themselves against what is right on the test set, configuration by configuration.
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
    pub fn new(runs: &[&RunTables], labels: &[&str], configurations: &[Configuration]) -> Option<Self> {
        let first_seeds = runs.len() > EVERY_RUN;
        let group = |configuration: &Configuration| {
            let of = |&run: &usize| RunCalibration::new(run, labels[run], runs[run]);
            let shown = if first_seeds { 1 } else { configuration.runs.len() };
            let runs: Vec<RunCalibration> = configuration.runs.iter().filter_map(of).take(shown).collect();
            (!runs.is_empty()).then(|| (configuration.label.clone(), runs))
        };
        let groups: Vec<(String, Vec<RunCalibration>)> = configurations.iter().filter_map(group).collect();
        let classes = runs.first().map(|run| run.manifest.outcome.classes.as_slice());
        let positive = classes.and_then(|classes| classes.get(1)).map_or("", String::as_str);
        let sentences = words::sentences(&groups, first_seeds, positive);
        let found: Vec<RunCalibration> = groups.into_iter().flat_map(|(_, runs)| runs).collect();
        (!found.is_empty()).then(|| Self {
            sentences,
            table: table(&found),
            thresholds: threshold::table(&found, positive),
            runs: found,
        })
    }
}

impl RunCalibration {
    /// `None` where the run has no test scores.
    fn new(index: usize, label: &str, run: &RunTables) -> Option<Self> {
        run.manifest.scored(Split::Test)?;
        let test = Predicted::of(run, Split::Test, ACCURACY)?;
        let validation = Predicted::of(run, Split::Validation, ACCURACY);
        let temperature = validation.as_ref().and_then(|on| statistics::temperature(&on.labels, &on.logits, on.classes));
        let scaled = |temperature: f64| {
            let logits = statistics::tempered(&test.logits, temperature);
            Scaled { temperature, after: Believed::new(&Predicted { logits, ..test.clone() }) }
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

impl RunCalibration {
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
            format::p_value(before.ece_p).into(),
            number(before.brier),
            after(|of| of.brier),
            number(before.log_loss),
            after(|of| of.log_loss),
        ]
    }
}

fn table(runs: &[RunCalibration]) -> Table {
    let caption = "Probabilities on the test set. Mean confidence: of the predicted class, to be compared with the accuracy. Scaled: with the \
                   logits divided by the temperature that fits validation best. ECE: the expected calibration error over 15 bins; expected by \
                   chance: its mean were every probability exact; p: how often it would then be as large.";
    let mut columns = vec![("run", Kind::Text)];
    let numbers = [
        "mean confidence",
        "accuracy",
        "temperature",
        "ECE",
        "scaled ECE",
        "expected by chance",
        "p",
        "Brier",
        "scaled Brier",
        "loss",
        "scaled loss",
    ];
    columns.extend(numbers.map(|name| (name, Kind::Number)));
    let mut table = Table::new(caption, &columns);
    for run in runs {
        table.row(run.cells()).of_run(run.run);
    }
    table
}
