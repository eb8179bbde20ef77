//! What lies in a results folder can be read back as it was.

use std::{collections::BTreeMap, path::Path, process::Command};

use serde_json::{Map, Value, json};
use titer_core::experiment::split::Stratified;
use titer_core::{
    data::{self, Dropped, Split},
    experiment::{
        Cleaning, DataSettings, ExperimentName, MaxLength, ModelSettings, ModelSize, Precision, Settings, Source, SplitSettings,
        Synthetic, TaskSettings, TokenSettings, TrainSettings, Truncate, Weights,
    },
    identity::SEMANTICS,
    metric::{self, AVERAGE_PRECISION, F1, PRECISION, RECALL, ROC_AUC},
    results::{
        Error, ExperimentFolder, FORMAT, Failure, FailureKind, Manifest, RunFolder, RunKey, RunState,
        manifest::{self, Attempt, Determinism, Inputs, Machine, Outcome, ParameterBlock, ParameterCounts, Status, Versions},
        tables::{self, BaselineRow, Baselines, EpochRow, Made, PredictionRow, ProteinRow, RunRow, RunStatus, StepRow},
    },
    scores::{ClassScores, Scores, Undefined, Values},
};
use titer_report::{Compared, View};

use crate::{
    report::{fixture::Course, small},
    skip::Skip,
};

/// Names with everything that a column, a file or a cell might trip over.
fn classes() -> Vec<String> {
    ["Cytoplasm", "Nucleus, \"inner\" ∂"].map(str::to_owned).to_vec()
}

pub fn key(digit: char) -> RunKey {
    String::from(digit).repeat(RunKey::LENGTH).parse().unwrap()
}

pub fn scores() -> Scores {
    let class = |support, predicted, precision| ClassScores {
        support,
        predicted,
        metrics: Values::from_iter([
            (PRECISION, precision),
            (RECALL, Some(0.875)),
            (F1, Some(0.9)),
            (ROC_AUC, Some(0.918_4)),
            (AVERAGE_PRECISION, Some(0.901)),
        ]),
    };
    let values = [0.44, 0.851_7, 0.852, 0.851, 0.851_6, 0.85, 0.84, 0.849, 0.7, f64::NAN, 0.9].map(Some);
    let defined = |value: Option<f64>| value.filter(|value| !value.is_nan());
    Scores {
        count: 715,
        metrics: metric::ALL.iter().copied().zip(values.map(defined)).collect(),
        classes: vec![class(385, 409, Some(0.841)), class(330, 306, None)],
        confusion: vec![vec![344, 41], vec![65, 265]],
        undefined: vec![
            Undefined { metric: ROC_AUC, class: None, reason: "only one class is present".into() },
            Undefined { metric: PRECISION, class: Some(1), reason: "nothing was predicted to be of this class".into() },
        ],
    }
}

pub fn settings() -> Settings {
    Settings {
        data: DataSettings {
            source: Source::Synthetic(Synthetic {
                proteins: 100,
                classes: 2,
                min_length: 50,
                max_length: 80,
                signal: 0.9,
                seed: 1,
            }),
            classes: Vec::new(),
            cleaning: Cleaning::default(),
        },
        task: TaskSettings::default(),
        split: SplitSettings::Stratified(Stratified { train: 0.6, validation: 0.2, test: 0.2, seed: 42 }),
        tokens: TokenSettings { max_length: MaxLength::Longest, truncate: Truncate::End },
        model: ModelSettings { weights: Weights::Random { size: ModelSize::Tiny } },
        train: TrainSettings { epochs: 2, learning_rate: 1e-3, ..TrainSettings::default() },
    }
}

