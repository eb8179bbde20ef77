//! The runs by configuration: the grid's keys without seeds and splits, which are chance.

mod replicates;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

pub use self::replicates::Replicates;
use super::{
    answers::{Answers, Folds},
    chance,
    comparison::{Compared, Comparison, Metrics, split_name, starred},
    crossed, format,
    intervals::Interval,
    points::Points,
    predicted::Predicted,
    scale,
    table::{Cell, Kind, Table},
};
use titer_core::{
    metric::{self, ACCURACY, Metric, Unit},
    results::point,
    statistics::{self, Spread},
    text::cut,
};

/// A standard error below this is rounding.
const NOTHING: f64 = 1e-9;

/// The same for scores of a size: labels may be of any.
fn nothing(metric: Metric, score: f64) -> f64 {
    if metric.unit == Unit::Label { NOTHING * score.abs() } else { NOTHING }
}

/// Runs that differ in seeds and splits alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Configuration {
    pub label: String,
    /// As short as it can be beside others of the same grid: the value alone of a grid of one key.
    #[serde(skip)]
    pub short: String,
    /// The keys that distinguish the configurations, and their values here.
    pub point: Map<String, Value>,
    /// Indices of its runs, in the plan's order.
    pub runs: Vec<usize>,
    /// The seed of each of its runs.
    pub seeds: Vec<u32>,
    /// How many of its runs count, and what became of the others.
    pub replicates: Replicates,
    /// `None` where none of its runs was scored, and where the metric is undefined in one of them:
    /// the mean of the others would flatter what fails with some seeds.
    pub score: Option<Score>,
    /// Every metric over the seeds, where it is defined with all of them.
    pub metrics: BTreeMap<Metric, Spread>,
    /// The compared metric on the validation set; `None` where a run has no value.
    pub validation: Option<Spread>,
    pub seconds: f64,
}

/// A configuration's score by the compared metric: the mean over its seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    pub mean: f64,
    /// 95 %.
    pub interval: [f64; 2],
    pub of: Basis,
    /// Over the seeds alone.
    pub seeds: Spread,
    /// How much of the interval's variance comes from the seeds, of 1; `None` where seeds or
    /// proteins are not counted.
    pub from_seeds: Option<f64>,
}

/// What an interval counts as chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Other proteins might have been drawn.
    Proteins,
    /// So might other seeds.
    SeedsAndProteins,
    /// Other seeds alone: predictions that would show variation over proteins cannot be used.
    Seeds,
    /// Other splits, and all that comes with them: other training and test proteins.
    Splits,
}

/// Groups the runs by everything but seeds and splits, in the order the plan comes to them.
/// `failed` are the points of runs that left no result; `tested_to_trained` is how many proteins a
/// split tests on for each that it trains on.
#[must_use]
pub fn configurations(
    comparison: &Comparison,
    seeds: &[u32],
    folds: &Folds,
    failed: &[&Map<String, Value>],
    intervals: &[Vec<Interval>],
    tested_to_trained: f64,
) -> Vec<Configuration> {
    let points = &comparison.points;
    let keys = places(points);
    let place = |run: usize| -> Vec<Value> {
        keys.iter().map(|&key| chance::setting(&points.keys[key], &points.rows[run].values[key])).collect()
    };
    let mut found: Vec<(Vec<Value>, Vec<usize>)> = Vec::new();
    for run in 0..comparison.runs.len() {
        let values = place(run);
        match found.iter_mut().find(|(other, _)| *other == values) {
            Some((_, runs)) => runs.push(run),
            None => found.push((values, vec![run])),
        }
    }
    let names = points.names();
    let names: Vec<String> = keys.iter().map(|&key| names[key].clone()).collect();
    let labels = labels(&found, &names, comparison, points);
    let point = |values: &[Value]| -> Map<String, Value> {
        keys.iter().map(|&key| points.keys[key].clone()).zip(values.iter().cloned()).collect()
    };
    let failed: Vec<Map<String, Value>> = failed.iter().map(|point| chance::settings(point)).collect();
    found
        .iter()
        .zip(labels)
        .map(|((values, runs), label)| {
            let point = point(values);
            let of_this = |failed: &&Map<String, Value>| failed.iter().all(|(key, value)| point.get(key) == Some(value));
            let replicates = Replicates::new(runs, comparison, seeds, folds, failed.iter().filter(of_this).count());
            let short = if let [value] = values.as_slice() { cut(&format::value(value), 40) } else { label.clone() };
            let score = Score::new(runs, comparison, folds, intervals, tested_to_trained);
            Configuration { short, ..Configuration::new(label, point, runs, comparison, seeds, replicates, score) }
        })
        .collect()
}

