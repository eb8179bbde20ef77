//! The edge of [`super::state`]: does what the state machine says with worker processes on this
//! machine.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::Path,
    process::ExitStatus,
    sync::mpsc::{self, Receiver, SyncSender},
    time::{Duration, Instant},
};

use super::{
    Error, Interrupts, Worker, clearing,
    places::Places,
    progress::Progress,
    state::{Action, Ending, Event, Plan, Sweep},
    verdict::{Reason, Testimony},
    worker::{Heard, Process, Speech},
};
use titer_core::{
    protocol::{Event as Told, Job, Line, Sharing},
    results::{
        Claim, Failure, FailureKind, Keep, RunFolder, RunState,
        manifest::{self, Status},
    },
    text::with_causes,
};

/// How long the loop sleeps where no worker says anything.
const TICK: Duration = Duration::from_millis(50);

/// Lines that are listened to before anything else is looked after.
const MOST_LINES: usize = 4096;

/// How often the runs of other sweeps are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How often `live.json` is written.
const LIVE_EVERY: Duration = Duration::from_secs(2);

/// Two turns of the loop so far apart say that titer itself was not running: the machine slept, or
/// somebody stopped it.
const ABSENCE: Duration = Duration::from_secs(5);

/// How a sweep treats its workers and what they leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How often a run that crashes is tried again.
    pub retries: u32,
    /// The longest time without any sign of life, after which a worker is killed.
    pub silence: Duration,
    /// The longest time without progress, a step for one.
    pub hang: Duration,
    /// Where no run keeps its weights, they go as soon as it has ended.
    pub keep: Keep,
}

/// What came of a sweep.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Done {
    /// How each run ended, in the jobs' order; `None` for those that did not.
    pub endings: Vec<Option<Ending>>,
    pub failures: Vec<Failure>,
    pub interrupted: bool,
}

/// Does the jobs, as many at a time as there is room for, each in a process of its own, or in one
/// that is shared by all at one place. A job's `device`, `threads` and `sharing` are set here. Jobs
/// that another sweep has are left to it, and taken over where it leaves them.
///
/// A run that crashes is tried again from its last checkpoint. One that fails leaves `failure.json`
/// and `log.txt` and does not stop the others. An interruption stops the workers at a checkpoint, a
/// second one kills them; what they had finished stays.
#[must_use]
pub fn run(
    jobs: &[Job],
    plan: &Plan,
    places: &Places,
    rules: Rules,
    worker: &Worker,
    interrupts: &Interrupts,
    progress: &mut Progress,
) -> Done {
    let (sender, heard) = mpsc::sync_channel(1024);
    let (sweep, actions) = Sweep::begin(plan, rules.retries);
    let known = jobs.iter().map(|job| Failure::read(&folder(job)).ok().flatten()).collect();
    let now = Instant::now();
    let mut local = Local {
        jobs,
        places,
        worker,
        rules,
        progress,
        sender,
        known,
        running: BTreeMap::new(),
        failures: BTreeMap::new(),
        sweep,
        turned: now,
        looked: now,
    };
    local.act(actions);
    while !local.sweep.is_over() || !local.running.is_empty() {
        local.listen(&heard);
        local.heed(interrupts);
        local.watch();
        local.collect();
        local.look();
        local.dismiss();
    }
    Done {
        endings: local.sweep.endings().collect(),
        interrupted: local.sweep.was_interrupted(),
        failures: local.failures.into_values().collect(),
    }
}

struct Local<'a> {
    jobs: &'a [Job],
    places: &'a Places,
    worker: &'a Worker,
    rules: Rules,
    progress: &'a mut Progress,
    sender: SyncSender<Speech>,
    /// The failure that lay in each run's folder when this sweep last looked: any other is another
    /// sweep's.
    known: Vec<Option<Failure>>,
    /// By the number of the process.
    running: BTreeMap<u64, Running>,
    /// Of the runs that have failed for good.
    failures: BTreeMap<usize, Failure>,
    sweep: Sweep,
    turned: Instant,
    looked: Instant,
}

