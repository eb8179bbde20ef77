//! `titer sweep`: runs what is not done, then writes the report.

use std::{
    io::Write,
    num::{NonZeroU64, NonZeroUsize},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{
    ExperimentArgs, disk, examined, idle, kept, locked, place,
    prepared::{Prepared, parameters},
    resolved::{Reach, ResolvedRun, resolve},
    summary,
    target::Target,
};
use crate::{
    baseline::refresh,
    error::Error,
    schedule::{
        self, DeviceChoice, Devices, Interrupts, Need, Places, Progress, Worker,
        local::{self, Done, Rules},
        progress::Style,
        state::Plan,
    },
};
use titer_core::{
    data::Dataset,
    exit::Exit,
    experiment::{Loaded, Settings, as_run},
    protocol,
    results::{
        self, ExperimentFolder, Keep, LastSweep, RunState, Sweeping, atomic, manifest, shared,
        tables::{self, ProteinRow, RunRow, RunStatus},
    },
};
use titer_report as report;

/// Runs every point of the grid that is not done, and writes the report. The same command again
/// resumes.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// The folder of all results; this experiment's are in its subfolder named after the file.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS", value_parser = place::path())]
    pub results: PathBuf,
    /// Where to compute: auto (every GPU, or the CPU), cpu, cuda, or GPUs by number: cuda:0,1.
    #[arg(long, default_value = "auto", env = "TITER_DEVICE")]
    pub device: DeviceChoice,
    /// Runs at a time, spread over the GPUs, at most 32 on each. Default on a GPU: 8 for models of
    /// up to 10M parameters, 4 for up to 150M, else 1, and fewer if they do not fit into its
    /// memory. Default on the CPU: as many as finish the plan soonest and fit into half of the
    /// memory.
    #[arg(long, value_name = "N", env = "TITER_JOBS")]
    pub jobs: Option<NonZeroUsize>,
    /// On a CPU too runs share one worker, as they do on a GPU: for tests where there is no GPU. A
    /// crash then takes them all.
    #[arg(long, hide = true, env = "TITER_SHARE_WORKER")]
    pub share_worker: bool,
    /// CPU threads of all runs together, shared evenly. Default: as many as this process may use.
    #[arg(long, value_name = "N", env = "TITER_THREADS")]
    pub threads: Option<NonZeroUsize>,
    /// How often a run that crashes is retried from its last checkpoint. A crash of a worker that
    /// several runs share counts against none of them.
    #[arg(long, value_name = "N", default_value_t = 2, env = "TITER_RETRIES")]
    pub retries: u32,
    /// Steps between checkpoints; each epoch also ends with one. Default: as often as costs at most
    /// a thirtieth of the time, and at an epoch's end unless the last is less than 20 seconds old.
    #[arg(long, value_name = "STEPS", env = "TITER_CHECKPOINT_EVERY")]
    pub checkpoint_every: Option<NonZeroU64>,
    /// The longest a worker may take for one step, or for loading data and model, before titer
    /// kills it and retries its runs.
    #[arg(long, value_name = "SECONDS", default_value = "1800", env = "TITER_HANG_AFTER")]
    pub hang_after: NonZeroU64,
    /// Which runs keep the weights of their best checkpoint: all of them; of the configuration that
    /// the report recommends the best one by validation, once every run is done; or none. Tables,
    /// metrics and predictions stay. Removed weights come back by training alone.
    #[arg(long, value_name = "RUNS", default_value = "all", env = "TITER_KEEP", value_parser = kept::words())]
    pub keep: Keep,
    /// Refuses inputs and runs that differ from the experiment's lock, before anything is run,
    /// written or fetched.
    #[arg(long)]
    pub locked: bool,
    /// Neither draws the report nor computes its baselines; `titer report` does both later.
    #[arg(long)]
    pub no_report: bool,
}

impl Args {
    fn rules(&self) -> Rules {
        let hang = Duration::from_secs(self.hang_after.get());
        // A worker that lives says so every few seconds, whatever it is doing.
        Rules { retries: self.retries, hang, silence: hang.min(protocol::ALIVE_EVERY * 12), keep: self.keep }
    }
}

