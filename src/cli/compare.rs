//! `titer compare`: the runs side by side.

use std::{io::Write, path::PathBuf};

use serde::Serialize;

use super::{
    place,
    shown::{self, Changed, Experiment},
};
use crate::error::Error;
use titer_core::text::shown_lines;
use titer_report::{self as report, Compared, View};

/// Compares the finished runs of an experiment, or of several with the same test set: the answer
/// and its tables, or JSON.
///
/// The runs are those of the last sweep; one line says if the file, its grid, its data or its
/// weights have changed since.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The experiment files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Sets a key of each file and compares the runs of that plan that are done, instead of the
    /// last sweep's. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS", value_parser = place::path())]
    pub results: PathBuf,
    /// Prints JSON, every number in full.
    #[arg(long)]
    pub json: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Json<'a> {
    /// What changed since the last sweep.
    changed: Vec<Changed<'a>>,
    #[serde(flatten)]
    compared: Compared,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let read = |file: &PathBuf| Experiment::read(file, &args.results, &args.set);
    let experiments = args.files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    experiments.iter().for_each(Experiment::warn);
    let compared = Compared::from(View::new(&shown::joined(&experiments)?));
    let written = if args.json {
        let changed = experiments.iter().flat_map(Experiment::changed).collect();
        let json = Json { changed, compared };
        let json = serde_json::to_string_pretty(&json).map_err(|source| report::Error::Comparison { source })?;
        writeln!(out, "{json}")
    } else {
        write!(out, "{}", shown_lines(&compared.to_string()))
    };
    written.map_err(|source| Error::Output { source })
}