struct Running {
    process: Process,
    /// Other runs may join it.
    is_shared: bool,
    /// The runs it works on, by the numbers of their jobs.
    attempts: BTreeMap<usize, Attempt>,
    /// The jobs it was ever given.
    given: usize,
    stopped: bool,
    /// When it last said anything.
    heard: Instant,
}

impl Running {
    const fn new(process: Process, is_shared: bool, now: Instant) -> Self {
        Self { process, is_shared, attempts: BTreeMap::new(), given: 0, stopped: false, heard: now }
    }

    fn add(&mut self, run: usize, claim: Claim, now: Instant) {
        let attempt = Attempt { run, testimony: Testimony::default(), shown: now, progressed: now, lost: None, claim };
        self.attempts.insert(self.given, attempt);
        self.given += 1;
    }

    /// As if it had just got on.
    fn forgive(&mut self, now: Instant) {
        self.heard = now;
        self.attempts.values_mut().for_each(|attempt| attempt.progressed = now);
    }

    /// It is killed because it does not get on, or not with these runs. Those beside them are not
    /// to blame.
    fn kill(&mut self, hung: impl Fn(&Attempt) -> bool, how: &str) {
        let some_get_on = self.given > 1 && !self.attempts.values().all(&hung);
        for attempt in self.attempts.values_mut() {
            let hangs = hung(attempt);
            let beside = || format!("its worker was killed because another run beside it hung: {how}");
            attempt.testimony.hangs(if hangs { how.to_owned() } else { beside() });
            attempt.lost = some_get_on.then_some(hangs);
        }
        self.process.kill();
    }
}

/// What a worker does for one run.
struct Attempt {
    run: usize,
    testimony: Testimony,
    /// When `live.json` was last written.
    shown: Instant,
    /// When the worker last got on with it.
    progressed: Instant,
    /// The worker was killed for one of its runs: whether it was this one.
    lost: Option<bool>,
    /// Held until what became of the run is written down.
    claim: Claim,
}

/// What a look at a run says before it is started.
enum Found {
    Open,
    /// There is nothing to do: how it ended, and the failure where it failed.
    Ended(Ending, Option<Failure>),
}

