//! `titer export`: a run's model for others.

use std::{io::Write, path::PathBuf};

use super::{place, shown::Experiment};
use crate::{error::Error, export, predict::Ensemble};
use titer_core::text::shown;

/// Writes a run's best checkpoint as a folder for the Hugging Face Hub: config, safetensors,
/// tokenizer, and a model card made from the report's numbers.
///
/// `transformers` loads the folder. By default the run is the one of the recommended configuration
/// with the best validation score. Nothing is overwritten.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The experiment file.
    pub file: PathBuf,
    /// The folder to write: one that does not exist, or an empty one.
    #[arg(value_name = "DIR", value_parser = place::path())]
    pub folder: PathBuf,
    /// The run, by its key or the first digits of it.
    #[arg(long, value_name = "KEY")]
    pub run: Option<String>,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS", value_parser = place::path())]
    pub results: PathBuf,
    /// Sets a key of the file: the configurations are those of that plan, as far as its runs are
    /// done. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let experiment = Experiment::read(&args.file, &args.results, &args.set)?;
    experiment.warn();
    let inputs = experiment.inputs();
    let ensemble = Ensemble::of(&args.file, &experiment.folder, inputs, args.run.as_deref())?.best()?;
    for caution in &ensemble.cautions {
        tracing::warn!("{caution}");
    }
    export::export(&ensemble, inputs, &args.folder)?;
    let key = &ensemble.runs[0].manifest.key;
    writeln!(out, "{}: the run {key}", shown(&args.folder.display().to_string())).map_err(|source| Error::Output { source })
}
