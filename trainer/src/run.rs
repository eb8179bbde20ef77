//! The life of one run: data → model → training → evaluation → files.

mod best;
mod checkpoint;
mod error;
mod frozen;
mod inputs;
mod manifest;
mod record;

use std::{ops::ControlFlow, sync::atomic::AtomicBool, time::Instant};

use titer_core::{
    clock,
    data::Split,
    experiment::Weights,
    protocol::{Device, Event, Job, PROTOCOL},
    results::{self, RunFolder, atomic, manifest as written},
    scores::Scores,
};

use self::{
    checkpoint::{Checkpoint, Useless},
    frozen::FrozenPart,
    record::{Best, Pace, Recorder},
};
pub use self::{
    error::RunError,
    inputs::{Inputs, Shared},
};
use crate::{
    machine,
    model::{Classifier, Frozen, weights},
    native, objective,
    train::{self, Examples, Observer as _, Trained, Training, evaluate::evaluate},
};

const ANEW: &str = "the run begins anew, its checkpoint is of no use";

/// When a run was given to this process.
#[derive(Debug)]
pub struct Began {
    at: Instant,
    clock: String,
}

impl Began {
    #[must_use]
    pub fn now() -> Self {
        Self { at: Instant::now(), clock: clock::now() }
    }
}

/// Does a job, tells of it through `emit`, and leaves the run's folder finished: `run.json` is
/// written last. Where there is a checkpoint the run goes on from it. Where `stop` is set it ends
/// at its next step, with a checkpoint.
///
/// # Panics
///
/// Where libtorch refuses, out of memory for one: `tch` panics with libtorch's message.
pub fn run(job: &Job, shared: &Shared, began: &Began, stop: &AtomicBool, emit: &mut dyn FnMut(Event)) -> Result<(), RunError> {
    let Shared { device, dataset, examples } = shared;
    native::warnings::hear();
    if job.sharing.lanes().is_some() {
        machine::enter_lane(*device)?;
    }
    let (Began { at: began, clock: started }, settings) = (began, &job.settings);
    let began = *began;
    let folder = RunFolder::at(job.output.clone());
    let checkpoint = checkpoint(&folder, job);
    let threads = threads(job, checkpoint.as_ref());
    tch::set_num_threads(threads as i32);

    let (mut training, earlier) = begin(job, *device, &folder, dataset.outputs() as i64, checkpoint)?;
    let precision = match &earlier {
        Some(state) => state.precision,
        None => machine::precision(settings.train.precision, job.device)?,
    };
    let parameters = training.model.count();
    let from_step = training.trained.steps.len() as u64;
    let steps = settings.train.steps(dataset.split(Split::Train).len());
    emit(Event::Started {
        protocol: PROTOCOL,
        precision,
        steps: steps.total,
        steps_an_epoch: steps.an_epoch,
        epochs: steps.epochs(),
        parameters: parameters.total,
        resumed: earlier.is_some().then_some(from_step),
    });

    // What is frozen is applied to every protein before training, or was by another run.
    let part = FrozenPart { job, model: &training.model, precision, threads, step: from_step, stop };
    let featured = part.apply(dataset, examples, emit)?;
    let [train, validation, test] = featured.as_ref().unwrap_or(examples);

    // Training. The best epoch's weights are kept on disk.
    training.record(&settings.train, train);
    let attempt = manifest::attempt(job, started.clone(), from_step, threads);
    let (attempts, before, peak_memory) =
        earlier.map_or((Vec::new(), 0.0, 0), |state| (state.attempts, state.seconds, state.peak_memory));
    let attempts = attempts.into_iter().chain([attempt]).collect();
    let pace = Pace::new(job.checkpoint_every);
    let folder = &folder;
    let (best, is_saved) = (Best::Written, from_step > 0);
    let mut recorder =
        Recorder { job, folder, dataset, precision, attempts, before, peak_memory, began, stop, emit, pace, best, is_saved };
    train::fine_tune(&mut training, train, validation, &settings.train, precision, &mut recorder)?;
    let Training { model, trained, .. } = training;
    if trained.diverged {
        let (taken, of) = (trained.steps.len(), steps.total);
        tracing::warn!("diverged after step {taken} of {of}: the loss or a logit is not finite any more; training ends here");
    }
    recorder.write_tables(&trained)?;
    recorder.write_best()?;

    // What the best checkpoint is worth.
    let tested = Instant::now();
    let scored = match trained.selected_epoch {
        Some(selected) => test_best(&mut recorder, &model, &trained, selected, [validation, test])?,
        None => None,
    };
    let diverged = trained.diverged || scored.is_none();
    let mut scored = scored.into_iter().flatten();
    let outcome = written::Outcome {
        started: recorder.attempts[0].started.clone(),
        finished: clock::now(),
        seconds: recorder.seconds(),
        train_seconds: trained.train_seconds,
        eval_seconds: trained.eval_seconds + tested.elapsed().as_secs_f64(),
        precision,
        parameters,
        model: best::config(&model, dataset)?,
        max_length: dataset.max_length,
        classes: dataset.classes.clone(),
        scaling: dataset.scaling,
        steps: trained.steps.len() as u64,
        steps_an_epoch: steps.an_epoch,
        skipped_steps: trained.skipped_steps,
        tokens: trained.steps.iter().map(|row| row.tokens).sum(),
        train_loss: trained.train_loss(),
        selected_epoch: trained.selected_epoch,
        validation: scored.next(),
        test: scored.next(),
        peak_memory: recorder.peak_memory(),
        determinism: manifest::determinism(&recorder.attempts),
        attempts: recorder.attempts,
    };
    let seconds = outcome.seconds;
    written::write(folder, &manifest::of(job, folder, diverged, outcome)?)?;
    (recorder.emit)(Event::Finished { diverged, seconds });
    Ok(())
}