pub fn run(args: &Args, style: Style, out: &mut dyn Write) -> Result<(), Error> {
    let loaded = args.experiment.load()?;
    let project = place::project()?;
    let results = std::path::absolute(&args.results).map_err(|source| results::Error::read(&args.results, source))?;
    place::folder(&args.experiment.file, &loaded, &args.results)?;
    let folder = ExperimentFolder::new(&results, &loaded.experiment.name);

    // What is cheap to find wrong comes first: a device that is not there, before gigabytes are fetched. Where every run is done,
    // nothing is needed but its results.
    let (target, here) = here(args, &loaded, &project, &folder)?;
    let states = |runs: &[ResolvedRun]| runs.iter().map(|run| folder.run(&run.key).state()).collect::<Vec<_>>();
    let is_done = here.as_deref().is_some_and(|runs| states(runs).iter().all(is_ended));
    let workers = if is_done { None } else { Some(Workers::choose(args, &target)?) };
    // So do data, weights and settings that each run would fail on.
    let points = crate::plan::expand(&loaded)?;
    let wanted: Vec<&Settings> = match &here {
        Some(runs) => {
            let open = runs.iter().zip(states(runs)).filter(|(_, state)| !is_ended(state));
            open.map(|(run, _)| &run.settings).collect()
        }
        None => points.iter().map(|point| &point.settings).collect(),
    };
    let prepared = examined::ready(&loaded, &points, &wanted, &target, &project)?;
    let runs = match here {
        Some(runs) => runs,
        None => fetched(&loaded, &project, &target)?,
    };
    let workers = workers.map(|workers| workers.placed(args, &runs, &prepared));
    prepared.remarks.iter().for_each(|remark| tracing::info!("{remark}"));
    let doubt = examined::fetched(&loaded.experiment, &project)?;
    let notes = idle::notes(&loaded, runs.iter().map(|run| &run.settings), Some(&prepared));
    notes.into_iter().chain(doubt).chain(target.moved(&folder)?).for_each(|note| tracing::warn!("{note}"));
    let proteins = tables::protein_rows(&prepared.base, &prepared.texts);

    let sweeping = Sweeping::begin(&folder)?;
    let (ended, open): (Vec<_>, Vec<_>) = runs.iter().zip(states(&runs)).partition(|(_, state)| is_ended(state));
    let open: Vec<&ResolvedRun> = open.into_iter().map(|(run, _)| run).collect();
    // A sweep that was killed may have left something behind the last file of a run.
    for (run, _) in &ended {
        schedule::after_the_end(&folder.run(&run.key));
    }
    // Of several sweeps with different plans the last one to write leaves all that is shared, not a mixture.
    let publish = |with_report: bool| {
        results::alone(&folder, || {
            // Another file of the same name may have been swept meanwhile.
            place::owned(&args.experiment.file, &loaded, &args.results)?;
            atomic::sweep_up(folder.path());
            let swept = LastSweep::new(&args.experiment.file, &args.results, &args.experiment.set, &project);
            LastSweep { precision: target.settled(), ..swept }.write(&folder)?;
            write_inputs(&folder, &loaded, &args.experiment.set, &prepared.base, &proteins)?;
            let rows = write_runs(&folder, &runs, &states(&runs))?;
            // Where all have failed too: a report of an earlier sweep would be taken for this one's.
            let anything = rows.iter().any(|row| row.status.is_done() || row.status == RunStatus::Failed);
            let page = if with_report && anything { Some(report::refresh(&folder)?) } else { None };
            Ok::<_, Error>((rows, page))
        })
    };
    if let Some((_, places)) = &workers {
        let estimate = disk::Estimate::new(&open, &prepared, args.keep);
        let at_once = places.rooms.len().max(args.jobs.map_or(1, NonZeroUsize::get));
        estimate.short_of(folder.path(), at_once).into_iter().for_each(|note| tracing::warn!("{note}"));
    }
    tracing::info!("{}: {} of {} runs done", shorten(folder.path(), &project).display(), ended.len(), runs.len());
    let interrupts = Interrupts::watch();
    let swept = match workers {
        None => Done::default(),
        Some((worker, places)) => {
            publish(false)?;
            let jobs: Vec<protocol::Job> = open.iter().map(|run| job(&loaded, run, &folder, &project, args)).collect();
            let plan = Plan {
                costs: open.iter().map(|run| prepared.cost(run)).collect(),
                takes: open.iter().map(|run| places.takes(need(run, &prepared))).collect(),
                rooms: places.rooms.clone(),
            };
            let mut progress = Progress::new(style, open.iter().map(|run| run.name()), ended.len());
            local::run(&jobs, &plan, &places, args.rules(), &worker, &interrupts, &mut progress)
        }
    };

    // Beside what is shared, not in its turn: it may take minutes. Only a report wants them.
    if !args.no_report && states(&runs).iter().any(is_ended) {
        let (kind, wild_type) = (loaded.experiment.base.task.kind, loaded.experiment.report.wild_type.as_deref());
        refresh::offer(&folder, kind, &proteins, wild_type, || interrupts.count() == 0);
    }
    let (rows, page) = publish(!args.no_report)?;
    summary::show(out, &runs, &states(&runs)).map_err(|source| Error::Output { source })?;
    if let Some(page) = page {
        writeln!(out, "\nreport: {}", shorten(&page, &project).display()).map_err(|source| Error::Output { source })?;
    }
    if let Some(line) = kept::apply(args.keep, &folder, &runs, sweeping)? {
        writeln!(out, "weights: {line}").map_err(|source| Error::Output { source })?;
    }
    if swept.interrupted {
        let left = rows.iter().filter(|row| row.seconds.is_none()).count();
        return Err(schedule::Error::Interrupted { left, of: rows.len() }.into());
    }
    if !swept.failures.is_empty() {
        let near = ExperimentFolder::new(shorten(&results, &project), &loaded.experiment.name);
        return Err(schedule::Error::runs_failed(&near, &swept.failures, rows.len()).into());
    }
    Ok(())
}

