//! Results made up in code: real data handling and real scoring over proteins and logits drawn by a
//! small generator.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};
use titer_core::experiment::split::Stratified;
use titer_core::task::Kind;
use titer_core::{
    data::{self, Card, Dataset, Split},
    experiment::{
        Class, Cleaning, DataSettings, MaxLength, ModelSettings, Precision, Settings, Source, SplitSettings, TaskSettings,
        TokenSettings, TrainSettings, Truncate, Weights,
    },
    identity::SEMANTICS,
    metric::{ACCURACY, Metric},
    results::{
        ExperimentFolder, FORMAT, Failure, FailureKind, Manifest, RunKey,
        manifest::{self, Attempt, Determinism, Machine, Outcome, ParameterBlock, ParameterCounts, Status, Versions},
        tables::{self, BaselineRow, Baselines, EpochRow, Made, PredictionRow, ProteinRow, RunRow, RunStatus, StepRow},
    },
    scores::Scores,
    statistics,
};
use titer_report::inputs::{FailedRun, Inputs, RunTables};

use super::regression;

pub const QUESTION: &str = "what does the learning rate do to ESM-2 8M fine-tuned to tell nuclear from cytoplasmic proteins?";

/// A small generator of its own: the same numbers on every machine and in every version.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Near enough to normal for a picture.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// The data of a made-up experiment.
pub struct Proteins {
    pub task: TaskSettings,
    pub settings: DataSettings,
    pub dataset: Dataset,
    /// Where the data file lies.
    project: PathBuf,
    split: u32,
}

/// How a made-up run goes.
#[derive(Clone)]
pub struct Course {
    pub rate: f64,
    pub seed: u32,
    /// The seed of the split.
    pub split: u32,
    pub weight_decay: f64,
    /// How far the logits of the classes lie apart.
    pub signal: f64,
    pub epochs: u32,
    pub select: Metric,
    pub diverged: bool,
    /// Everything is taken for the first class.
    pub blind: bool,
}

impl Course {
    pub fn at(rate: f64, signal: f64) -> Self {
        Self { rate, seed: 42, split: 42, weight_decay: 0.01, signal, epochs: 5, select: ACCURACY, diverged: false, blind: false }
    }

    /// Every rate with every seed, seeds fastest.
    pub fn grid(rates: &[f64], seeds: u32) -> Vec<Self> {
        let with = |&rate: &f64| (42..42 + seeds).map(move |seed| Self { seed, ..Self::at(rate, 1.3) });
        rates.iter().flat_map(with).collect()
    }
}

/// Proteins of the named classes, `sizes` of each, in a CSV that `prepare` reads.
pub fn proteins(folder: &Path, classes: &[&str], sizes: &[usize]) -> Proteins {
    let mut dice = Dice(7);
    let mut csv = csv::Writer::from_path(folder.join("proteins.csv")).unwrap();
    csv.write_record(["Entry", "Sequence", "label"]).unwrap();
    let mut written = 0;
    for (class, &size) in sizes.iter().enumerate() {
        for _ in 0..size {
            let length = (60.0 + 25.0 * class as f64 + 45.0 * dice.normal().abs()) as usize;
            let sequence: String = (0..length).map(|_| b"LAGVSERTIDPKQNFYMHWC"[(dice.next() % 20) as usize] as char).collect();
            csv.write_record([format!("P{written:05}"), format!("M{sequence}"), class.to_string()]).unwrap();
            written += 1;
        }
    }
    let twice = "MTWICETWICETWICETWICE";
    for entry in ["D1", "D2"] {
        csv.write_record([entry, twice, "0"]).unwrap();
    }
    csv.write_record(["E1", "", "1"]).unwrap();
    csv.flush().unwrap();
    let classes = classes.iter().enumerate().map(|(label, name)| Class { label: label.to_string(), name: (*name).to_owned() });
    prepared(Path::new("proteins.csv"), folder, classes.collect())
}