/// A metric over those runs that were scored; `None` where there are none, or it is undefined in
/// one of them.
fn over_all(
    runs: &[usize],
    on: impl Fn(&Compared) -> Option<&Metrics>,
    metric: Metric,
    comparison: &Comparison,
) -> Option<Spread> {
    let all = runs.iter().filter_map(|&run| on(&comparison.runs[run]));
    statistics::spread(&all.map(|scores| scores.get(metric)).collect::<Option<Vec<f64>>>()?)
}

/// The keys that distinguish configurations, each with its short name.
#[must_use]
pub fn keys(points: &Points) -> Vec<(String, String)> {
    let names = points.names();
    places(points).into_iter().map(|key| (points.keys[key].clone(), names[key].clone())).collect()
}

/// Where those keys stand among all: not those that are drawn, nor those of which only what is
/// drawn differs.
fn places(points: &Points) -> Vec<usize> {
    let is_setting = |&key: &usize| {
        let name = &points.keys[key];
        let written: Vec<&Value> = points.rows.iter().map(|row| &row.values[key]).collect();
        let settings: Vec<Value> = written.iter().map(|value| chance::setting(name, value)).collect();
        let drawn = settings.iter().zip(&written).any(|(setting, written)| setting != *written);
        !drawn || settings.windows(2).any(|pair| pair[0] != pair[1])
    };
    (0..points.keys.len()).filter(is_setting).collect()
}

/// What the configurations are called; of one run each, as the run.
fn labels(found: &[(Vec<Value>, Vec<usize>)], names: &[String], comparison: &Comparison, points: &Points) -> Vec<String> {
    let one_each = found.iter().all(|(_, runs)| runs.len() == 1);
    let of = |(values, runs): &(Vec<Value>, Vec<usize>)| match point::in_words(names, values, point::SHORT) {
        _ if one_each && values.len() == points.keys.len() => comparison.runs[runs[0]].label.clone(),
        label if label.is_empty() => "the experiment".to_owned(),
        label => label,
    };
    found.iter().map(of).collect()
}

impl Configuration {
    fn new(
        label: String,
        point: Map<String, Value>,
        runs: &[usize],
        comparison: &Comparison,
        seeds: &[u32],
        replicates: Replicates,
        score: Option<Score>,
    ) -> Self {
        let over_seeds = |metric: &Metric| Some((*metric, over_all(runs, |run| run.scores.as_ref(), *metric, comparison)?));
        Self {
            short: label.clone(),
            label,
            point,
            runs: runs.to_vec(),
            seeds: runs.iter().map(|&run| seeds[run]).collect(),
            replicates,
            score,
            metrics: metric::ALL.iter().filter_map(over_seeds).collect(),
            validation: over_all(runs, |run| run.validation.as_ref(), comparison.metric, comparison),
            seconds: runs.iter().map(|&run| comparison.runs[run].seconds).sum(),
        }
    }

    /// Its row behind the keys.
    fn cells(&self, metric: Metric, others: &[Metric]) -> Vec<Cell> {
        let why = if self.replicates.scored > 0 { "undefined with some seeds" } else { "nothing was scored" };
        let none = || Cell::none(Some(why));
        let mut cells = match &self.score {
            Some(score) => vec![
                scale::value(metric, score.mean).into(),
                scale::interval(metric, score.interval).into(),
                self.replicates.counted().into(),
                score.seeds.deviation.map_or_else(|| Cell::none(Some("one seed")), |of| scale::difference(metric, of).into()),
                [score.seeds.low, score.seeds.high].map(|end| scale::value(metric, end)).join(", ").into(),
            ],
            None => vec![none(), none(), self.replicates.counted().into(), none(), none()],
        };
        let mean = |metric: &Metric| match self.metrics.get(metric) {
            Some(spread) => scale::value(*metric, spread.mean).into(),
            None if self.score.is_some() => Cell::none(Some("undefined on these proteins")),
            None => none(),
        };
        cells.extend(others.iter().map(mean));
        cells.push(self.validation.as_ref().map_or_else(none, |of| scale::value(metric, of.mean).into()));
        cells
    }

