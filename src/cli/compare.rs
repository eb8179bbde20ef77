//! `titer compare`: the runs side by side.

use std::{io::Write, path::PathBuf};

use super::report::{folders, read};
use crate::{
    error::Error,
    report::{self, Compared, View},
    text::shown_lines,
};

/// Compares the finished runs of an experiment, or of several with the same test set: the answer and its tables, or JSON.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The experiment files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS")]
    pub results: PathBuf,
    /// Prints JSON, every number in full.
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let compared = Compared::from(View::new(&read(&folders(&args.files, &args.results)?)?));
    let written = if args.json {
        let json = serde_json::to_string_pretty(&compared).map_err(|source| report::Error::Comparison { source })?;
        writeln!(out, "{json}")
    } else {
        write!(out, "{}", shown_lines(&compared.to_string()))
    };
    written.map_err(|source| Error::Output { source })
}
