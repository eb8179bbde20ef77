//! `titer check`: is the file right?

use std::{io::Write, path::PathBuf};

use crate::{error::Error, experiment, plan};

/// Checks experiment files and prints every mistake with its place.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The experiment files.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Sets a key of each file for this call, as `titer sweep` would: `--set train.epochs=1`. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let mut refused = Vec::new();
    for file in &args.files {
        let runs = experiment::load(file, &args.set).and_then(|loaded| plan::expand(&loaded));
        let verdict = match runs {
            Ok(runs) if runs.len() == 1 => "right, 1 run".to_owned(),
            Ok(runs) => format!("right, {} runs", runs.len()),
            Err(error) => {
                refused.push(error);
                "refused".to_owned()
            }
        };
        writeln!(out, "{}: {verdict}", file.display()).map_err(|source| Error::Output { source })?;
    }
    match refused.pop() {
        None => Ok(()),
        Some(last) if refused.is_empty() => Err(last.into()),
        Some(last) => {
            refused.push(last);
            Err(experiment::Error::Several { errors: refused }.into())
        }
    }
}