/// The proteins of a table that is there.
pub fn prepared(path: &Path, project: &Path, classes: Vec<Class>) -> Proteins {
    let settings = DataSettings {
        source: Source::Table {
            path: path.to_owned().into(),
            id: Some("Entry".into()),
            sequence: "Sequence".into(),
            label: "label".into(),
            separator: None,
        },
        classes,
        cleaning: Cleaning::default(),
    };
    Proteins::split_by(TaskSettings::default(), settings, 42, project)
}

fn split(seed: u32) -> SplitSettings {
    SplitSettings::Stratified(Stratified { train: 0.6, validation: 0.2, test: 0.2, seed })
}

fn tokens() -> TokenSettings {
    let max_length = MaxLength::Percentile { percentile: 95.0, sample: Some(1000), seed: 42, limit: 1024 };
    TokenSettings { max_length, truncate: Truncate::End }
}

impl Proteins {
    pub fn split_by(task: TaskSettings, settings: DataSettings, seed: u32, project: &Path) -> Self {
        let dataset = data::prepare(&task, &settings, &split(seed), &tokens(), project).unwrap();
        Self { task, settings, dataset, project: project.to_owned(), split: seed }
    }

    pub fn card(&self) -> Card {
        self.dataset.card.clone()
    }

    pub fn rows(&self) -> Vec<ProteinRow> {
        let splits = self.dataset.split_of_proteins();
        let row = |(protein, split): (&data::Protein, Option<Split>)| ProteinRow {
            id: protein.id.clone(),
            sequence: protein.sequence.clone(),
            length: protein.sequence.len() as u32,
            tokens: protein.tokens as u32,
            label: protein.class().map_or(Some(protein.label.clone()), |class| Some(self.dataset.classes[class].clone())),
            value: protein.target.and_then(titer_core::task::Target::value),
            split,
            dropped: protein.dropped,
            text: None,
        };
        self.dataset.proteins.iter().zip(splits).map(row).collect()
    }

    /// The inputs of a report over the given runs.
    pub fn inputs(&self, courses: &[Course]) -> Inputs {
        let text = format!(
            "#:schema ../schema/experiment.schema.json\n# Question: {QUESTION}\n# Run it:   just sweep experiments/lr.toml\n\n[grid]\n\"train.learning-rate\" = {:?}\n",
            courses.iter().map(|course| course.rate).collect::<Vec<_>>()
        );
        let run = |(index, course): (usize, &Course)| {
            let grid = grid(course, courses);
            if course.split == self.split {
                return self.run(index, course, &grid);
            }
            Self::split_by(self.task.clone(), self.settings.clone(), course.split, &self.project).run(index, course, &grid)
        };
        let runs = courses.iter().enumerate().map(run).collect();
        Inputs {
            name: "lr".to_owned(),
            text,
            call: None,
            beside: Vec::new(),
            card: self.card(),
            baselines: Some(if self.task.kind == Kind::Regression {
                regression::baselines(&self.rows())
            } else {
                baselines(&self.rows())
            }),
            proteins: self.rows(),
            runs,
            failures: Vec::new(),
            open: 0,
        }
    }

