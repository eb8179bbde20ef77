//! `titer check`: is the file right, and can its runs begin?

use std::{collections::BTreeSet, io::Write, path::PathBuf};

use super::{disk, examined, place, target::Target};
use crate::{error::Error, plan, schedule::DeviceChoice};
use titer_core::{
    exit::Exit,
    experiment::{self, Precision},
};

/// Checks experiment files and prints every mistake with its place. Then checks what runs would
/// fail on: missing or refused data, weights that cannot be loaded, a precision that no device here
/// has.
///
/// Nothing is fetched or run. Exit code 2: a file, or an input that it names, is wrong. 3: nothing
/// is wrong, but an input is missing or damaged.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The experiment files.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Sets a key of each file for this call, as `titer sweep` would: `--set train.epochs=1`,
    /// `--set train.max-steps=unset`. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Where the runs would compute: auto (every GPU, or the CPU), cpu, cuda, or GPUs by number:
    /// cuda:0,1.
    #[arg(long, default_value = "auto", env = "TITER_DEVICE")]
    pub device: DeviceChoice,
    /// The folder of all results: whether what a sweep writes fits on its disk.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS", value_parser = place::path())]
    pub results: PathBuf,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let project = place::project()?;
    let target = Target::new(&args.device);
    let mut errors = Vec::new();
    for file in &args.files {
        let expanded = experiment::load(file, &args.set).and_then(|loaded| Ok((plan::expand(&loaded)?, loaded)));
        let verdict = match expanded {
            Ok((points, loaded)) => {
                let examined = examined::examine(&loaded, &points, &project, &target);
                for remark in examined.remarks {
                    tracing::info!("{}: {remark}", file.display());
                }
                let short = disk::short_of(&loaded, examined.prepared.as_ref(), &project, &target, &args.results);
                for note in examined.notes.into_iter().chain(short) {
                    tracing::warn!("{}: {note}", file.display());
                }
                let count = count(&points, &target);
                let runs = if count == 1 { "1 run".to_owned() } else { format!("{count} runs") };
                match Error::all(examined.errors) {
                    None => format!("OK, {runs}"),
                    Some(error) => {
                        let missing = error.exit() == Exit::Input;
                        errors.push(Error::of_file(file, error));
                        if missing { format!("inputs missing or damaged, {runs}") } else { "refused".to_owned() }
                    }
                }
            }
            Err(error) => {
                errors.push(error.into());
                "refused".to_owned()
            }
        };
        writeln!(out, "{}: {verdict}", file.display()).map_err(|source| Error::Output { source })?;
    }
    Error::all(errors).map_or(Ok(()), Err)
}

/// The runs that points come to: `auto` and what it is here are one.
fn count(points: &[plan::Point], target: &Target) -> usize {
    let Some(here) = target.settled() else { return points.len() };
    if points.iter().all(|point| point.settings.train.precision != here) {
        return points.len();
    }
    let run = |point: &plan::Point| {
        let mut settings = point.settings.clone();
        if settings.train.precision == Precision::Auto {
            settings.train.precision = here;
        }
        serde_json::to_string(&settings).expect("settings are plain data")
    };
    points.iter().map(run).collect::<BTreeSet<_>>().len()
}
