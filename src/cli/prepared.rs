//! The data of an experiment, prepared before any run begins: what is wrong with them is told at
//! once, and what a run will cost follows from them.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    path::Path,
};

use serde::Deserialize;

use super::resolved::{self, ResolvedRun};
use crate::{error::Error, plan};
use titer_core::{
    data::{self, Dataset, Split},
    experiment::{Experiment, Finetune, ModelSize, Settings, Steps, Weights},
    input,
    metric::Metric,
};

/// Far above any `config.json`.
const LARGEST_CONFIG: u64 = 1 << 20;

/// The data as the runs will see them.
pub struct Prepared {
    /// As the file's own settings have them; as the first run has them where no run has those and
    /// they cannot be prepared.
    pub base: Dataset,
    /// What the report says about each protein.
    pub texts: Vec<String>,
    /// Training proteins and their tokens, an epoch, for each way the grid asks for data.
    training: BTreeMap<String, Amount>,
    /// What was left out and changed, a line for the file's own settings and one for each other
    /// that saw something else.
    pub remarks: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Amount {
    proteins: usize,
    tokens: usize,
    /// Proteins of any split that lose residues.
    truncated: usize,
    /// The metrics that have no value on the validation split, with the reason.
    without_value: Vec<(Metric, &'static str)>,
}

/// What the data say about each protein, in the column that the report names.
pub fn texts(experiment: &Experiment, project: &Path) -> Result<Vec<String>, Error> {
    let Some(column) = &experiment.report.text else { return Ok(Vec::new()) };
    Ok(data::texts(&experiment.base.data, column, project)?)
}

impl Prepared {
    /// Prepares the data of the file's own settings, and of every other that the grid asks for:
    /// each once. All that is wrong with them is told.
    pub fn new(experiment: &Experiment, points: &[plan::Point], project: &Path) -> Result<Self, Vec<Error>> {
        let prepare =
            |settings: &Settings| data::prepare(&settings.task, &settings.data, &settings.split, &settings.tokens, project);
        let of_base = question(&experiment.base);
        let is_run = points.iter().any(|point| question(&point.settings) == of_base);
        let (base, settings) = match (prepare(&experiment.base), points.first()) {
            // No run has the file's own settings: those of the first stand for them.
            (Err(_), Some(first)) if !is_run => (prepare(&first.settings), &first.settings),
            (base, _) => (base, &experiment.base),
        };
        let mut errors = Vec::new();
        let mut training = BTreeMap::from([(question(settings), base.as_ref().ok().map(amount))]);
        let mut seen = Vec::from_iter(base.as_ref().ok().and_then(|base| base.remarks(&settings.data)));
        let mut remarks: Vec<String> = seen.iter().map(|remark| format!("data: {remark}")).collect();
        for plan::Point { values, settings } in points {
            if let Entry::Vacant(unseen) = training.entry(question(settings)) {
                let prepared = prepare(settings);
                unseen.insert(prepared.as_ref().ok().map(amount));
                let remark = prepared.as_ref().ok().and_then(|other| other.remarks(&settings.data));
                if let Some(remark) = remark.filter(|remark| !seen.contains(remark)) {
                    remarks.push(format!("data of {}: {remark}", resolved::name(values)));
                    seen.push(remark);
                }
                errors.extend(prepared.err().map(Error::from));
            }
        }
        for plan::Point { settings, .. } in points {
            let amount = training.get(&question(settings)).and_then(Option::as_ref);
            errors.extend(amount.and_then(|amount| require_selectable(settings, amount).err()));
        }
        let texts = texts(experiment, project);
        match (base, texts) {
            (Ok(base), Ok(texts)) if errors.is_empty() => {
                let training = training.into_iter().filter_map(|(question, amount)| Some((question, amount?))).collect();
                Ok(Self { base, texts, training, remarks })
            }
            (base, texts) => {
                errors.splice(0..0, base.err().map(Error::from));
                errors.extend(texts.err());
                // A file that is not there is not there for the report's column either.
                let mut told = BTreeSet::new();
                errors.retain(|error| told.insert(error.to_string()));
                Err(errors)
            }
        }
    }

    /// The optimiser steps of a run.
    #[must_use]
    pub fn steps(&self, settings: &Settings) -> Option<Steps> {
        self.training.get(&question(settings)).map(|amount| settings.train.steps(amount.proteins))
    }

    /// Whether any protein is longer than the most that it may have.
    #[must_use]
    pub fn truncates(&self, settings: &Settings) -> bool {
        self.training.get(&question(settings)).is_none_or(|amount| amount.truncated > 0)
    }

    /// What a run costs beside others: the tokens it trains on, times the parameters that are
    /// trained. A frozen part is computed once for many runs, if at all.
    #[must_use]
    pub fn cost(&self, run: &ResolvedRun) -> f64 {
        let Some(Amount { proteins, tokens, .. }) = self.training.get(&question(&run.settings)) else { return 0.0 };
        let (proteins, tokens) = (*proteins, *tokens);
        let steps = run.settings.train.steps(proteins);
        steps.total as f64 / steps.an_epoch.max(1) as f64 * tokens as f64 * parameters(run) * trained(run)
    }

    /// Tokens of a training batch of a run, on average.
    #[must_use]
    pub fn tokens(&self, run: &ResolvedRun) -> f64 {
        let Some(Amount { proteins, tokens, .. }) = self.training.get(&question(&run.settings)) else { return 0.0 };
        *tokens as f64 / (*proteins).max(1) as f64 * run.settings.train.batch_size as f64
    }
}

/// Refuses to select by a metric that has no value on the validation split.
fn require_selectable(settings: &Settings, amount: &Amount) -> Result<(), Error> {
    let without = |metric: Metric| amount.without_value.iter().find(|(other, _)| *other == metric);
    let Some((metric, reason)) = without(settings.train.select) else { return Ok(()) };
    let task = settings.task.kind.task();
    let others = [task.compares(), task.loss()];
    let other = others.into_iter().find(|other| without(*other).is_none()).unwrap_or(task.loss());
    Err(data::Error::NoSelection { metric: metric.id, reason, other: other.id }.into())
}

/// What decides the data of a run.
fn question(settings: &Settings) -> String {
    serde_json::json!([settings.task, settings.data, settings.split, settings.tokens]).to_string()
}

fn amount(dataset: &Dataset) -> Amount {
    let train = dataset.split(Split::Train);
    let tokens = |&index: &usize| (dataset.proteins[index].sequence.len() + 2).min(dataset.max_length);
    Amount {
        proteins: train.len(),
        tokens: train.iter().map(tokens).sum(),
        truncated: dataset.card.truncated,
        without_value: data::without_value(dataset),
    }
}

/// About the share of the model's parameters that is trained.
fn trained(run: &ResolvedRun) -> f64 {
    match run.settings.train.finetune {
        Finetune::Full => 1.0,
        // Of ESM-2 8M, for all the tokens of a protein together.
        Finetune::Frozen => 1e-4,
        // Where the model has fewer, the run fails at once.
        Finetune::Last(last) => layers(run).map_or(1.0, |layers| f64::from(last.get()) / f64::from(layers.max(1))),
    }
}

fn layers(run: &ResolvedRun) -> Option<u32> {
    /// What is read of `config.json`.
    #[derive(Deserialize)]
    struct Config {
        num_hidden_layers: u32,
    }
    if let Weights::Random { size } = run.settings.model.weights {
        return Some(size.layers());
    }
    let text = input::read_to_string(&run.weights.as_ref()?.join("config.json"), LARGEST_CONFIG).ok()?;
    serde_json::from_str(&text).ok().map(|config: Config| config.num_hidden_layers)
}

/// About as many parameters as the model has.
pub fn parameters(run: &ResolvedRun) -> f64 {
    match (&run.settings.model.weights, &run.weights) {
        (Weights::Random { size }, _) => match size {
            ModelSize::Tiny => 1e5,
            ModelSize::M8 => 8e6,
            ModelSize::M35 => 35e6,
            ModelSize::M150 => 150e6,
            ModelSize::M650 => 650e6,
            ModelSize::B3 => 3e9,
        },
        (_, folder) => {
            let file = folder.as_ref().map(|folder| folder.join("model.safetensors"));
            file.and_then(|file| fs_err::metadata(file).ok()).map_or(0.0, |file| file.len() as f64 / 4.0)
        }
    }
}
