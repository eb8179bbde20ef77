//! Runs stacked in one process against the same runs alone.

use std::{path::Path, sync::Mutex, thread};

use tch::Kind;
use titer::{
    experiment::{Finetune, ModelSize, Precision, Schedule, Selection, TrainSettings},
    schedule::protocol::Event,
};
use titer_trainer::{
    model::{
        Batch, Classifier, Pass,
        stack::{Stack, StackedBatch},
        weights,
    },
    native::NativeError,
    train::{self, Examples, Observer, Trained, Training, stack::Server},
};

use crate::common::{assert_close, device};

/// Proteins of very different lengths, some with `<mask>`.
fn examples(count: usize, longest: usize, seed: usize) -> Examples {
    let residue = |protein: usize, at: usize| 4 + ((protein * 7 + at * 13 + seed * 29 + protein * at) % 20) as u8;
    let tokens = (0..count).map(|protein| {
        let length = 3 + (protein * 37 + seed * 11) % longest;
        let middle = (0..length).map(|at| if protein % 5 == 3 && at == 1 { 32 } else { residue(protein, at) });
        [0].into_iter().chain(middle).chain([2]).collect()
    });
    Examples {
        tokens: tokens.collect(),
        labels: (0..count).map(|protein| (protein * protein + seed) % 3).collect(),
        features: None,
    }
}

fn recipe(learning_rate: f64, weight_decay: f64, seed: u32) -> TrainSettings {
    TrainSettings {
        epochs: 2,
        batch_size: 4,
        eval_batch_size: 6,
        learning_rate,
        weight_decay,
        schedule: Schedule::Linear,
        warmup_steps: 0,
        max_grad_norm: 1.0,
        precision: Precision::Fp32,
        finetune: Finetune::Full,
        seed,
        select: Selection::Loss,
        max_steps: None,
    }
}

struct Silent;

impl Observer for Silent {
    type Error = NativeError;

    fn event(&mut self, _: Event) {}

    fn keep(&mut self, _: &Classifier, _: u32) -> Result<(), NativeError> {
        Ok(())
    }

    fn wants_checkpoint(&mut self) -> bool {
        false
    }

    fn must_stop(&self) -> bool {
        false
    }

    fn checkpoint(&mut self, _: &Training) -> Result<(), NativeError> {
        Ok(())
    }
}

struct Data {
    train: Examples,
    validation: Examples,
}

impl Data {
    fn of(proteins: usize, longest: usize) -> Self {
        Self { train: examples(proteins, longest, 1), validation: examples(proteins / 2, longest, 2) }
    }

    fn train(&self, mut training: Training, recipe: &TrainSettings) -> (Classifier, Trained) {
        train::fine_tune(&mut training, &self.train, &self.validation, recipe, recipe.precision, &mut Silent).unwrap();
        (training.model, training.trained)
    }

    fn alone(&self, recipes: &[TrainSettings], model: &dyn Fn(&TrainSettings) -> Classifier) -> Vec<(Classifier, Trained)> {
        let train = |recipe| self.train(Training::new(model(recipe), recipe, recipe.precision), recipe);
        recipes.iter().map(train).collect()
    }

    /// Each run in a thread of its own.
    fn stacked(
        &self,
        recipes: &[TrainSettings],
        model: &(dyn Fn(&TrainSettings) -> Classifier + Sync),
    ) -> Vec<(Classifier, Trained)> {
        let (server, places) = Server::new(recipes.len());
        let ended = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for (index, (recipe, place)) in recipes.iter().zip(places).enumerate() {
                let ended = &ended;
                scope.spawn(move || {
                    let mut training = Training::new(model(recipe), recipe, recipe.precision);
                    training.enter(place);
                    let (model, trained) = self.train(training, recipe);
                    ended.lock().unwrap().push((index, model, trained));
                });
            }
            server.serve();
        });
        let mut ended = ended.into_inner().unwrap();
        ended.sort_by_key(|(index, ..)| *index);
        ended.into_iter().map(|(_, model, trained)| (model, trained)).collect()
    }
}

