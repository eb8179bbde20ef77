//! `titer schema`: the JSON schema for editors.

use std::io::Write;

use crate::{error::Error, experiment::schema};

/// Prints the JSON schema of experiment files, for editors.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {}

pub fn run(_: &Args, out: &mut dyn Write) -> Result<(), Error> {
    writeln!(out, "{:#}", schema::json()).map_err(|source| Error::Output { source })
}
