//! What a run writes down while it goes on and when it ends.

use titer::{
    data::{Dataset, Split},
    eval,
    experiment::{Settings, TrainSettings},
    results::{
        Manifest, RunFolder,
        manifest::{FORMAT, Machine, Outcome, Status, Versions},
        tables::{self, PredictionRow},
    },
    schedule::protocol::{Device, Event, Job},
};

use super::{RunError, checkpoint};
use crate::{
    machine,
    model::Classifier,
    native,
    train::{Observer, Trained},
};

/// Passes the loop's events on, keeps the best weights, and writes the tables after each epoch.
pub(super) struct Recorder<'a> {
    folder: &'a RunFolder,
    classes: &'a [String],
    max_length: usize,
    recipe: &'a TrainSettings,
    emit: &'a mut dyn FnMut(Event),
}

impl<'a> Recorder<'a> {
    pub(super) fn new(
        folder: &'a RunFolder,
        dataset: &'a Dataset,
        settings: &'a Settings,
        emit: &'a mut dyn FnMut(Event),
    ) -> Self {
        let (classes, max_length) = (dataset.classes.as_slice(), dataset.max_length);
        Self { folder, classes, max_length, recipe: &settings.train, emit }
    }

    pub(super) fn write_tables(&self, trained: &Trained) -> Result<(), RunError> {
        tables::write_steps(&self.folder.steps(), &trained.steps)?;
        tables::write_epochs(&self.folder.epochs(), self.classes, &trained.epochs)?;
        Ok(())
    }
}

impl Observer for Recorder<'_> {
    type Error = RunError;

    fn event(&mut self, event: Event) {
        (self.emit)(event);
    }

    fn keep(&mut self, model: &Classifier) -> Result<(), RunError> {
        checkpoint::save(model, self.classes, self.max_length, &self.folder.best())
    }

    fn epoch(&mut self, so_far: &Trained) -> Result<(), RunError> {
        // After the last one everything is written anyway.
        if so_far.epochs.len() < self.recipe.epochs as usize { self.write_tables(so_far) } else { Ok(()) }
    }
}

/// The rows of `predictions.parquet` for one split.
pub(super) fn predictions(dataset: &Dataset, split: Split, logits: &[f32]) -> Vec<PredictionRow> {
    let classes = &dataset.classes;
    dataset
        .split(split)
        .iter()
        .zip(logits.chunks(classes.len()))
        .map(|(&index, logits)| {
            let protein = &dataset.proteins[index];
            PredictionRow {
                id: protein.id.clone(),
                split,
                label: classes[protein.class.expect("a protein of a split has a class")].clone(),
                predicted: classes[eval::classification::predicted(logits)].clone(),
                logits: logits.to_vec(),
                probabilities: eval::probabilities(logits, classes.len()),
            }
        })
        .collect()
}

/// `run.json`.
pub(super) fn manifest(job: &Job, diverged: bool, outcome: Outcome) -> Manifest {
    let gpu = match job.device {
        Device::Cuda(index) => native::gpus().into_iter().nth(index as usize).map(|gpu| gpu.name),
        Device::Cpu => None,
    };
    Manifest {
        format: FORMAT,
        key: job.key.clone(),
        experiment: job.experiment.clone(),
        status: if diverged { Status::Diverged } else { Status::Finished },
        point: job.point.clone(),
        settings: job.settings.without_absolute_paths(),
        inputs: job.inputs.clone(),
        versions: Versions {
            titer: env!("CARGO_PKG_VERSION").to_owned(),
            libtorch: native::libtorch_version(),
            cuda: gpu.as_ref().and_then(|_| native::cuda_version()),
        },
        machine: Machine {
            os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cpu: machine::cpu_name(),
            threads: job.threads,
            device: match job.device {
                Device::Cpu => "cpu".to_owned(),
                Device::Cuda(index) => format!("cuda:{index}"),
            },
            gpu,
        },
        outcome,
    }
}
