//! `titer sweep`: runs what is not done, then writes the report.

use std::{
    io::Write,
    num::{NonZeroU64, NonZeroUsize},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{
    ExperimentArgs, columns, locked,
    prepared::{self, Prepared, parameters},
    resolved::{Reach, ResolvedRun, name, resolve},
    yardsticks,
};
use crate::{
    data::Dataset,
    error::Error,
    exit::Exit,
    experiment::{Loaded, set_without_absolute_paths},
    report,
    results::{
        self, ExperimentFolder, RunState, Sweeping, atomic, manifest, shared,
        tables::{self, ProteinRow, RunRow},
    },
    schedule::{
        self, DeviceChoice, Interrupts, Progress, Slots, StackChoice, Worker,
        local::{self, Done, Patience},
        memory,
        progress::Style,
        protocol, stack,
        state::Plan,
    },
    text,
};

/// Runs every point of the grid that is not done, one process a run, and writes the report. The same command again resumes.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// The folder of all results; this experiment's are in a folder of it that bears the file's name.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS")]
    pub results: PathBuf,
    /// Where to compute: auto (every GPU, or the CPU), cpu, cuda, or GPUs by number: cuda:0,1.
    #[arg(long, default_value = "auto", env = "TITER_DEVICE")]
    pub device: DeviceChoice,
    /// Runs at a time. Without it one a GPU; on the CPU as many as end the plan soonest and fit into half of the memory.
    #[arg(long, value_name = "N", env = "TITER_JOBS")]
    pub jobs: Option<NonZeroUsize>,
    /// The most runs that one worker computes as one, where they differ in nothing but learning rate, weight decay, warm-up, clipping and seed. Without it 1 on a CPU, and on a GPU 8 for models of up to 35M parameters (not measured on a GPU yet).
    #[arg(long, value_name = "RUNS", default_value = "auto", env = "TITER_STACK")]
    pub stack: StackChoice,
    /// The most runs that one worker takes beside one another, 32 at most, each in a thread and on a GPU in a stream of its own; they share data and weights, and may differ in all else. An alternative to --stack (not measured on a GPU yet).
    #[arg(long, value_name = "RUNS", conflicts_with = "stack", value_parser = clap::value_parser!(u8).range(1..=32), env = "TITER_LANES")]
    pub lanes: Option<u8>,
    /// CPU threads of all runs together, shared out evenly. Without it as many as this process may use.
    #[arg(long, value_name = "N", env = "TITER_THREADS")]
    pub threads: Option<NonZeroUsize>,
    /// How often a run that crashes is tried again, from its last checkpoint.
    #[arg(long, value_name = "N", default_value_t = 2, env = "TITER_RETRIES")]
    pub retries: u32,
    /// Steps from one checkpoint to the next, with one at each epoch's end. Without it as often as costs at most a thirtieth of the time, and at an epoch's end unless the last is less than 20 seconds old.
    #[arg(long, value_name = "STEPS", env = "TITER_CHECKPOINT_EVERY")]
    pub checkpoint_every: Option<NonZeroU64>,
    /// The longest a worker may take over one step, or over loading data and model, before it is killed and tried again.
    #[arg(long, value_name = "SECONDS", default_value = "1800", env = "TITER_HANG_AFTER")]
    pub hang_after: NonZeroU64,
    /// Refuses inputs and runs that are not those of the experiment's lock, before anything is run, written or fetched.
    #[arg(long)]
    pub locked: bool,
    /// Leaves the report as it is, and the yardsticks it would show: `titer report` makes them good.
    #[arg(long)]
    pub no_report: bool,
}

impl Args {
    fn patience(&self) -> Patience {
        let hang = Duration::from_secs(self.hang_after.get());
        // A worker that lives says so every few seconds, whatever it is doing.
        Patience { retries: self.retries, hang, silence: hang.min(protocol::ALIVE_EVERY * 12) }
    }
}

