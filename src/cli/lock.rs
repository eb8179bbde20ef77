//! `titer lock`: what an experiment read and gave, written beside its file.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use super::{
    locked,
    resolved::{Reach, diverged_of, resolve},
};
use crate::{
    error::Error,
    experiment,
    lockfile::{self, Lockfile, Outcome},
    results::{self, ExperimentFolder, RunState, manifest::Status},
};

/// Writes the experiment's lock, to be committed beside its file: digests of its data and weights, the keys of its runs, and the
/// metrics of those that are done.
///
/// What was locked stays for a run that is not done here. docs/locking.md says more.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The experiment file; the lock bears its name, with the extension `.lock`.
    pub file: PathBuf,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS")]
    pub results: PathBuf,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let loaded = experiment::load(&args.file, &[])?;
    let project = std::path::absolute(".").map_err(|source| results::Error::read(".", source))?;
    let mut lock = locked::here(&resolve(&loaded, &project, Reach::Cached)?, &project)?;

    let folder = ExperimentFolder::new(&args.results, &loaded.experiment.name);
    // A lock that cannot be read has nothing to keep: writing it anew is its remedy.
    let before = Lockfile::read(&args.file).map(|before| before.runs).unwrap_or_default();
    let mut before: BTreeMap<_, _> = before.into_iter().map(|run| (run.key, run.outcome)).collect();
    let mut kept = 0;
    for run in &mut lock.runs {
        run.outcome = match folder.run(&run.key).state() {
            RunState::Ended(manifest) => Some(Outcome::from(&*manifest)),
            _ => before.remove(&run.key).flatten().inspect(|_| kept += 1),
        };
    }
    lock.write(&args.file)?;
    say(out, args, &lock, kept).map_err(|source| Error::Output { source })
}

fn say(out: &mut dyn Write, args: &Args, lock: &Lockfile, kept: usize) -> std::io::Result<()> {
    let done = lock.runs.iter().filter(|run| run.outcome.is_some()).count();
    let path = lockfile::beside(&args.file);
    let kept = if kept > 0 { format!(", of {kept} as they were locked before") } else { String::new() };
    let diverged = lock.runs.iter().filter_map(|run| run.outcome.as_ref()).filter(|outcome| outcome.status == Status::Diverged);
    let diverged = diverged_of(diverged.count());
    writeln!(out, "{}: the metrics of {done} of {} runs{diverged}{kept}", path.display(), lock.runs.len())?;
    if done < lock.runs.len() {
        writeln!(out, "the others are not done: `titer sweep {0}`, then `titer lock {0}` again", args.file.display())?;
    }
    Ok(())
}
