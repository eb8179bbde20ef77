//! `titer lock`: what an experiment read and gave, written beside its file.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};

use super::{
    ExperimentArgs, locked, place,
    resolved::{Reach, ResolvedRun, diverged_of, resolve},
    swept::{self, Swept},
    target::Target,
};
use crate::{
    error::Error,
    lockfile::{self, Lockfile, Outcome},
    plan,
    schedule::DeviceChoice,
};
use titer_core::{
    exit::Exit,
    experiment::{self, Loaded},
    identity::Identity,
    results::{
        RunState,
        manifest::{Inputs, Status},
    },
};

/// Writes the experiment's lock, to be committed beside its file: digests of its data and weights,
/// the keys of its runs, and the metrics of those that are done.
///
/// Keeps the earlier entry of a run that is not done here. A lock belongs to the file beside it:
/// `--set` may say where data and weights are, but must not change the runs. See docs/locking.md.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Where the runs would compute, which decides what `train.precision = "auto"` is before the
    /// first sweep: auto (every GPU, or the CPU), cpu, cuda, or GPUs by number: cuda:0,1.
    #[arg(long, default_value = "auto", env = "TITER_DEVICE")]
    pub device: DeviceChoice,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS", value_parser = place::path())]
    pub results: PathBuf,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let ExperimentArgs { file, set } = &args.experiment;
    let loaded = args.experiment.load()?;
    let project = place::project()?;
    let folder = place::folder(file, &loaded, &args.results)?;
    let target = Target::as_swept(&folder, &args.device)?;
    let runs = resolve(&loaded, &project, Reach::Cached, &target)?;
    if !set.is_empty() {
        require_own(file, &loaded, &runs, &project, &target)?;
    }
    if let Some(swept) = Swept::read(&folder)?
        && let Some(line) = swept::line(file, &swept.changes(file, &loaded, &folder, &project, &target)?)
    {
        tracing::warn!("{line}");
    }
    if let Some(precision) = target.settled() {
        let name = precision.name();
        tracing::warn!(
            "train.precision is auto, which is {name} here: elsewhere it may differ, which makes other runs; write precision = \"{name}\""
        );
    }
    let mut lock = locked::here(&runs, &project)?;
    // A lock that cannot be read has nothing to keep: writing it anew is its remedy.
    let before = Lockfile::read(file).map(|before| before.runs).unwrap_or_default();
    let mut before: BTreeMap<_, _> = before.into_iter().map(|run| (run.key, run.outcome)).collect();
    let mut kept = 0;
    for run in &mut lock.runs {
        run.outcome = match folder.run(&run.key).state() {
            RunState::Ended(manifest) => Some(Outcome::from(&*manifest)),
            _ => before.remove(&run.key).flatten().inspect(|_| kept += 1),
        };
    }
    lock.write(file)?;
    say(out, args, &lock, kept).map_err(|source| Error::Output { source })
}

/// Refuses runs that the file alone does not make: a lock beside it would be of another experiment.
fn require_own(file: &Path, loaded: &Loaded, runs: &[ResolvedRun], project: &Path, target: &Target) -> Result<(), Error> {
    let own = experiment::load(file, &[])?;
    let keys = |runs: &[ResolvedRun]| runs.iter().map(|run| run.key.clone()).collect::<Vec<_>>();
    let same = match resolve(&own, project, Reach::Cached, target) {
        Ok(own) => keys(&own) == keys(runs),
        // What the file alone names is not here: then the settings must agree, and the inputs' digests say the rest.
        Err(error) if error.exit() == Exit::Input => settings(&own)? == settings(loaded)?,
        Err(error) => return Err(error),
    };
    if same { Ok(()) } else { Err(lockfile::Error::OtherRuns { experiment: file.to_owned() }.into()) }
}

/// The settings of each run, the inputs left aside.
fn settings(loaded: &Loaded) -> Result<Vec<Identity>, Error> {
    let nothing = Inputs { data: String::new(), weights: String::new() };
    Ok(plan::expand(loaded)?.iter().map(|point| Identity::of(&point.settings, &nothing)).collect())
}

fn say(out: &mut dyn Write, args: &Args, lock: &Lockfile, kept: usize) -> std::io::Result<()> {
    let done = lock.runs.iter().filter(|run| run.outcome.is_some()).count();
    let path = lockfile::beside(&args.experiment.file);
    let kept = if kept > 0 { format!(", {kept} of them from the earlier lock") } else { String::new() };
    let diverged = lock.runs.iter().filter_map(|run| run.outcome.as_ref()).filter(|outcome| outcome.status == Status::Diverged);
    let diverged = diverged_of(diverged.count());
    writeln!(out, "{}: the metrics of {done} of {} runs{diverged}{kept}", path.display(), lock.runs.len())?;
    if done < lock.runs.len() {
        writeln!(out, "the others are not done: `titer sweep {0}`, then `titer lock {0}` again", args.experiment.file.display())?;
    }
    Ok(())
}
