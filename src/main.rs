//! `titer`: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser;
use titer::cli;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let exit = error.exit();
            cli::show(error);
            exit.into()
        }
    }
}
