//! `titer verify`: results beside the lock.

use std::{io::Write, path::PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    ExperimentArgs, columns, locked, place,
    resolved::{Reach, name, resolve},
    target::Target,
};
use crate::{
    error::Error,
    lockfile::{self, Lockfile, Mismatch, Moved, Number, Verdict},
    schedule::DeviceChoice,
};
use titer_core::{
    exit::Exit,
    experiment::Loaded,
    results::{ExperimentFolder, RunKey, RunState, manifest::Status, tables::RunStatus},
};

/// Compares the results with the experiment's lock: inputs by digest, runs by key, and each metric
/// within a tolerance.
///
/// Exit code 0: every run of the lock is done and no number moved too far. 1: a number did, or a
/// run cannot be compared. 3: an input differs from the lock, or there is no lock.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// How far a number may move: a metric by this share of its range (1, and 2 for MCC), a loss by
    /// this share of itself; 0 requires the same bits. Default: 1e-6 if a run was computed as in
    /// the lock (same CPU and GPU models, threads, precision and libtorch); elsewhere 0.05 for the
    /// metrics, and losses and the selected epoch are shown but not held against the run.
    #[arg(long, value_name = "X", value_parser = tolerance)]
    pub tolerance: Option<f64>,
    /// Prints JSON: every number of every run.
    #[arg(long)]
    pub json: bool,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS", value_parser = place::path())]
    pub results: PathBuf,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    agrees: bool,
    /// What the lock does not know.
    mismatches: Vec<Mismatch>,
    runs: Vec<Verified>,
}

/// A run of the lock.
#[derive(Debug, Serialize)]
struct Verified {
    key: RunKey,
    point: Map<String, Value>,
    #[serde(flatten)]
    verdict: Verdict,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let loaded = args.experiment.load()?;
    let file = &args.experiment.file;
    let lock = Lockfile::read(file)?;
    let folder = place::folder(file, &loaded, &args.results)?;
    let (mismatches, missing) = match inputs(&loaded, &lock, &folder) {
        Ok(mismatches) => (mismatches, None),
        // The runs can be compared before the data and the weights are there.
        Err(error) if error.exit() == Exit::Input => (Vec::new(), Some(error)),
        Err(error) => return Err(error),
    };
    let mut runs = Vec::new();
    for run in lock.runs {
        let here = folder.run(&run.key);
        let state = here.state();
        let damaged = if let RunState::Ended(manifest) = &state { here.damaged(manifest) } else { Vec::new() };
        let verdict = lockfile::verify(run.outcome.as_ref(), &state, damaged, args.tolerance);
        runs.push(Verified { key: run.key, point: run.point, verdict });
    }
    let agrees = missing.is_none() && mismatches.is_empty() && runs.iter().all(|run| run.verdict.agrees());
    let report = Report { agrees, mismatches, runs };
    let shown = if args.json { show_json(out, &report) } else { show(out, &report.runs) };
    shown.map_err(|source| Error::Output { source })?;

    missing.map_or(Ok(()), Err)?;
    locked::refuse(file, &report.mismatches)?;
    disagreement(file, &report.runs).map_or(Ok(()), |error| Err(error.into()))
}

fn tolerance(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    number.filter(|number| number.is_finite() && *number >= 0.0).ok_or_else(|| "it must be a number, at least 0".to_owned())
}

/// What is here and the lock does not know.
fn inputs(loaded: &Loaded, lock: &Lockfile, folder: &ExperimentFolder) -> Result<Vec<Mismatch>, Error> {
    let project = place::project()?;
    let target = Target::as_swept(folder, &DeviceChoice::Auto)?;
    let runs = resolve(loaded, &project, Reach::Cached, &target)?;
    locked::mismatches(lock, &runs, &project)
}

fn show_json(out: &mut dyn Write, report: &Report) -> std::io::Result<()> {
    writeln!(out, "{}", serde_json::to_string_pretty(report)?)
}

