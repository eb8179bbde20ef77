//! What a run writes down while it goes on.

use std::{
    io,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use titer_core::{
    data::{Dataset, Split},
    experiment::Precision,
    predictions::{Output, Predictions, Values},
    protocol::{Event, Job},
    results::{
        self, RunFolder,
        manifest::Attempt,
        tables::{self, PredictionRow, ValueRow},
    },
    statistics,
};

use super::{RunError, best, checkpoint};
use crate::{
    machine,
    model::Classifier,
    train::{Observer, Trained, Training},
};

/// The checkpoints within an epoch that nobody asked for by number of steps cost at most one part
/// in so many of the time.
const SHARE: u32 = 30;

/// The least time between two checkpoints that nobody asked for: less work than this is not worth
/// saving, and epochs may be shorter than the writing of what is to be saved.
const LEAST: Duration = Duration::from_secs(20);

/// Passes the loop's events on, keeps the best weights, and writes the checkpoints.
pub(super) struct Recorder<'a> {
    pub(super) job: &'a Job,
    pub(super) folder: &'a RunFolder,
    pub(super) dataset: &'a Dataset,
    pub(super) precision: Precision,
    pub(super) attempts: Vec<Attempt>,
    /// Seconds of the attempts before this one.
    pub(super) before: f64,
    /// Of the attempts before this one.
    pub(super) peak_memory: u64,
    /// When this attempt began.
    pub(super) began: Instant,
    pub(super) stop: &'a AtomicBool,
    pub(super) emit: &'a mut dyn FnMut(Event),
    pub(super) pace: Pace,
    pub(super) best: Best,
    /// The last time the loop offered to write a checkpoint one was written.
    pub(super) is_saved: bool,
}

/// The weights of the best epoch so far.
#[derive(Debug, Default)]
pub(super) enum Best {
    /// In its folder, or there are none yet.
    #[default]
    Written,
    /// Not yet: the next checkpoint will count on them, or the run's end.
    Held { epoch: u32, model: Box<Classifier> },
}

/// When the next checkpoint is due.
#[derive(Debug)]
pub(super) struct Pace {
    every: Option<u64>,
    steps: u64,
    since: Instant,
    cost: Duration,
}

impl Pace {
    pub(super) fn new(every: Option<u64>) -> Self {
        Self { every, steps: 0, since: Instant::now(), cost: Duration::ZERO }
    }

    /// Counts a step.
    fn step(&mut self) -> bool {
        self.steps += 1;
        match self.every {
            Some(every) => self.steps >= every,
            None => self.since.elapsed() >= LEAST.max(self.cost * SHARE),
        }
    }

    /// Whether one is due where an epoch ends.
    fn is_due_at_an_end(&self) -> bool {
        self.every.is_some() || self.since.elapsed() >= LEAST
    }

    /// A checkpoint was written, begun at this moment.
    fn written(&mut self, began: Instant) {
        (self.cost, self.since) = (began.elapsed(), Instant::now());
        self.steps = 0;
    }
}

impl Recorder<'_> {
    pub(super) fn write_tables(&self, trained: &Trained) -> Result<(), RunError> {
        tables::write_steps(&self.folder.steps(), &trained.steps)?;
        tables::write_epochs(self.folder, &self.dataset.classes, &trained.epochs)?;
        Ok(())
    }

    /// The weights of the best epoch, where they are not written yet.
    pub(super) fn write_best(&mut self) -> Result<(), RunError> {
        match std::mem::take(&mut self.best) {
            Best::Written => Ok(()),
            Best::Held { epoch, model } => self.write_weights(&model, epoch),
        }
    }

    fn write_weights(&self, model: &Classifier, epoch: u32) -> Result<(), RunError> {
        let truncate = self.job.settings.tokens.truncate;
        best::save(model, self.dataset, truncate, &self.folder.best_of(epoch))
    }

    /// Of all attempts together.
    pub(super) fn seconds(&self) -> f64 {
        self.before + self.began.elapsed().as_secs_f64()
    }

    /// Of all attempts the highest.
    pub(super) fn peak_memory(&self) -> u64 {
        self.peak_memory.max(machine::peak_memory(self.job.device))
    }

    fn state(&self, training: &Training) -> checkpoint::State {
        let trained = &training.trained;
        checkpoint::State {
            format: checkpoint::FORMAT,
            key: self.job.key.clone(),
            precision: self.precision,
            attempts: self.attempts.clone(),
            seconds: self.seconds(),
            peak_memory: self.peak_memory(),
            position: trained.position,
            epochs: trained.epochs.clone(),
            selected_epoch: trained.selected_epoch,
            best: trained.best,
            skipped_steps: trained.skipped_steps,
            scale: training.optimizer.scale(),
            train_seconds: trained.train_seconds,
            eval_seconds: trained.eval_seconds,
        }
    }
}

