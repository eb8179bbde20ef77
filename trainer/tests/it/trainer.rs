//! The loop against `transformers.Trainer`, step for step.

use std::collections::BTreeMap;

use serde::Deserialize;
use titer_core::metric::{ACCURACY, F1, LOSS, Metric, PRECISION, RECALL};
use titer_core::task::Target;
use titer_core::{
    experiment::{Finetune, Precision, Schedule, TrainSettings},
    protocol::Event,
};
use titer_trainer::{
    generator,
    model::{Classifier, Frozen},
    native::NativeError,
    train::{self, Examples, Observer, Trained, Training, order},
};

use crate::common::{assert_close, encode, small_model, stored, with_generator};

#[derive(Deserialize)]
struct Reference {
    schedule: Schedule,
    warmup_steps: u64,
    select: Metric,
    seed: u32,
    learning_rate: f64,
    weight_decay: f64,
    batch_size: usize,
    finetune: Finetune,
    sequences: Vec<String>,
    labels: Vec<usize>,
    train: usize,
    order: Vec<Vec<usize>>,
    loss: Vec<f64>,
    learning_rates: Vec<f64>,
    grad_norm: Vec<f64>,
    evaluations: Vec<Evaluation>,
    selected_epoch: u32,
    train_loss: f64,
    weight_norms: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Evaluation {
    loss: f64,
    accuracy: f64,
    precision: f64,
    recall: f64,
    f1: f64,
}

impl Reference {
    fn recipe(&self, precision: Precision) -> TrainSettings {
        TrainSettings {
            epochs: 2,
            batch_size: self.batch_size,
            eval_batch_size: 16,
            learning_rate: self.learning_rate,
            weight_decay: self.weight_decay,
            schedule: self.schedule,
            warmup_steps: self.warmup_steps,
            precision,
            seed: self.seed,
            select: self.select,
            finetune: self.finetune,
            ..TrainSettings::default()
        }
    }

    fn train(&self, precision: Precision) -> Trained {
        let tokens = encode(&self.sequences);
        let examples = |range: std::ops::Range<usize>| Examples {
            tokens: tokens[range.clone()].to_vec(),
            targets: classes(&self.labels[range]),
            scaling: None,
            features: None,
        };
        // The reference's encoder, and a head drawn as it draws one.
        let mut model = small_model(2);
        model.frozen = Frozen::of(self.finetune, model.layers.len()).unwrap();
        let draw = with_generator(|| train_head(self.seed, 2));
        tch::no_grad(|| {
            for (name, tensor) in model.named().into_iter().filter(|(name, _)| name.starts_with("classifier.")) {
                tensor.shallow_clone().copy_(&draw[&name]);
            }
        });
        let count = self.sequences.len();
        let (training, validation) = (examples(0..self.train), examples(self.train..count));
        let mut kept = Kept { weight_norms: BTreeMap::new() };
        let recipe = self.recipe(precision);
        let trained = fine_tune(model, &training, &validation, &recipe, &mut kept);
        for (name, norm) in &kept.weight_norms {
            if precision == Precision::Fp32 {
                assert_close(*norm, self.weight_norms[name], 1e-5, &format!("norm of {name} in the best checkpoint"));
            }
        }
        trained
    }
}

pub(crate) fn fine_tune(
    model: Classifier,
    train: &Examples,
    validation: &Examples,
    recipe: &TrainSettings,
    kept: &mut Kept,
) -> Trained {
    let mut training = Training::new(model, recipe, recipe.precision);
    // On a GPU the parity is that of recorded steps.
    with_generator(|| training.record(recipe, train));
    with_generator(|| train::fine_tune(&mut training, train, validation, recipe, recipe.precision, kept)).unwrap();
    training.trained
}

/// The head as a new one is drawn for a pretrained encoder.
pub(crate) fn train_head(seed: u32, outputs: i64) -> BTreeMap<String, tch::Tensor> {
    use titer_trainer::model::esm2::Draw;
    let config = crate::common::small_config();
    let mut draw = Draw::new(&config);
    let Ok(model) = generator::seeded(i64::from(seed), || Classifier::assemble(config, outputs, &mut draw));
    model.named().into_iter().map(|(name, tensor)| (name, tensor.copy())).collect()
}

pub(crate) struct Kept {
    pub weight_norms: BTreeMap<String, f64>,
}

#[derive(Debug)]
pub(crate) struct Failed;

impl From<NativeError> for Failed {
    fn from(error: NativeError) -> Self {
        panic!("{error}")
    }
}

impl Observer for Kept {
    type Error = Failed;

    fn event(&mut self, _: Event) {}

    fn keep(&mut self, model: &Classifier, _: u32) -> Result<(), Failed> {
        self.weight_norms = model.named().into_iter().map(|(name, tensor)| (name, tensor.norm().double_value(&[]))).collect();
        Ok(())
    }

    fn wants_checkpoint(&mut self) -> bool {
        false
    }

    fn must_stop(&self) -> bool {
        false
    }