pub fn point(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

pub fn manifest_of(key: RunKey, point: Map<String, Value>) -> Manifest {
    Manifest {
        format: FORMAT,
        semantics: SEMANTICS,
        key,
        experiment: "lr".parse().unwrap(),
        status: Status::Finished,
        point,
        settings: settings(),
        inputs: Inputs { data: "d1".into(), weights: "d2".into() },
        versions: versions(),
        machine: machine(),
        files: BTreeMap::new(),
        outcome: Outcome {
            started: "2026-01-01T00:00:00Z".into(),
            finished: "2026-01-01T00:01:00Z".into(),
            seconds: 60.0,
            train_seconds: 50.0,
            eval_seconds: 9.0,
            precision: Precision::Fp32,
            parameters: ParameterCounts {
                total: 42,
                blocks: vec![ParameterBlock { name: "head".into(), shape: "6×7".into(), parameters: 42, trained: true }],
            },
            model: Map::new(),
            max_length: 62,
            classes: classes(),
            scaling: None,
            steps: 8,
            steps_an_epoch: 4,
            skipped_steps: 0,
            tokens: 4_000,
            train_loss: 0.387_8,
            selected_epoch: Some(2),
            validation: Some(scores()),
            test: Some(scores()),
            peak_memory: 1 << 30,
            attempts: vec![Attempt {
                started: "2026-01-01T00:00:00Z".into(),
                from_step: 0,
                lanes: None,
                machine: machine(),
                versions: versions(),
            }],
            determinism: Determinism { deterministic: true, why_not: Vec::new() },
        },
    }
}

fn versions() -> Versions {
    Versions { titer: "0.1.0".into(), commit: Some("0123456789ab".into()), libtorch: "2.11.0".into(), cuda: None }
}

fn machine() -> Machine {
    Machine {
        os: "Linux".into(),
        cpu: "some".into(),
        threads: 2,
        device: "cpu".into(),
        gpu: None,
        architecture: None,
        kernels: Some("avx2".into()),
    }
}

fn step(step: u64, loss: f64) -> StepRow {
    StepRow { step, epoch: 1, loss, learning_rate: 2e-5, grad_norm: 3.25, tokens: 4_000, seconds: 0.125 }
}

fn predictions() -> Vec<PredictionRow> {
    let row = |id: &str, split, logits: [f32; 2], probabilities: [f64; 2]| PredictionRow {
        id: id.into(),
        split,
        label: classes()[0].clone(),
        predicted: classes()[1].clone(),
        logits: logits.to_vec(),
        probabilities: probabilities.to_vec(),
    };
    vec![
        row("P1", Split::Validation, [0.1, -0.3], [0.6, 0.4]),
        row("P2", Split::Test, [f32::MIN_POSITIVE, 7.5], [0.000_5, 0.999_5]),
    ]
}

fn proteins() -> Vec<ProteinRow> {
    let row = |id: &str, label: Option<&str>, split, dropped| ProteinRow {
        id: id.into(),
        sequence: "MKV".into(),
        length: 3,
        tokens: 5,
        label: label.map(str::to_owned),
        value: None,
        split,
        dropped,
        text: split.map(|_| "Nucleus. Also \"elsewhere\"".to_owned()),
    };
    vec![
        row("P1", Some("Nucleus"), Some(Split::Train), None),
        row("", None, None, Some(Dropped::Missing)),
        row("P3", Some("?"), None, Some(Dropped::NoClass)),
    ]
}

#[test]
fn steps_come_back_as_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steps.parquet");
    let rows: Vec<StepRow> = (1..=675).map(|i| step(i, 1.0 / i as f64)).collect();
    tables::write_steps(&path, &rows).unwrap();
    assert_eq!(tables::read_steps(&path).unwrap(), rows);
    tables::write_steps(&path, &[]).unwrap();
    assert_eq!(tables::read_steps(&path).unwrap(), []);
}

#[test]
fn a_loss_that_is_not_finite_is_stored_as_null() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steps.parquet");
    tables::write_steps(&path, &[step(1, 0.5), step(2, f64::INFINITY), step(3, f64::NAN)]).unwrap();
    let losses: Vec<f64> = tables::read_steps(&path).unwrap().iter().map(|row| row.loss).collect();
    assert_eq!(losses[0], 0.5);
    assert!(losses[1].is_nan() && losses[2].is_nan());
}

#[test]
fn epochs_come_back_with_their_classes_and_reasons() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::at(folder.path().join("0123456789abcdef"));
    fs_err::create_dir(run.path()).unwrap();
    let row = |epoch, selected| EpochRow { epoch, split: Split::Validation, scores: scores(), selected, seconds: 1.5 };
    let rows = vec![row(1, false), row(2, true)];
    tables::write_epochs(&run, &classes(), &rows).unwrap();
    assert_eq!(tables::read_epochs(&run).unwrap(), (classes(), rows));
}