/// The numbers that moved too far, then a line a run.
fn show(out: &mut dyn Write, runs: &[Verified]) -> std::io::Result<()> {
    let moved: Vec<Vec<String>> = runs
        .iter()
        .flat_map(|run| run.verdict.numbers().unwrap_or_default().iter().map(move |number| (run, number)))
        .filter(|(_, number)| number.moved == Moved::Beyond)
        .map(|(run, number)| row(run, number))
        .collect();
    if !moved.is_empty() {
        columns::write(out, &["run", "metric", "lock", "here", "difference"], &moved)?;
        writeln!(out)?;
    }
    let rows: Vec<Vec<String>> =
        runs.iter().map(|run| vec![run.key.to_string(), name(&run.point), words(&run.verdict)]).collect();
    columns::write(out, &["key", "run", "beside the lock"], &rows)
}

fn row(run: &Verified, number: &Number) -> Vec<String> {
    let value = |value: Option<f64>| value.map_or_else(|| "undefined".to_owned(), |value| format!("{value}"));
    let difference = number.difference.map(|difference| format!("{difference:+.1e}")).unwrap_or_default();
    vec![name(&run.point), number.name.clone(), value(number.lock), value(number.here), difference]
}

/// A verdict in words.
fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Compared { status, same_machine, tolerance, numbers } => {
            let status = if *status == Status::Diverged { "diverged, as in the lock; " } else { "" };
            let beyond = numbers.iter().filter(|number| number.moved == Moved::Beyond).count();
            let within = numbers.iter().filter(|number| number.moved == Moved::Within).count();
            let place = if *same_machine { "computed as in the lock" } else { "computed elsewhere" };
            match (beyond, within) {
                (0, 0) => format!("{status}{} numbers, the same to the last bit; {place}", numbers.len()),
                (0, within) => {
                    format!("{status}{} numbers, {within} moved, none too far ({tolerance:e}); {place}", numbers.len())
                }
                (beyond, _) => format!("{status}{beyond} of {} numbers moved too far ({tolerance:e}); {place}", numbers.len()),
            }
        }
        Verdict::Status { lock, here } => format!("{} in the lock, {} here", RunStatus::from(*lock), RunStatus::from(*here)),
        Verdict::Damaged { files } => format!("not as the run left it: {}", files.join(", ")),
        Verdict::Missing { status } => format!("{status} here"),
        Verdict::NotLocked => "not done when the lock was written".to_owned(),
    }
}

/// The error for runs that do not agree; `None` where all do.
fn disagreement(file: &std::path::Path, runs: &[Verified]) -> Option<lockfile::Error> {
    let count = |of: fn(&Verdict) -> bool| runs.iter().filter(|run| of(&run.verdict)).count();
    let moved = count(|verdict| matches!(verdict, Verdict::Compared { .. } | Verdict::Status { .. }) && !verdict.agrees());
    let damaged = count(|verdict| matches!(verdict, Verdict::Damaged { .. }));
    let missing = count(|verdict| matches!(verdict, Verdict::Missing { .. }));
    let unlocked = count(|verdict| matches!(verdict, Verdict::NotLocked));
    let said = [
        (moved, "gave other numbers", "look at what differs in versions and machine between `run.json` and the lock"),
        (damaged, "with damaged files", "delete the run's folder and run `titer sweep FILE --locked`"),
        (missing, "not done here", "run `titer sweep FILE --locked`"),
        (unlocked, "without metrics in the lock", "run `titer lock FILE` where they are done"),
    ];
    let said: Vec<_> = said.into_iter().filter(|(count, ..)| *count > 0).collect();
    if said.is_empty() {
        return None;
    }
    let summary: Vec<String> = said.iter().map(|(count, what, _)| format!("{count} of {} {what}", runs.len())).collect();
    let help: Vec<&str> = said.iter().map(|(_, _, help)| *help).collect();
    let help = help.join("; ").replace("FILE", &file.display().to_string());
    Some(lockfile::Error::Disagrees { path: lockfile::beside(file), summary: summary.join(", "), help })
}
