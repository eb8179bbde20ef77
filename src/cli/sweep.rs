//! `titer sweep`: runs what is not done, then writes the report.

use std::{
    collections::BTreeMap,
    io::Write,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    thread,
};

use super::{
    ExperimentArgs, columns, locked,
    resolved::{Reach, ResolvedRun, name, resolve},
};
use crate::{
    data::{self, Dataset},
    error::Error,
    experiment::{Loaded, Settings, set_without_absolute_paths},
    report,
    results::{
        self, ExperimentFolder, Lock, RunState, atomic, manifest,
        tables::{self, RunRow},
    },
    schedule::{self, DeviceChoice, Interrupts, Progress, Slots, Worker, local, progress::Style, protocol},
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
    /// Runs at a time. Without it one a GPU, or one on the CPU.
    #[arg(long, value_name = "N", env = "TITER_JOBS")]
    pub jobs: Option<NonZeroUsize>,
    /// Refuses inputs and runs that are not those of the experiment's lock, before anything is run, written or fetched.
    #[arg(long)]
    pub locked: bool,
    /// Leaves the report as it is.
    #[arg(long)]
    pub no_report: bool,
}

pub fn run(args: &Args, style: Style, out: &mut dyn Write) -> Result<(), Error> {
    let loaded = args.experiment.load()?;
    let project = std::path::absolute(".").map_err(|source| results::Error::read(".", source))?;
    let results = std::path::absolute(&args.results).map_err(|source| results::Error::read(&args.results, source))?;
    let folder = ExperimentFolder::new(&results, &loaded.experiment.name);

    // What is cheap to find wrong comes first: a device that is not there, before gigabytes are fetched.
    let worker = Worker::find()?;
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let slots = Slots::choose(&args.device, args.jobs.map(NonZeroUsize::get), threads, || worker.devices())?;
    let runs = if args.locked {
        locked::resolve(&args.experiment.file, &loaded, &project)?
    } else {
        resolve(&loaded, &project, Reach::Network)?
    };
    let dataset = prepare(&loaded.experiment.base, &runs, &project)?;

    let _lock = Lock::take(&folder)?;
    write_inputs(&folder, &loaded, &args.experiment.set, &dataset)?;
    let open = open_runs(&folder, &runs)?;
    write_runs(&folder, &runs)?;

    let jobs: Vec<protocol::Job> = open.iter().map(|run| job(&loaded, run, &folder, &project)).collect();
    let done = runs.len() - open.len();
    tracing::info!("{}: {done} of {} runs done", shorten(folder.path(), &project).display(), runs.len());
    let mut progress = Progress::new(style, open.iter().map(|run| run.name()), done);
    let ended = local::run(&jobs, &slots.for_runs(jobs.len()), &worker, &Interrupts::watch(), &mut progress);
    drop(progress);

    let rows = write_runs(&folder, &runs)?;
    summarise(out, &rows).map_err(|source| Error::Output { source })?;
    if !args.no_report && rows.iter().any(|row| row.seconds.is_some()) {
        let page = report::write(&folder)?;
        writeln!(out, "\nreport: {}", shorten(&page, &project).display()).map_err(|source| Error::Output { source })?;
    }
    if ended.interrupted {
        let left = rows.iter().filter(|row| row.seconds.is_none()).count();
        return Err(schedule::Error::Interrupted { left, of: rows.len() }.into());
    }
    if !ended.failures.is_empty() {
        let near = ExperimentFolder::new(shorten(&results, &project), &loaded.experiment.name);
        return Err(schedule::Error::runs_failed(&near, &ended.failures, rows.len()).into());
    }
    Ok(())
}

/// Prepares the data of the file's own settings, and of every other the grid asks for: what is wrong with them is told before any
/// run begins.
fn prepare(base: &Settings, runs: &[ResolvedRun], project: &Path) -> Result<Dataset, Error> {
    let question = |settings: &Settings| serde_json::json!([settings.data, settings.split, settings.tokens]).to_string();
    let prepare = |settings: &Settings| data::prepare(&settings.data, &settings.split, &settings.tokens, project);
    let others: BTreeMap<String, &Settings> = runs.iter().map(|run| (question(&run.settings), &run.settings)).collect();
    for (other, settings) in others {
        if other != question(base) {
            prepare(settings)?;
        }
    }
    Ok(prepare(base)?)
}

/// Writes the experiment file, the dataset and its card.
fn write_inputs(folder: &ExperimentFolder, loaded: &Loaded, set: &[String], dataset: &Dataset) -> Result<(), results::Error> {
    atomic::write(&folder.experiment(), |file| {
        file.write_all(loaded.experiment.text.as_bytes())?;
        // The file alone would not be what was run.
        if !set.is_empty() {
            writeln!(file, "\n# Set on the command line:")?;
        }
        let comment = |set: &String| text::shown_lines(&set_without_absolute_paths(set)).replace('\n', "\n#   ");
        set.iter().try_for_each(|set| writeln!(file, "#   --set {}", comment(set)))
    })?;
    tables::write_proteins(&folder.dataset(), &tables::protein_rows(dataset))?;
    manifest::write_json(&folder.card(), &dataset.card)
}

/// The runs that are to be done. What an interrupted one left is cleared away, so that a folder without an end is a run going on.
fn open_runs<'a>(folder: &ExperimentFolder, runs: &'a [ResolvedRun]) -> Result<Vec<&'a ResolvedRun>, results::Error> {
    let mut open = Vec::new();
    for run in runs {
        let folder = folder.run(&run.key);
        match folder.state()? {
            RunState::Ended(_) => continue,
            RunState::Unfinished => {
                fs_err::remove_dir_all(folder.path()).map_err(|source| results::Error::write(folder.path(), source))?;
            }
            RunState::Failed(_) | RunState::Pending => {}
        }
        open.push(run);
    }
    Ok(open)
}

fn job(loaded: &Loaded, run: &ResolvedRun, folder: &ExperimentFolder, project: &Path) -> protocol::Job {
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
        device: protocol::Device::Cpu,
        threads: 1,
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

/// Writes `runs.parquet` as the runs stand now.
fn write_runs(folder: &ExperimentFolder, runs: &[ResolvedRun]) -> Result<Vec<RunRow>, results::Error> {
    let row = |run: &ResolvedRun| Ok(folder.run(&run.key).state()?.row(&run.key, &run.point));
    let rows = runs.iter().map(row).collect::<Result<Vec<_>, results::Error>>()?;
    tables::write_runs(&folder.runs_table(), &rows)?;
    Ok(rows)
}