impl Observer for Recorder<'_> {
    type Error = RunError;

    fn event(&mut self, event: Event) {
        (self.emit)(event);
    }

    fn keep(&mut self, model: &Classifier, epoch: u32) -> Result<(), RunError> {
        if self.pace.is_due_at_an_end() {
            self.best = Best::Written;
            return self.write_weights(model, epoch);
        }
        self.best = Best::Held { epoch, model: Box::new(model.on_host()) };
        Ok(())
    }

    fn wants_checkpoint(&mut self) -> bool {
        self.pace.step() || self.must_stop()
    }

    fn must_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn checkpoint(&mut self, training: &Training) -> Result<(), RunError> {
        let (began, trained) = (Instant::now(), &training.trained);
        let step = trained.steps.len() as u64;
        let ends_an_epoch = trained.position.batch == 0;
        self.is_saved = !ends_an_epoch || self.must_stop() || self.pace.is_due_at_an_end();
        if !self.is_saved {
            return Ok(());
        }
        self.write_best()?;
        checkpoint::write(&self.folder.checkpoint(), &self.state(training), training)?;
        // What the checkpoint before this one counted on.
        forget_best(self.folder, trained.selected_epoch)?;
        // At the end of an epoch, for whoever wants to look; after the last one they are written anyway.
        if ends_an_epoch && trained.position.epoch < self.job.settings.train.last_epoch() {
            self.write_tables(trained)?;
        }
        self.pace.written(began);
        self.event(Event::Checkpoint { step, seconds: began.elapsed().as_secs_f64() });
        if self.must_stop() { Err(RunError::Stopped { step }) } else { Ok(()) }
    }
}

/// Removes the best checkpoints of all epochs but this one.
fn forget_best(folder: &RunFolder, but: Option<u32>) -> Result<(), results::Error> {
    let stays = but.map(|epoch| folder.best_of(epoch));
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source: io::Error| results::Error::write(path, source)
    };
    for entry in fs_err::read_dir(folder.path()).map_err(failed(folder.path()))? {
        let path = entry.map_err(failed(folder.path()))?.path();
        let is_best = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("best-"));
        if is_best && stays.as_ref() != Some(&path) {
            fs_err::remove_dir_all(&path).map_err(failed(&path))?;
        }
    }
    Ok(())
}

/// Writes `predictions.parquet`: of each split what was predicted, and what the model gave.
pub(super) fn predictions(
    dataset: &Dataset,
    evaluated: &[(Split, Predictions, &Vec<f32>)],
    folder: &RunFolder,
) -> Result<(), results::Error> {
    let path = folder.predictions();
    let (mut classes, mut values) = (Vec::new(), Vec::new());
    for (split, predictions, logits) in evaluated {
        match predictions {
            Predictions::Classes(_) => classes.extend(class_rows(dataset, *split, logits)),
            Predictions::Values(predicted) => values.extend(value_rows(dataset, *split, predicted)),
        }
    }
    match dataset.kind.task().output() {
        Output::Classes => tables::write_predictions(&path, &dataset.classes, &classes),
        Output::Values => tables::write_values(&path, &values),
    }
}

fn class_rows(dataset: &Dataset, split: Split, logits: &[f32]) -> Vec<PredictionRow> {
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
                label: classes[protein.class().expect("a protein of a split has a class")].clone(),
                predicted: classes[titer_core::predictions::predicted(logits)].clone(),
                logits: logits.to_vec(),
                probabilities: statistics::probabilities(logits, classes.len()),
            }
        })
        .collect()
}

fn value_rows(dataset: &Dataset, split: Split, values: &Values) -> Vec<ValueRow> {
    let predicted = values.targets().iter().zip(values.predicted());
    let row = |(&index, (&label, &predicted)): (&usize, (&f64, &f64))| ValueRow {
        id: dataset.proteins[index].id.clone(),
        split,
        label,
        predicted,
    };
    dataset.split(split).iter().zip(predicted).map(row).collect()
}
