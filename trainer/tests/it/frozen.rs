//! Fine-tuning a part of the model: what is frozen does not move, and its cache changes no number.

use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    path::Path,
    sync::{Arc, Mutex},
};

use tch::{Device, Kind, Tensor};
use titer_core::experiment::split::Stratified;
use titer_core::{
    experiment::{Finetune, MaxLength, ModelSize, Precision, Settings, Source, SplitSettings, Synthetic},
    protocol::{Event, FailureKind, Job},
    results::{RunFolder, manifest, tables},
};
use titer_trainer::{
    model::{
        Batch, Classifier, Frozen, Pass,
        pass::Queries,
        weights::{self, Bytes},
    },
    tensors::TensorFile,
    train::{
        features::{Features, Matrix},
        optimizer::Optimizer,
    },
};

use crate::{
    common::{device, encode, small_model, stored, with_generator},
    worker::{KEY, failure, job, settings, start, work},
};

fn last(layers: u32) -> Finetune {
    Finetune::Last(NonZeroU32::new(layers).unwrap())
}

fn settings_of(finetune: Finetune) -> Settings {
    let mut settings = settings();
    settings.train.finetune = finetune;
    settings
}

/// A job of a results folder of its own; runs of one `cache` share it.
fn job_of(results: &Path, finetune: Finetune, cache: Option<&Path>) -> Job {
    Job { cache: cache.map(Path::to_owned), ..job(results, settings_of(finetune)) }
}

/// What a run left: its losses, its kept weights, and what it logged.
struct Left {
    losses: Vec<f64>,
    weights: BTreeMap<String, Tensor>,
    log: String,
    events: Vec<Event>,
}

fn leave(job: &Job) -> Left {
    let (output, events) = work(job);
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{log}");
    let run = RunFolder::at(job.output.clone());
    let losses = tables::read_steps(&run.steps()).unwrap().iter().map(|row| row.loss).collect();
    let model = weights::fine_tuned(&run.best(), 2).unwrap();
    Left { losses, weights: named(&model), log, events }
}

fn named(model: &Classifier) -> BTreeMap<String, Tensor> {
    model.named().into_iter().map(|(name, tensor)| (name, tensor.copy())).collect()
}

fn assert_same(one: &Left, other: &Left, tolerance: f64) {
    assert_eq!(one.losses.len(), other.losses.len());
    for (step, (one, other)) in one.losses.iter().zip(&other.losses).enumerate() {
        assert!((one - other).abs() <= tolerance, "loss of step {step}: {one} and {other}");
    }
    for (name, one) in &one.weights {
        let far = (one - &other.weights[name]).abs().max().double_value(&[]);
        assert!(far <= tolerance, "{name} differs by {far}");
    }
}

const COMPUTED: &str = "the frozen part was computed";
const REUSED: &str = "the frozen part comes from the cache";
const WITHOUT: &str = "the frozen part is computed in every step";

#[test]
fn a_cached_run_goes_the_way_of_one_without_a_cache_and_what_is_frozen_does_not_move() {
    let initial = named(&with_generator(|| weights::random(ModelSize::Tiny, 2, 42)));
    for finetune in [Finetune::Frozen, last(1), last(2)] {
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let cache = folders[0].path().join(".cache");
        let of = |index: usize, cache| leave(&job_of(folders[index].path(), finetune, cache));
        let [without, first, second] = [of(0, None), of(1, Some(&cache)), of(2, Some(&cache))];
        assert_same(&without, &first, 1e-6);
        assert_same(&first, &second, 0.0);
        let frozen = Frozen::of(finetune, 2).unwrap();
        for (name, tensor) in &second.weights {
            let moved = !tensor.equal(&initial[name]);
            let expected = !frozen.holds(name) && !name.starts_with("esm.contact_head.");
            assert_eq!(moved, expected, "{name} under {finetune:?}");
        }
        // The embeddings alone are not worth a file.
        let cached = finetune != last(2);
        let has = |left: &Left, text| left.log.contains(text);
        assert_eq!([has(&without, COMPUTED), has(&first, COMPUTED), has(&second, COMPUTED)], [false, cached, false]);
        assert_eq!([has(&without, REUSED), has(&first, REUSED), has(&second, REUSED)], [false, false, cached]);
        let told = |left: &Left| left.events.iter().any(|event| matches!(event, Event::Freezing { done: 120, of: 120 }));
        assert_eq!([told(&without), told(&first), told(&second)], [false, cached, false]);
    }
}

