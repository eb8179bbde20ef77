//! The runs by configuration: the grid's keys without the seed, which is an axis of its own.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    answers::Answers,
    comparison::{Comparison, Metrics, selection_name, split_name, starred},
    format,
    points::{self, Points},
    predicted::Predicted,
    table::{Cell, Kind, Table},
};
use crate::{
    eval::{self, Spread},
    experiment::Selection,
    text::cut,
};

/// The key that repeats a configuration instead of making another one.
const SEED: &str = "train.seed";

/// Runs that differ in their seed alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Configuration {
    pub label: String,
    /// The keys that tell the configurations apart, and their values here.
    pub point: Map<String, Value>,
    /// Indices of its runs, in the plan's order.
    pub runs: Vec<usize>,
    /// The seed of each of its runs.
    pub seeds: Vec<u32>,
    /// `None` where none of its runs was scored.
    pub accuracy: Option<Accuracy>,
    pub roc_auc: Option<Spread>,
    pub f1: Option<Spread>,
    pub mcc: Option<Spread>,
    pub loss: Option<Spread>,
    /// The validation metric that named the kept epochs, greater is better: the loss with a minus.
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
    /// Other seeds alone: the runs were not scored on the same proteins.
    Seeds,
}

/// Groups the runs by everything but their seed, in the order the plan comes to them.
#[must_use]
pub fn configurations(comparison: &Comparison, seeds: &[u32], answers: &Answers) -> Vec<Configuration> {
    let points = &comparison.points;
    let keys = places(points);
    let place = |run: usize| -> Vec<Value> {
        keys.iter().map(|&key| without_seed(&points.keys[key], &points.rows[run].values[key])).collect()
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
    let point = |values: &[Value]| keys.iter().map(|&key| points.keys[key].clone()).zip(values.iter().cloned()).collect();
    found
        .iter()
        .zip(labels)
        .map(|((values, runs), label)| Configuration::new(label, point(values), runs, comparison, seeds, answers))
        .collect()
}

/// The keys that tell configurations apart, each with its short name.
#[must_use]
pub fn keys(points: &Points) -> Vec<(String, String)> {
    let names = points.names();
    places(points).into_iter().map(|key| (points.keys[key].clone(), names[key].clone())).collect()
}

/// Where those keys stand among all.
fn places(points: &Points) -> Vec<usize> {
    (0..points.keys.len()).filter(|&key| points.keys[key] != SEED).collect()
}

/// A whole table of the grid (`train = [{ … }]`) may bring the seed along.
fn without_seed(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("train", Value::Object(fields)) => Value::Object(
            fields.iter().filter(|(name, _)| *name != "seed").map(|(name, value)| (name.clone(), value.clone())).collect(),
        ),
        _ => value.clone(),
    }
}

/// What the configurations are called; of one run each, as the run.
fn labels(found: &[(Vec<Value>, Vec<usize>)], names: &[String], comparison: &Comparison, points: &Points) -> Vec<String> {
    let one_each = found.iter().all(|(_, runs)| runs.len() == 1);
    let of = |(values, runs): &(Vec<Value>, Vec<usize>)| match points::in_words(names, values) {
        _ if one_each && !points.keys.iter().any(|key| key == SEED) => comparison.runs[runs[0]].label.clone(),
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
        answers: &Answers,
    ) -> Self {
        let over_seeds = |value: &dyn Fn(&Metrics) -> Option<f64>| {
            let values: Vec<f64> = runs.iter().filter_map(|&run| value(comparison.runs[run].scores.as_ref()?)).collect();
            eval::spread(&values)
        };
        let validated: Vec<f64> = runs.iter().filter_map(|&run| comparison.runs[run].validation.as_ref()?.selected_by).collect();
        Self {
            label,
            point,
            runs: runs.to_vec(),
            seeds: runs.iter().map(|&run| seeds[run]).collect(),
            accuracy: Accuracy::new(runs, comparison, answers),
            roc_auc: over_seeds(&|scores| scores.roc_auc),
            f1: over_seeds(&|scores| Some(scores.f1)),
            mcc: over_seeds(&|scores| scores.mcc),
            loss: over_seeds(&|scores| Some(scores.loss)),
            validation: eval::spread(&validated),
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
                self.seeds.len().to_string().into(),
                accuracy.seeds.deviation.map_or_else(|| Cell::none(Some("one seed")), |of| format::score(of).into()),
                [accuracy.seeds.low, accuracy.seeds.high].map(|end| format::decimal(end, 3)).join(", ").into(),
            ],
            None => vec![none(), none(), self.seeds.len().to_string().into(), none(), none()],
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

    /// How its seeds are counted in a sentence: `3 seeds`.
    #[must_use]
    pub fn seeds_in_words(&self) -> String {
        format::counted(self.accuracy.as_ref().map_or(self.runs.len(), |of| of.seeds.n) as u64, "seed")
    }
}

impl Accuracy {
    fn new(runs: &[usize], comparison: &Comparison, answers: &Answers) -> Option<Self> {
        let scored: Vec<(usize, &Metrics)> =
            runs.iter().filter_map(|&run| Some((run, comparison.runs[run].scores.as_ref()?))).collect();
        let values: Vec<f64> = scored.iter().map(|(_, scores)| scores.accuracy).collect();
        let seeds = eval::spread(&values)?;
        if let [(_, only)] = scored.as_slice() {
            return Some(Self {
                mean: only.accuracy,
                interval: only.accuracy_interval,
                of: Basis::Proteins,
                seeds,
                from_seeds: None,
            });
        }
        let right: Option<Vec<Vec<bool>>> =
            scored.iter().map(|(run, _)| answers.runs[*run].as_ref().map(|answers| answers.right.clone())).collect();
        let crossed = right.and_then(|right| eval::crossed(&right));
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

/// A row a configuration: means over its seeds. The chosen one is marked; an accuracy is starred where it is told from all others, that of `leader`.
#[must_use]
pub fn table(configurations: &[Configuration], chosen: Option<usize>, leader: Option<usize>, comparison: &Comparison) -> Table {
    let keys = keys(&comparison.points);
    let mut columns: Vec<(&str, Kind)> = keys.iter().map(|(_, name)| (name.as_str(), Kind::Number)).collect();
    if columns.is_empty() {
        columns.push(("configuration", Kind::Text));
    }
    columns.extend(["accuracy", "95% interval", "seeds", "SD", "from, to"].map(|name| (name, Kind::Number)));
    let selection = comparison.runs.first().map(|run| run.selection);
    let sign = if selection == Some(Selection::Loss) { -1.0 } else { 1.0 };
    let validation = selection.map_or("score", selection_name);
    let validation = format!("val. {validation}");
    columns.extend(["ROC-AUC", "F1", "MCC", validation.as_str()].map(|name| (name, Kind::Number)));
    let caption = format!(
        "Means over the seeds on the {} set. The interval is of the mean accuracy, for another draw of {}; SD, from and to are the seeds' own. \
         The choice is marked.{}",
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
        _ => "proteins and, where there are several, of seeds",
    }
}

/// A share is no less than none and no more than all.
fn within_shares(interval: [f64; 2]) -> [f64; 2] {
    interval.map(|end| end.clamp(0.0, 1.0))
}
