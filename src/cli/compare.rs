//! `titer compare`: the runs side by side.

use std::{io::Write, path::PathBuf};

use crate::{error::Error, experiment, report, results::ExperimentFolder, text::shown_lines};

/// Compares the finished runs of an experiment: a table, or JSON.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The experiment file.
    pub file: PathBuf,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS")]
    pub results: PathBuf,
    /// Prints JSON, every number in full.
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let experiment = experiment::load(&args.file, &[])?.experiment;
    let comparison = report::compare(&ExperimentFolder::new(&args.results, &experiment.name))?;
    let written = if args.json {
        let json = serde_json::to_string_pretty(&comparison).map_err(|source| report::Error::Comparison { source })?;
        writeln!(out, "{json}")
    } else {
        let table = comparison.table();
        write!(out, "{}", shown_lines(&format!("{}\n\n{table}", table.caption)))
    };
    written.map_err(|source| Error::Output { source })
}
