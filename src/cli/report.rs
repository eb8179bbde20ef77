//! `titer report`: the report again, from the tables.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use super::yardsticks;
use crate::{
    error::Error,
    experiment,
    report::{self, Inputs},
    results::{self, ExperimentFolder, tables},
    schedule::Interrupts,
};

/// Writes the HTML report of an experiment again, from what its runs left; of several experiments with the same test set, one that
/// compares them.
///
/// Exit code 3 where `--check` finds that a report does not follow from its tables.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The experiment files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS")]
    pub results: PathBuf,
    /// Where the report goes; where nothing is said, `report.html` beside the results, and for several experiments
    /// `<one>-and-<other>.html` in the folder of all results.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Writes nothing: fails where the report that is there does not say what follows from the tables.
    #[arg(long)]
    pub check: bool,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let folders = folders(&args.files, &args.results)?;
    if !args.check {
        take_yardsticks(&folders)?;
    }
    let inputs = read(&folders)?;
    let path = args.output.clone().unwrap_or_else(|| usual(&folders, &inputs, &args.results));
    if args.check {
        report::check(&inputs, &path)?;
        return writeln!(out, "{} follows from its tables", path.display()).map_err(|source| Error::Output { source });
    }
    let write = || report::write_page(&inputs, &path);
    match folders.as_slice() {
        // A sweep may be about to write the same file.
        [folder] if args.output.is_none() => results::alone(folder, write)?,
        _ => write()?,
    }
    writeln!(out, "{}", path.display()).map_err(|source| Error::Output { source })
}

/// Takes the yardsticks that are missing, or were taken on other data.
fn take_yardsticks(folders: &[ExperimentFolder]) -> Result<(), Error> {
    let interrupts = Interrupts::watch();
    for folder in folders.iter().filter(|folder| folder.dataset().exists()) {
        yardsticks::refresh(folder, &tables::read_proteins(&folder.dataset())?, || interrupts.count() == 0);
    }
    Ok(())
}

/// The results of each experiment.
pub(super) fn folders(files: &[PathBuf], results: &Path) -> Result<Vec<ExperimentFolder>, Error> {
    let folder = |file: &PathBuf| Ok(ExperimentFolder::new(results, &experiment::load(file, &[])?.experiment.name));
    files.iter().map(folder).collect()
}

/// What they left, as one.
pub(super) fn read(folders: &[ExperimentFolder]) -> Result<Inputs, Error> {
    let inputs: Vec<Inputs> = folders.iter().map(Inputs::read).collect::<Result<_, _>>()?;
    Ok(report::joined(inputs)?)
}

fn usual(folders: &[ExperimentFolder], inputs: &Inputs, results: &Path) -> PathBuf {
    match folders {
        [folder] => folder.report(),
        _ => results.join(format!("{}.html", inputs.names())),
    }
}
