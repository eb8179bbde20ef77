//! The data of an experiment, prepared before any run begins: what is wrong with them is told at once, and what a run will cost
//! follows from them.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::Path,
};

use serde::Deserialize;

use super::resolved::ResolvedRun;
use crate::{
    data::{self, Dataset, Split},
    error::Error,
    experiment::{Experiment, Finetune, ModelSize, Settings, Weights},
    input,
};

/// Far above any `config.json`.
const LARGEST_CONFIG: u64 = 1 << 20;

/// The data as the runs will see them.
pub struct Prepared {
    /// As the file's own settings have them.
    pub base: Dataset,
    /// Training proteins and their tokens, an epoch, for each way the grid asks for data.
    training: BTreeMap<String, Amount>,
    /// What was left out and changed, a line for the file's own settings and one for each other
    /// that saw something else.
    pub remarks: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Amount {
    proteins: usize,
    tokens: usize,
}

/// What the data say about each protein, in the column that the report names.
pub fn texts(experiment: &Experiment, project: &Path) -> Result<Vec<String>, Error> {
    let Some(column) = &experiment.report.text else { return Ok(Vec::new()) };
    Ok(data::texts(&experiment.base.data, column, project)?)
}

impl Prepared {
    /// Prepares the data of the file's own settings, and of every other that the grid asks for.
    pub fn new(base: &Settings, runs: &[ResolvedRun], project: &Path) -> Result<Self, Error> {
        let prepare = |settings: &Settings| data::prepare(&settings.data, &settings.split, &settings.tokens, project);
        let dataset = prepare(base)?;
        let mut training = BTreeMap::from([(question(base), amount(&dataset))]);
        let mut seen = Vec::from_iter(dataset.remarks(&base.data));
        let mut remarks: Vec<String> = seen.iter().map(|remark| format!("data: {remark}")).collect();
        for run in runs {
            if let Entry::Vacant(unseen) = training.entry(question(&run.settings)) {
                let other = prepare(&run.settings)?;
                unseen.insert(amount(&other));
                if let Some(remark) = other.remarks(&run.settings.data).filter(|remark| !seen.contains(remark)) {
                    remarks.push(format!("data of {}: {remark}", run.name()));
                    seen.push(remark);
                }
            }
        }
        Ok(Self { base: dataset, training, remarks })
    }

    /// What a run costs beside others: the tokens it trains on, times the parameters that are trained. A frozen part is computed
    /// once for many runs, if at all.
    #[must_use]
    pub fn cost(&self, run: &ResolvedRun) -> f64 {
        let recipe = &run.settings.train;
        let Some(&Amount { proteins, tokens }) = self.training.get(&question(&run.settings)) else { return 0.0 };
        let an_epoch = proteins.div_ceil(recipe.batch_size) as f64;
        let all = an_epoch * f64::from(recipe.epochs);
        let steps = recipe.max_steps.map_or(all, |limit| all.min(limit as f64));
        steps / an_epoch.max(1.0) * tokens as f64 * parameters(run) * trained(run)
    }
}

/// What decides the data of a run.
fn question(settings: &Settings) -> String {
    serde_json::json!([settings.data, settings.split, settings.tokens]).to_string()
}

fn amount(dataset: &Dataset) -> Amount {
    let train = dataset.split(Split::Train);
    let tokens = |&index: &usize| (dataset.proteins[index].sequence.len() + 2).min(dataset.max_length);
    Amount { proteins: train.len(), tokens: train.iter().map(tokens).sum() }
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
