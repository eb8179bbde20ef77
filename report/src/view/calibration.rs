//! Calibration: whether probabilities mean what they say, and what validation would change about
//! them, a temperature and a threshold.

mod reliability;
mod tables;
mod words;

use rayon::prelude::*;
use serde::Serialize;

pub use self::reliability::{Point, ReliabilityLine};
use super::{
    believed::Believed,
    configurations::Configuration,
    predicted::{ByClass, Predicted},
    table::Table,
    threshold::{self, Chosen},
};
use crate::inputs::RunTables;
use titer_core::metric::ACCURACY;
use titer_core::{data::Split, statistics};

/// What the probabilities claim against what is correct on the test set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationView {
    /// Of the choice, and how many of all runs are miscalibrated.
    pub sentences: Vec<String>,
    /// Of the other configurations, one by one.
    pub others: Vec<String>,
    /// Configuration by configuration, the choice's first.
    pub runs: Vec<RunCalibration>,
    /// Of every configuration, the choice first.
    pub reliability: Vec<ReliabilityLine>,
    /// A row per configuration, means over its seeds; a row per run where each has one.
    pub table: Table,
    /// A row per run, where some configuration has several.
    pub every_run: Option<Table>,
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

/// The same probabilities after the logits were divided by the temperature that fits validation
/// best.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scaled {
    pub temperature: f64,
    pub after: Believed,
}

/// The runs of a configuration that were tested.
struct Group<'a> {
    place: usize,
    label: &'a str,
    chosen: bool,
    runs: Vec<RunCalibration>,
}

impl CalibrationView {
    /// `None` where no run has a test set. `labels` name the runs; `chosen` is the choice's place
    /// among the configurations.
    #[must_use]
    pub fn new(runs: &[&RunTables], labels: &[&str], configurations: &[Configuration], chosen: Option<usize>) -> Option<Self> {
        let group = |(place, configuration): (usize, &'_ Configuration)| {
            let of = |&run: &usize| RunCalibration::new(run, labels[run], runs[run]);
            (place, configuration.runs.par_iter().filter_map(of).collect::<Vec<_>>())
        };
        let found: Vec<(usize, Vec<RunCalibration>)> = configurations.iter().enumerate().map(group).collect();
        let mut groups: Vec<Group<'_>> = found
            .into_iter()
            .filter(|(_, runs)| !runs.is_empty())
            .map(|(place, runs)| Group { place, label: &configurations[place].label, chosen: chosen == Some(place), runs })
            .collect();
        groups.sort_by_key(|group| !group.chosen);
        let several = configurations.len() > 1;
        let classes = runs.first().map(|run| run.manifest.outcome.classes.as_slice());
        let positive = classes.and_then(|classes| classes.get(1)).map_or("", String::as_str);
        let (sentences, others) = (words::sentences(&groups, positive), words::others(&groups));
        let reliability = groups.iter().filter_map(|group| ReliabilityLine::new(group.place, group.label, &group.runs)).collect();
        let repeated = groups.iter().any(|group| group.runs.len() > 1);
        let by_configuration = repeated.then(|| tables::by_configuration(&groups, several));
        let found: Vec<(bool, RunCalibration)> =
            groups.into_iter().flat_map(|group| group.runs.into_iter().map(move |run| (several && group.chosen, run))).collect();
        let every_run = tables::by_run(&found);
        let runs: Vec<RunCalibration> = found.into_iter().map(|(_, run)| run).collect();
        let (table, every_run) = match by_configuration {
            Some(table) => (table, Some(every_run)),
            None => (every_run, None),
        };
        (!runs.is_empty()).then(|| Self {
            sentences,
            others,
            reliability,
            table,
            every_run,
            thresholds: threshold::table(&runs, positive),
            runs,
        })
    }
}

impl RunCalibration {
    /// `None` where the run has no test scores.
    fn new(index: usize, label: &str, run: &RunTables) -> Option<Self> {
        run.manifest.scored(Split::Test)?;
        let of = |split| Predicted::of(run, split, ACCURACY)?.into_classes();
        let test = of(Split::Test)?;
        let validation = of(Split::Validation);
        let temperature = validation.as_ref().and_then(|on| statistics::temperature(&on.labels, &on.logits, on.classes));
        let scaled = |temperature: f64| {
            let logits = statistics::tempered(&test.logits, temperature);
            Scaled { temperature, after: Believed::new(&ByClass { logits, ..test.clone() }) }
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
