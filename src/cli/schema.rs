//! `titer schema`: what an experiment file may say.

use std::io::Write;

use crate::error::Error;
use titer_core::experiment::{reference, schema};

/// Prints the JSON schema of experiment files, for editors.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Prints the reference of every key instead, in Markdown.
    #[arg(long)]
    pub reference: bool,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let text = if args.reference { reference::markdown() } else { format!("{:#}\n", *schema::SCHEMA) };
    out.write_all(text.as_bytes()).map_err(|source| Error::Output { source })
}
