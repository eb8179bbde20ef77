//! The runs by configuration: the grid's keys without seeds and splits, which are chance.

mod replicates;

use serde::Serialize;
use serde_json::{Map, Value};

pub use self::replicates::Replicates;
use super::{
    answers::{Answers, Folds},
    chance,
    comparison::{Comparison, Metrics, split_name, starred},
    format,
    points::{self, Points},
    predicted::Predicted,
    table::{Cell, Kind, Table},
};
use titer_core::{
    metric::{ACCURACY, Better, F1, LOSS, MCC, ROC_AUC},
    statistics::{self, Spread},
    text::cut,
};

/// Runs that differ in seeds and splits alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Configuration {
    pub label: String,
    /// As short as it can be beside others of the same grid: the value alone of a grid of one key.
    #[serde(skip)]
    pub short: String,
    /// The keys that tell the configurations apart, and their values here.
    pub point: Map<String, Value>,
    /// Indices of its runs, in the plan's order.
    pub runs: Vec<usize>,
    /// The seed of each of its runs.
    pub seeds: Vec<u32>,
    /// How many of its runs count, and what became of the others.
    pub replicates: Replicates,
    /// `None` where none of its runs was scored.
    pub accuracy: Option<Accuracy>,
    pub roc_auc: Option<Spread>,
    pub f1: Option<Spread>,
    pub mcc: Option<Spread>,
    pub loss: Option<Spread>,
    /// The validation metric that named the selected epochs, greater is better: the loss with a minus.
    pub validation: Option<Spread>,
    pub seconds: f64,
}

/// A configuration's accuracy: the mean over its seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accuracy {
    pub mean: f64,
    /// 95 %.
    pub interval: [f64; 2],
    pub of: Basis,
    /// Over the seeds alone.
    pub seeds: Spread,
    /// How much of the interval's variance comes from the seeds, of 1; `None` where seeds or proteins are not counted.
    pub from_seeds: Option<f64>,
}

/// What an interval counts as chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Other proteins might have been drawn (Wilson).
    Proteins,
    /// So might other seeds.
    SeedsAndProteins,
    /// Other seeds alone: the predictions that would tell about proteins cannot be used.
    Seeds,
    /// Other splits, and all that comes with them: other training and test proteins.
    Splits,
}

/// Groups the runs by everything but seeds and splits, in the order the plan comes to them. `failed` are the points of runs that left no result;
/// `tested_to_trained` is how many proteins a split tests on for each that it trains on.
#[must_use]
pub fn configurations(
    comparison: &Comparison,
    seeds: &[u32],
    folds: &Folds,
    failed: &[&Map<String, Value>],
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
            let accuracy = Accuracy::new(runs, comparison, folds, tested_to_trained);
            Configuration { short, ..Configuration::new(label, point, runs, comparison, seeds, replicates, accuracy) }
        })
        .collect()
}

/// The keys that tell configurations apart, each with its short name.
#[must_use]
pub fn keys(points: &Points) -> Vec<(String, String)> {
    let names = points.names();
    places(points).into_iter().map(|key| (points.keys[key].clone(), names[key].clone())).collect()
}