#[test]
fn a_cached_run_in_bf16_stays_near_one_without_a_cache() {
    for finetune in [Finetune::Frozen, last(1)] {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let cache = folders[0].path().join(".cache");
        let of = |index: usize, cache| {
            let mut job = job_of(folders[index].path(), finetune, cache);
            job.settings.train.precision = Precision::Bf16;
            leave(&job)
        };
        let (without, with) = (of(0, None), of(1, Some(cache.as_path())));
        assert!(with.log.contains(COMPUTED), "{}", with.log);
        assert_same(&without, &with, 1e-2);
    }
}

#[test]
fn a_run_says_which_parameters_it_trained() {
    let trained = |finetune| {
        let folder = tempfile::tempdir().unwrap();
        work(&job_of(folder.path(), finetune, None));
        let manifest = manifest::read(&RunFolder::at(folder.path().join(KEY))).unwrap().unwrap();
        assert_eq!(manifest.settings.train.finetune, finetune);
        let blocks = manifest.outcome.parameters.blocks;
        assert_eq!(blocks.iter().map(|block| block.parameters).sum::<u64>(), manifest.outcome.parameters.total);
        blocks.into_iter().filter(|block| block.trained).map(|block| block.name).collect::<Vec<_>>()
    };
    let head = ["Classifier, dense", "Classifier, output"];
    assert_eq!(trained(Finetune::Frozen), head);
    assert_eq!(trained(last(1)), ["Encoder layers, the last 1", "Final LayerNorm", head[0], head[1]]);
    assert_eq!(trained(last(2)), ["Encoder layers", "Final LayerNorm", head[0], head[1]]);
}

#[test]
fn more_layers_than_there_are_is_a_fault_of_the_settings() {
    let (kind, message, hint) = failure(settings_of(last(3)));
    assert_eq!(kind, FailureKind::Settings);
    assert_eq!(message, "train.finetune asks for the last 3 layers, and the model has 2");
    assert!(hint.unwrap().contains("{ last = 2 }"));
}

/// The one file of a cache.
fn file_of(cache: &Path) -> std::path::PathBuf {
    let entries: Vec<_> = fs_err::read_dir(cache).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    entry.join("frozen.safetensors")
}