    fn run(&self, index: usize, course: &Course, grid: &Value) -> RunTables {
        let decay = if course.weight_decay == 0.01 { 0 } else { course.weight_decay.to_bits() };
        let mut dice =
            Dice(course.rate.to_bits() ^ u64::from(course.seed) ^ (u64::from(course.split ^ 0x2a) << 20) ^ decay.rotate_left(7));
        let batches = self.dataset.split(Split::Train).len().div_ceil(16) as u64;
        let steps = steps(course, batches, &mut dice);
        // A run that diverges is not evaluated in the epoch it does so.
        let evaluated = if course.diverged { 1 } else { course.epochs };
        let of_values = self.task.kind == Kind::Regression;
        let outputs = |split, epoch, dice: &mut Dice| {
            if of_values { self.outputs(split, course, epoch, dice) } else { self.logits(split, course, epoch, dice) }
        };
        let logits: Vec<[Vec<f32>; 2]> =
            (1..=evaluated).map(|epoch| [Split::Validation, Split::Test].map(|split| outputs(split, epoch, &mut dice))).collect();
        let validation: Vec<Scores> = logits.iter().map(|[validation, _]| self.score(Split::Validation, validation)).collect();
        let value = |scores: &Scores| scores.get(course.select).map_or(f64::NEG_INFINITY, |value| course.select.oriented(value));
        let kept = (0..validation.len())
            .fold(0, |kept, epoch| if value(&validation[epoch]) > value(&validation[kept]) { epoch } else { kept });
        let epochs = validation.iter().zip(1..).map(|(scores, epoch)| EpochRow {
            epoch,
            split: Split::Validation,
            scores: scores.clone(),
            selected: epoch as usize == kept + 1,
            seconds: 4.2,
        });
        let epochs = epochs.collect();
        let test = self.score(Split::Test, &logits[kept][1]);
        let of_splits = [(Split::Validation, &logits[kept][0]), (Split::Test, &logits[kept][1])];
        let predictions = if of_values {
            Vec::new()
        } else {
            of_splits.into_iter().flat_map(|(split, logits)| self.predictions(split, logits)).collect()
        };
        let values = if of_values {
            of_splits.into_iter().flat_map(|(split, outputs)| self.values(split, outputs)).collect()
        } else {
            Vec::new()
        };
        let mut manifest = self.manifest(index, course, grid);
        let outcome = &mut manifest.outcome;
        outcome.steps = steps.len() as u64;
        outcome.tokens = steps.iter().map(|step| step.tokens).sum();
        outcome.train_loss = steps.iter().map(|step| step.loss).sum::<f64>() / steps.len() as f64;
        outcome.selected_epoch = Some(kept as u32 + 1);
        outcome.validation = Some(validation[kept].clone());
        if !course.diverged {
            outcome.test = Some(test);
        }
        RunTables { manifest, steps, epochs, predictions, values }
    }

    /// Better with the epochs at a low rate; at a high one better at first and overconfident later.
    fn logits(&self, split: Split, course: &Course, epoch: u32, dice: &mut Dice) -> Vec<f32> {
        let classes = self.dataset.classes.len();
        let epoch = f64::from(epoch);
        let confidence = 0.8 + 0.25 * epoch * (course.rate / 2e-5).sqrt();
        let signal = course.signal * (1.0 - (-epoch).exp());
        let mut logits = Vec::new();
        for &protein in self.dataset.split(split) {
            let class = self.dataset.proteins[protein].class().unwrap();
            for other in 0..classes {
                let lead = if other == class { signal } else { 0.0 } + if course.blind && other == 0 { 50.0 } else { 0.0 };
                // Some proteins are hard for every run.
                let shared = Dice((protein * classes + other) as u64 ^ 0x51ed).normal();
                logits.push(((lead + 0.55 * shared + 0.45 * dice.normal()) * confidence) as f32);
            }
        }
        logits
    }

    fn score(&self, split: Split, logits: &[f32]) -> Scores {
        if self.task.kind == Kind::Regression {
            return Scores::of(&self.scored(split, logits));
        }
        let labels: Vec<usize> =
            self.dataset.split(split).iter().map(|&protein| self.dataset.proteins[protein].class().unwrap()).collect();
        titer_core::scores::score(&labels, logits, self.dataset.classes.len())
    }

    fn predictions(&self, split: Split, logits: &[f32]) -> Vec<PredictionRow> {
        let classes = &self.dataset.classes;
        let rows = self.dataset.split(split).iter().zip(logits.chunks_exact(classes.len()));
        let row = |(&protein, logits): (&usize, &[f32])| PredictionRow {
            id: self.dataset.proteins[protein].id.clone(),
            split,
            label: classes[self.dataset.proteins[protein].class().unwrap()].clone(),
            predicted: classes[titer_core::predictions::predicted(logits)].clone(),
            logits: logits.to_vec(),
            probabilities: statistics::probabilities(logits, classes.len()),
        };
        rows.map(row).collect()
    }

