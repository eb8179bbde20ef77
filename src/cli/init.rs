//! `titer init`: an experiment for a data file.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use super::{columns, place};
use crate::{
    error::Error,
    fetch,
    init::{self, Initiated},
    plan,
};
use titer_core::{experiment, text::shown};

/// Looks at a data file and writes an experiment for it.
///
/// Finds the sequences, the labels and their task, ids and splits, and writes them with a grid of
/// learning rates and seeds. What it saw and guessed stands in the file as comments and is printed,
/// with what only you can decide. Nothing is overwritten.
///
/// Exit code 2: no experiment can be made of the data. 3: a file is missing or damaged.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// CSV, TSV, Parquet or FASTA, compressed or not. Several files are one data set; they are its
    /// splits where their names say so: train.csv, valid.csv, test.csv.
    #[arg(required = true, value_name = "DATA", value_parser = place::path())]
    pub data: Vec<PathBuf>,
    /// The experiment file; without it experiments/NAME.toml, named after the data.
    #[arg(long, value_name = "FILE.toml", value_parser = place::path())]
    pub out: Option<PathBuf>,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let project = place::project()?;
    // In a checkout of titer `just` builds what it calls.
    let titer = if project.join("justfile").is_file() { "just" } else { "titer" };
    let initiated = init::init(&args.data, args.out.as_deref(), &format!("{titer} sweep"), &project)?;
    // The file is one that `titer check` accepts, or is not written.
    let loaded = experiment::parse(&initiated.path, &initiated.text, &[])?;
    let runs = plan::expand(&loaded)?.len();
    initiated.save(&project)?;
    let is_cached = fetch::cached_weights(&loaded.experiment.base.model.weights, &project).is_ok();
    print(out, &initiated, runs, titer, is_cached).map_err(|source| Error::Output { source })
}

fn print(out: &mut dyn Write, initiated: &Initiated, runs: usize, titer: &str, is_cached: bool) -> io::Result<()> {
    let Initiated { files, settings, seen, questions, path, .. } = initiated;
    writeln!(out, "{files}\n")?;
    let rows: Vec<Vec<String>> = settings.iter().map(|row| row.to_vec()).collect();
    columns::write(out, &["setting", "value", "because"], &rows)?;
    if !seen.is_empty() {
        writeln!(out, "\nseen")?;
        let mut lines = seen.iter().flat_map(|note| init::wrapped(note, "- "));
        lines.try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    if !questions.is_empty() {
        writeln!(out, "\nto be decided by you")?;
        let numbered = (1..).zip(questions);
        let mut lines = numbered.flat_map(|(number, question)| init::wrapped(question, &format!("{number}. ")));
        lines.try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    writeln!(out, "\nwrote {}: {runs} runs, 2 learning rates with 3 seeds each", shown(&path.to_string_lossy()))?;
    let file = init::quoted_for_shell(path);
    writeln!(out, "next:")?;
    if !is_cached {
        writeln!(out, "  {titer} fetch {file}  # the weights of the model")?;
    }
    writeln!(out, "  {titer} check {file}")
}
