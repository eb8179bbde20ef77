//! `titer status`: what is done, what runs and how far it is, what failed, what is left.

use std::{
    io::{IsTerminal as _, Write},
    path::PathBuf,
    thread,
    time::Duration,
};

use super::{
    ExperimentArgs, columns, place,
    resolved::{Reach, ResolvedRun, name, resolve},
    swept::{self, Swept},
};
use crate::{
    clock,
    error::Error,
    results::{
        Claim, ExperimentFolder, Live, RunState, Sweeping,
        tables::{RunRow, RunStatus},
    },
    schedule::progress::duration,
};

/// How often `--watch` looks again.
const EVERY: Duration = Duration::from_secs(2);

/// Shows what is done, what runs and how far it is, what failed and what is left.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// The folder of all results.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TITER_RESULTS", value_parser = place::path())]
    pub results: PathBuf,
    /// Looks again every two seconds, until no sweep goes on.
    #[arg(long)]
    pub watch: bool,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let loaded = args.experiment.load()?;
    let project = place::project()?;
    let runs = resolve(&loaded, &project, Reach::Cached)?;
    let file = &args.experiment.file;
    let folder = place::folder(file, &loaded, &args.results)?;
    if let Some(swept) = Swept::read(&folder)?
        && let Some(line) = swept::line(file, &swept.changes(file, &loaded, &folder, &project)?)
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
    /// Someone works on it now.
    running: bool,
    /// How far it is, where it has not ended.
    live: Option<Live>,
    /// An unfinished run can go on from where it stopped.
    checkpoint: bool,
}

impl Seen {
    fn at(run: &ResolvedRun, folder: &ExperimentFolder) -> Self {
        let folder = folder.run(&run.key);
        let running = Claim::is_taken(&folder);
        let state = folder.state();
        let open = !matches!(state, RunState::Ended(_) | RunState::Pending);
        // A look that fails is tried again at the next.
        let live = if open { Live::read(&folder).ok().flatten() } else { None };
        Self { row: state.row(&run.key, &run.point), running, live, checkpoint: open && folder.checkpoint().exists() }
    }

    fn status(&self) -> String {
        match self.row.status {
            RunStatus::Unfinished | RunStatus::Failed if self.running => "running".to_owned(),
            RunStatus::Unfinished => "interrupted".to_owned(),
            other => other.to_string(),
        }
    }

    fn note(&self) -> String {
        if self.running && self.row.status == RunStatus::Unfinished {
            return self.live.as_ref().map(progress).unwrap_or_default();
        }
        if let Some(failure) = &self.row.failure {
            return failure.clone();
        }
        match &self.row.test {
            Some(test) => format!("test accuracy {:.4}", test.accuracy),
            None if self.checkpoint => "goes on from its last checkpoint".to_owned(),
            None => String::new(),
        }
    }
}

/// `on cpu for 4 min 10 s, epoch 2/5, step 270/675, loss 0.4427, validation loss 0.4711, 6 min 15 s left`.
fn progress(live: &Live) -> String {
    let time = clock::since(&live.since).map(|time| format!(" for {}", duration(time.as_secs_f64()))).unwrap_or_default();
    let mut words = vec![format!("on {}{time}", live.device)];
    if live.steps == 0 {
        words.push("preparing".to_owned());
        return words.join(", ");
    }
    if live.from_step > 0 {
        words.push(format!("went on after step {}", live.from_step));
    }
    words.push(format!("epoch {}/{}, step {}/{}", live.epoch.max(1), live.epochs, live.step, live.steps));
    if live.loss.is_finite() {
        words.push(format!("loss {:.4}", live.loss));
    }
    words.extend(live.validation_loss.map(|loss| format!("validation loss {loss:.4}")));
    words.extend(live.seconds_left.map(|seconds| format!("{} left", duration(seconds))));
    words.join(", ")
}

fn show(out: &mut dyn Write, seen: &[Seen], sweeping: bool) -> std::io::Result<()> {
    let cells = |run: &Seen| vec![run.row.key.to_string(), run.status(), name(&run.row.point), run.note()];
    columns::write(out, &["key", "status", "run", ""], &seen.iter().map(cells).collect::<Vec<_>>())?;

    let count = |statuses: &[RunStatus]| seen.iter().filter(|run| statuses.contains(&run.row.status)).count();
    let done = count(&[RunStatus::Finished, RunStatus::Diverged]);
    let failed = count(&[RunStatus::Failed]);
    let left = seen.len() - done - failed;
    let sweep = if sweeping { "; a sweep is running" } else { "" };
    writeln!(out, "\n{done} of {} done, {failed} failed, {left} left{sweep}", seen.len())
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
        let expected = "on cuda:1, went on after step 200, epoch 2/5, step 270/675, loss 0.4427, 6 min 15 s left";
        assert_eq!(progress(&live), expected);
    }
}