#[test]
fn a_damaged_or_foreign_file_is_made_again() {
    for finetune in [Finetune::Frozen, last(1)] {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let cache = folders[0].path().join(".cache");
        let good = leave(&job_of(folders[0].path(), finetune, Some(&cache)));
        let path = file_of(&cache);
        let whole = fs_err::read(&path).unwrap();
        let key = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let size = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
        let header = std::str::from_utf8(&whole[8..size]).unwrap();
        let with_header = |header: String| [&whole[..8], header.as_bytes(), &whole[size..]].concat();
        let rows = if finetune == Finetune::Frozen { "[120,64]" } else { "64]" };
        assert!(header.contains(rows), "{header}");
        for (bytes, said) in [
            (whole[..whole.len() - 4].to_vec(), "it is cut short"),
            (Vec::new(), "it is cut short"),
            (with_header(header.replace(key, &"0".repeat(64))), "it is of another model"),
            (with_header(header.replace("F32", "I32")), "it does not hold"),
        ] {
            fs_err::write(&path, bytes).unwrap();
            let again = leave(&job_of(folders[1].path(), finetune, Some(&cache)));
            assert!(again.log.contains("is made again") && again.log.contains(said), "{}", again.log);
            assert!(again.log.contains(COMPUTED), "{}", again.log);
            assert_same(&good, &again, 0.0);
            assert!(fs_err::read(&path).unwrap() == whole);
            fs_err::remove_dir_all(folders[1].path().join(KEY)).unwrap();
        }
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_told_of_and_done_without() {
    for finetune in [Finetune::Frozen, last(1)] {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("a file");
        fs_err::write(&cache, "").unwrap();
        let left = leave(&job_of(folder.path(), finetune, Some(&cache)));
        assert!(left.log.contains(WITHOUT), "{}", left.log);
        let plain = tempfile::tempdir().unwrap();
        assert_same(&left, &leave(&job_of(plain.path(), finetune, None)), 0.0);
    }
}

#[test]
fn of_runs_at_the_same_time_one_computes_what_all_need() {
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let cache = folders[0].path().join(".cache");
    let jobs = folders.each_ref().map(|folder| {
        let mut job = job_of(folder.path(), last(1), Some(&cache));
        // What is trained, and on what, does not matter to what is frozen.
        job.settings.train.learning_rate *= folder.path().as_os_str().len() as f64;
        job
    });
    let outputs = jobs.each_ref().map(start).map(|worker| worker.wait_with_output().unwrap());
    let logs = outputs.map(|output| String::from_utf8(output.stderr).unwrap());
    let count = |text: &str| logs.iter().filter(|log| log.contains(text)).count();
    assert_eq!((count(COMPUTED), count(REUSED)), (1, 2), "{logs:?}");
    file_of(&cache);
}

#[test]
fn what_the_frozen_part_does_not_depend_on_shares_its_file_and_what_it_does_has_one_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join(".cache");
    let entries = |change: fn(&mut Settings)| {
        let results = tempfile::tempdir().unwrap();
        let mut settings = settings_of(Finetune::Frozen);
        settings.train.epochs = 1;
        change(&mut settings);
        let (output, _) = work(&Job { cache: Some(cache.clone()), ..job(results.path(), settings) });
        assert!(output.status.success());
        fs_err::read_dir(&cache).unwrap().count()
    };
    assert_eq!(entries(|_| ()), 1);
    assert_eq!(entries(|settings| settings.train.learning_rate = 1e-2), 1);
    assert_eq!(entries(|settings| settings.train.batch_size = 8), 1);
    let split = |settings: &mut Settings| {
        settings.split = SplitSettings::Stratified(Stratified { train: 0.5, validation: 0.25, test: 0.25, seed: 7 });
    };
    assert_eq!(entries(split), 1);
    assert_eq!(entries(|settings| settings.tokens.max_length = MaxLength::Fixed { tokens: 50 }), 2);
    assert_eq!(entries(|settings| settings.train.precision = Precision::Bf16), 3);
    assert_eq!(entries(|settings| settings.train.finetune = last(1)), 4);
    // Random weights are drawn by the seed.
    assert_eq!(entries(|settings| settings.train.seed = 1), 5);
}

#[cfg(unix)]
#[test]
fn a_frozen_run_goes_on_from_its_checkpoint_to_the_same_bits() {
    use crate::worker::work_until;

    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let cache = folders[0].path().join(".cache");
    let jobs = folders.each_ref().map(|folder| {
        let mut job = job_of(folder.path(), last(1), Some(&cache));
        (job.settings.train.batch_size, job.settings.train.epochs) = (4, 20);
        job
    });
    let undisturbed = leave(&jobs[0]);
    let events = work_until(&jobs[1], 2, |event| matches!(event, Event::Step { .. }));
    assert!(matches!(events.last(), Some(Event::Stopped { .. })), "{events:?}");
    let resumed = leave(&jobs[1]);
    assert!(matches!(resumed.events[0], Event::Started { resumed: Some(_), .. }), "{:?}", resumed.events[0]);
    assert_same(&undisturbed, &resumed, 0.0);
}

#[test]
fn the_frozen_part_and_the_rest_of_the_model_make_the_whole() {
    #[derive(serde::Deserialize)]
    struct Answer {
        sequences: Vec<String>,
    }
    let tokens = encode(&stored::<Answer>("model.json").sequences);
    let tokens: Vec<&[u8]> = tokens.iter().map(Vec::as_slice).collect();
    let aligns: &[i64] = if device().is_cuda() { &[1] } else { &[1, 128] };
    let mut model = small_model(3);
    for &align in aligns {
        model.frozen = Frozen::Nothing;
        let mut batch = Batch::pack(&tokens, &[], align, device());
        let whole = Pass::new(&model, Kind::Float).logits(&batch);
        // The head reads `<cls>` alone: computing all tokens of the last layer changes nothing.
        let hidden = Pass::new(&model, Kind::Float).hidden(&batch).index_select(0, &batch.starts);
        let linear = |x: &Tensor, map: &titer_trainer::model::esm2::Linear| x.linear(&map.weight, Some(&map.bias));
        let by_all = linear(&linear(&hidden, &model.dense).tanh(), &model.out);
        assert!(whole.allclose(&by_all, 1e-6, 1e-6, false));
        for frozen in (0..3).map(Frozen::Layers).chain([Frozen::Backbone]) {
            model.frozen = frozen;
            batch.frozen = None;
            let pass = Pass::new(&model, Kind::Float);
            assert!(pass.logits(&batch).allclose(&whole, 1e-6, 1e-6, false), "{frozen:?}");
            let states = pass.frozen(&batch, Queries::First);
            batch.frozen = Some(states.narrow(0, 0, states.size()[0] - if frozen == Frozen::Backbone { 0 } else { batch.tail }));
            assert!(pass.logits(&batch).allclose(&whole, 1e-6, 1e-6, false), "{frozen:?}, known");
        }
    }
}

#[test]
fn the_optimiser_keeps_a_state_of_what_is_trained_and_of_nothing_else() {
    for (finetune, trained) in [(Finetune::Full, 16 * 3 + 7), (last(1), 16 + 6), (Finetune::Frozen, 4)] {
        let mut model = small_model(2);
        model.frozen = Frozen::of(finetune, 3).unwrap();
        let recipe = settings_of(finetune).train;
        assert_eq!(Optimizer::new(&model, &recipe, recipe.precision).state().len(), 3 * trained, "{finetune:?}");
        assert_eq!(model.named().iter().filter(|(_, tensor)| tensor.requires_grad()).count(), trained);
    }
}

#[test]
fn a_cache_that_fails_while_a_run_goes_on_leaves_the_work_to_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("states.safetensors");
    let states = Tensor::arange(12, (Kind::Float, Device::Cpu)).view([4, 3]);
    safetensors::serialize_to_file([("states", Bytes::of(&states))], None, &path).unwrap();
    let file = TensorFile::open(&path).unwrap().unwrap();
    let tensor = file.info("states").unwrap().clone();
    let features = Features::new(Arc::new(Mutex::new(Matrix::Stored { file, tensor })), vec![2..4, 0..1, 1..2]);
    let read = features.of(&[1, 0], Device::Cpu).unwrap();
    assert!(read.equal(&states.index_select(0, &Tensor::from_slice(&[0_i64, 2, 3]))));

    let length = fs_err::metadata(&path).unwrap().len();
    fs_err::OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 12).unwrap();
    assert!(features.of(&[0], Device::Cpu).is_none());
    assert!(features.of(&[1, 2], Device::Cpu).is_some());
}

#[cfg(unix)]
#[test]
fn stopped_while_it_computes_what_is_frozen_it_leaves_nothing_half_done() {
    use crate::worker::work_until;

    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join(".cache");
    let mut settings = settings_of(last(1));
    settings.data.source =
        Source::Synthetic(Synthetic { proteins: 4_000, classes: 2, min_length: 40, max_length: 80, signal: 0.9, seed: 7 });
    settings.train.max_steps = Some(3);
    let job = Job { cache: Some(cache.clone()), ..job(folder.path(), settings) };
    let events = work_until(&job, 1, |event| matches!(event, Event::Freezing { .. }));
    assert!(matches!(events.last(), Some(Event::Stopped { step: 0 })), "{events:?}");
    let path = file_of(&cache);
    assert_eq!(fs_err::read_dir(path.parent().unwrap()).unwrap().count(), 1, "the lock alone");
    assert!(leave(&job).log.contains(COMPUTED) && path.exists());
}
