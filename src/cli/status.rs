//! `titer status`: what is done, what runs and how far it is, what failed, what is left.

use std::{
    io::{IsTerminal as _, Write},
    path::PathBuf,
    thread,
    time::Duration,
};

use super::{
    ExperimentArgs, columns, place,
    resolved::{Reach, ResolvedRun, diverged_of, name, resolve},
    swept::{self, Swept},
    target::Target,
};
use crate::{
    error::Error,
    schedule::{DeviceChoice, progress::duration},
};
use titer_core::{
    clock,
    metric::Metric,
    results::{
        ExperimentFolder, Live, RunState, Sweeping, Validated,
        tables::{RunRow, RunStatus},
    },
};

/// How often `--watch` looks again.
const EVERY: Duration = Duration::from_secs(2);

/// Shows which runs are done, active (with their progress), failed and left.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS", value_parser = place::path())]
    pub results: PathBuf,
    /// Refreshes every two seconds until no sweep is active.
    #[arg(long)]
    pub watch: bool,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let loaded = args.experiment.load()?;
    let project = place::project()?;
    let file = &args.experiment.file;
    let folder = place::folder(file, &loaded, &args.results)?;
    let target = Target::as_swept(&folder, &DeviceChoice::Auto)?;
    let runs = resolve(&loaded, &project, Reach::Cached, &target)?;
    if let Some(swept) = Swept::read(&folder)?
        && let Some(line) = swept::line(file, &swept.changes(file, &loaded, &folder, &project, &target)?)
    {
        tracing::warn!("{line}");
    }
    loop {
        // Looked at before the runs: a sweep that ends in between leaves none unfinished.
        let sweeping = Sweeping::is_on(&folder);
        let seen: Vec<Seen> = runs.iter().map(|run| Seen::at(run, &folder)).collect();
        let clear = if args.watch && std::io::stdout().is_terminal() { "\u{1b}[2J\u{1b}[H" } else { "" };
        write!(out, "{clear}").and_then(|()| show(out, &seen, sweeping)).map_err(|source| Error::Output { source })?;
        if !(args.watch && sweeping) {
            return Ok(());
        }
        thread::sleep(EVERY);
    }
}

/// A run as it is found.
struct Seen {
    row: RunRow,
    /// The metric that selects.
    select: Metric,
    /// How far it is, where someone works on it.
    live: Option<Live>,
    /// It was interrupted and can go on from where it stopped.
    checkpoint: bool,
}

impl Seen {
    fn at(run: &ResolvedRun, folder: &ExperimentFolder) -> Self {
        let folder = folder.run(&run.key);
        let state = folder.state();
        // A look that fails is tried again at the next.
        let live = if state == RunState::Running { Live::read(&folder).ok().flatten() } else { None };
        let checkpoint = state == RunState::Interrupted && folder.checkpoint().exists();
        Self { row: state.row(&run.key, &run.point), select: run.settings.train.select, live, checkpoint }
    }

    fn note(&self) -> String {
        if let Some(failure) = &self.row.failure {
            return failure.clone();
        }
        match (self.row.status, &self.row.test) {
            (RunStatus::Running, _) => self.live.as_ref().map(progress).unwrap_or_default(),
            (RunStatus::Diverged, _) => "its loss stopped being finite: it has no scores".to_owned(),
            (_, Some(test)) => {
                let epoch = self.row.selected_epoch.map(|epoch| format!(", selected epoch {epoch}")).unwrap_or_default();
                let value =
                    test.metrics.get(self.select).map_or_else(|| "undefined".to_owned(), |value| self.select.written(value));
                format!("test {} {value}{epoch}", self.select.label)
            }
            (_, None) if self.checkpoint => "resumes from its last checkpoint".to_owned(),
            (_, None) => String::new(),
        }
    }
}

/// `on cpu for 4 min 10 s, epoch 2/5, step 270/675, loss 0.4427, validation macro F1
/// 0.7511 (best so far), 6 min 15 s left`.
fn progress(live: &Live) -> String {
    let time = clock::since(&live.since).map(|time| format!(" for {}", duration(time.as_secs_f64()))).unwrap_or_default();
    let mut words = vec![format!("on {}{time}", live.device)];
    if live.steps == 0 {
        words.push("preparing".to_owned());
        return words.join(", ");
    }
    if live.from_step > 0 {
        words.push(format!("resumed after step {}", live.from_step));
    }
    words.push(format!("epoch {}/{}, step {}/{}", live.epoch.max(1), live.epochs, live.step, live.steps));
    if live.loss.is_finite() {
        words.push(format!("loss {:.4}", live.loss));
    }
    words.extend(live.validation.as_ref().map(|found| validated(found, live.best_epoch)));
    words.extend(live.seconds_left.map(|seconds| format!("{} left", duration(seconds))));
    words.join(", ")
}

/// The metric that selects, of the last epoch that was evaluated, and whether its checkpoint is the
/// best so far.
fn validated(Validated { epoch, select, metrics }: &Validated, best_epoch: Option<u32>) -> String {
    let value = metrics.get(*select).map_or_else(|| "undefined".to_owned(), |value| select.written(value));
    let best = match best_epoch {
        Some(best) if best == *epoch => " (best so far)".to_owned(),
        Some(best) => format!(" (best so far: epoch {best})"),
        None => String::new(),
    };
    format!("validation {} {value}{best}", select.label)
}

fn show(out: &mut dyn Write, seen: &[Seen], sweeping: bool) -> std::io::Result<()> {
    let cells = |run: &Seen| vec![run.row.key.to_string(), run.row.status.to_string(), name(&run.row.point), run.note()];
    columns::write(out, &["key", "status", "run", ""], &seen.iter().map(cells).collect::<Vec<_>>())?;

    let count = |of: fn(RunStatus) -> bool| seen.iter().filter(|run| of(run.row.status)).count();
    let (done, diverged) = (count(RunStatus::is_done), count(|status| status == RunStatus::Diverged));
    let failed = count(|status| status == RunStatus::Failed);
    let left = seen.len() - done - failed;
    let sweep = if sweeping { "; a sweep is running" } else { "" };
    let diverged = diverged_of(diverged);
    writeln!(out, "\n{done} of {} done{diverged}, {failed} failed, {left} left{sweep}", seen.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_goes_on_is_one_line_whatever_the_clock_does() {
        let mut live = Live::new("2999-01-01T00:00:00Z".to_owned(), "cuda:1".to_owned());
        assert_eq!(progress(&live), "on cuda:1, preparing");
        (live.steps, live.epochs, live.step, live.epoch, live.from_step) = (675, 5, 270, 2, 200);
        (live.loss, live.seconds_left) = (0.442_7, Some(375.0));
        let expected = "on cuda:1, resumed after step 200, epoch 2/5, step 270/675, loss 0.4427, 6 min 15 s left";
        assert_eq!(progress(&live), expected);
    }
}
