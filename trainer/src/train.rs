//! The training loop, read top to bottom.

pub mod backward;
pub mod evaluate;
pub mod features;
pub mod optimizer;
pub mod order;
pub mod rate;
pub mod recorded;
pub mod shapes;
pub mod step_log;

use std::{ops::ControlFlow, time::Instant};

use serde::{Deserialize, Serialize};
use tch::Kind;
use titer_core::{
    data::Split,
    experiment::{Precision, TrainSettings},
    predictions::Predictions,
    protocol::Event,
    results::tables::{EpochRow, StepRow},
    scores::Scores,
    task::{Scaling, Target, Task},
};

use self::{
    backward::Gradients,
    evaluate::evaluate,
    features::Features,
    optimizer::Optimizer,
    rate::Rate,
    recorded::Recorded,
    step_log::{Settled, StepLog},
};
use crate::{
    model::{Batch, Classifier},
    native::NativeError,
};

/// Tokenised proteins with their classes, in the order of their split.
#[derive(Debug, Clone, Default)]
pub struct Examples {
    /// `<cls>` … `<eos>`, truncated.
    pub tokens: Vec<Vec<u8>>,
    /// In the data's unit.
    pub targets: Vec<Target>,
    /// How a regression's targets are scaled for training.
    pub scaling: Option<Scaling>,
    /// What comes out of the model's frozen part for them, where it is known.
    pub features: Option<Features>,
}

impl Examples {
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Packs the examples of these indices, their targets as a model is trained on them, for a
    /// device and the precision to compute in.
    #[must_use]
    pub fn pack(&self, indices: &[usize], compute: Kind, device: tch::Device) -> Batch {
        let (tokens, targets) = self.at(indices);
        let batch = Batch::pack(&tokens, &targets, Batch::align(compute, device), device);
        Batch { frozen: self.features.as_ref().and_then(|features| features.of(indices, device)), ..batch }
    }

    fn at(&self, indices: &[usize]) -> (Vec<&[u8]>, Vec<Target>) {
        let tokens = indices.iter().map(|&index| self.tokens[index].as_slice()).collect();
        let scaled = |target: Target| self.scaling.map_or(target, |scaling| scaling.scaled(target));
        (tokens, indices.iter().map(|&index| scaled(self.targets[index])).collect())
    }

    /// What a model gave for them, `[examples, width]` row by row, beside their targets.
    #[must_use]
    pub fn predictions(&self, task: &dyn Task, outputs: &[f32], width: usize) -> Predictions {
        task.predictions(&self.targets, outputs, width, self.scaling)
    }
}

/// Where training stands between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    /// From 0.
    pub epoch: u32,
    /// Batches of this epoch that are done.
    pub batch: usize,
}

/// Training under way: all that the next step depends on beside the recipe and the data, and all
/// that came of the steps so far. A checkpoint holds it, and nothing else is needed to go on: no
/// generator, for each epoch seeds its own to draw its order.
#[derive(Debug)]
pub struct Training {
    pub model: Classifier,
    pub optimizer: Optimizer,
    pub trained: Trained,
    /// Its steps as CUDA graphs, where that makes them quicker.
    pub recorded: Option<Recorded>,
}

impl Training {
    /// Before the first step.
    #[must_use]
    pub fn new(model: Classifier, recipe: &TrainSettings, precision: Precision) -> Self {
        let optimizer = Optimizer::new(&model, recipe, precision);
        Self { model, optimizer, trained: Trained::default(), recorded: None }
    }

    /// Has the steps of a recipe recorded where that makes them quicker ([`recorded`]).
    pub fn record(&mut self, recipe: &TrainSettings, train: &Examples) {
        self.recorded = Recorded::of(&self.model, recipe, train);
    }
}

/// What training left.
#[derive(Debug, Default)]
pub struct Trained {
    pub position: Position,
    pub steps: Vec<StepRow>,
    /// One evaluation of the validation split an epoch.
    pub epochs: Vec<EpochRow>,
    /// The epoch whose checkpoint was kept, from 1.
    pub selected_epoch: Option<u32>,
    /// What that epoch was chosen by; `None` where it is undefined.
    pub best: Option<f64>,
    /// The validation logits of that epoch, row-major `[proteins, classes]`.
    pub best_logits: Vec<f32>,
    pub skipped_steps: u64,
    /// The loss stopped being finite; training ended there.
    pub diverged: bool,
    pub train_seconds: f64,
    pub eval_seconds: f64,
}

impl Trained {
    fn record<O: Observer>(&mut self, settled: Vec<Settled>, observer: &mut O) {
        for Settled { row, skipped } in settled {
            // What was computed before the divergence was noticed does not count: when it is
            // noticed depends on the device.
            if self.diverged {
                break;
            }
            observer.event(Event::Step {
                step: row.step,
                epoch: row.epoch,
                loss: row.loss.is_finite().then_some(row.loss),
                learning_rate: row.learning_rate,
                grad_norm: row.grad_norm.is_finite().then_some(row.grad_norm),
                tokens: row.tokens,
                seconds: row.seconds,
            });
            // In fp16 a loss may overflow now and then: the step is skipped, the scale halved, and
            // training goes on.
            self.diverged |= !row.loss.is_finite() && !skipped;
            self.steps.push(row);
        }
    }

    /// The mean loss over all steps; 0 where there was none.
    #[must_use]
    pub fn train_loss(&self) -> f64 {
        self.steps.iter().map(|row| row.loss).sum::<f64>() / self.steps.len().max(1) as f64
    }
}

/// Where the loop reports to.
pub trait Observer {
    type Error: From<NativeError>;

    fn event(&mut self, event: Event);