fn assert_same(stacked: &[(Classifier, Trained)], alone: &[(Classifier, Trained)], tolerance: f64) {
    assert_eq!(stacked.len(), alone.len());
    for (run, ((ours, trained), (theirs, expected))) in stacked.iter().zip(alone).enumerate() {
        assert_eq!(trained.diverged, expected.diverged);
        assert_eq!(trained.steps.len(), expected.steps.len(), "run {run}");
        assert_eq!(trained.kept_epoch, expected.kept_epoch, "run {run}");
        for (row, expected) in trained.steps.iter().zip(&expected.steps) {
            let what = format!("run {run}, step {}", row.step);
            assert_eq!((row.tokens, row.learning_rate), (expected.tokens, expected.learning_rate), "{what}");
            if !expected.loss.is_finite() {
                assert!(!row.loss.is_finite(), "{what}");
                continue;
            }
            assert_close(row.loss, expected.loss, tolerance, &format!("{what}: loss"));
            assert_close(row.grad_norm, expected.grad_norm, tolerance, &format!("{what}: norm"));
        }
        for (row, expected) in trained.epochs.iter().zip(&expected.epochs) {
            assert_close(row.loss, expected.loss, tolerance, &format!("run {run}: validation loss"));
        }
        if expected.diverged {
            continue;
        }
        for ((name, ours), (_, theirs)) in ours.named().into_iter().zip(theirs.named()) {
            // As a whole: where a gradient is nothing but rounding, AdamW makes a step of the rate's size of it all the same.
            let apart = (ours - theirs).norm().double_value(&[]) / theirs.norm().double_value(&[]).max(1.0);
            assert!(apart <= tolerance, "run {run}, {name}: {apart}");
        }
    }
}

#[test]
fn logits_of_stacked_models_are_those_of_each_alone() {
    let models: Vec<Classifier> = [1, 2, 3].map(|seed| weights::random(ModelSize::Tiny, 3, seed).to_device(device())).into();
    let models: Vec<&Classifier> = models.iter().collect();
    let stack = Stack::new(&models);
    // Equal batches, batches with one sequence less, one that is much shorter than the others.
    for counts in [[5, 5, 5], [5, 4, 5], [1, 9, 2]] {
        for align in [1, 128] {
            let of: Vec<Examples> = counts.iter().zip(0..).map(|(&count, seed)| examples(count, 60, seed)).collect();
            let batches: Vec<Vec<&[u8]>> = of.iter().map(|of| of.tokens.iter().map(Vec::as_slice).collect()).collect();
            let together = stack.logits(&StackedBatch::pack(&batches, align, device()), Kind::Float);
            for (index, (model, sequences)) in models.iter().zip(&batches).enumerate() {
                let alone = Pass::new(model, Kind::Float).logits(&Batch::pack(sequences, &[], 1, device()));
                let ours = together.get(index as i64).narrow(0, 0, sequences.len() as i64);
                let apart = (ours - alone).abs().max().double_value(&[]);
                assert!(apart < 1e-5, "{counts:?}, aligned to {align}, model {index}: {apart}");
            }
        }
    }
}

#[test]
fn stacked_runs_equal_the_runs_alone() {
    let data = Data::of(22, 50);
    let recipes = [
        recipe(1e-3, 0.01, 1),
        TrainSettings { warmup_steps: 3, ..recipe(3e-4, 0.1, 2) },
        TrainSettings { max_grad_norm: 0.1, ..recipe(1e-4, 0.0, 3) },
    ];
    let model = |recipe: &TrainSettings| weights::random(ModelSize::Tiny, 3, recipe.seed.into()).to_device(device());
    let alone = data.alone(&recipes, &model);
    // 22 proteins in batches of 4: the last batch of an epoch has 2.
    assert_eq!(alone[0].1.steps.len(), 12);
    assert_same(&data.stacked(&recipes, &model), &alone, 1e-5);
}

#[test]
fn a_run_that_diverges_touches_no_other() {
    let data = Data::of(22, 50);
    // The first is undone by its first step, the second one in its second epoch.
    let recipes = [
        recipe(1e30, 0.01, 1),
        recipe(1e-3, 0.0, 2),
        TrainSettings { warmup_steps: 6, schedule: Schedule::Constant, max_grad_norm: 0.0, ..recipe(1e25, 0.0, 3) },
    ];
    let model = |recipe: &TrainSettings| weights::random(ModelSize::Tiny, 3, recipe.seed.into()).to_device(device());
    let alone = data.alone(&recipes, &model);
    let diverged: Vec<bool> = alone.iter().map(|(_, trained)| trained.diverged).collect();
    assert_eq!(diverged, [true, false, true]);
    let stacked = data.stacked(&recipes, &model);
    assert_same(&stacked[1..2], &alone[1..2], 1e-5);
    for ((_, stacked), (_, alone)) in stacked.iter().zip(&alone) {
        let of = |trained: &Trained| (trained.diverged, trained.steps.len(), trained.epochs.len(), trained.kept_epoch);
        assert_eq!(of(stacked), of(alone));
    }
}

