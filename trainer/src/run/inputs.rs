//! What runs read: once for all runs of a worker that read the same.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use titer_core::{
    checkpoint,
    data::{self, Dataset, Split, tokens::Tokenizer},
    experiment::{Settings, Truncate},
    protocol::{Job, PROTOCOL},
};

use super::RunError;
use crate::{machine, train::Examples};

/// What a job reads before its model. Jobs that ask for the same share it.
#[derive(Debug)]
pub struct Shared {
    pub(super) device: tch::Device,
    pub(super) dataset: Dataset,
    /// Train, validation and test.
    pub(super) examples: [Examples; 3],
}

impl Shared {
    /// Opens the device and reads the data. Data and weights must be those that the run's key
    /// names.
    fn prepare(job: &Job) -> Result<Self, RunError> {
        let settings = &job.settings;
        let device = machine::open(job.device)?;
        unchanged("data", &job.inputs.data, &data::digest(&settings.data, &job.project)?)?;
        let dataset = data::prepare(&settings.task, &settings.data, &settings.split, &settings.tokens, &job.project)?;
        let examples = examples(&dataset, settings.tokens.truncate);
        unchanged("weights", &job.inputs.weights, &checkpoint::digest(&settings.model.weights, job.weights.as_deref())?)?;
        Ok(Self { device, dataset, examples })
    }
}

/// What the jobs of a worker read.
#[derive(Debug, Default)]
pub struct Inputs(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Kept for the next job, which most often asks for the same.
    last: Option<Arc<Shared>>,
    /// What jobs that go on have, by what they asked for.
    all: BTreeMap<String, Weak<Shared>>,
}

impl Inputs {
    /// What a job reads; it is read while others wait, which then find it.
    pub fn of(&self, job: &Job) -> Result<Arc<Shared>, RunError> {
        if job.protocol != PROTOCOL {
            return Err(RunError::Protocol { runner: job.protocol, worker: PROTOCOL });
        }
        let Settings { task, data, split, tokens, model, .. } = &job.settings;
        let asked =
            serde_json::json!([task, data, split, tokens, model, job.inputs, job.weights, job.project, job.device]).to_string();
        // A panic leaves nothing half written in it.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.all.get(&asked).and_then(Weak::upgrade);
        let shared = match found {
            Some(shared) => shared,
            None => Arc::new(Shared::prepare(job)?),
        };
        known.all.retain(|_, shared| shared.strong_count() > 0);
        known.all.insert(asked, Arc::downgrade(&shared));
        known.last = Some(Arc::clone(&shared));
        Ok(shared)
    }
}

/// The proteins of train, validation and test as the model reads them.
fn examples(dataset: &Dataset, truncate: Truncate) -> [Examples; 3] {
    let tokenizer = Tokenizer::esm2();
    [Split::Train, Split::Validation, Split::Test].map(|split| {
        let indices = dataset.split(split);
        let targets =
            indices.iter().map(|&index| dataset.proteins[index].target.expect("a protein of a split has a target")).collect();
        Examples {
            tokens: data::encode(dataset, &tokenizer, truncate, indices),
            targets,
            scaling: dataset.scaling,
            features: None,
        }
    })
}

/// Refuses an input whose content is not what the run's key was made of.
fn unchanged(what: &'static str, named: &str, found: &str) -> Result<(), RunError> {
    if named == found { Ok(()) } else { Err(RunError::Changed { what }) }
}
