//! The edge of [`super::state`]: does what the state machine says with worker processes on this machine.

use std::{
    collections::BTreeMap,
    process::ExitStatus,
    sync::mpsc::{self, Receiver, SyncSender},
    time::Duration,
};

use super::{
    Error, Interrupts, Worker,
    device::Slots,
    progress::Progress,
    protocol::Job,
    state::{Action, Ending, Event, Sweep},
    verdict::{Reason, Testimony},
    worker::{Heard, Process},
};
use crate::results::{self, Failure, RunFolder, manifest};

/// How long the loop sleeps where no worker says anything.
const TICK: Duration = Duration::from_millis(50);

/// What came of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// How each run ended, in the jobs' order; `None` for those that were never started.
    pub endings: Vec<Option<Ending>>,
    pub failures: Vec<Failure>,
    pub interrupted: bool,
}

/// Does the jobs, as many at a time as there are slots, each in a process of its own. A job's `device` and `threads` are set here.
///
/// A run that fails leaves `failure.json` and `log.txt` and does not stop the others. An interruption stops the workers, a second
/// one kills them; what they had finished stays.
#[must_use]
pub fn run(jobs: &[Job], slots: &Slots, worker: &Worker, interrupts: &Interrupts, progress: &mut Progress) -> Done {
    let (sender, heard) = mpsc::sync_channel(1024);
    let (sweep, actions) = Sweep::begin(jobs.len(), slots.devices().len());
    let mut local = Local { jobs, slots, worker, progress, sender, running: BTreeMap::new(), failures: Vec::new(), sweep };
    local.act(actions);
    while !local.sweep.is_over() {
        local.listen(&heard);
        local.heed(interrupts);
        local.collect();
    }
    Done { endings: local.sweep.endings().collect(), interrupted: local.sweep.was_interrupted(), failures: local.failures }
}

struct Local<'a> {
    jobs: &'a [Job],
    slots: &'a Slots,
    worker: &'a Worker,
    progress: &'a mut Progress,
    sender: SyncSender<(usize, Heard)>,
    running: BTreeMap<usize, Running>,
    failures: Vec<Failure>,
    sweep: Sweep,
}

struct Running {
    process: Process,
    testimony: Testimony,
    stopped: bool,
}

impl Local<'_> {
    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Start { run, slot } => {
                    if let Err(error) = self.start(run, slot) {
                        let hint = miette::Diagnostic::help(&error).map(|help| help.to_string());
                        let message = with_causes(&error);
                        self.end(run, Err(Reason { kind: results::FailureKind::Run, message, hint }));
                    }
                }
                Action::Stop { run } => {
                    if let Some(running) = self.running.get_mut(&run) {
                        running.stopped = true;
                        running.process.stop();
                    }
                }
            }
        }
    }

    fn start(&mut self, run: usize, slot: usize) -> Result<(), Error> {
        let job = Job { device: self.slots.devices()[slot], threads: self.slots.threads(), ..self.jobs[run].clone() };
        let folder = RunFolder::at(job.output.clone());
        clear(&folder)?;
        self.progress.started(run, job.device);
        let process = self.worker.start(run, &job, &folder.log(), self.sender.clone())?;
        self.running.insert(run, Running { process, testimony: Testimony::default(), stopped: false });
        Ok(())
    }

    /// Waits a moment for what the workers have to say, and takes all of it.
    fn listen(&mut self, heard: &Receiver<(usize, Heard)>) {
        let mut next = heard.recv_timeout(TICK).ok();
        while let Some((run, what)) = next {
            if let Some(running) = self.running.get_mut(&run) {
                match what {
                    Heard::Closed => running.process.close(),
                    Heard::Line(line) => {
                        if let Some(event) = running.testimony.hear(&line) {
                            self.progress.told(run, &event);
                        }
                        if running.testimony.is_foreign() {
                            running.process.kill();
                        }
                    }
                }
            }
            next = heard.try_recv().ok();
        }
    }

    fn heed(&mut self, interrupts: &Interrupts) {
        if interrupts.count() > 0 && !self.sweep.was_interrupted() {
            tracing::warn!("interrupted: the workers are asked to end (once more kills them)");
            let actions = self.sweep.handle(Event::Interrupted);
            self.act(actions);
        }
        if interrupts.count() > 1 {
            for running in self.running.values_mut() {
                running.process.kill();
            }
        }
    }

    /// Takes note of the workers that have ended.
    fn collect(&mut self) {
        let ended: Vec<(usize, ExitStatus)> =
            self.running.iter_mut().filter_map(|(&run, running)| Some((run, running.process.ended()?))).collect();
        for (run, status) in ended {
            let Some(Running { testimony, stopped, .. }) = self.running.remove(&run) else { continue };
            if let Some(line) = testimony.rubbish() {
                tracing::warn!("the worker of run {} wrote what is no event: {line:?}", self.jobs[run].key);
            }
            let manifest = manifest::read(&RunFolder::at(self.jobs[run].output.clone()));
            self.end(run, testimony.judge(status, stopped, manifest));
        }
    }

    fn end(&mut self, run: usize, verdict: Result<Ending, Reason>) {
        let job = &self.jobs[run];
        let ending = match verdict {
            Ok(ending) => {
                self.progress.ended(run, ending, None);
                ending
            }
            Err(Reason { kind, message, hint }) => {
                let [message, hint] = [Some(message), hint].map(|text| text.map(|text| anonymous(&text, job)));
                let failure = Failure::new(job.key.clone(), kind, message.unwrap_or_default(), hint);
                // The failure is told at the end of the sweep all the same; the disk may be what failed.
                if let Err(error) = failure.write(&RunFolder::at(job.output.clone())) {
                    tracing::error!("{}", with_causes(&error));
                }
                self.progress.ended(run, Ending::Failed, Some(&failure));
                self.failures.push(failure);
                Ending::Failed
            }
        };
        let actions = self.sweep.handle(Event::Ended { run, ending });
        self.act(actions);
    }
}

/// Makes the run's folder, without what an earlier attempt left.
fn clear(folder: &RunFolder) -> Result<(), results::Error> {
    let path = folder.path();
    let cleared = match fs_err::remove_dir_all(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    cleared.and_then(|()| fs_err::create_dir_all(path)).map_err(|source| results::Error::write(path, source))
}

/// A text without the paths that tell whose machine it was: a failure is part of the results.
fn anonymous(text: &str, job: &Job) -> String {
    let home = std::env::home_dir();
    let folders = [Some((job.project.as_path(), "")), home.as_deref().map(|home| (home, "~/"))];
    folders
        .into_iter()
        .flatten()
        .filter(|(folder, _)| folder.parent().is_some())
        .fold(text.to_owned(), |text, (folder, short)| text.replace(&format!("{}/", folder.display()), short))
}

/// An error with what brought it about, on one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