    /// Its runs on the common proteins that have a score, with their seeds.
    #[must_use]
    pub fn scored<'a>(&self, answers: &'a Answers) -> Vec<(u32, &'a Predicted)> {
        let with_seed = self.seeds.iter().zip(&self.runs).filter(|_| self.score.is_some());
        let counts = |run: usize| answers.runs[run].as_ref().filter(|run| run.values.is_some());
        with_seed.filter_map(|(seed, &run)| Some((*seed, counts(run)?))).collect()
    }

    /// Its run where it has one alone.
    #[must_use]
    pub fn only_run(&self) -> Option<usize> {
        if let [run] = self.runs.as_slice() { Some(*run) } else { None }
    }

    /// What a sentence is about: the configuration, or its only run.
    #[must_use]
    pub fn name(&self) -> String {
        match self.label.as_str() {
            "the experiment" if self.replicates.scored == 1 => "the run".to_owned(),
            label if self.replicates.scored != 1 || label.starts_with("run ") || label.starts_with("the ") => label.to_owned(),
            label => format!("the run with {label}"),
        }
    }
}

impl Score {
    fn new(
        runs: &[usize],
        comparison: &Comparison,
        folds: &Folds,
        intervals: &[Vec<Interval>],
        tested_to_trained: f64,
    ) -> Option<Self> {
        let metric = comparison.metric;
        let seeds = over_all(runs, |run| run.scores.as_ref(), metric, comparison)?;
        let scored: Vec<usize> = runs.iter().copied().filter(|&run| comparison.runs[run].scores.is_some()).collect();
        if let [only] = scored.as_slice() {
            let only_scores = comparison.runs[*only].scores.as_ref()?;
            let found = || intervals.get(*only)?.iter().find(|interval| interval.metric == Some(metric));
            let interval = match &only_scores.correct {
                Some(correct) if metric == ACCURACY => correct.accuracy_interval,
                // Nothing says how far another draw of proteins would move it: all values there are.
                _ => found().filter(|found| found.low < found.high).map_or(metric.range, |found| [found.low, found.high]),
            };
            return Some(Self { mean: seeds.mean, interval, of: Basis::Proteins, seeds, from_seeds: None });
        }
        if let Some(over) = Self::over_splits(&scored, folds, metric, tested_to_trained) {
            return Some(Self { seeds, ..over });
        }
        let predicted: Option<Vec<&Predicted>> = scored.iter().map(|&run| folds.predicted(run)).collect();
        let crossed = predicted.and_then(|runs| crossed::mean(metric, &runs));
        Some(match crossed {
            // The same for every protein with every seed: nothing shows how much seeds vary.
            Some(crossed) => Self {
                mean: seeds.mean,
                interval: if metric == ACCURACY {
                    crossed.share_interval()
                } else if crossed.standard_error < nothing(metric, seeds.mean) {
                    // Perfect throughout, say: nothing says how far other proteins would move it.
                    metric.range
                } else {
                    within(metric, crossed.interval)
                },
                of: if crossed.standard_error == 0.0 { Basis::Proteins } else { Basis::SeedsAndProteins },
                seeds,
                from_seeds: crossed.share_of_seeds(),
            },
            None => Self {
                mean: seeds.mean,
                interval: within(metric, seeds.interval.unwrap_or([seeds.low, seeds.high])),
                of: Basis::Seeds,
                seeds,
                from_seeds: None,
            },
        })
    }
}

