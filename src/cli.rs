//! The command line: one file a subcommand, one `Args` struct each; its doc comments are the help.

mod check;
mod columns;
mod compare;
mod describe;
mod disk;
mod examined;
mod experiment_args;
mod export;
mod fetch;
mod idle;
mod init;
mod kept;
mod lock;
mod locked;
mod log;
mod output;
mod place;
mod plan;
mod predict;
mod prepared;
mod report;
mod resolved;
mod schema;
mod shown;
mod status;
mod summary;
mod sweep;
mod swept;
mod target;
mod verify;
mod why;

use std::io::{self, Write as _};

use clap::{Parser, Subcommand};
pub use experiment_args::ExperimentArgs;

use self::output::Output;
use crate::error::Error;
use titer_core::text::shown_coloured;

/// Declarative experiments for protein language models.
#[derive(Debug, Parser)]
#[command(name = "titer", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    Compare(compare::Args),
    Describe(describe::Args),
    Export(export::Args),
    Fetch(fetch::Args),
    Init(init::Args),
    Lock(lock::Args),
    Plan(plan::Args),
    Predict(predict::Args),
    Report(report::Args),
    Schema(schema::Args),
    Status(status::Args),
    Sweep(sweep::Args),
    Verify(verify::Args),
}

/// Does what the command line asks. Results go to standard output through the one writer made here,
/// which nobody has to read to the end.
pub fn run(cli: Cli) -> Result<(), Error> {
    let style = log::start();
    let out = &mut Output::new(io::stdout().lock());
    match cli.command {
        Command::Check(args) => check::run(&args, out),
        Command::Compare(args) => compare::run(&args, out),
        Command::Describe(args) => describe::run(&args, out),
        Command::Export(args) => export::run(&args, out),
        Command::Fetch(args) => fetch::run(&args, out),
        Command::Init(args) => init::run(&args, out),
        Command::Lock(args) => lock::run(&args, out),
        Command::Plan(args) => plan::run(&args, out),
        // A table that nobody reads any more is not computed to its end.
        Command::Predict(args) if args.out.is_none() => out.until_closed(|out| predict::run(&args, style, out)),
        Command::Predict(args) => predict::run(&args, style, out),
        Command::Report(args) => report::run(&args, out),
        Command::Schema(args) => schema::run(&args, out),
        // To look again and again for nobody is no work to finish.
        Command::Status(args) => out.until_closed(|out| status::run(&args, out)),
        Command::Sweep(args) => sweep::run(&args, style, out),
        Command::Verify(args) => verify::run(&args, out),
    }
}

/// Shows an error on standard error, with its hint; the exit code says it where nobody reads that.
pub fn show(error: Error) {
    let _ = writeln!(io::stderr(), "{}", shown_coloured(&format!("{:?}", miette::Report::new(error))));
}