    /// The model is the best so far: keep it, as this epoch's (from 1).
    fn keep(&mut self, model: &Classifier, epoch: u32) -> Result<(), Self::Error>;

    /// Asked after every step: whether [`Self::checkpoint`] is to be called now.
    fn wants_checkpoint(&mut self) -> bool;

    /// Asked during an evaluation: whether to break it off for a checkpoint, after which it begins
    /// anew.
    fn must_stop(&self) -> bool;

    /// Called where it is wanted, and when an epoch is over: then it may be left for later.
    /// Training goes on unless this fails.
    fn checkpoint(&mut self, training: &Training) -> Result<(), Self::Error>;
}

/// Fine-tunes a model in place, as `transformers.Trainer` does with the same settings: the same
/// batches in the same order, the same rates, the same updates. Begun in the middle, it goes on as
/// if it had never stopped.
pub fn fine_tune<O: Observer>(
    training: &mut Training,
    train: &Examples,
    validation: &Examples,
    recipe: &TrainSettings,
    precision: Precision,
    observer: &mut O,
) -> Result<(), O::Error> {
    // 1. What there is to do.
    let device = training.model.device();
    let compute = kind(precision);
    let (task, outputs) = (training.model.objective.kind().task(), training.model.out.bias.numel());
    let total = recipe.steps(train.len()).total;
    let scheduled = recipe.scheduled(train.len()).total;
    let rate = Rate { base: recipe.learning_rate, schedule: recipe.schedule, warmup: recipe.warmup_steps, total: scheduled };
    let mut step_log = StepLog::new(device);
    let mut step = training.trained.steps.len() as u64;

    while training.trained.position.epoch < recipe.last_epoch() && (step < total || training.trained.position.batch > 0) {
        // 2. A new order each epoch; the last batch may be smaller, and is a full step all the same.
        let Position { epoch, batch: done } = training.trained.position;
        let order = order::shuffled(recipe.seed, epoch, train.len());
        let mut began = Instant::now();
        step_log.resume();
        for indices in order.chunks(recipe.batch_size).skip(done) {
            if step == total {
                break;
            }
            // 3. Forward and backward, on packed sequences.
            let Training { model, optimizer, trained, recorded } = training;
            let scale = optimizer.loss_scale();
            let Gradients { loss, gradients, tokens } = match recorded {
                Some(recorded) => recorded.gradients(model, train, indices, compute, scale)?,
                None => backward::gradients(model, train, indices, compute, scale),
            };

            // 4. Clip, update. A step that overflowed in fp16 counts, but the schedule does not advance.
            let learning_rate = rate.at(step - trained.skipped_steps);
            let stepped = optimizer.step(&gradients, learning_rate)?;
            trained.skipped_steps += u64::from(stepped.skipped);
            trained.position.batch += 1;
            step += 1;

            // 5. Write it down; on a GPU the values are fetched once in a while, so that the device need not wait.
            step_log.enter(step_log::Entry {
                step,
                epoch: epoch + 1,
                learning_rate,
                tokens,
                loss,
                grad_norm: stepped.grad_norm,
                skipped: stepped.skipped,
            });
            let pause = observer.wants_checkpoint();
            trained.record(step_log.settle(pause || step == total), observer);
            if trained.diverged {
                break;
            }
            if pause {
                trained.train_seconds += began.elapsed().as_secs_f64();
                observer.checkpoint(training)?;
                began = Instant::now();
                step_log.resume();
            }
        }
        let Training { model, trained, .. } = training;
        trained.record(step_log.settle(true), observer);
        trained.train_seconds += began.elapsed().as_secs_f64();
        if trained.diverged {
            break;
        }

        // 6. Evaluate; strictly greater wins, so that on a tie the earlier epoch stays.
        let began = Instant::now();
        let logits = evaluate(model, validation, compute, recipe.eval_batch_size, |done| {
            observer.event(Event::Evaluating { epoch: epoch + 1, done, of: validation.len() });
            if observer.must_stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let ControlFlow::Continue(logits) = logits else {
            observer.checkpoint(training)?;
            continue;
        };
        if logits.iter().any(|logit| !logit.is_finite()) {
            trained.diverged = true;
            break;
        }
        let scores = Scores::of(&validation.predictions(task, &logits, outputs));
        let value = scores.get(recipe.select).map(|value| recipe.select.oriented(value));
        let best = trained.selected_epoch.is_none() || value.is_some_and(|value| trained.best.is_none_or(|best| value > best));
        if best {
            trained.best = value;
            trained.selected_epoch = Some(epoch + 1);
            trained.best_logits = logits;
            observer.keep(model, epoch + 1)?;
        }
        let seconds = began.elapsed().as_secs_f64();
        trained.eval_seconds += seconds;
        observer.event(Event::Epoch { epoch: epoch + 1, select: recipe.select, metrics: scores.metrics.clone(), best, seconds });
        trained.epochs.push(EpochRow { epoch: epoch + 1, split: Split::Validation, scores, selected: false, seconds });
        for row in &mut trained.epochs {
            row.selected = Some(row.epoch) == trained.selected_epoch;
        }
        trained.position = Position { epoch: epoch + 1, batch: 0 };
        observer.checkpoint(training)?;
    }
    Ok(())
}

/// The tensor type of a precision.
///
/// # Panics
///
/// On [`Precision::Auto`], which [`crate::machine::precision`] resolves.
#[must_use]
pub fn kind(precision: Precision) -> Kind {
    match precision {
        Precision::Fp32 => Kind::Float,
        Precision::Bf16 => Kind::BFloat16,
        Precision::Fp16 => Kind::Half,
        Precision::Auto => panic!("the precision is resolved before training"),
    }
}