    fn manifest(&self, index: usize, course: &Course, grid: &Value) -> Manifest {
        let settings = Settings {
            data: self.settings.clone(),
            task: self.task.clone(),
            split: split(self.split),
            tokens: tokens(),
            model: ModelSettings {
                weights: Weights::Hub {
                    name: "facebook/esm2_t6_8M_UR50D".into(),
                    revision: "c731040fcd8d73dceaa04b0a8e6329b345b0f5df".into(),
                    sha256: None,
                },
            },
            train: TrainSettings {
                epochs: course.epochs,
                learning_rate: course.rate,
                weight_decay: course.weight_decay,
                seed: course.seed,
                select: course.select,
                ..TrainSettings::default()
            },
        };
        let blocks = [
            ("word embeddings", "33×320", 10_560, true),
            ("6 layers", "", 7_397_760, true),
            ("last layer norm", "2×320", 640, true),
            ("contact head", "121", 121, false),
            ("classifier, dense", "320×320 + 320", 102_720, true),
            ("classifier, output", "2×320 + 2", 642, true),
        ];
        let block = |(name, shape, parameters, trained): (&str, &str, u64, bool)| ParameterBlock {
            name: name.into(),
            shape: shape.into(),
            parameters,
            trained,
        };
        let versions =
            Versions { titer: "0.1.0".into(), commit: Some("0123456789ab".into()), libtorch: "2.11.0".into(), cuda: None };
        let machine = Machine {
            os: "Linux x86_64".into(),
            cpu: "Some CPU @ 2.0 GHz".into(),
            threads: 2,
            device: "cpu".into(),
            gpu: None,
            architecture: None,
            kernels: Some("avx512".into()),
        };
        Manifest {
            format: FORMAT,
            semantics: SEMANTICS,
            key: key(index),
            experiment: "lr".parse().unwrap(),
            status: if course.diverged { Status::Diverged } else { Status::Finished },
            point: point(grid),
            settings,
            inputs: manifest::Inputs { data: "d1a7a".repeat(12), weights: "3e1647".repeat(10) },
            versions: versions.clone(),
            machine: machine.clone(),
            files: BTreeMap::new(),
            outcome: Outcome {
                started: "2026-01-02T03:04:05Z".into(),
                finished: "2026-01-02T03:30:05Z".into(),
                seconds: 1560.0,
                train_seconds: 1500.0,
                eval_seconds: 55.0,
                precision: Precision::Bf16,
                parameters: ParameterCounts { total: 7_512_443, blocks: blocks.map(block).to_vec() },
                model: point(&json!({
                    "model_type": "esm", "num_hidden_layers": 6, "hidden_size": 320, "num_attention_heads": 20, "intermediate_size": 1280,
                    "vocab_size": 33, "max_position_embeddings": 1026, "position_embedding_type": "rotary", "layer_norm_eps": 1e-5,
                    "hidden_dropout_prob": 0.0, "token_dropout": true,
                })),
                max_length: self.dataset.max_length,
                classes: self.dataset.classes.clone(),
                scaling: self.dataset.scaling,
                steps: 0,
                steps_an_epoch: self.dataset.split(Split::Train).len().div_ceil(16) as u64,
                skipped_steps: 0,
                tokens: 0,
                train_loss: 0.0,
                selected_epoch: None,
                validation: None,
                test: None,
                peak_memory: 1_610_612_736,
                attempts: vec![Attempt { started: "2026-01-02T03:04:05Z".into(), from_step: 0, lanes: None, machine, versions }],
                determinism: Determinism { deterministic: true, why_not: Vec::new() },
            },
        }
    }
}

/// A run's values of the keys that the courses differ in; the rate is always one of them.
fn grid(course: &Course, courses: &[Course]) -> Value {
    let mut grid = json!({ "train.learning-rate": course.rate });
    if courses.iter().any(|other| other.weight_decay != course.weight_decay) {
        grid["train.weight-decay"] = json!(course.weight_decay);
    }
    if courses.iter().any(|other| other.split != course.split) {
        grid["split.seed"] = json!(course.split);
    }
    if courses.iter().any(|other| other.seed != course.seed) {
        grid["train.seed"] = json!(course.seed);
    }
    grid
}