#[test]
fn predictions_come_back_with_their_classes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("predictions.parquet");
    tables::write_predictions(&path, &classes(), &predictions()).unwrap();
    assert_eq!(tables::read_predictions(&path).unwrap(), (classes(), predictions()));
}

#[test]
fn proteins_come_back_dropped_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dataset.parquet");
    tables::write_proteins(&path, &proteins()).unwrap();
    assert_eq!(tables::read_proteins(&path).unwrap(), proteins());
}

#[test]
fn runs_come_back_with_the_grid_typed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.parquet");
    let points = [
        json!({"train.learning-rate": 1, "train.seed": 42, "train.select": "f1", "tokens.max-length": "longest"}),
        json!({"train.learning-rate": 2e-5, "train.seed": 43, "train.select": "loss", "tokens.max-length": {"fixed": 512}}),
    ];
    let mut failed = RunRow::without_manifest(key('b'), RunStatus::Failed, point(&points[1]), Some("out of memory".into()));
    let finished = RunRow::finished(&manifest_of(key('a'), point(&points[0])));
    tables::write_runs(&path, &[finished.clone(), failed.clone()]).unwrap();
    let read = tables::read_runs(&path).unwrap();
    // One column, one type: the 1 among floats is a float.
    let mut expected = finished;
    expected.point["train.learning-rate"] = json!(1.0);
    assert_eq!(read[0], expected);
    failed.point = read[1].point.clone();
    assert_eq!(read[1], failed);
    assert_eq!(Value::from(read[1].point.clone()), points[1]);
}

#[test]
fn an_axis_over_a_whole_table_is_kept_apart_from_the_column_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.parquet");
    let points = [
        json!({"tokens": {"max-length": {"fixed": 64}}, "train.seed": 1}),
        json!({"tokens": {"max-length": "longest"}, "train.seed": 1}),
    ];
    let finished = RunRow::finished(&manifest_of(key('a'), point(&points[0])));
    let pending = RunRow::without_manifest(key('b'), RunStatus::Pending, point(&points[1]), None);
    tables::write_runs(&path, &[finished.clone(), pending.clone()]).unwrap();
    assert_eq!(tables::read_runs(&path).unwrap(), [finished, pending]);
}

#[test]
fn what_a_run_scored_before_it_diverged_is_in_no_table() {
    let mut manifest = manifest_of(key('a'), Map::new());
    assert!(RunRow::finished(&manifest).test.is_some());
    manifest.status = Status::Diverged;
    let row = RunRow::finished(&manifest);
    assert_eq!((row.status, row.selected_epoch), (RunStatus::Diverged, Some(2)));
    assert!(row.validation.is_none() && row.test.is_none());
}

#[test]
fn the_states_of_runs_are_words() {
    use RunStatus::{Diverged, Failed, Finished, Interrupted, Pending, Running};
    let words = [Pending, Running, Interrupted, Finished, Diverged, Failed].map(|status| status.to_string());
    assert_eq!(words, ["pending", "running", "interrupted", "finished", "diverged", "failed"]);
}

#[test]
fn two_classes_of_one_name_are_refused_rather_than_mixed_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("predictions.parquet");
    let error = tables::write_predictions(&path, &["a".into(), "a".into()], &predictions()).unwrap_err();
    assert!(matches!(error, Error::Encode { .. }), "{error:?}");
    assert!(!path.exists());
}

#[test]
fn a_manifest_comes_back_and_its_absence_means_unfinished() {
    let results = tempfile::tempdir().unwrap();
    let folder = ExperimentFolder::new(results.path(), &"lr".parse().unwrap()).run(&key('a'));
    assert!(manifest::read(&folder).unwrap().is_none());
    fs_err::create_dir_all(folder.path()).unwrap();
    let mut manifest = manifest_of(key('a'), point(&json!({"train.seed": 42})));
    manifest::write(&folder, &manifest).unwrap();
    assert_eq!(manifest::read(&folder).unwrap().unwrap(), manifest);

    manifest.outcome.train_loss = f64::NAN;
    manifest::write(&folder, &manifest).unwrap();
    assert!(manifest::read(&folder).unwrap().unwrap().outcome.train_loss.is_nan());
}