/// Where those keys stand among all: not those that are drawn, nor those of which only what is drawn differs.
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
    let of = |(values, runs): &(Vec<Value>, Vec<usize>)| match points::in_words(names, values) {
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
        accuracy: Option<Accuracy>,
    ) -> Self {
        let over_seeds = |value: &dyn Fn(&Metrics) -> Option<f64>| {
            let values: Vec<f64> = runs.iter().filter_map(|&run| value(comparison.runs[run].scores.as_ref()?)).collect();
            statistics::spread(&values)
        };
        let validated: Vec<f64> = runs.iter().filter_map(|&run| comparison.runs[run].validation.as_ref()?.selected_by).collect();
        Self {
            short: label.clone(),
            label,
            point,
            runs: runs.to_vec(),
            seeds: runs.iter().map(|&run| seeds[run]).collect(),
            replicates,
            accuracy,
            roc_auc: over_seeds(&|scores| scores.get(ROC_AUC)),
            f1: over_seeds(&|scores| scores.get(F1)),
            mcc: over_seeds(&|scores| scores.get(MCC)),
            loss: over_seeds(&|scores| scores.get(LOSS)),
            validation: statistics::spread(&validated),
            seconds: runs.iter().map(|&run| comparison.runs[run].seconds).sum(),
        }
    }

    /// Its row behind the keys.
    fn cells(&self, sign: f64) -> Vec<Cell> {
        let none = || Cell::none(Some("nothing was scored"));
        let mean = |spread: &Option<Spread>| {
            spread.as_ref().map_or_else(|| Cell::none(Some("undefined on these proteins")), |of| format::score(of.mean).into())
        };
        let mut cells = match &self.accuracy {
            Some(accuracy) => vec![
                format::score(accuracy.mean).into(),
                accuracy.interval.map(|end| format::decimal(end, 3)).join(" to ").into(),
                self.replicates.counted().into(),
                accuracy.seeds.deviation.map_or_else(|| Cell::none(Some("one seed")), |of| format::score(of).into()),
                [accuracy.seeds.low, accuracy.seeds.high].map(|end| format::decimal(end, 3)).join(", ").into(),
            ],
            None => vec![none(), none(), self.replicates.counted().into(), none(), none()],
        };
        match self.accuracy {
            Some(_) => cells.extend([mean(&self.roc_auc), mean(&self.f1), mean(&self.mcc)]),
            None => cells.extend([none(), none(), none()]),
        }
        cells.push(self.validation.as_ref().map_or_else(none, |of| format::score(sign * of.mean).into()));
        cells
    }

    /// Its runs on the common proteins, with their seeds.
    #[must_use]
    pub fn scored<'a>(&self, answers: &'a Answers) -> Vec<(u32, &'a Predicted)> {
        let with_seed = self.seeds.iter().zip(&self.runs);
        with_seed.filter_map(|(seed, &run)| Some((*seed, answers.runs[run].as_ref()?))).collect()
    }

    /// Its run where it has one alone.
    #[must_use]
    pub fn only_run(&self) -> Option<usize> {
        if let [run] = self.runs.as_slice() { Some(*run) } else { None }
    }

    /// What a sentence is about: the configuration, or the one run that is all there is of it.
    #[must_use]
    pub fn name(&self) -> String {
        match self.label.as_str() {
            "the experiment" if self.replicates.scored == 1 => "the run".to_owned(),
            label if self.replicates.scored != 1 || label.starts_with("run ") || label.starts_with("the ") => label.to_owned(),
            label => format!("the run with {label}"),
        }
    }
}

impl Accuracy {
    fn new(runs: &[usize], comparison: &Comparison, folds: &Folds, tested_to_trained: f64) -> Option<Self> {
        let scored: Vec<(usize, &Metrics)> =
            runs.iter().filter_map(|&run| Some((run, comparison.runs[run].scores.as_ref()?))).collect();
        let values: Vec<f64> = scored.iter().map(|(_, scores)| scores.number(ACCURACY)).collect();
        let seeds = statistics::spread(&values)?;
        if let [(_, only)] = scored.as_slice() {
            return Some(Self {
                mean: only.number(ACCURACY),
                interval: only.accuracy_interval,
                of: Basis::Proteins,
                seeds,
                from_seeds: None,
            });
        }
        let places: Vec<usize> = scored.iter().map(|(run, _)| *run).collect();
        if let Some(over) = Self::over_splits(&places, folds, tested_to_trained) {
            return Some(Self { seeds, ..over });
        }
        let right: Option<Vec<Vec<bool>>> =
            places.iter().map(|&run| folds.predicted(run).map(|answers| answers.right.clone())).collect();
        let crossed = right.and_then(|right| statistics::crossed(&right));
        Some(match crossed {
            // Everything right with every seed, or wrong: nothing shows how much seeds vary.
            Some(crossed) => Self {
                mean: crossed.estimate,
                interval: crossed.share_interval(),
                of: if crossed.standard_error == 0.0 { Basis::Proteins } else { Basis::SeedsAndProteins },
                seeds,
                from_seeds: crossed.share_of_seeds(),
            },
            None => Self {
                mean: seeds.mean,
                interval: within_shares(seeds.interval.unwrap_or([seeds.low, seeds.high])),
                of: Basis::Seeds,
                seeds,
                from_seeds: None,
            },
        })
    }
}