impl Local<'_> {
    fn act(&mut self, actions: Vec<Action>) {
        let mut actions = std::collections::VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Start { run, place, worker, sharing } => actions.extend(self.start(run, place, worker, sharing)),
                Action::Stop { run } => {
                    let works_on = |running: &&mut Running| running.attempts.values().any(|attempt| attempt.run == run);
                    if let Some(running) = self.running.values_mut().find(works_on) {
                        running.stopped = true;
                        running.process.stop();
                    }
                }
            }
        }
    }

    /// Claims a run and gives it to a worker; what is to be done next where it does not come to
    /// that.
    fn start(&mut self, run: usize, place: usize, worker: u64, sharing: usize) -> Vec<Action> {
        let claim = match self.claim(run) {
            Ok(claim) => claim,
            Err(instead) => return instead,
        };
        let (device, threads) = (self.places.devices[place], self.places.threads);
        let sharing = if self.places.are_shared { Sharing::Lanes(sharing) } else { Sharing::Alone };
        let job = Job { device, threads, sharing, ..self.jobs[run].clone() };
        self.progress.started(run, device);
        match self.employ(worker, &job, &claim) {
            Ok(()) => {
                if let Some(running) = self.running.get_mut(&worker) {
                    running.add(run, claim, Instant::now());
                }
                self.show(run);
                Vec::new()
            }
            Err(error) => {
                let actions = self.end(run, Err(unstartable(&error)), None);
                claim.release();
                actions
            }
        }
    }

    /// Gives a job to the worker of this number, which is started where there is none.
    fn employ(&mut self, number: u64, job: &Job, claim: &Claim) -> Result<(), Error> {
        let now = Instant::now();
        if !self.places.are_shared {
            let process = self.worker.start(number, job, claim, &self.sender)?;
            self.running.insert(number, Running::new(process, false, now));
            return Ok(());
        }
        let running = match self.running.entry(number) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let process = self.worker.share(number, job.threads, &self.sender)?;
                new.insert(Running::new(process, true, now))
            }
        };
        running.process.give(job, claim).map_err(|source| self.worker.unstarted(source))
    }

    /// Claims a run and makes its folder ready; what is to be done next where it does not come to
    /// that.
    fn claim(&mut self, run: usize) -> Result<Claim, Vec<Action>> {
        let folder = folder(&self.jobs[run]);
        let claim = match Claim::take(&folder) {
            Ok(Some(claim)) => claim,
            Ok(None) => {
                self.progress.elsewhere(run);
                return Err(self.sweep.handle(Event::Busy { run }));
            }
            Err(error) => {
                let failure = self.failure(run, unstartable(&error.into()));
                return Err(self.fail(run, failure, None));
            }
        };
        // The claim may have come free because the run has ended.
        if let Found::Ended(ending, failure) = self.find(run) {
            claim.release();
            return Err(self.elsewhere(run, ending, failure, |run, ending| Event::Ended { run, ending }));
        }
        match clearing::before_an_attempt(&folder, &claim) {
            Ok(()) => Ok(claim),
            Err(error) => {
                let actions = self.end(run, Err(unstartable(&error.into())), None);
                claim.release();
                Err(actions)
            }
        }
    }

    /// What a run's folder says that this sweep did not know.
    fn find(&self, run: usize) -> Found {
        let failed = |failure| Found::Ended(Ending::Failed, Some(failure));
        match folder(&self.jobs[run]).state() {
            RunState::Ended(manifest) => Found::Ended(ending_of(manifest.status), None),
            // A crash is worth another try, whoever saw it.
            RunState::Failed(failure) if failure.kind != FailureKind::Run && self.known[run].as_ref() != Some(&failure) => {
                failed(failure)
            }
            RunState::Unusable { message, hint } => {
                failed(Failure::new(self.jobs[run].key.clone(), FailureKind::Results, message, hint))
            }
            RunState::Failed(_) | RunState::Running | RunState::Interrupted | RunState::Pending => Found::Open,
        }
    }

    /// Waits a moment for what the workers have to say, and takes it: not all at once of one that
    /// does not stop talking.
    fn listen(&mut self, heard: &Receiver<Speech>) {
        for line in 0..MOST_LINES {
            let next = if line == 0 { heard.recv_timeout(TICK).ok() } else { heard.try_recv().ok() };
            let Some((worker, what)) = next else { break };
            if let Some(running) = self.running.get_mut(&worker) {
                match what {
                    Heard::Closed => running.process.close(),
                    Heard::Line(line) => {
                        running.heard = Instant::now();
                        self.hear(worker, &line);
                    }
                    Heard::Complaint(line) => {
                        running.attempts.values().for_each(|attempt| attempt.claim.note(&line));
                        tracing::debug!("a worker said: {line}");
                    }
                }
            }
        }
    }

    /// Takes a line of a worker's.
    fn hear(&mut self, worker: u64, line: &str) {
        let Some(running) = self.running.get_mut(&worker).filter(|_| !line.is_empty()) else { return };
        let told = serde_json::from_str::<Line>(line).ok().filter(|told| told.job < running.given);
        let Some(Line { job, event }) = told else {
            tracing::debug!("a worker wrote an invalid event: {line}");
            running.attempts.values_mut().for_each(|attempt| attempt.testimony.wonder(line));
            return;
        };
        // The worker lives, or speaks of a run that it has done.
        let Some(attempt) = running.attempts.get_mut(&job) else { return };
        attempt.testimony.hear(&event);
        if attempt.testimony.is_foreign() {
            running.process.kill();
        }
        let (run, now) = (attempt.run, running.heard);
        let due = now.duration_since(attempt.shown) >= LIVE_EVERY || matches!(event, Told::Started { .. });
        if due {
            attempt.shown = now;
        }
        if event != Told::Alive {
            attempt.progressed = now;
            self.progress.told(run, &event);
        }
        if due {
            self.show(run);
        }
        self.hear_out(worker, job);
    }

    /// Where the worker goes on with others, a run is over when it has told of the run's end.
    fn hear_out(&mut self, worker: u64, job: usize) {
        let Some(running) = self.running.get_mut(&worker).filter(|running| running.is_shared) else { return };
        if running.attempts.get(&job).is_some_and(|attempt| attempt.testimony.tells_an_end())
            && let Some(attempt) = running.attempts.remove(&job)
        {
            let stopped = running.stopped;
            let actions = self.conclude(attempt, None, stopped);
            self.act(actions);
        }
    }

    /// Leaves word of a run for `titer status`; the sweep does without where that fails.
    fn show(&self, run: usize) {
        if let Err(error) = self.progress.live(run).write(&folder(&self.jobs[run])) {
            tracing::debug!("{}", with_causes(&error));
        }
    }

    fn heed(&mut self, interrupts: &Interrupts) {
        if interrupts.count() > 0 && !self.sweep.was_interrupted() {
            tracing::warn!("interrupted: every run writes a checkpoint and stops (Ctrl-C again stops them at once)");
            let actions = self.sweep.handle(Event::Interrupted);
            self.act(actions);
        }
        if interrupts.count() > 1 {
            for running in self.running.values_mut() {
                running.process.kill();
            }
        }
    }

    /// Kills the workers that hang.
    fn watch(&mut self) {
        let now = Instant::now();
        let absent = now.duration_since(std::mem::replace(&mut self.turned, now)) > ABSENCE;
        let Rules { silence, hang, .. } = self.rules;
        for running in self.running.values_mut() {
            if absent {
                running.forgive(now);
            }
            let hangs = |attempt: &Attempt| now.duration_since(attempt.progressed) > hang;
            if now.duration_since(running.heard) > silence {
                running.kill(|_| true, &format!("the worker gave no sign of life for {} s", silence.as_secs()));
            } else if running.attempts.values().any(hangs) {
                running.kill(hangs, &format!("the worker made no progress for {} s", hang.as_secs()));
            } else {
                continue;
            }
            running.forgive(now);
        }
    }

    /// Takes note of the workers that have ended.
    fn collect(&mut self) {
        let ended: Vec<(u64, ExitStatus)> =
            self.running.iter_mut().filter_map(|(&worker, running)| Some((worker, running.process.ended()?))).collect();
        for (worker, status) in ended {
            let Some(Running { attempts, stopped, .. }) = self.running.remove(&worker) else { continue };
            // None of what follows goes to it any more.
            let mut actions = self.sweep.handle(Event::Closed { worker });
            // Those that it was killed for go last: the others are first to go on.
            let (hung, others): (Vec<_>, Vec<_>) = attempts.into_values().partition(|attempt| attempt.lost == Some(true));
            for attempt in others.into_iter().chain(hung) {
                actions.extend(self.conclude(attempt, Some(status), stopped));
            }
            self.act(actions);
        }
    }

    /// Sends home the workers for which there is nothing more to do.
    fn dismiss(&mut self) {
        for running in self.running.values_mut().filter(|running| running.attempts.is_empty()) {
            running.process.dismiss();
        }
    }

    /// Takes note of what became of a run, now that its worker has ended, or is done with it and
    /// goes on. The run is free when this returns: another try claims it anew.
    fn conclude(&mut self, attempt: Attempt, status: Option<ExitStatus>, stopped: bool) -> Vec<Action> {
        let Attempt { run, testimony, lost, claim, .. } = attempt;
        if let Some(line) = testimony.invalid() {
            tracing::warn!("the worker of run {} wrote an invalid event: {line:?}", self.jobs[run].key);
        }
        let folder = folder(&self.jobs[run]);
        let verdict = testimony.judge(status, stopped, manifest::read(&folder));
        clearing::after_an_attempt(&folder);
        if let Ok(Ending::Finished | Ending::Diverged) = verdict {
            clearing::after_the_end(&folder);
            if self.rules.keep == Keep::None
                && let Err(error) = folder.remove_best(self.rules.keep)
            {
                tracing::warn!("the weights of run {} stay: {}", self.jobs[run].key, with_causes(&error));
            }
        }
        let actions = self.end(run, verdict, lost);
        claim.release();
        actions
    }

    /// Looks after the runs of other sweeps, where there is room for one more.
    fn look(&mut self) {
        if !self.sweep.has_room() || self.looked.elapsed() < LOOK_EVERY {
            return;
        }
        self.looked = Instant::now();
        let elsewhere: Vec<usize> = self.sweep.elsewhere().collect();
        for run in elsewhere.into_iter().filter(|&run| !Claim::is_taken(&folder(&self.jobs[run]))) {
            let actions = match self.find(run) {
                Found::Ended(ending, failure) => {
                    self.elsewhere(run, ending, failure, |run, ending| Event::EndedElsewhere { run, ending })
                }
                Found::Open => self.sweep.handle(Event::Freed { run }),
            };
            self.act(actions);
        }
    }

    /// Takes note of a run that ended without a worker of this sweep.
    fn elsewhere(
        &mut self,
        run: usize,
        ending: Ending,
        failure: Option<Failure>,
        event: fn(usize, Ending) -> Event,
    ) -> Vec<Action> {
        self.progress.ended(run, ending, failure.as_ref());
        self.failures.extend(failure.map(|failure| (run, failure)));
        self.sweep.handle(event(run, ending))
    }

    /// Takes note of what became of a run that is claimed. `lost` says whether its worker was
    /// killed for it, or for another.
    fn end(&mut self, run: usize, verdict: Result<Ending, Reason>, lost: Option<bool>) -> Vec<Action> {
        let reason = match verdict {
            Ok(ending) => {
                self.progress.ended(run, ending, None);
                return self.sweep.handle(Event::Ended { run, ending });
            }
            Err(reason) => reason,
        };
        let failure = self.failure(run, reason);
        // The failure is told at the end of the sweep all the same; the disk may be what failed.
        if let Err(error) = failure.write(&folder(&self.jobs[run])) {
            tracing::error!("{}", with_causes(&error));
        }
        self.known[run] = Some(failure.clone());
        self.fail(run, failure, lost)
    }

    fn failure(&self, run: usize, Reason { kind, message, hint }: Reason) -> Failure {
        let job = &self.jobs[run];
        Failure::new(job.key.clone(), kind, anonymous(&message, job), hint.map(|hint| anonymous(&hint, job)))
    }

    fn fail(&mut self, run: usize, failure: Failure, lost: Option<bool>) -> Vec<Action> {
        let actions = self.sweep.handle(match (failure.kind, lost) {
            (FailureKind::Run, Some(hung)) => Event::Lost { run, hung },
            (FailureKind::Run, None) => Event::Ended { run, ending: Ending::Crashed },
            _ => Event::Ended { run, ending: Ending::Failed },
        });
        if self.sweep.ending(run).is_some() {
            self.progress.ended(run, Ending::Failed, Some(&failure));
            self.failures.insert(run, failure);
        } else {
            self.progress.crashed(run, &failure);
        }
        actions
    }
}