#[test]
fn a_manifest_of_another_format_or_run_is_refused() {
    let results = tempfile::tempdir().unwrap();
    let folder = ExperimentFolder::new(results.path(), &"lr".parse().unwrap()).run(&key('a'));
    fs_err::create_dir_all(folder.path()).unwrap();
    let write = |text: &str| fs_err::write(folder.manifest(), text).unwrap();
    let refused = || manifest::read(&folder).unwrap_err();

    write(&json!({"format": "99.0", "fields": "unheard of"}).to_string());
    let error = refused();
    assert!(matches!(error, Error::TooNew { .. }), "{error:?}");
    assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("update titer"));
    write(&json!({"format": 3}).to_string());
    assert!(matches!(refused(), Error::TooOld { .. }));
    write("{}");
    assert!(matches!(refused(), Error::NoFormat { .. }));
    write("{\"format\": 1, ");
    assert!(matches!(refused(), Error::Json { .. }));
    manifest::write(&folder, &manifest_of(key('b'), Map::new())).unwrap();
    assert!(matches!(refused(), Error::OtherRun { .. }));
}

/// A folder with every file that `docs/results.md` describes.
fn baselines() -> Baselines {
    let row = |baseline: &str, predicted: usize, probabilities| BaselineRow {
        baseline: baseline.into(),
        id: "P2".into(),
        label: classes()[1].clone(),
        predicted: classes()[predicted].clone(),
        probabilities,
    };
    let made = |baseline: &str| Made {
        baseline: baseline.into(),
        version: 1,
        name: baseline.into(),
        made: "Somehow.".into(),
        tool: None,
    };
    Baselines {
        proteins: tables::digest(&proteins()),
        classes: classes(),
        made: vec![made("majority"), made("composition")],
        rows: vec![row("majority", 0, None), row("composition", 1, Some(vec![0.25, 0.75]))],
        values: Vec::new(),
    }
}

pub fn sample(results: &Path) -> ExperimentFolder {
    let experiment = ExperimentFolder::new(results, &"lr".parse().unwrap());
    let manifest = manifest_of(key('a'), point(&json!({"train.learning-rate": 2e-5, "train.seed": 42})));
    let run = experiment.run(&manifest.key);
    fs_err::create_dir_all(run.path()).unwrap();
    tables::write_proteins(&experiment.dataset(), &proteins()).unwrap();
    tables::write_steps(&run.steps(), &[step(1, 0.7), step(2, f64::NAN)]).unwrap();
    let epoch = EpochRow { epoch: 1, split: Split::Validation, scores: scores(), selected: true, seconds: 1.5 };
    tables::write_epochs(&run, &classes(), &[epoch]).unwrap();
    tables::write_predictions(&run.predictions(), &classes(), &predictions()).unwrap();
    manifest::write(&run, &manifest).unwrap();
    tables::write_baselines(&experiment.baselines(), &baselines()).unwrap();
    let pending = RunRow::without_manifest(key('b'), RunStatus::Pending, manifest.point.clone(), None);
    tables::write_runs(&experiment.runs_table(), &[RunRow::finished(&manifest), pending]).unwrap();
    experiment
}

#[test]
fn a_folder_tells_what_became_of_each_run() {
    let results = tempfile::tempdir().unwrap();
    let experiment = sample(results.path());
    let failure = Failure::new(key('b'), FailureKind::Input, "a tensor is missing".into(), Some("take another".into()));
    fs_err::create_dir_all(experiment.run(&key('b')).path()).unwrap();
    failure.write(&experiment.run(&key('b'))).unwrap();
    fs_err::create_dir_all(experiment.run(&key('c')).path()).unwrap();

    let states = ['a', 'b', 'c', 'd'].map(|digit| experiment.run(&key(digit)).state());
    let statuses = states.each_ref().map(RunState::status);
    assert_eq!(statuses, [RunStatus::Finished, RunStatus::Failed, RunStatus::Interrupted, RunStatus::Pending]);
    assert_eq!(states[1], RunState::Failed(failure));
    let row = states[1].row(&key('b'), &Map::new());
    assert_eq!(row.failure.as_deref(), Some("a tensor is missing"));
}

#[test]
fn names_cannot_leave_the_results_folder() {
    for name in ["..", "../x", "a/b", "/etc", "", ".hidden", "a\0b", "a\\b"] {
        assert!(name.parse::<ExperimentName>().is_err(), "{name:?}");
        assert!(name.parse::<RunKey>().is_err(), "{name:?}");
    }
}

