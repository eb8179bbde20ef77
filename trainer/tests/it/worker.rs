//! The worker program, from a job on its standard input to a finished run's folder.

use std::{
    io::{BufRead as _, BufReader, Write},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use serde::Deserialize;
use titer_core::experiment::split::{Column, Stratified};
use titer_core::metric::{ACCURACY, LOSS, MACRO_F1, MCC, SPEARMAN};
use titer_core::{
    checkpoint,
    data::{self, Split},
    experiment::{
        Cleaning, DataSettings, MaxLength, ModelSettings, ModelSize, Precision, Settings, Source, SplitSettings, Synthetic,
        TaskSettings, TokenSettings, TrainSettings, Truncate, Weights,
    },
    protocol::{Device, Event, FailureKind, Job, Line, PROTOCOL, Sharing},
    results::{RunFolder, manifest, tables},
    task::{Kind, Scale, Scaling},
};
use titer_trainer::model::weights;

use crate::skip::Skip;

pub fn settings() -> Settings {
    Settings {
        data: DataSettings {
            source: Source::Synthetic(Synthetic {
                proteins: 120,
                classes: 2,
                min_length: 40,
                max_length: 80,
                signal: 0.9,
                seed: 7,
            }),
            classes: Vec::new(),
            cleaning: Cleaning::default(),
        },
        task: TaskSettings::default(),
        split: SplitSettings::Stratified(Stratified { train: 0.6, validation: 0.2, test: 0.2, seed: 42 }),
        tokens: TokenSettings { max_length: MaxLength::Fixed { tokens: 64 }, truncate: Truncate::End },
        model: ModelSettings { weights: Weights::Random { size: ModelSize::Tiny } },
        train: TrainSettings { epochs: 2, learning_rate: 1e-3, precision: Precision::Fp32, ..TrainSettings::default() },
    }
}

pub const KEY: &str = "0123456789abcdef";

/// A job whose run's folder lies in `results`.
pub fn job(results: &Path, settings: Settings) -> Job {
    let output = results.join(KEY);
    fs_err::create_dir_all(&output).unwrap();
    Job {
        protocol: PROTOCOL,
        experiment: "trial".parse().unwrap(),
        key: KEY.parse().unwrap(),
        point: serde_json::Map::new(),
        inputs: manifest::Inputs {
            data: data::digest(&settings.data, Path::new(".")).unwrap(),
            weights: checkpoint::digest(&settings.model.weights, None).unwrap_or_default(),
        },
        settings,
        project: ".".into(),
        weights: None,
        output,
        cache: None,
        device: Device::Cpu,
        threads: 1,
        checkpoint_every: None,
        tethered: false,
        sharing: Sharing::Alone,
    }
}

pub fn start(job: &Job) -> Child {
    start_all(std::slice::from_ref(job))
}

/// Starts a worker with these jobs.
pub fn start_all(jobs: &[Job]) -> Child {
    let mut worker = Command::new(env!("CARGO_BIN_EXE_titer-worker"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = jobs.iter().map(|job| serde_json::to_string(job).unwrap() + "\n").collect();
    worker.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    worker
}

pub fn work(job: &Job) -> (Output, Vec<Event>) {
    let output = start(job).wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let events = text.lines().map(|line| serde_json::from_str::<Line>(line).unwrap().event).collect();
    (output, events)
}

pub fn failure(settings: Settings) -> (FailureKind, String, Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let (output, events) = work(&job(folder.path(), settings));
    assert!(!output.status.success());
    assert!(!folder.path().join(KEY).join("run.json").exists());
    match events.last() {
        Some(Event::Failed { kind, message, hint }) => (*kind, message.clone(), hint.clone()),
        other => panic!("not a failure: {other:?}"),
    }
}

#[test]
fn a_run_leaves_every_file_the_design_names() {
    let folder = tempfile::tempdir().unwrap();
    let (output, events) = work(&job(folder.path(), settings()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(matches!(events[0], Event::Started { steps: 10, epochs: 2, .. }), "{:?}", events[0]);
    assert!(matches!(events.last(), Some(Event::Finished { diverged: false, .. })));

    let run = RunFolder::at(folder.path().join(KEY));
    let manifest = manifest::read(&run).unwrap().unwrap();
    assert_eq!(manifest.outcome.steps, 10);
    assert_eq!(manifest.outcome.max_length, 64);
    assert_eq!(manifest.outcome.precision, Precision::Fp32);
    assert!(manifest.outcome.peak_memory > 0);

    let steps = tables::read_steps(&run.steps()).unwrap();
    assert_eq!(steps.len(), 10);
    assert_eq!(steps.iter().map(|row| row.tokens).sum::<u64>(), manifest.outcome.tokens);
    let (classes, epochs) = tables::read_epochs(&run).unwrap();
    assert_eq!((classes.len(), epochs.len()), (2, 2));
    let kept: Vec<u32> = epochs.iter().filter(|row| row.selected).map(|row| row.epoch).collect();
    assert_eq!(kept, [manifest.outcome.selected_epoch.unwrap()]);
    // The best checkpoint, read back, scores what its epoch scored.
    let validation = manifest.outcome.validation.unwrap();
    let row = epochs.iter().find(|row| row.selected).unwrap();
    assert!((row.scores.number(LOSS) - validation.number(LOSS)).abs() < 1e-6);
    assert_eq!(row.scores.confusion, validation.confusion);

    let (_, predictions) = tables::read_predictions(&run.predictions()).unwrap();
    assert_eq!(predictions.len(), 48);
    let right = predictions.iter().filter(|row| row.split == Split::Test && row.label == row.predicted).count();
    assert!((right as f64 / 24.0 - manifest.outcome.test.unwrap().number(ACCURACY)).abs() < 1e-12);
    for name in ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"] {
        assert!(run.best().join(name).exists(), "{name}");
    }
}

#[test]
fn the_same_job_gives_the_same_numbers_again() {
    let run = |folder: &Path| {
        let (_, events) = work(&job(folder, settings()));
        assert!(matches!(events.last(), Some(Event::Finished { .. })));
        fs_err::read(folder.join(KEY).join("best/model.safetensors")).unwrap()
    };
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert!(run(first.path()) == run(second.path()), "the weights differ");
}

/// A best checkpoint by `transformers`.
#[derive(Deserialize)]
struct Loaded {
    logits: Vec<Vec<f64>>,
    classes: Vec<String>,
    scaling: Option<Scaling>,
}

/// What `transformers` gives for the proteins of these ids; `None` where it is not installed.
fn loaded(job: &Job, run: &RunFolder, ids: &[&str]) -> Option<Loaded> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let interpreter = root.join("../.reference/bin/python");
    if !interpreter.exists() {
        Skip::NoReference.because("no transformers in .reference (just reference)");
        return None;
    }
    let given = &job.settings;
    let dataset = data::prepare(&given.task, &given.data, &given.split, &given.tokens, &job.project).unwrap();
    let sequence = |id: &&str| &dataset.proteins.iter().find(|protein| protein.id == *id).unwrap().sequence;
    let sequences: Vec<_> = ids.iter().map(sequence).collect();
    let mut python = Command::new(&interpreter)
        .arg(root.join("tests/reference/load.py"))
        .arg(run.best())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(serde_json::to_string(&sequences).unwrap().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn the_best_checkpoint_loads_in_transformers_with_the_same_logits() {
    // Most proteins are longer than the 64 tokens they may have.
    for truncate in [Truncate::End, Truncate::Start, Truncate::Middle] {
        let mut settings = settings();
        settings.tokens.truncate = truncate;
        let folder = tempfile::tempdir().unwrap();
        let job = job(folder.path(), settings);
        work(&job);
        let run = RunFolder::at(folder.path().join(KEY));
        let (classes, predictions) = tables::read_predictions(&run.predictions()).unwrap();
        let ids: Vec<&str> = predictions.iter().map(|row| row.id.as_str()).collect();
        let Some(loaded) = loaded(&job, &run, &ids) else { return };
        assert_eq!((loaded.classes, loaded.scaling), (classes, None));
        for (row, theirs) in predictions.iter().zip(&loaded.logits) {
            for (ours, theirs) in row.logits.iter().zip(theirs) {
                assert!((f64::from(*ours) - theirs).abs() < 1e-5, "{}: {ours} against {theirs}", row.id);
            }
        }
    }
}

#[test]
fn a_regressions_best_checkpoint_loads_too_and_its_scale_leads_back_to_the_labels() {
    for scale in [Scale::None, Scale::Standard] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.csv");
        let row = |row: usize| format!("M{}{},{}\n", "KA".repeat(20 + row % 7), "G".repeat(1 + row / 7), row as f64 * 0.5 - 7.0);
        fs_err::write(&path, format!("sequence,value\n{}", (0..60).map(row).collect::<String>())).unwrap();
        let source = Source::Table {
            path: path.into(),
            id: None,
            sequence: "sequence".to_owned(),
            label: "value".to_owned(),
            separator: None,
        };
        let mut settings = settings();
        settings.data.source = source;
        settings.task = TaskSettings { kind: Kind::Regression, scale };
        settings.train.select = SPEARMAN;
        let job = job(folder.path(), settings);
        let (_, events) = work(&job);
        assert!(matches!(events.last(), Some(Event::Finished { diverged: false, .. })), "{events:?}");
        let run = RunFolder::at(folder.path().join(KEY));
        let manifest = manifest::read(&run).unwrap().unwrap();
        let rows = tables::read_values(&run.predictions()).unwrap();
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let Some(loaded) = loaded(&job, &run, &ids) else { return };
        assert_eq!((&loaded.scaling, loaded.scaling.is_some()), (&manifest.outcome.scaling, scale == Scale::Standard));
        for (row, theirs) in rows.iter().zip(&loaded.logits) {
            let theirs = loaded.scaling.map_or(theirs[0], |scaling| scaling.unscaled(theirs[0]));
            assert!((row.predicted - theirs).abs() < 1e-4, "{}: {} against {theirs}", row.id, row.predicted);
        }
    }
}

#[test]
fn fp16_on_the_cpu_is_refused_with_a_hint() {
    let mut settings = settings();
    settings.train.precision = Precision::Fp16;
    let (kind, message, hint) = failure(settings);
    assert_eq!(kind, FailureKind::Settings);
    assert!(message.contains("fp16 needs a GPU"), "{message}");
    assert!(hint.unwrap().contains("bf16"));
}

#[test]
fn a_gpu_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job(folder.path(), settings());
    job.device = Device::Cuda(63);
    let (output, events) = work(&job);
    assert!(!output.status.success());
    assert!(
        matches!(events.last(), Some(Event::Failed { kind: FailureKind::Device, message, .. }) if message.contains("no GPU 63")),
        "{events:?}"
    );
}

#[test]
fn a_weights_folder_without_its_files_is_an_input_fault() {
    let mut settings = settings();
    settings.model.weights = Weights::Folder { path: "nowhere".into(), sha256: None };
    let folder = tempfile::tempdir().unwrap();
    let mut job = job(folder.path(), settings);
    job.weights = Some(folder.path().join("nowhere"));
    let (_, events) = work(&job);
    assert!(matches!(events.last(), Some(Event::Failed { kind: FailureKind::Input, .. })), "{events:?}");
}

#[test]
fn weights_that_hold_nan_are_an_input_fault_that_names_them() {
    let folder = tempfile::tempdir().unwrap();
    work(&job(folder.path(), settings()));
    let best = RunFolder::at(folder.path().join(KEY)).best();
    let path = best.join("model.safetensors");
    let mut bytes = fs_err::read(&path).unwrap();
    // The file ends with a tensor's last value.
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs_err::write(&path, bytes).unwrap();

    let mut settings = settings();
    settings.model.weights = Weights::Folder { path: best.clone(), sha256: None };
    let again = tempfile::tempdir().unwrap();
    let mut job = job(again.path(), settings);
    job.inputs.weights = checkpoint::digest(&job.settings.model.weights, Some(&best)).unwrap();
    job.weights = Some(best);
    let (output, events) = work(&job);
    assert!(!output.status.success());
    let Some(Event::Failed { kind: FailureKind::Input, message, hint: Some(hint) }) = events.last() else { panic!("{events:?}") };
    assert!(message.contains("NaN or infinite:\n  esm.") && message.contains(": 1 of "), "{message}");
    assert!(hint.contains("every run would diverge"), "{hint}");
}

/// A run's log without the time of its lines.
fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.lines().map(|line| line.split_once(' ').map_or(line, |(_, rest)| rest).to_owned()).collect()
}

#[test]
fn a_log_has_no_line_twice_and_what_libtorch_warns_of_once() {
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path(), settings());
    let mut worker = Command::new(env!("CARGO_BIN_EXE_titer-worker"))
        // libtorch warns of this, to show that what it says arrives.
        .env("ATEN_CPU_CAPABILITY", "rubbish")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    worker.stdin.take().unwrap().write_all((serde_json::to_string(&job).unwrap() + "\n").as_bytes()).unwrap();
    let output = worker.wait_with_output().unwrap();
    assert!(output.status.success());
    let lines = lines(&output);
    let of_libtorch: Vec<&String> = lines.iter().filter(|line| line.contains("libtorch: ")).collect();
    assert!(matches!(of_libtorch[..], [line] if line.contains("ATEN_CPU_CAPABILITY")), "{lines:#?}");
    let distinct: std::collections::BTreeSet<_> = lines.iter().collect();
    assert!(distinct.len() == lines.len() && lines.len() < 20, "{lines:#?}");
}

#[test]
fn bf16_trains_too() {
    let mut settings = settings();
    settings.train.precision = Precision::Bf16;
    let folder = tempfile::tempdir().unwrap();
    let (output, events) = work(&job(folder.path(), settings));
    assert!(output.status.success());
    assert!(matches!(events[0], Event::Started { precision: Precision::Bf16, .. }));
}

#[test]
fn a_run_quicker_than_a_checkpoint_is_worth_writes_none_and_keeps_the_same_weights() {
    // The best epoch is not the last: at this rate later ones are worse.
    let mut settings = settings();
    (settings.train.epochs, settings.train.learning_rate) = (6, 3e-2);
    let run = |checkpoint_every| {
        let folder = tempfile::tempdir().unwrap();
        let job = Job { checkpoint_every, ..job(folder.path(), settings.clone()) };
        let (output, events) = work(&job);
        assert!(output.status.success());
        let written = events.iter().filter(|event| matches!(event, Event::Checkpoint { .. })).count();
        let run = RunFolder::at(job.output);
        let names = fs_err::read_dir(run.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert!(!names.into_iter().any(|name| name.starts_with("best-")), "nothing is left over");
        (written, manifest::read(&run).unwrap().unwrap())
    };
    let (asked, theirs) = run(Some(1_000_000));
    let (unasked, ours) = run(None);
    assert_eq!((asked, unasked), (6, 0));
    assert_eq!(ours.outcome.selected_epoch, theirs.outcome.selected_epoch);
    assert!(ours.outcome.selected_epoch < Some(6), "{:?}", ours.outcome.selected_epoch);
    for name in ["best/model.safetensors", "predictions.parquet"] {
        assert_eq!(ours.files[name], theirs.files[name], "{name}");
    }
}

/// Starts the worker, and stops it with SIGTERM once it has told of so many events of a kind.
#[cfg(unix)]
pub fn work_until(job: &Job, count: usize, is: impl Fn(&Event) -> bool) -> Vec<Event> {
    let mut worker = start(job);
    let mut seen = 0;
    let mut events = Vec::new();
    for line in BufReader::new(worker.stdout.take().unwrap()).lines() {
        let Line { event, .. } = serde_json::from_str(&line.unwrap()).unwrap();
        seen += usize::from(is(&event));
        events.push(event);
        if seen == count {
            seen = 0;
            assert!(Command::new("kill").args(["-TERM", &worker.id().to_string()]).status().unwrap().success());
        }
    }
    assert!(worker.wait().unwrap().success());
    events
}

#[cfg(unix)]
#[test]
fn stopped_in_a_step_or_in_an_evaluation_it_goes_on_to_the_same_bits() {
    let undisturbed = tempfile::tempdir().unwrap();
    work(&job(undisturbed.path(), settings()));
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path(), settings());
    let events = work_until(&job, 2, |event| matches!(event, Event::Step { .. }));
    let Some(Event::Stopped { step }) = events.last() else { panic!("{events:?}") };
    assert!((2..5).contains(step), "{step}");
    let run = RunFolder::at(job.output.clone());
    assert!(run.checkpoint().exists() && !run.manifest().exists());

    let events = work_until(&job, 1, |event| matches!(event, Event::Evaluating { epoch: 2, .. }));
    assert!(matches!(&events[0], Event::Started { resumed, .. } if *resumed == Some(*step)), "{:?}", events[0]);
    // It was quicker than the signal, or stopped at the end of its training.
    let finished = matches!(events.last(), Some(Event::Finished { .. }));
    assert!(finished || matches!(events.last(), Some(Event::Stopped { step: 10 })), "{events:?}");
    if !finished {
        work(&job);
    }

    let of = |folder: &Path| manifest::read(&RunFolder::at(folder.join(KEY))).unwrap().unwrap();
    let (there, here) = (of(undisturbed.path()), of(folder.path()));
    for name in ["best/model.safetensors", "predictions.parquet"] {
        assert_eq!(here.files[name], there.files[name], "{name}");
    }
    assert_eq!(here.outcome.test, there.outcome.test);
    assert!(here.outcome.determinism.deterministic && here.outcome.attempts.len() >= 2);
    assert_eq!(here.outcome.attempts[1].from_step, *step);
}

#[cfg(unix)]
#[test]
fn a_checkpoint_that_is_of_no_use_is_told_of_and_the_run_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path(), settings());
    let run = RunFolder::at(job.output.clone());
    work_until(&job, 2, |event| matches!(event, Event::Step { .. }));
    let whole = fs_err::read(run.checkpoint()).unwrap();
    let mut another_run = whole.clone();
    let at = whole.windows(KEY.len()).position(|bytes| bytes == KEY.as_bytes()).unwrap();
    another_run[at..at + KEY.len()].copy_from_slice(b"fedcba9876543210");
    for (bytes, said) in
        [(&whole[..whole.len() / 2], "it is cut short"), (b"".as_slice(), "it is cut short"), (&another_run, "it is of the run")]
    {
        fs_err::write(run.checkpoint(), bytes).unwrap();
        let (output, events) = work(&job);
        assert!(matches!(&events[0], Event::Started { resumed: None, .. }), "{:?}", events[0]);
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(log.contains("the run begins anew") && log.contains(said), "{log}");
        assert_eq!(manifest::read(&run).unwrap().unwrap().outcome.steps, 10);
        fs_err::remove_file(run.manifest()).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_run_goes_on_with_the_threads_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job(folder.path(), settings());
    work_until(&job, 2, |event| matches!(event, Event::Step { .. }));
    job.threads = 2;
    work(&job);
    let manifest = manifest::read(&RunFolder::at(job.output)).unwrap().unwrap();
    assert_eq!(manifest.machine.threads, 1);
    assert!(manifest.outcome.determinism.deterministic);
}

