//! What a report is made from: the tables of one experiment's results, as they lie on disk.

use std::{io, path::PathBuf};

use rayon::prelude::*;
use serde_json::{Map, Value};

use super::{Error, sound};
use titer_core::{
    data::{Card, Split},
    input,
    predictions::Output,
    results::{
        self, Call, ExperimentFolder, Failure, LastSweep, Manifest, RunKey, RunState,
        manifest::Status,
        tables::{self, Baselines, EpochRow, PredictionRow, ProteinRow, RunRow, StepRow, ValueRow},
    },
};

/// Far above the experiment file and the data card of any sweep.
const MOST_BYTES: u64 = 64 << 20;

/// Everything the report reads; nothing else reaches it.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    /// The experiment's name.
    pub name: String,
    /// The experiment file as it was run.
    pub text: String,
    /// The call that makes the results again; `None` where no sweep noted it.
    pub call: Option<Call>,
    /// Further experiments whose runs are among these.
    pub beside: Vec<Beside>,
    pub card: Card,
    pub proteins: Vec<ProteinRow>,
    /// `None` where they were not taken, or of other proteins.
    pub baselines: Option<Baselines>,
    /// The runs that left a manifest, in the plan's order.
    pub runs: Vec<RunTables>,
    pub failures: Vec<FailedRun>,
    /// Runs of the plan that have not ended.
    pub open: usize,
}

/// Another experiment, and its file as it was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    pub name: String,
    pub text: String,
    pub call: Option<Call>,
}

/// The plan that a report is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The experiment file with what was set beside it, as a sweep notes it.
    pub text: String,
    pub call: Option<Call>,
    pub card: Card,
    pub proteins: Vec<ProteinRow>,
    /// The runs: of a row only the key and the point are looked at.
    pub runs: Vec<RunRow>,
}

impl Plan {
    /// The plan of the last sweep.
    pub fn read(folder: &ExperimentFolder) -> Result<Self, Error> {
        Ok(Self {
            runs: plan(folder)?,
            text: text(folder.experiment())?,
            call: LastSweep::read(folder)?.map(|last| last.call),
            card: card(folder)?,
            proteins: tables::read_proteins(&folder.dataset())?,
        })
    }
}

/// One finished run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTables {
    pub manifest: Manifest,
    pub steps: Vec<StepRow>,
    pub epochs: Vec<EpochRow>,
    /// Of a classification.
    pub predictions: Vec<PredictionRow>,
    /// Of a regression.
    pub values: Vec<ValueRow>,
}

/// A protein's label, as a run's predictions have it.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub enum Label<'a> {
    Class(&'a str),
    Value(f64),
}

/// A run whose last attempt failed, or whose files cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedRun {
    pub key: RunKey,
    pub point: Map<String, Value>,
    pub message: String,
    pub hint: Option<String>,
}

impl Inputs {
    /// The experiments' names in one: `lr`, `lr-and-frozen`.
    #[must_use]
    pub fn names(&self) -> String {
        let names = std::iter::once(&self.name).chain(self.beside.iter().map(|other| &other.name));
        names.map(String::as_str).collect::<Vec<_>>().join("-and-")
    }

    /// Reads what the last sweep left in `folder`.
    pub fn read(folder: &ExperimentFolder) -> Result<Self, Error> {
        Ok(Self::of(Plan::read(folder)?, folder))
    }

    /// What became of the runs of a plan.
    #[must_use]
    pub fn of(Plan { text, call, card, proteins, runs: planned }: Plan, folder: &ExperimentFolder) -> Self {
        let name = folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut runs = Vec::new();
        let mut failures = Vec::new();
        let mut open = 0;
        let found: Vec<Found> = planned.into_par_iter().map(|row| Found::of(row, folder)).collect();
        for found in found {
            match found {
                Found::Run(tables) => runs.push(*tables),
                Found::Failed(failed) => failures.push(failed),
                Found::Open => open += 1,
            }
        }
        // A report does without them.
        let baselines = tables::read_baselines(&folder.baselines()).ok();
        Self {
            name,
            text,
            call,
            beside: Vec::new(),
            card,
            baselines: baselines.filter(|baselines| baselines.proteins.starts_with(&tables::digest(&proteins))),
            proteins,
            runs,
            failures,
            open,
        }
    }
}