pub fn run(args: &Args, style: Style, out: &mut dyn Write) -> Result<(), Error> {
    let loaded = args.experiment.load()?;
    let project = std::path::absolute(".").map_err(|source| results::Error::read(".", source))?;
    let results = std::path::absolute(&args.results).map_err(|source| results::Error::read(&args.results, source))?;
    let folder = ExperimentFolder::new(&results, &loaded.experiment.name);

    // What is cheap to find wrong comes first: a device that is not there, before gigabytes are fetched. Where every run is done,
    // nothing is needed but its results.
    let here = if args.locked {
        Some(locked::resolve(&args.experiment.file, &loaded, &project)?)
    } else {
        match resolve(&loaded, &project, Reach::Cached) {
            Ok(runs) => Some(runs),
            Err(error) if error.exit() == Exit::Input => None,
            Err(error) => return Err(error),
        }
    };
    let states = |runs: &[ResolvedRun]| runs.iter().map(|run| folder.run(&run.key).state()).collect::<Vec<_>>();
    let is_done = here.as_deref().is_some_and(|runs| states(runs).iter().all(is_ended));
    let workers = if is_done { None } else { Some(Workers::choose(args)?) };
    let runs = match here {
        Some(runs) => runs,
        None => resolve(&loaded, &project, Reach::Network)?,
    };
    let prepared = Prepared::new(&loaded.experiment.base, &runs, &project)?;
    for remark in &prepared.remarks {
        tracing::info!("{remark}");
    }
    let proteins = tables::protein_rows(&prepared.base, &prepared::texts(&loaded.experiment, &project)?);

    let _sweeping = Sweeping::begin(&folder)?;
    let (ended, open): (Vec<_>, Vec<_>) = runs.iter().zip(states(&runs)).partition(|(_, state)| is_ended(state));
    let open: Vec<&ResolvedRun> = open.into_iter().map(|(run, _)| run).collect();
    // A sweep that was killed may have left something behind the last file of a run.
    for (run, _) in &ended {
        schedule::after_the_end(&folder.run(&run.key));
    }
    // Of several sweeps with different plans the last one to write leaves all that is shared, not a mixture.
    let publish = |with_report: bool| {
        results::alone(&folder, || {
            atomic::sweep_up(folder.path());
            write_inputs(&folder, &loaded, &args.experiment.set, &prepared.base, &proteins)?;
            let rows = write_runs(&folder, &runs, &states(&runs))?;
            let anything = rows.iter().any(|row| row.seconds.is_some());
            let page = if with_report && anything { Some(report::refresh(&folder)?) } else { None };
            Ok::<_, Error>((rows, page))
        })
    };
    tracing::info!("{}: {} of {} runs done", shorten(folder.path(), &project).display(), ended.len(), runs.len());
    let interrupts = Interrupts::watch();
    let swept = match workers {
        None => Done::default(),
        Some(Workers { worker, slots }) => {
            publish(false)?;
            let jobs: Vec<protocol::Job> = open.iter().map(|run| job(&loaded, run, &folder, &project, args)).collect();
            let plan = plan(&jobs, &open, &prepared, args, &slots);
            let mut progress = Progress::new(style, open.iter().map(|run| run.name()), ended.len());
            let largest = runs.iter().map(parameters).fold(0.0, f64::max);
            let chosen = args.jobs.is_some() || plan.most > 1;
            let slots = if chosen { slots } else { slots.soonest(runs.len(), memory::runs(largest)) }.for_runs(runs.len());
            local::run(&jobs, &plan, &slots, args.patience(), &worker, &interrupts, &mut progress)
        }
    };

    // Beside what is shared, not in its turn: it may take minutes. Only a report wants them.
    if !args.no_report && states(&runs).iter().any(is_ended) {
        yardsticks::refresh(&folder, &proteins, || interrupts.count() == 0);
    }
    let (rows, page) = publish(!args.no_report)?;
    summarise(out, &rows).map_err(|source| Error::Output { source })?;
    if let Some(page) = page {
        writeln!(out, "\nreport: {}", shorten(&page, &project).display()).map_err(|source| Error::Output { source })?;
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

/// What the scheduler needs to know of the runs.
fn plan(jobs: &[protocol::Job], runs: &[&ResolvedRun], prepared: &Prepared, args: &Args, slots: &Slots) -> Plan {
    let costs = runs.iter().map(|run| prepared.cost(run)).collect();
    // As with a stack, several claims handed to one process take Unix.
    if let Some(lanes) = args.lanes.filter(|_| cfg!(unix)) {
        return Plan { costs, kinds: stack::lanes(jobs), most: lanes.into(), lanes: true };
    }
    let most: Vec<usize> = runs.iter().map(|run| args.stack.most(slots.devices()[0], parameters(run))).collect();
    Plan { costs, kinds: stack::kinds(jobs, &most), most: most.into_iter().max().unwrap_or(1), lanes: false }
}

/// What runs are given to.
struct Workers {
    worker: Worker,
    slots: Slots,
}

impl Workers {
    fn choose(args: &Args) -> Result<Self, Error> {
        let worker = Worker::find()?;
        let threads = args.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let slots = Slots::choose(&args.device, args.jobs.map(NonZeroUsize::get), threads, || worker.devices())?;
        Ok(Self { worker, slots })
    }
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
    atomic::write(&folder.experiment(), |file| {
        file.write_all(loaded.experiment.text.as_bytes())?;
        // The file alone would not be what was run.
        if !set.is_empty() {
            writeln!(file, "\n# Set on the command line:")?;
        }
        let comment = |set: &String| text::shown_lines(&set_without_absolute_paths(set)).replace('\n', "\n#   ");
        set.iter().try_for_each(|set| writeln!(file, "#   --set {}", comment(set)))
    })?;
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
        company: protocol::Company::Alone,
        log: None,
    }
}

/// Prints what came of each run.
fn summarise(out: &mut dyn Write, rows: &[RunRow]) -> std::io::Result<()> {
    let number = |value: Option<f64>| value.map(|value| format!("{value:.4}")).unwrap_or_default();
    let cells = |row: &RunRow| {
        let test = row.test.as_ref();
        vec![
            name(&row.point),
            row.status.to_string(),
            row.kept_epoch.map(|epoch| epoch.to_string()).unwrap_or_default(),
            number(row.validation.as_ref().map(|metrics| metrics.loss)),
            number(test.map(|metrics| metrics.accuracy)),
            number(test.map(|metrics| metrics.f1)),
            number(test.and_then(|metrics| metrics.roc_auc)),
            row.seconds.map(|seconds| format!("{seconds:.1}")).unwrap_or_default(),
        ]
    };
    let header = ["run", "status", "epoch", "validation loss", "test accuracy", "test F1", "test AUC", "seconds"];
    columns::write(out, &header, &rows.iter().map(cells).collect::<Vec<_>>())
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