#[test]
fn a_dataset_becomes_a_row_a_protein() {
    let settings = settings();
    let dataset = data::prepare(
        &titer_core::experiment::TaskSettings::default(),
        &settings.data,
        &settings.split,
        &settings.tokens,
        Path::new("."),
    )
    .unwrap();
    let rows = tables::protein_rows(&dataset, &[]);
    assert_eq!(rows.len(), dataset.proteins.len());
    let of = |split| rows.iter().filter(|row| row.split == Some(split)).count();
    let card = &dataset.card.splits;
    assert_eq!(
        (of(Split::Train), of(Split::Validation), of(Split::Test)),
        (card.train.count, card.validation.count, card.test.count)
    );
    for (row, protein) in rows.iter().zip(&dataset.proteins) {
        assert_eq!((&row.id, row.length as usize + 2), (&protein.id, row.tokens as usize));
        assert_eq!(row.label.as_ref(), protein.class().map(|class| &dataset.classes[class]));
        assert_eq!(row.split.is_none(), row.dropped.is_some());
    }
}

/// Runs `tests/reference/results.py` on a folder; `None`, with a message, where there is no Python
/// with pandas and polars.
fn read_in_python(folder: &Path) -> Option<Value> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = project.join(".reference/bin/python");
    if !python.exists() {
        Skip::NoReference.because(&format!("{} is missing", python.display()));
        return None;
    }
    let output = Command::new(python).arg(project.join("tests/reference/results.py")).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn pandas_and_polars_read_a_results_folder_as_it_is() {
    let results = tempfile::tempdir().unwrap();
    let experiment = sample(results.path());
    // What `titer compare --json` prints of three runs, each a configuration.
    let compared = Compared::from(View::new(&small(&[1e-5, 2e-5, 1e-4].map(|rate| Course::at(rate, 1.0)))));
    fs_err::write(experiment.path().join("compared.json"), serde_json::to_string(&compared).unwrap()).unwrap();
    let Some(mut seen) = read_in_python(experiment.path()) else { return };
    let columns = seen["pandas"]["columns"].take();
    assert_eq!(seen["polars"]["columns"].take(), columns);
    let expected = json!({
        "runs": 2,
        "finished": [key('a').as_str()],
        "rate": [2e-5],
        "accuracy": 0.0,
        "dropped": ["missing", "no-class"],
        "confusion": [[344, 41], [65, 265]],
        "undefined": 1,
        "finite_losses": 1,
        "columns": null,
    });
    let accuracy = json!({"composition": 1.0, "majority": 0.0});
    let documented = seen["documented"].take();
    assert_eq!((&documented["pandas"], &documented["polars"]), (&json!([1, accuracy, [3, 3, 3]]), &json!([1])));
    match &documented["duckdb"] {
        Value::Null => Skip::NoReference.because("DuckDB's lines: Python has no duckdb"),
        lines => assert_eq!(*lines, json!([1, accuracy])),
    }
    assert_eq!(seen, json!({"pandas": expected, "polars": expected, "documented": null}));
}

#[test]
fn every_column_is_described() {
    let results = tempfile::tempdir().unwrap();
    let experiment = sample(results.path());
    let text = fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/results.md")).unwrap();
    let run = experiment.run(&key('a'));
    for table in [
        experiment.dataset(),
        experiment.runs_table(),
        experiment.baselines(),
        run.steps(),
        run.epochs(),
        run.metrics(),
        run.predictions(),
    ] {
        for column in columns(&table) {
            let of_class = classes().iter().find_map(|class| column.strip_suffix(class.as_str()));
            let described = match of_class {
                Some(metric) => text.contains(&format!("`{metric}<class>`")),
                None if column.starts_with("train_learning") || column == "train_seed" => text.contains("`train_learning_rate`"),
                None => {
                    let metric = column.strip_prefix("validation_").or(column.strip_prefix("test_")).unwrap_or(&column);
                    text.contains(&format!("`{metric}`"))
                }
            };
            assert!(described, "docs/results.md does not describe {column:?} of {}", table.display());
        }
    }
}

fn columns(table: &Path) -> Vec<String> {
    use polars::prelude::{ParquetReader, SerReader as _};

    let file = fs_err::File::open(table).unwrap().into_parts().0;
    let frame = ParquetReader::new(file).finish().unwrap();
    frame.columns().iter().map(|column| column.name().to_string()).collect()
}