#[test]
fn runs_that_stand_at_different_steps_stack_too() {
    let data = Data::of(22, 50);
    // One evaluates while the others train, one ends before them, and batches differ in size.
    let recipes = [
        recipe(1e-3, 0.0, 1),
        TrainSettings { max_steps: Some(3), ..recipe(1e-3, 0.0, 2) },
        TrainSettings { batch_size: 7, epochs: 3, ..recipe(1e-4, 0.1, 3) },
    ];
    let model = |recipe: &TrainSettings| weights::random(ModelSize::Tiny, 3, recipe.seed.into()).to_device(device());
    assert_same(&data.stacked(&recipes, &model), &data.alone(&recipes, &model), 1e-5);
}

#[test]
fn esm2_8m_stacks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.weights/esm2-8m");
    if !folder.exists() {
        println!("skipped: no weights in .weights/esm2-8m");
        return;
    }
    let data = Data::of(10, 80);
    let recipe = |rate, decay, seed| TrainSettings { max_steps: Some(3), ..recipe(rate, decay, seed) };
    let recipes = [recipe(2e-5, 0.01, 1), recipe(1e-4, 0.0, 2), recipe(5e-5, 0.1, 3)];
    let model = |recipe: &TrainSettings| weights::pretrained(&folder, 3, recipe.seed.into()).unwrap().to_device(device());
    assert_same(&data.stacked(&recipes, &model), &data.alone(&recipes, &model), 1e-5);
}

#[test]
fn half_precisions_stack_within_what_they_hold() {
    let data = Data::of(22, 50);
    for precision in [Precision::Bf16, Precision::Fp16] {
        assert_half_stacks(&data, precision);
    }
}

fn assert_half_stacks(data: &Data, precision: Precision) {
    let recipe = |rate, seed| TrainSettings { precision, ..recipe(rate, 0.01, seed) };
    // The last one's gradients overflow in fp16, and its scale is halved: a scale of its own.
    let recipes = [recipe(1e-3, 1), recipe(1e-4, 2), TrainSettings { max_grad_norm: 0.0, ..recipe(1e3, 3) }];
    let model = |recipe: &TrainSettings| weights::random(ModelSize::Tiny, 3, recipe.seed.into()).to_device(device());
    let (stacked, alone) = (data.stacked(&recipes, &model), data.alone(&recipes, &model));
    for ((_, stacked), (_, alone)) in stacked.iter().zip(&alone).take(2) {
        assert_eq!((stacked.skipped_steps, stacked.steps.len()), (alone.skipped_steps, alone.steps.len()));
        for (row, expected) in stacked.steps.iter().zip(&alone.steps) {
            assert_close(row.loss, expected.loss, 2e-2, &format!("{precision:?}: loss of step {}", row.step));
        }
    }
    if precision == Precision::Fp16 {
        let skipped = |runs: &[(Classifier, Trained)]| runs.iter().map(|(_, run)| run.skipped_steps).collect::<Vec<_>>();
        assert!(skipped(&stacked)[2] > 0 && skipped(&stacked) == skipped(&alone), "{:?}", skipped(&stacked));
    }
}

#[test]
fn what_libtorch_refuses_every_run_of_the_stack_hears() {
    let (server, places) = Server::new(2);
    let data = Data::of(4, 20);
    let refused = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (place, size) in places.into_iter().zip([ModelSize::Tiny, ModelSize::M8]) {
            let (data, refused) = (&data, &refused);
            scope.spawn(move || {
                let recipe = recipe(1e-3, 0.0, 1);
                let mut training = Training::new(weights::random(size, 3, 1), &recipe, recipe.precision);
                training.enter(place);
                let ended =
                    train::fine_tune(&mut training, &data.train, &data.validation, &recipe, recipe.precision, &mut Silent);
                refused.lock().unwrap().push(ended.unwrap_err().message);
            });
        }
        server.serve();
    });
    let refused = refused.into_inner().unwrap();
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|message| message.contains("stack expects each tensor to be equal size")), "{refused:?}");
}