    fn checkpoint(&mut self, _: &Training) -> Result<(), Failed> {
        Ok(())
    }
}

#[test]
fn two_epochs_equal_the_reference_trainer_step_for_step() {
    for reference in stored::<Vec<Reference>>("trainer.json") {
        let trained = reference.train(Precision::Fp32);
        assert_eq!(trained.steps.len(), reference.loss.len());
        for (index, row) in trained.steps.iter().enumerate() {
            let step = index + 1;
            assert_close(row.loss, reference.loss[index], 1e-5, &format!("loss of step {step}"));
            assert_close(row.grad_norm, reference.grad_norm[index], 1e-5, &format!("gradient norm of step {step}"));
            assert!((row.learning_rate - reference.learning_rates[index]).abs() < 1e-12, "rate of step {step}");
        }
        assert_eq!(trained.epochs.len(), 2);
        for (ours, theirs) in trained.epochs.iter().zip(&reference.evaluations) {
            assert_close(ours.scores.number(LOSS), theirs.loss, 1e-5, "validation loss");
            assert_close(ours.scores.number(ACCURACY), theirs.accuracy, 1e-9, "accuracy");
            assert_close(ours.scores.number(PRECISION), theirs.precision, 1e-9, "precision");
            assert_close(ours.scores.number(RECALL), theirs.recall, 1e-9, "recall");
            assert_close(ours.scores.number(F1), theirs.f1, 1e-9, "F1");
        }
        assert_eq!(trained.selected_epoch, Some(reference.selected_epoch));
        assert_close(trained.train_loss(), reference.train_loss, 1e-5, "mean training loss");
    }
}

#[test]
fn the_order_is_the_reference_sampler_s() {
    for reference in stored::<Vec<Reference>>("trainer.json") {
        let per_epoch = reference.train.div_ceil(reference.batch_size);
        for epoch in 0..2 {
            let order = with_generator(|| order::shuffled(reference.seed, epoch, reference.train));
            let theirs = reference.order[epoch as usize * per_epoch..][..per_epoch].concat();
            assert_eq!(order, theirs);
        }
    }
}

#[test]
fn bf16_follows_the_fp32_trajectory() {
    for reference in stored::<Vec<Reference>>("trainer.json") {
        let trained = reference.train(Precision::Bf16);
        for (row, &loss) in trained.steps.iter().zip(&reference.loss) {
            assert_close(row.loss, loss, 2e-2, &format!("loss of step {}", row.step));
        }
    }
}

#[test]
fn max_steps_ends_the_schedule_and_still_evaluates() {
    let reference = &stored::<Vec<Reference>>("trainer.json")[0];
    let examples =
        Examples { tokens: encode(&reference.sequences), targets: classes(&reference.labels), scaling: None, features: None };
    let mut recipe = reference.recipe(Precision::Fp32);
    recipe.max_steps = Some(4);
    let (model, mut kept) = (small_model(2), Kept { weight_norms: BTreeMap::new() });
    let trained = fine_tune(model, &examples, &examples, &recipe, &mut kept);
    assert_eq!(trained.steps.len(), 4);
    assert!((trained.steps[3].learning_rate - recipe.learning_rate / 4.0).abs() < 1e-12);
    assert_eq!((trained.epochs.len(), trained.selected_epoch), (1, Some(1)));

    recipe.max_steps = Some(1_000);
    assert_eq!(recipe.steps(reference.train).total, reference.loss.len() as u64);
}

#[test]
fn the_epochs_before_stop_after_are_those_of_the_whole_schedule_bit_for_bit() {
    let reference = &stored::<Vec<Reference>>("trainer.json")[0];
    let examples =
        Examples { tokens: encode(&reference.sequences), targets: classes(&reference.labels), scaling: None, features: None };
    let run = |stop_after: Option<u32>, max_steps: Option<u64>| {
        let recipe = TrainSettings { epochs: 4, stop_after, max_steps, ..reference.recipe(Precision::Fp32) };
        let mut kept = Kept { weight_norms: BTreeMap::new() };
        let trained = fine_tune(small_model(2), &examples, &examples, &recipe, &mut kept);
        let steps: Vec<_> = trained.steps.iter().map(|row| (row.loss, row.learning_rate, row.grad_norm)).collect();
        let epochs: Vec<_> = trained.epochs.iter().map(|row| (row.epoch, row.scores.clone())).collect();
        (steps, epochs)
    };
    let an_epoch = examples.len().div_ceil(reference.batch_size);
    let (whole, stopped) = (run(None, None), run(Some(2), None));
    assert_eq!((whole.0.len(), stopped.0.len()), (4 * an_epoch, 2 * an_epoch));
    assert_eq!((&stopped.0[..], &stopped.1[..]), (&whole.0[..2 * an_epoch], &whole.1[..2]));
    assert_ne!(stopped.0, run(None, Some(2 * an_epoch as u64)).0, "there the schedule ends too");
    // Where the schedule ends in the third epoch, its rates are those of that schedule.
    let limit = 2 * an_epoch as u64 + 1;
    assert_eq!(run(Some(2), Some(limit)).0, run(None, Some(limit)).0[..2 * an_epoch]);
}

#[test]
fn a_loss_that_is_not_finite_ends_the_run_as_diverged() {
    let reference = &mut stored::<Vec<Reference>>("trainer.json")[0];
    reference.learning_rate = 1e30;
    let tokens = encode(&reference.sequences);
    let examples = Examples { tokens, targets: classes(&reference.labels), scaling: None, features: None };
    let mut kept = Kept { weight_norms: BTreeMap::new() };
    let recipe = reference.recipe(Precision::Fp32);
    let model = small_model(2);
    let trained = fine_tune(model, &examples, &examples, &recipe, &mut kept);
    assert!(trained.diverged);
    assert!(trained.steps.len() < reference.loss.len());
}

fn classes(labels: &[usize]) -> Vec<Target> {
    labels.iter().copied().map(Target::Class).collect()
}
