//! The life of one run: data → model → training → evaluation → files.

mod checkpoint;
mod error;
mod record;

use std::time::{Instant, SystemTime};

use titer::{
    data::{self, Split, tokens::Tokenizer},
    eval,
    experiment::Weights,
    results::{RunFolder, manifest, tables},
    schedule::protocol::{Event, Job, PROTOCOL},
};

pub use self::error::RunError;
use self::record::Recorder;
use crate::{
    machine,
    model::{Classifier, weights},
    train::{self, Examples, evaluate::evaluate},
};

/// Does a job, tells of it through `emit`, and leaves the run's folder finished: `run.json` is written last.
///
/// # Panics
///
/// Where libtorch refuses, out of memory for one: `tch` panics with libtorch's message.
pub fn run(job: &Job, emit: &mut dyn FnMut(Event)) -> Result<(), RunError> {
    if job.protocol != PROTOCOL {
        return Err(RunError::Protocol { runner: job.protocol, worker: PROTOCOL });
    }
    let (clock, started) = (Instant::now(), SystemTime::now());
    let settings = &job.settings;
    tch::set_num_threads(job.threads as i32);
    let device = machine::open(job.device)?;
    let precision = machine::precision(settings.train.precision, job.device)?;

    // Data and model.
    let dataset = data::prepare(&settings.data, &settings.split, &settings.tokens, &job.project)?;
    let tokenizer = Tokenizer::esm2();
    let examples = |split| {
        let indices = dataset.split(split);
        let labels =
            indices.iter().map(|&index| dataset.proteins[index].class.expect("a protein of a split has a class")).collect();
        Examples { tokens: data::encode(&dataset, &tokenizer, settings.tokens.truncate, indices), labels }
    };
    let (train, validation, test) = (examples(Split::Train), examples(Split::Validation), examples(Split::Test));
    let classes = dataset.classes.len() as i64;
    let model = load(job, classes)?.to_device(device);
    let parameters = model.count();
    emit(Event::Started {
        protocol: PROTOCOL,
        precision,
        steps: train::total_steps(&settings.train, train.len()),
        epochs: settings.train.epochs,
        parameters: parameters.total,
    });

    // Training. The best epoch's weights are kept on disk.
    let folder = RunFolder::at(job.output.clone());
    let mut recorder = Recorder::new(&folder, &dataset, settings, emit);
    let trained = train::fine_tune(&model, &train, &validation, &settings.train, precision, &mut recorder)?;
    recorder.write_tables(&trained)?;

    // The kept checkpoint: validation as its epoch scored it, and the test split, which nothing was chosen by.
    let mut eval_seconds = trained.eval_seconds;
    let mut scored = Vec::new();
    if let Some(kept) = trained.kept_epoch {
        if trained.diverged || trained.epochs.last().is_some_and(|last| last.epoch != kept) {
            let kept = weights::fine_tuned(&folder.best(), classes).map_err(|source| RunError::Kept { source })?;
            model.copy_from(&kept);
        }
        let began = Instant::now();
        let compute = train::kind(precision);
        let on_test = evaluate(&model, &test, compute, settings.train.eval_batch_size, |done| {
            emit(Event::Evaluating { epoch: kept, done, of: test.len() });
        });
        let mut predictions = Vec::new();
        for (split, examples, logits) in [(Split::Validation, &validation, &trained.kept_logits), (Split::Test, &test, &on_test)]
        {
            let result = eval::score(&examples.labels, logits, dataset.classes.len());
            predictions.extend(record::predictions(&dataset, split, logits));
            scored.push(manifest::Evaluated { loss: result.log_loss, scores: result });
        }
        tables::write_predictions(&folder.predictions(), &dataset.classes, &predictions)?;
        eval_seconds += began.elapsed().as_secs_f64();
    }

    let mut scored = scored.into_iter();
    let outcome = manifest::Outcome {
        started: humantime::format_rfc3339_seconds(started).to_string(),
        finished: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        seconds: clock.elapsed().as_secs_f64(),
        train_seconds: trained.train_seconds,
        eval_seconds,
        precision,
        parameters,
        model: checkpoint::config(&model.config, &dataset.classes)?,
        max_length: dataset.max_length,
        classes: dataset.classes.clone(),
        steps: trained.steps.len() as u64,
        skipped_steps: trained.skipped_steps,
        tokens: trained.steps.iter().map(|row| row.tokens).sum(),
        train_loss: trained.train_loss(),
        kept_epoch: trained.kept_epoch,
        validation: scored.next(),
        test: scored.next(),
        peak_memory: machine::peak_memory(job.device),
    };
    let seconds = outcome.seconds;
    manifest::write(&folder, &record::manifest(job, trained.diverged, outcome))?;
    emit(Event::Finished { diverged: trained.diverged, seconds });
    Ok(())
}

fn load(job: &Job, classes: i64) -> Result<Classifier, RunError> {
    let seed = i64::from(job.settings.train.seed);
    match (&job.settings.model.weights, &job.weights) {
        (Weights::Random { size }, _) => Ok(weights::random(*size, classes, seed)),
        (_, Some(folder)) => Ok(weights::pretrained(folder, classes, seed)?),
        (_, None) => Err(RunError::NoWeights),
    }
}
