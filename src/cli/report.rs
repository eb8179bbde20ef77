//! `titer report`: the report again, from the tables.

use std::{io::Write, path::PathBuf};

use super::yardsticks;
use crate::{
    error::Error,
    experiment, report,
    results::{self, ExperimentFolder, tables},
    schedule::Interrupts,
};

/// Writes the HTML report of an experiment again, from what its runs left.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The experiment file.
    pub file: PathBuf,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS")]
    pub results: PathBuf,
    /// Where the report goes; `report.html` beside the results where nothing is said.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let experiment = experiment::load(&args.file, &[])?.experiment;
    let folder = ExperimentFolder::new(&args.results, &experiment.name);
    if folder.dataset().exists() {
        let interrupts = Interrupts::watch();
        yardsticks::refresh(&folder, &tables::read_proteins(&folder.dataset())?, || interrupts.count() == 0);
    }
    let path = args.output.clone().unwrap_or_else(|| folder.report());
    let write = || report::write_to(&folder, &path);
    // A sweep may be about to write the same file.
    if args.output.is_none() && folder.path().is_dir() {
        results::alone(&folder, write)?;
    } else {
        write()?;
    }
    writeln!(out, "{}", path.display()).map_err(|source| Error::Output { source })
}