/// Where the runs compute, and which they are: `None` where their inputs are not all here.
///
/// Where no worker says what `train.precision = "auto"` is, it is what the last sweep noted, if
/// every run is then done: nothing is left to compute.
fn here(
    args: &Args,
    loaded: &Loaded,
    project: &Path,
    folder: &ExperimentFolder,
) -> Result<(Target, Option<Vec<ResolvedRun>>), Error> {
    let target = Target::new(&args.device);
    let unasked = match named(args, loaded, project, &target) {
        Err(Error::Schedule(error)) if error.is_of_asking() => error,
        named => return Ok((target, named?)),
    };
    let swept = Target::as_swept(folder, &args.device)?;
    match named(args, loaded, project, &swept) {
        Ok(Some(runs)) if runs.iter().all(|run| is_ended(&folder.run(&run.key).state())) => Ok((swept, Some(runs))),
        _ => Err(unasked.into()),
    }
}

/// The runs by what is on this machine; `None` where their inputs are not all here.
fn named(args: &Args, loaded: &Loaded, project: &Path, target: &Target) -> Result<Option<Vec<ResolvedRun>>, Error> {
    if args.locked {
        return locked::resolve(&args.experiment.file, loaded, project, target).map(Some);
    }
    match resolve(loaded, project, Reach::Cached, target) {
        Err(error @ Error::Schedule(_)) => Err(error),
        Err(error) if error.exit() == Exit::Input => Ok(None),
        runs => runs.map(Some),
    }
}

/// The runs, their weights fetched where they were missing, and fit to begin from.
fn fetched(loaded: &Loaded, project: &Path, target: &Target) -> Result<Vec<ResolvedRun>, Error> {
    let runs = resolve(loaded, project, Reach::Network, target)?;
    let errors = examined::weights(runs.iter().map(|run| &run.settings), project).errors;
    Error::all(errors).map_or(Ok(runs), Err)
}

/// What runs are given to.
struct Workers {
    worker: Worker,
    devices: Devices,
}

impl Workers {
    fn choose(args: &Args, target: &Target) -> Result<Self, Error> {
        let worker = Worker::find()?;
        let devices = target.devices()?.clone();
        Places::check(&devices, args.jobs.map(NonZeroUsize::get))?;
        Ok(Self { worker, devices })
    }

    /// The worker, and where it is started for these runs.
    fn placed(self, args: &Args, runs: &[ResolvedRun], prepared: &Prepared) -> (Worker, Places) {
        let threads = args.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let needs: Vec<Need> = runs.iter().map(|run| need(run, prepared)).collect();
        let places = Places::new(&self.devices, args.jobs.map(NonZeroUsize::get), threads, &needs, args.share_worker);
        (self.worker, places)
    }
}

fn need(run: &ResolvedRun, prepared: &Prepared) -> Need {
    Need { parameters: parameters(run), tokens: prepared.tokens(run) }
}

const fn is_ended(state: &RunState) -> bool {
    matches!(state, RunState::Ended(_))
}

/// Writes the experiment file, the dataset and its card.
fn write_inputs(
    folder: &ExperimentFolder,
    loaded: &Loaded,
    set: &[String],
    dataset: &Dataset,
    proteins: &[ProteinRow],
) -> Result<(), results::Error> {
    atomic::write(&folder.experiment(), |file| file.write_all(as_run(&loaded.experiment.text, set).as_bytes()))?;
    tables::write_proteins(&folder.dataset(), proteins)?;
    manifest::write_json(&folder.card(), &dataset.card)
}

fn job(loaded: &Loaded, run: &ResolvedRun, folder: &ExperimentFolder, project: &Path, args: &Args) -> protocol::Job {
    protocol::Job {
        protocol: protocol::PROTOCOL,
        experiment: loaded.experiment.name.clone(),
        key: run.key.clone(),
        point: run.point.clone(),
        settings: run.settings.clone(),
        inputs: run.inputs.clone(),
        project: project.to_owned(),
        weights: run.weights.clone(),
        output: folder.run(&run.key).path().to_owned(),
        cache: folder.path().parent().map(shared::cache),
        device: protocol::Device::Cpu,
        threads: 1,
        checkpoint_every: args.checkpoint_every.map(NonZeroU64::get),
        tethered: true,
        sharing: protocol::Sharing::Alone,
    }
}

/// A path as the user would write it: from the folder titer is called in.
fn shorten<'a>(path: &'a Path, project: &Path) -> &'a Path {
    path.strip_prefix(project).unwrap_or(path)
}

/// Writes `runs.parquet`.
fn write_runs(folder: &ExperimentFolder, runs: &[ResolvedRun], states: &[RunState]) -> Result<Vec<RunRow>, results::Error> {
    let rows: Vec<RunRow> = runs.iter().zip(states).map(|(run, state)| state.row(&run.key, &run.point)).collect();
    tables::write_runs(&folder.runs_table(), &rows)?;
    Ok(rows)
}