fn steps(course: &Course, batches: u64, dice: &mut Dice) -> Vec<StepRow> {
    let all = batches * u64::from(course.epochs);
    let reached = if course.diverged { batches + batches / 2 } else { all };
    let floor = 0.30 - 0.28 * (course.rate / 1e-4).min(1.0);
    let step = |step: u64, dice: &mut Dice| {
        let progress = step as f64 / all as f64;
        let loss = (floor + (0.69 - floor) * (-2.2 * progress).exp() + 0.06 * dice.normal()).max(0.01);
        StepRow {
            step,
            epoch: ((step - 1) / batches + 1) as u32,
            loss: if course.diverged && step == reached { f64::NAN } else { loss },
            learning_rate: course.rate * (1.0 - (step - 1) as f64 / all as f64),
            grad_norm: 1.0 + dice.uniform(),
            tokens: 1800,
            seconds: 0.5,
        }
    };
    (1..=reached).map(|number| step(number, dice)).collect()
}

pub fn key(index: usize) -> RunKey {
    format!("{:016x}", 0xA11C_E000 + index).parse().unwrap()
}

pub fn point(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

pub fn failed(index: usize, rate: f64, message: &str) -> FailedRun {
    FailedRun {
        key: key(index),
        point: point(&json!({ "train.learning-rate": rate })),
        message: message.to_owned(),
        hint: Some("see its log".to_owned()),
    }
}

/// What titer's own baselines make of the proteins, and a made-up sequence search: whether there is
/// a real one depends on the machine.
fn baselines(proteins: &[ProteinRow]) -> Baselines {
    let mut baselines = titer::baseline::refresh::of(titer_core::task::Kind::Classification, proteins, None, &|| false);
    let made = "The class of the best hit among the training proteins (a made-up search).";
    let search = baselines.made.iter_mut().find(|made| made.baseline == "mmseqs2").unwrap();
    *search = Made { made: made.into(), tool: Some("0".into()), ..search.clone() };
    baselines.rows.retain(|row| row.baseline != "mmseqs2");
    let nearest: Vec<BaselineRow> = baselines.rows.iter().filter(|row| row.baseline == "k-mers").cloned().collect();
    baselines.rows.extend(nearest.into_iter().map(|row| BaselineRow { baseline: "mmseqs2".into(), ..row }));
    baselines
}

/// Lays the inputs down as a sweep would.
pub fn lay(inputs: &Inputs, results: &Path) -> ExperimentFolder {
    let folder = ExperimentFolder::new(results, &inputs.name.parse().unwrap());
    fs_err::create_dir_all(folder.runs()).unwrap();
    fs_err::write(folder.experiment(), &inputs.text).unwrap();
    fs_err::write(folder.card(), serde_json::to_vec_pretty(&inputs.card).unwrap()).unwrap();
    tables::write_proteins(&folder.dataset(), &inputs.proteins).unwrap();
    if let Some(baselines) = &inputs.baselines {
        tables::write_baselines(&folder.baselines(), baselines).unwrap();
    }
    let mut rows = Vec::new();
    for run in &inputs.runs {
        let to = folder.run(&run.manifest.key);
        fs_err::create_dir_all(to.path()).unwrap();
        let classes = &run.manifest.outcome.classes;
        tables::write_steps(&to.steps(), &run.steps).unwrap();
        tables::write_epochs(&to, classes, &run.epochs).unwrap();
        if run.values.is_empty() {
            tables::write_predictions(&to.predictions(), classes, &run.predictions).unwrap();
        } else {
            tables::write_values(&to.predictions(), &run.values).unwrap();
        }
        manifest::write(&to, &run.manifest).unwrap();
        rows.push(RunRow::finished(&run.manifest));
    }
    for failure in &inputs.failures {
        let FailedRun { key, point, message, hint } = failure.clone();
        let to = folder.run(&key);
        fs_err::create_dir_all(to.path()).unwrap();
        Failure::new(key.clone(), FailureKind::Run, message.clone(), hint).write(&to).unwrap();
        rows.push(RunRow::without_manifest(key, RunStatus::Failed, point, Some(message)));
    }
    tables::write_runs(&folder.runs_table(), &rows).unwrap();
    folder
}