/// What was found of a run of the plan.
enum Found {
    Run(Box<RunTables>),
    Failed(FailedRun),
    Open,
}

impl Found {
    /// The run's own files have the last word: another sweep may have gone on since the plan was
    /// written down.
    fn of(RunRow { key, point, .. }: RunRow, folder: &ExperimentFolder) -> Self {
        match folder.run(&key).state() {
            // Of one run's broken table the others' report does not suffer.
            RunState::Ended(manifest) => match RunTables::read(folder, Manifest { point: point.clone(), ..*manifest }) {
                Ok(tables) => Self::Run(Box::new(tables)),
                Err(error) => Self::Failed(FailedRun::unreadable(folder, key, point, &error)),
            },
            RunState::Failed(Failure { message, hint, .. }) | RunState::Unusable { message, hint } => {
                Self::Failed(FailedRun { key, point, message, hint })
            }
            RunState::Running | RunState::Interrupted | RunState::Pending => Self::Open,
        }
    }
}

impl FailedRun {
    fn unreadable(folder: &ExperimentFolder, key: RunKey, point: Map<String, Value>, error: &Error) -> Self {
        let hint = miette::Diagnostic::help(error).map(|help| help.to_string());
        // A report does not reveal whose machine it was made on.
        let message = error.to_string().replace(&format!("{}/", folder.path().display()), "");
        Self { key, point, message, hint }
    }
}

impl RunTables {
    /// Its predictions on a split; none where it diverged, as of its [scores](Manifest::scored).
    pub fn predicted(&self, split: Split) -> impl Iterator<Item = &PredictionRow> {
        let counts = self.manifest.status == Status::Finished;
        self.predictions.iter().filter(move |row| counts && row.split == split)
    }

    /// The same of a regression.
    pub fn valued(&self, split: Split) -> impl Iterator<Item = &ValueRow> {
        let counts = self.manifest.status == Status::Finished;
        self.values.iter().filter(move |row| counts && row.split == split)
    }

    /// The proteins that it has predictions for on a split: id and label.
    #[must_use]
    pub fn proteins(&self, split: Split) -> Vec<(&str, Label<'_>)> {
        let classes = self.predicted(split).map(|row| (row.id.as_str(), Label::Class(&row.label)));
        classes.chain(self.valued(split).map(|row| (row.id.as_str(), Label::Value(row.label)))).collect()
    }

    fn read(folder: &ExperimentFolder, manifest: Manifest) -> Result<Self, Error> {
        let run = folder.run(&manifest.key);
        sound::manifest(&manifest).map_err(|problem| Error::Contradiction { path: run.manifest(), problem })?;
        let same = |classes: &[String], path| {
            let problem = "its classes are not the run's";
            if *classes == manifest.outcome.classes { Ok(()) } else { Err(Error::Contradiction { path, problem }) }
        };
        let (classes, epochs) = tables::read_epochs(&run)?;
        same(&classes, run.epochs())?;
        let (mut predictions, mut values) = (Vec::new(), Vec::new());
        // A run that diverged before its first evaluation kept no checkpoint to predict with.
        if manifest.status != Status::Diverged || run.predictions().exists() {
            match manifest.settings.task.kind.task().output() {
                Output::Classes => {
                    let (classes, rows) = tables::read_predictions(&run.predictions())?;
                    same(&classes, run.predictions())?;
                    predictions = rows;
                }
                Output::Values => values = tables::read_values(&run.predictions())?,
            }
        }
        Ok(Self { steps: tables::read_steps(&run.steps())?, epochs, predictions, values, manifest })
    }
}

fn plan(folder: &ExperimentFolder) -> Result<Vec<RunRow>, Error> {
    let path = folder.runs_table();
    if !path.exists() {
        return Err(Error::NoResults { path: folder.path().to_owned() });
    }
    Ok(tables::read_runs(&path)?)
}

fn card(folder: &ExperimentFolder) -> Result<Card, Error> {
    let path = folder.card();
    let text = text(path.clone())?;
    let card = serde_json::from_str(&text).map_err(|source| results::Error::Json { path: path.clone(), source })?;
    sound::card(&card).map_err(|problem| Error::Contradiction { path, problem })?;
    Ok(card)
}

fn text(path: PathBuf) -> Result<String, Error> {
    input::read_to_string(&path, MOST_BYTES).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Error::NoResults { path },
        _ => results::Error::read(path, source).into(),
    })
}
