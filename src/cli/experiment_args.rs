//! The arguments of every subcommand that works on an experiment file.

use std::path::PathBuf;

use clap::Args;

use titer_core::experiment::{self, Loaded};

/// An experiment file, and what is set beside it.
#[derive(Debug, Clone, Args)]
pub struct ExperimentArgs {
    /// The experiment file.
    pub file: PathBuf,
    /// Sets a key of the file for this call: `--set train.epochs=1`,
    /// `--set model.weights=./weights`, `--set 'grid={}'`. `--set train.max-steps=unset` takes the
    /// key out: its default counts. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl ExperimentArgs {
    /// Reads the experiment.
    pub fn load(&self) -> Result<Loaded, experiment::Error> {
        experiment::load(&self.file, &self.set)
    }
}