/// Scores the best checkpoint: validation as its epoch scored it, and the test split, which nothing
/// was chosen by. `None` where what the model gives for a test protein is not finite: then the run
/// has diverged.
fn test_best(
    recorder: &mut Recorder<'_>,
    model: &Classifier,
    trained: &Trained,
    selected: u32,
    [validation, test]: [&Examples; 2],
) -> Result<Option<Vec<Scores>>, RunError> {
    let (folder, dataset) = (recorder.folder, recorder.dataset);
    if folder.best_of(selected).exists() {
        put_best(folder, selected)?;
    }
    if trained.diverged || trained.epochs.last().is_some_and(|last| last.epoch != selected) {
        let best = weights::fine_tuned(&folder.best(), dataset.outputs() as i64).map_err(|source| RunError::Best { source })?;
        model.copy_from(&best);
    }
    let batch_size = recorder.job.settings.train.eval_batch_size;
    let logits = evaluate(model, test, train::kind(recorder.precision), batch_size, |done| {
        recorder.event(Event::Evaluating { epoch: selected, done, of: test.len() });
        // A run so quick that its last epoch was not worth a checkpoint ends sooner than it would stop.
        if recorder.must_stop() && recorder.is_saved { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let ControlFlow::Continue(on_test) = logits else {
        return Err(RunError::Stopped { step: trained.steps.len() as u64 });
    };
    if on_test.iter().any(|logit| !logit.is_finite()) {
        tracing::warn!("diverged: the best checkpoint's outputs are not finite for a protein of the test set; nothing is scored");
        return Ok(None);
    }
    let evaluated = [(Split::Validation, validation, &trained.best_logits), (Split::Test, test, &on_test)]
        .map(|(split, examples, logits)| (split, examples.predictions(dataset.kind.task(), logits, dataset.outputs()), logits));
    record::predictions(dataset, &evaluated, folder)?;
    Ok(Some(evaluated.iter().map(|(_, predictions, _)| Scores::of(predictions)).collect()))
}

/// The run's checkpoint; one that is of no use is told of, and is none.
fn checkpoint(folder: &RunFolder, job: &Job) -> Option<Checkpoint> {
    checkpoint::read(&folder.checkpoint(), &job.key).unwrap_or_else(|useless| {
        tracing::warn!("{ANEW}: {useless}");
        None
    })
}

/// As many threads as the run began with: the order of its sums, and so their last bits, depend on
/// them.
fn threads(job: &Job, earlier: Option<&Checkpoint>) -> usize {
    match earlier.and_then(|earlier| earlier.state.attempts.first()) {
        Some(begun) if job.device == Device::Cpu && begun.machine.gpu.is_none() => begun.machine.threads,
        _ => job.threads,
    }
}

/// Training as the checkpoint left it, with its state; at its beginning where there is none, or
/// none that is of use.
fn begin(
    job: &Job,
    device: tch::Device,
    folder: &RunFolder,
    classes: i64,
    checkpoint: Option<Checkpoint>,
) -> Result<(Training, Option<checkpoint::State>), RunError> {
    let recipe = &job.settings.train;
    let anew = |wanted| {
        let precision = machine::precision(wanted, job.device)?;
        Ok::<_, RunError>(Training::new(load(job, classes)?.to_device(device), recipe, precision))
    };
    if let Some(checkpoint) = checkpoint {
        // In the precision it was made in, which another device may not have.
        match machine::precision(checkpoint.state.precision, job.device) {
            Err(error) => tracing::warn!("{ANEW}: {}", Useless::from(error)),
            Ok(precision) => {
                let mut training = anew(precision)?;
                match checkpoint.restore(folder, &mut training) {
                    Ok(()) => return Ok((training, Some(checkpoint.state))),
                    Err(useless) => tracing::warn!("{ANEW}: {useless}"),
                }
            }
        }
    }
    Ok((anew(recipe.precision)?, None))
}

/// Gives the best checkpoint its place at the run's end.
fn put_best(folder: &RunFolder, epoch: u32) -> Result<(), results::Error> {
    let best = folder.best();
    if best.exists() {
        fs_err::remove_dir_all(&best).map_err(|source| results::Error::write(&best, source))?;
    }
    atomic::rename(&folder.best_of(epoch), &best)
}

fn load(job: &Job, classes: i64) -> Result<Classifier, RunError> {
    let seed = i64::from(job.settings.train.seed);
    let mut model = match (&job.settings.model.weights, &job.weights) {
        (Weights::Random { size }, _) => weights::random(*size, classes, seed),
        (_, Some(folder)) => weights::pretrained(folder, classes, seed)?,
        (_, None) => return Err(RunError::NoWeights),
    };
    model.objective = objective::of(job.settings.task.kind);
    model.frozen = Frozen::of(job.settings.train.finetune, model.layers.len())?;
    Ok(model)
}
