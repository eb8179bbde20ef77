//! The command line: one file a subcommand, one `Args` struct each; its doc comments are the help.

use clap::{Parser, Subcommand};

use crate::error::Error;

/// Declarative experiments for protein language models.
#[derive(Debug, Parser)]
#[command(name = "titer", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {}

/// Does what the command line asks.
pub fn run(cli: Cli) -> Result<(), Error> {
    match cli.command {}
}

/// Shows an error on standard error, with its hint.
#[expect(clippy::print_stderr, reason = "the edge of the program")]
pub fn show(error: Error) {
    eprintln!("{:?}", miette::Report::new(error));
}
