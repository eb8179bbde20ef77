//! A worker's jobs: one in the main thread, or several in a thread each, beside one another.

use std::{
    io::{self, BufRead},
    panic::{self, AssertUnwindSafe},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use titer::schedule::protocol::{Company, Event, Job};
use titer_trainer::{
    native,
    run::{self, RunError, Shared},
};

use crate::{life, log};

/// The jobs on standard input: the first says how many there are.
pub fn read() -> io::Result<Vec<Job>> {
    let mut input = io::stdin().lock();
    let mut next = || {
        let mut line = String::new();
        input.read_line(&mut line)?;
        serde_json::from_str::<Job>(&line).map_err(io::Error::from)
    };
    let first = next()?;
    let others = (1..first.company.jobs()).map(|_| next()).collect::<io::Result<Vec<Job>>>()?;
    Ok([vec![first], others].concat())
}

/// Does the jobs and tells of them. Whether each was done, or stopped as it was asked to.
pub fn work(jobs: &[Job]) -> bool {
    let stop = life::watch(jobs.iter().any(|job| job.tethered));
    let shared = match caught(|| Shared::prepare(jobs)).map_err(|error| error.in_job(&jobs[0])) {
        Ok(shared) => shared,
        Err(error) => {
            (0..jobs.len()).for_each(|number| tell(number, error.event(), stop));
            tracing::error!("{error}");
            return false;
        }
    };
    if jobs[0].company == Company::Alone {
        return one(0, &jobs[0], &shared, stop);
    }
    thread::scope(|scope| {
        let shared = &shared;
        let run = |(number, job)| scope.spawn(move || one(number, job, shared, stop));
        let runs: Vec<_> = jobs.iter().enumerate().map(run).collect();
        // Where one was not done, the scope still waits for the others.
        runs.into_iter().all(|run| run.join().unwrap_or(false))
    })
}

fn one(number: usize, job: &Job, shared: &Shared, stop: &AtomicBool) -> bool {
    if let Some(descriptor) = job.log {
        log::write_to(descriptor);
        tracing::info!("computed beside other runs: what libtorch itself says is in the log of the first of them");
    }
    let mut emit = |event| tell(number, event, stop);
    let done = caught(|| run::run(job, shared, stop, &mut emit)).map_err(|error| error.in_job(job));
    let Err(error) = done else { return true };
    emit(error.event());
    if let RunError::Stopped { .. } = error {
        tracing::info!("{error}");
        return true;
    }
    tracing::error!("{error}");
    false
}

/// `tch` panics where libtorch refuses; the runner is told in words.
fn caught<T>(body: impl FnOnce() -> Result<T, RunError>) -> Result<T, RunError> {
    panic::catch_unwind(AssertUnwindSafe(body))
        .unwrap_or_else(|payload| Err(RunError::Panicked { message: native::panic_message(payload.as_ref()) }))
}

/// A runner that is gone is not worked for: a checkpoint, and the end.
fn tell(job: usize, event: Event, stop: &AtomicBool) {
    if let Err(error) = life::tell(job, event) {
        tracing::warn!("the runner does not listen any more: {error}");
        stop.store(true, Ordering::Relaxed);
    }
}
