//! A regression against `transformers.Trainer`, step for step, its labels as they are and
//! standardised.

use std::collections::BTreeMap;

use serde::Deserialize;
use titer_core::{
    experiment::{Finetune, Precision, Schedule, TrainSettings},
    metric::MSE,
    task::{Kind, Scale, Scaling, Target},
};
use titer_trainer::{
    model::Frozen,
    objective,
    train::{Examples, Trained},
};

use crate::{
    common::{assert_close, encode, small_model, stored, with_generator},
    trainer::{Kept, fine_tune, train_head},
};

#[derive(Deserialize)]
struct Reference {
    scale: Scale,
    schedule: Schedule,
    warmup_steps: u64,
    select: String,
    epochs: u32,
    seed: u32,
    learning_rate: f64,
    weight_decay: f64,
    batch_size: usize,
    finetune: Finetune,
    sequences: Vec<String>,
    labels: Vec<f64>,
    train: usize,
    scaling: Option<Scaling>,
    loss: Vec<f64>,
    learning_rates: Vec<f64>,
    grad_norm: Vec<f64>,
    evaluations: Vec<BTreeMap<String, f64>>,
    selected_epoch: u32,
    train_loss: f64,
    weight_norms: BTreeMap<String, f64>,
    logits: Vec<f32>,
    predicted: Vec<f64>,
}

impl Reference {
    fn recipe(&self, precision: Precision) -> TrainSettings {
        TrainSettings {
            epochs: self.epochs,
            batch_size: self.batch_size,
            eval_batch_size: 16,
            learning_rate: self.learning_rate,
            weight_decay: self.weight_decay,
            schedule: self.schedule,
            warmup_steps: self.warmup_steps,
            precision,
            seed: self.seed,
            // The trainer's loss is the mean squared error, on whichever scale.
            select: if self.select == "loss" { MSE } else { self.select.parse().unwrap() },
            finetune: self.finetune,
            ..TrainSettings::default()
        }
    }

    fn examples(&self, range: std::ops::Range<usize>, scaling: Option<Scaling>) -> Examples {
        let targets = self.labels[range.clone()].iter().copied().map(Target::Value).collect();
        Examples { tokens: encode(&self.sequences)[range].to_vec(), targets, scaling, features: None }
    }

    fn train(&self, precision: Precision, kept: &mut Kept) -> (Trained, Examples) {
        let targets: Vec<Target> = self.labels[..self.train].iter().copied().map(Target::Value).collect();
        let scaling = Scaling::of(self.scale, &targets);
        let mut model = small_model(1);
        model.objective = objective::of(Kind::Regression);
        model.frozen = Frozen::of(self.finetune, model.layers.len()).unwrap();
        let draw = with_generator(|| train_head(self.seed, 1));
        tch::no_grad(|| {
            for (name, tensor) in model.named().into_iter().filter(|(name, _)| name.starts_with("classifier.")) {
                tensor.shallow_clone().copy_(&draw[&name]);
            }
        });
        let (training, validation) =
            (self.examples(0..self.train, scaling), self.examples(self.train..self.labels.len(), scaling));
        (fine_tune(model, &training, &validation, &self.recipe(precision), kept), validation)
    }
}

#[test]
fn three_epochs_equal_the_reference_trainer_step_for_step() {
    let references = stored::<Vec<Reference>>("regression.json");
    assert_eq!(references.len(), 5);
    for reference in references {
        let mut kept = Kept { weight_norms: BTreeMap::new() };
        let (trained, validation) = reference.train(Precision::Fp32, &mut kept);
        assert_eq!(trained.steps.len(), reference.loss.len());
        for (index, row) in trained.steps.iter().enumerate() {
            let step = index + 1;
            assert_close(row.loss, reference.loss[index], 1e-5, &format!("loss of step {step}"));
            assert_close(row.grad_norm, reference.grad_norm[index], 1e-5, &format!("gradient norm of step {step}"));
            assert!((row.learning_rate - reference.learning_rates[index]).abs() < 1e-12, "rate of step {step}");
        }
        assert_eq!(trained.epochs.len(), reference.evaluations.len());
        for (ours, theirs) in trained.epochs.iter().zip(&reference.evaluations) {
            for metric in Kind::Regression.task().metrics() {
                assert_close(ours.scores.number(metric), theirs[metric.id], 1e-5, metric.label);
            }
        }
        assert_eq!(trained.selected_epoch, Some(reference.selected_epoch));
        assert_close(trained.train_loss(), reference.train_loss, 1e-5, "mean training loss");
        for (name, norm) in &kept.weight_norms {
            assert_close(*norm, reference.weight_norms[name], 1e-5, &format!("norm of {name} in the best checkpoint"));
        }
        for (ours, theirs) in trained.best_logits.iter().zip(&reference.logits) {
            assert_close((*ours).into(), (*theirs).into(), 3e-5, "output of the best checkpoint");
        }
        let predicted = validation.predictions(Kind::Regression.task(), &trained.best_logits, 1);
        let predicted = predicted.values().unwrap();
        assert_eq!(predicted.count(), reference.predicted.len());
        for (ours, theirs) in predicted.predicted().iter().zip(&reference.predicted) {
            assert_close(*ours, *theirs, 3e-5, "prediction in the label's unit");
        }
    }
}

#[test]
fn labels_are_scaled_as_the_reference_scales_them() {
    for reference in stored::<Vec<Reference>>("regression.json") {
        let targets: Vec<Target> = reference.labels[..reference.train].iter().copied().map(Target::Value).collect();
        let (ours, theirs) = (Scaling::of(reference.scale, &targets), reference.scaling);
        assert_eq!(ours.is_some(), reference.scale == Scale::Standard);
        let numbers = |scaling: Option<Scaling>| scaling.map_or([0.0, 1.0], |scaling| [scaling.mean, scaling.deviation]);
        for (ours, theirs) in numbers(ours).into_iter().zip(numbers(theirs)) {
            assert_close(ours, theirs, 1e-12, "scale of the labels");
        }
    }
}

#[test]
fn bf16_follows_the_fp32_trajectory() {
    for reference in stored::<Vec<Reference>>("regression.json") {
        let (trained, _) = reference.train(Precision::Bf16, &mut Kept { weight_norms: BTreeMap::new() });
        for (row, &loss) in trained.steps.iter().zip(&reference.loss) {
            assert_close(row.loss, loss, 3e-2, &format!("loss of step {}", row.step));
        }
    }
}

#[test]
fn what_is_passed_over_changes_neither_the_loss_nor_its_gradient() {
    let objective = objective::of(Kind::Regression);
    let targets = [1.5, -0.25, 3.0].map(Target::Value);
    let graded = |outputs: &[f32], surplus: usize| {
        let outputs = tch::Tensor::from_slice(outputs).unsqueeze(1).set_requires_grad(true);
        let loss = objective.loss(&outputs, &objective::tensor(&targets, surplus));
        loss.backward();
        (loss.double_value(&[]), Vec::<f32>::try_from(outputs.grad().squeeze_dim(1)).unwrap())
    };
    let (loss, gradient) = graded(&[1.0, 0.5, 2.0], 0);
    assert!((loss - (0.25 + 0.5625 + 1.0) / 3.0).abs() < 1e-7);
    let (filled, of_filled) = graded(&[1.0, 0.5, 2.0, 7.0, f32::MAX], 2);
    assert_eq!((filled, &of_filled[..3], &of_filled[3..]), (loss, &gradient[..], &[0.0, 0.0][..]));
}
