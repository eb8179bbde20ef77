//! `titer report`: the report again, from the tables.

use std::{
    io::Write,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    place,
    shown::{self, Experiment},
};
use crate::{baseline::refresh, error::Error, schedule::Interrupts};
use titer_core::results::{self, ExperimentFolder, tables};
use titer_report::{self as report, Inputs};

/// Redraws the HTML report of an experiment from its results; for several experiments with the same
/// test set, writes one that compares them.
///
/// Exit code 3 if `--check` finds that a report does not follow from its tables.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The experiment files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS", value_parser = place::path())]
    pub results: PathBuf,
    /// Sets a key of each file and shows the runs of that plan that are done, instead of the last
    /// sweep's. Needs --output: the report beside the results is the last sweep's. Repeatable.
    #[arg(long, value_name = "KEY=VALUE", requires = "output")]
    pub set: Vec<String>,
    /// Where to write the report. Default: `report.html` beside the results; for several
    /// experiments `<one>-and-<other>.html` in the folder of all results.
    #[arg(long, value_name = "FILE", value_parser = place::path())]
    pub output: Option<PathBuf>,
    /// Writes nothing. Fails if the existing report does not follow from its tables, or if a file,
    /// its grid, its data or its weights have changed since its last sweep.
    #[arg(long)]
    pub check: bool,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let read = || args.files.iter().map(|file| Experiment::read(file, &args.results, &args.set)).collect::<Result<Vec<_>, _>>();
    let mut experiments = read()?;
    if !args.check && args.set.is_empty() && take_baselines(&experiments)? {
        experiments = read()?;
    }
    let inputs = shown::joined(&experiments)?;
    let path = args.output.clone().unwrap_or_else(|| usual(&experiments, &inputs, &args.results));
    if args.check {
        report::check(&inputs, &path)?;
        if let Some((changed, file)) = experiments.iter().find_map(|one| Some((one.line()?, one.file.clone()))) {
            return Err(report::Error::Behind { file, changed }.into());
        }
        return writeln!(out, "{} follows from its tables", path.display()).map_err(|source| Error::Output { source });
    }
    experiments.iter().for_each(Experiment::warn);
    let write = || report::write_page(&inputs, &path);
    match experiments.as_slice() {
        // A sweep may be about to write the same file.
        [experiment] if args.output.is_none() => results::alone(&experiment.folder, write)?,
        _ => write()?,
    }
    writeln!(out, "{}", path.display()).map_err(|source| Error::Output { source })
}

/// Takes the baselines that are missing, or were taken on other data; whether anything may have
/// been taken.
fn take_baselines(experiments: &[Experiment]) -> Result<bool, Error> {
    let interrupts = Interrupts::watch();
    let before = experiments.iter().map(|experiment| modified(&experiment.folder)).collect::<Vec<_>>();
    for Experiment { folder, kind, wild_type, .. } in experiments.iter().filter(|experiment| experiment.folder.dataset().exists())
    {
        let proteins = tables::read_proteins(&folder.dataset())?;
        refresh::offer(folder, *kind, &proteins, wild_type.as_deref(), || interrupts.count() == 0);
    }
    Ok(experiments.iter().map(|experiment| modified(&experiment.folder)).ne(before))
}

/// When the baselines were written.
fn modified(folder: &ExperimentFolder) -> Option<SystemTime> {
    fs_err::metadata(folder.baselines()).and_then(|there| there.modified()).ok()
}

fn usual(experiments: &[Experiment], inputs: &Inputs, results: &Path) -> PathBuf {
    match experiments {
        [experiment] => experiment.folder.report(),
        _ => results.join(format!("{}.html", inputs.names())),
    }
}
