//! `titer plan`: the runs of an experiment, before any of them is run.

use std::{io::Write, path::PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    ExperimentArgs, columns,
    disk::Estimate,
    examined, kept, place,
    prepared::Prepared,
    resolved::{Reach, diverged_of, name, resolve},
    target::Target,
    why,
};
use crate::{
    error::Error,
    plan::{self, Earlier, Why},
    schedule::DeviceChoice,
};
use titer_core::{
    exit::Exit,
    experiment::{ExperimentName, Loaded},
    identity::Identity,
    results::{ExperimentFolder, Keep, RunKey, RunState, manifest::Inputs, tables::RunStatus},
};

/// Shows the runs of an experiment, their keys, and which are done; and, like `titer check`, what
/// they would fail on.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Explains each run that is not done: names the ended run that differs least, with each
    /// setting and each input in which it differs.
    #[arg(long)]
    pub why: bool,
    /// Where the runs would compute: auto (every GPU, or the CPU), cpu, cuda, or GPUs by number:
    /// cuda:0,1.
    #[arg(long, default_value = "auto", env = "TITER_DEVICE")]
    pub device: DeviceChoice,
    /// Which runs are to keep the weights of their best checkpoint: for the estimate of what a
    /// sweep writes.
    #[arg(long, value_name = "RUNS", default_value = "all", env = "TITER_KEEP", value_parser = kept::words())]
    pub keep: Keep,
    /// Prints JSON: the experiment's name, its runs, and what they will write, in bytes.
    #[arg(long)]
    pub json: bool,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS", value_parser = place::path())]
    pub results: PathBuf,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Plan<'a> {
    experiment: &'a ExperimentName,
    runs: Vec<Planned>,
    /// An estimate; `None` where it cannot be told.
    disk: Option<Estimate>,
}

/// A run. Without its inputs it has no key yet, and nobody can say whether it is done.
#[derive(Debug, Serialize)]
struct Planned {
    key: Option<RunKey>,
    status: Option<RunStatus>,
    point: Map<String, Value>,
    inputs: Option<Inputs>,
    /// With `--why`, where the run is not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Why>,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let loaded = args.experiment.load()?;
    let points = plan::expand(&loaded)?;
    let target = Target::new(&args.device);
    let examined = examined::examine(&loaded, &points, &place::project()?, &target);
    examined.remarks.iter().for_each(|remark| tracing::info!("{remark}"));
    examined.notes.iter().for_each(|note| tracing::warn!("{note}"));
    let (runs, disk) = match named(&loaded, args, &target, examined.prepared.as_ref()) {
        Ok(planned) => planned,
        // The grid can be shown before the data and the weights are there.
        Err(error) if error.exit() == Exit::Input => (unnamed(points), None),
        Err(error) => return Err(error),
    };
    let folder = ExperimentFolder::new(&args.results, &loaded.experiment.name);
    if let Some(note) = disk.and_then(|disk| disk.short_of(folder.path(), 1)) {
        tracing::warn!("{note}");
    }
    if let Some(disk) = disk.filter(|disk| disk.runs > 0) {
        tracing::info!("{}", disk.sentence(folder.path()));
    }
    let shown = if args.json { show_json(out, &loaded, runs, disk) } else { show(out, &runs) };
    shown.map_err(|source| Error::Output { source })?;
    Error::all(examined.errors).map_or(Ok(()), Err)
}

/// The runs, and what those will write that are not done.
fn named(
    loaded: &Loaded,
    args: &Args,
    target: &Target,
    prepared: Option<&Prepared>,
) -> Result<(Vec<Planned>, Option<Estimate>), Error> {
    let project = place::project()?;
    let folder = place::folder(&args.experiment.file, loaded, &args.results)?;
    let earlier = if args.why { Some(Earlier::new(folder.earlier_runs()?)) } else { None };
    let resolved = resolve(loaded, &project, Reach::Cached, target)?;
    if let Some(line) = target.moved(&folder)? {
        tracing::warn!("{line}");
    }
    let states: Vec<RunState> = resolved.iter().map(|run| folder.run(&run.key).state()).collect();
    let is_open = |state: &RunState| !matches!(state, RunState::Ended(_));
    let open: Vec<_> = resolved.iter().zip(&states).filter(|(_, state)| is_open(state)).map(|(run, _)| run).collect();
    let disk = prepared.map(|prepared| Estimate::new(&open, prepared, args.keep));
    let mut runs = Vec::new();
    for (run, state) in resolved.into_iter().zip(states) {
        let mut why = earlier.as_ref().and_then(|all| all.why(&state, &run.point, &Identity::of(&run.settings, &run.inputs)));
        if let Some(Why::Differs { differences, .. }) = &mut why {
            why::explain(differences, &run.settings.data, &project);
        }
        runs.push(Planned { key: Some(run.key), status: Some(state.status()), point: run.point, inputs: Some(run.inputs), why });
    }
    Ok((runs, disk))
}

fn unnamed(points: Vec<plan::Point>) -> Vec<Planned> {
    let planned = |point: plan::Point| Planned { key: None, status: None, point: point.values, inputs: None, why: None };
    points.into_iter().map(planned).collect()
}

fn show_json(out: &mut dyn Write, loaded: &Loaded, runs: Vec<Planned>, disk: Option<Estimate>) -> std::io::Result<()> {
    let plan = Plan { experiment: &loaded.experiment.name, runs, disk };
    writeln!(out, "{}", serde_json::to_string_pretty(&plan)?)
}

fn show(out: &mut dyn Write, runs: &[Planned]) -> std::io::Result<()> {
    let cells = |run: &Planned| {
        let key = run.key.as_ref().map_or_else(|| "?".to_owned(), RunKey::to_string);
        vec![key, run.status.map(|status| status.to_string()).unwrap_or_default(), name(&run.point)]
    };
    let mut table = Vec::new();
    columns::write(&mut table, &["key", "status", "run"], &runs.iter().map(cells).collect::<Vec<_>>())?;
    let mut rows = table.split_inclusive(|&byte| byte == b'\n');
    out.write_all(rows.next().unwrap_or_default())?;
    for (row, run) in rows.zip(runs) {
        out.write_all(row)?;
        for line in run.why.iter().flat_map(why::lines) {
            writeln!(out, "    {line}")?;
        }
    }
    let count = |of: fn(RunStatus) -> bool| runs.iter().filter(|run| run.status.is_some_and(of)).count();
    let (done, diverged) = (count(RunStatus::is_done), count(|status| status == RunStatus::Diverged));
    let total = if runs.len() == 1 { "1 run".to_owned() } else { format!("{} runs", runs.len()) };
    writeln!(out, "\n{total}, {done} done{}", diverged_of(diverged))
}