impl Accuracy {
    /// `None` where the runs have one set of test proteins, or some have none that is known. A split's value is the mean over its seeds.
    fn over_splits(runs: &[usize], folds: &Folds, tested_to_trained: f64) -> Option<Self> {
        let of: Vec<usize> = runs.iter().map(|&run| folds.of[run]).collect::<Option<_>>()?;
        let mut sets = of.clone();
        sets.sort_unstable();
        sets.dedup();
        if sets.len() < 2 {
            return None;
        }
        let share = |run: usize| folds.predicted(run).map(Predicted::accuracy);
        let mean = |set: &usize| {
            let of_set: Vec<f64> =
                runs.iter().zip(&of).filter(|(_, of)| *of == set).map(|(&run, _)| share(run)).collect::<Option<_>>()?;
            Some(of_set.iter().sum::<f64>() / of_set.len() as f64)
        };
        let means: Vec<f64> = sets.iter().map(mean).collect::<Option<_>>()?;
        let seeds = statistics::spread(&means)?;
        let proteins = folds.sets[sets[0]].proteins() as u64;
        let interval = statistics::over_splits(&means, tested_to_trained)
            .map_or_else(|| statistics::wilson_of(seeds.mean * proteins as f64, proteins), |over| within_shares(over.interval));
        Some(Self { mean: seeds.mean, interval, of: Basis::Splits, seeds, from_seeds: None })
    }
}

/// A row a configuration: means over its seeds. The chosen one is marked; an accuracy is starred where it is told from all others, that of `leader`.
#[must_use]
pub fn table(configurations: &[Configuration], chosen: Option<usize>, leader: Option<usize>, comparison: &Comparison) -> Table {
    let keys = keys(&comparison.points);
    let mut columns: Vec<(&str, Kind)> = keys.iter().map(|(_, name)| (name.as_str(), Kind::Number)).collect();
    if columns.is_empty() {
        columns.push(("configuration", Kind::Text));
    }
    columns.extend(["accuracy", "95% interval", "seeds", "SD", "min, max"].map(|name| (name, Kind::Number)));
    let selection = comparison.runs.first().map(|run| run.selection);
    let sign = if selection.is_some_and(|metric| metric.better == Better::Lower) { -1.0 } else { 1.0 };
    let validation = selection.map_or("score", |metric| metric.label);
    let validation = format!("val. {validation}");
    columns.extend(["ROC-AUC", "F1", "MCC", validation.as_str()].map(|name| (name, Kind::Number)));
    let caption = format!(
        "Means over the scored seeds on the {} set. The interval is of the mean accuracy, if {} were resampled; SD, min and max are the seeds' \
         own. The choice is marked.{}",
        split_name(comparison.split),
        drawn(configurations),
        if configurations.iter().filter(|of| of.accuracy.is_some()).count() > 1 { starred(leader) } else { "" },
    );
    let mut table = Table::new(caption, &columns);
    for (place, configuration) in configurations.iter().enumerate() {
        let mut cells: Vec<Cell> = configuration.point.values().map(|value| cut(&format::value(value), 40).into()).collect();
        if cells.is_empty() {
            cells.push(configuration.label.clone().into());
        }
        cells.extend(configuration.cells(sign));
        table.row(cells).mark(chosen == Some(place));
    }
    if let Some(leader) = leader {
        table.rows[leader].cells[keys.len().max(1)].best = true;
    }
    table
}

/// What the intervals of a table count as chance.
fn drawn(configurations: &[Configuration]) -> &'static str {
    let mut bases: Vec<Basis> = configurations.iter().filter_map(|of| Some(of.accuracy.as_ref()?.of)).collect();
    bases.dedup();
    match bases.as_slice() {
        [Basis::Proteins] => "proteins (Wilson)",
        [Basis::Seeds] => "seeds",
        [Basis::Splits] => "splits (Nadeau and Bengio's correction)",
        _ => "proteins and, where there are several, seeds",
    }
}

/// A share is no less than none and no more than all.
fn within_shares(interval: [f64; 2]) -> [f64; 2] {
    interval.map(|end| end.clamp(0.0, 1.0))
}