/// Why a run could not be started.
fn unstartable(error: &Error) -> Reason {
    // A process that cannot be started now may well start in a moment.
    let kind = if matches!(error, Error::Results(_)) { FailureKind::Results } else { FailureKind::Run };
    let hint = miette::Diagnostic::help(error).map(|help| help.to_string());
    Reason { kind, message: with_causes(error), hint }
}

fn folder(job: &Job) -> RunFolder {
    RunFolder::at(job.output.clone())
}

const fn ending_of(status: Status) -> Ending {
    match status {
        Status::Finished => Ending::Finished,
        Status::Diverged => Ending::Diverged,
    }
}

/// A text without the paths that tell whose machine it was: a failure is part of the results.
fn anonymous(text: &str, job: &Job) -> String {
    let home = std::env::home_dir();
    let results = job.output.ancestors().nth(3);
    let weights = job.weights.as_deref().and_then(Path::parent);
    let folders = [
        Some((job.project.as_path(), "")),
        results.map(|results| (results, "")),
        weights.map(|weights| (weights, "")),
        home.as_deref().map(|home| (home, "~/")),
    ];
    folders
        .into_iter()
        .flatten()
        .filter(|(folder, _)| folder.parent().is_some())
        .fold(text.to_owned(), |text, (folder, short)| text.replace(&format!("{}/", folder.display()), short))
}
