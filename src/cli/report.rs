//! `titer report`: the report again, from the tables.

use std::{io::Write, path::PathBuf};

use crate::{error::Error, experiment, report, results::ExperimentFolder};

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
    let path = args.output.clone().unwrap_or_else(|| folder.report());
    report::write_to(&folder, &path)?;
    writeln!(out, "{}", path.display()).map_err(|source| Error::Output { source })
}