#[test]
fn data_and_weights_that_changed_since_the_plan_are_refused() {
    for what in ["data", "weights"] {
        let folder = tempfile::tempdir().unwrap();
        let mut job = job(folder.path(), settings());
        *(if what == "data" { &mut job.inputs.data } else { &mut job.inputs.weights }) = "0".repeat(64);
        let (_, events) = work(&job);
        let Some(Event::Failed { kind: FailureKind::Input, message, hint: Some(_) }) = events.last() else {
            panic!("{events:?}")
        };
        assert_eq!(*message, format!("the {what} changed after the sweep had begun"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_whose_runner_is_gone_stops_at_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    (settings.train.epochs, settings.train.batch_size) = (2_000, 4);
    let job = Job { tethered: true, ..job(folder.path(), settings) };
    fs_err::write(folder.path().join("job"), serde_json::to_string(&job).unwrap() + "\n").unwrap();
    let script = r#""$0" < job > events 2> log & echo $!"#;
    let output =
        Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_titer-worker")]).current_dir(folder.path()).output().unwrap();
    let pid = String::from_utf8(output.stdout).unwrap();
    let begun = std::time::Instant::now();
    while Path::new("/proc").join(pid.trim()).exists() {
        assert!(begun.elapsed().as_secs() < 60, "it works for nobody");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let events = fs_err::read_to_string(folder.path().join("events")).unwrap();
    assert!(events.lines().last().unwrap().starts_with(r#"{"job":0,"event":"stopped""#), "{events}");
    assert!(RunFolder::at(job.output).checkpoint().exists());
}

#[test]
fn a_run_that_diverges_before_its_first_evaluation_leaves_its_steps_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.train.learning_rate = 1e30;
    let (output, events) = work(&job(folder.path(), settings));
    assert!(output.status.success());
    assert!(matches!(events.last(), Some(Event::Finished { diverged: true, .. })), "{events:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("diverged after step"));
    let run = RunFolder::at(folder.path().join(KEY));
    let manifest = manifest::read(&run).unwrap().unwrap();
    assert_eq!((manifest.status, manifest.outcome.selected_epoch), (manifest::Status::Diverged, None));
    assert!(manifest.scored(Split::Validation).is_none() && manifest.scored(Split::Test).is_none());
    assert!(tables::read_steps(&run.steps()).unwrap().last().unwrap().loss.is_nan());
    assert!(tables::read_epochs(&run).unwrap().1.is_empty());
    assert_eq!(
        manifest.files.keys().map(String::as_str).collect::<Vec<_>>(),
        ["epochs.parquet", "metrics.parquet", "steps.parquet"]
    );
}

#[test]
fn epochs_that_max_steps_cuts_short_are_counted_as_they_are_and_the_metric_that_selects_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    // An epoch takes five.
    (settings.train.max_steps, settings.train.select) = (Some(3), MACRO_F1);
    let (_, events) = work(&job(folder.path(), settings));
    assert!(matches!(events[0], Event::Started { steps: 3, steps_an_epoch: 5, epochs: 1, .. }), "{:?}", events[0]);
    let outcome = manifest::read(&RunFolder::at(folder.path().join(KEY))).unwrap().unwrap().outcome;
    assert_eq!(outcome.trained().to_string(), "3 steps, 0.6 of an epoch");
    let told = events.iter().find_map(|event| match event {
        Event::Epoch { select, metrics, .. } => Some((*select, metrics.get(*select))),
        _ => None,
    });
    assert_eq!(told, Some((MACRO_F1, Some(outcome.validation.unwrap().number(MACRO_F1)))));
}

#[test]
fn an_epoch_without_a_value_of_the_metric_that_selects_yields_to_those_that_have_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    // So many proteins teach the model their signals, but not in the first epochs: these predict one class alone, of which MCC has
    // no value.
    settings.data.source =
        Source::Synthetic(Synthetic { proteins: 800, classes: 2, min_length: 40, max_length: 60, signal: 1.0, seed: 7 });
    (settings.train.epochs, settings.train.learning_rate, settings.train.select) = (6, 3e-4, MCC);
    let (_, events) = work(&job(folder.path(), settings));
    let told = events.iter().filter_map(|event| match event {
        Event::Epoch { epoch, select, metrics, best, .. } => Some((*epoch, metrics.get(*select), *best)),
        _ => None,
    });
    let told: Vec<(u32, Option<f64>, bool)> = told.collect();
    assert_eq!(told[0], (1, None, true), "{told:?}");
    let defined: Vec<(u32, f64, bool)> =
        told.iter().filter_map(|&(epoch, value, best)| value.map(|value| (epoch, value, best))).collect();
    assert!(defined[0].2, "{told:?}");
    let best = defined.iter().copied().reduce(|best, next| if next.1 > best.1 { next } else { best }).unwrap();
    let outcome = manifest::read(&RunFolder::at(folder.path().join(KEY))).unwrap().unwrap().outcome;
    assert_eq!(outcome.selected_epoch, Some(best.0), "{told:?}");
    assert_eq!(outcome.validation.unwrap().number(MCC), best.1);
}

#[test]
fn a_test_protein_whose_logits_overflow_leaves_no_scores() {
    let folder = tempfile::tempdir().unwrap();
    // Weights are finite, and selenocysteine's embedding is so large that its sum is not.
    let mut model = weights::random(ModelSize::Tiny, 2, 1);
    let selenocysteine = 26;
    model.word_embeddings = model.word_embeddings.detach().copy();
    _ = model.word_embeddings.get(selenocysteine).fill_(3e38);
    let given = folder.path().join("weights");
    fs_err::create_dir_all(&given).unwrap();
    weights::save(&model, &given.join("model.safetensors")).unwrap();
    fs_err::write(given.join("config.json"), serde_json::to_string(&model.config).unwrap()).unwrap();
    // Only the last protein of the test set has one.
    let letter = |number: usize| b"ACDEFGHIKLMNPQRSTVWY"[number % 20] as char;
    let letters =
        |number: usize| (0..30).map(|at| letter([number, number / 20, number * at + at * at][at.min(2)])).collect::<String>();
    let row = |number: usize| {
        let split = ["train", "train", "validation", "test"][number % 4];
        let last = if number == 79 { "U" } else { "A" };
        format!("P{number},M{}{last},{},{split}\n", letters(number), ["x", "y"][number / 4 % 2])
    };
    let table = folder.path().join("proteins.csv");
    let rows: String = (0..80).map(row).collect();
    fs_err::write(&table, format!("id,sequence,label,split\n{rows}")).unwrap();

    let mut settings = settings();
    let [id, sequence, label, column] = ["id", "sequence", "label", "split"].map(str::to_owned);
    settings.data.source = Source::Table { path: table.into(), id: Some(id), sequence, label, separator: None };
    let (train, validation, test) = ("train".into(), Some("validation".into()), "test".into());
    settings.split = SplitSettings::Column(Column { column, train, validation, test, validation_column: None, seed: 42 });
    settings.model.weights = Weights::Folder { path: given.clone(), sha256: None };
    let mut job = job(folder.path(), settings);
    job.inputs.weights = checkpoint::digest(&job.settings.model.weights, Some(&given)).unwrap();
    job.weights = Some(given);
    let (output, events) = work(&job);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(events.last(), Some(Event::Finished { diverged: true, .. })), "{events:?}\n{log}");
    assert!(log.contains("outputs are not finite for a protein of the test set"), "{log}");
    let manifest = manifest::read(&RunFolder::at(folder.path().join(KEY))).unwrap().unwrap();
    assert!(
        manifest.outcome.selected_epoch.is_some() && manifest.outcome.validation.is_none() && manifest.outcome.test.is_none()
    );
}