impl Score {
    /// `None` where the runs have one set of test proteins, or some have none that is known. A
    /// split's value is the mean over its seeds.
    fn over_splits(runs: &[usize], folds: &Folds, metric: Metric, tested_to_trained: f64) -> Option<Self> {
        let of: Vec<usize> = runs.iter().map(|&run| folds.of[run]).collect::<Option<_>>()?;
        let mut sets = of.clone();
        sets.sort_unstable();
        sets.dedup();
        if sets.len() < 2 {
            return None;
        }
        let value = |run: usize| folds.predicted(run)?.score;
        let mean = |set: &usize| {
            let of_set: Vec<f64> =
                runs.iter().zip(&of).filter(|(_, of)| *of == set).map(|(&run, _)| value(run)).collect::<Option<_>>()?;
            Some(of_set.iter().sum::<f64>() / of_set.len() as f64)
        };
        let means: Vec<f64> = sets.iter().map(mean).collect::<Option<_>>()?;
        let seeds = statistics::spread(&means)?;
        let proteins = folds.sets[sets[0]].proteins() as u64;
        // Where every split gives the same, nothing says how far another would move it.
        let alike = || {
            if metric == ACCURACY { statistics::wilson_of(seeds.mean * proteins as f64, proteins) } else { metric.range }
        };
        let interval =
            statistics::over_splits(&means, tested_to_trained).map_or_else(alike, |over| within(metric, over.interval));
        Some(Self { mean: seeds.mean, interval, of: Basis::Splits, seeds, from_seeds: None })
    }
}

/// A row per configuration: means over its seeds. The chosen one is marked; the score that differs
/// significantly from all others, that of `leader`, is starred.
#[must_use]
pub fn table(configurations: &[Configuration], chosen: Option<usize>, leader: Option<usize>, comparison: &Comparison) -> Table {
    let keys = keys(&comparison.points);
    let mut columns: Vec<(&str, Kind)> = keys.iter().map(|(_, name)| (name.as_str(), Kind::Number)).collect();
    if columns.is_empty() {
        columns.push(("configuration", Kind::Text));
    }
    let metric = comparison.metric;
    let mut others = comparison.others();
    others.splice(0..0, (metric != ACCURACY && metric.of == ACCURACY.of).then_some(ACCURACY));
    let validation = format!("val. {}", scale::head(metric));
    columns.extend([scale::head(metric), "95% interval", "seeds", "SD", "min, max"].map(|name| (name, Kind::Number)));
    columns
        .extend(others.iter().map(|&metric| scale::head(metric)).chain([validation.as_str()]).map(|name| (name, Kind::Number)));
    let caption = format!(
        "Means over the scored seeds on the {} set. The interval is the 95% interval of the mean {} if {} were resampled; \
         SD, min and max are over the seeds. The choice is marked.{}",
        split_name(comparison.split),
        metric.label,
        drawn(configurations),
        if configurations.iter().filter(|of| of.score.is_some()).count() > 1 { starred(metric, leader) } else { String::new() },
    );
    let mut table = Table::new(caption, &columns);
    for (place, configuration) in configurations.iter().enumerate() {
        let mut cells: Vec<Cell> = configuration.point.values().map(|value| cut(&format::value(value), 40).into()).collect();
        if cells.is_empty() {
            cells.push(configuration.label.clone().into());
        }
        cells.extend(configuration.cells(metric, &others));
        table.row(cells).mark(chosen == Some(place));
    }
    if let Some(leader) = leader {
        table.rows[leader].cells[keys.len().max(1)].best = true;
    }
    table
}

/// What the intervals of a table count as chance.
fn drawn(configurations: &[Configuration]) -> &'static str {
    let mut bases: Vec<Basis> = configurations.iter().filter_map(|of| Some(of.score.as_ref()?.of)).collect();
    bases.dedup();
    match bases.as_slice() {
        [Basis::Proteins] => "proteins",
        [Basis::Seeds] => "seeds",
        [Basis::Splits] => "splits (Nadeau and Bengio's correction)",
        _ => "proteins and, where there are several, seeds",
    }
}

/// No value lies beyond the metric's range.
fn within(metric: Metric, interval: [f64; 2]) -> [f64; 2] {
    let [least, most] = metric.range;
    interval.map(|end| end.clamp(least, most))
}
