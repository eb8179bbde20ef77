//! A worker's jobs: one in the main thread, or several in lanes beside one another.

use std::{
    fs::File,
    io,
    panic::{self, AssertUnwindSafe},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use titer_core::protocol::handover::Jobs;
use titer_core::protocol::{Event, Job, Sharing};
use titer_trainer::{
    native,
    run::{self, Began, Inputs, RunError},
};

use crate::{life, log};

/// Does the jobs that arrive on standard input, and tells of them. Whether each was done, or
/// stopped as it was asked to.
pub fn work() -> io::Result<bool> {
    let mut jobs = Jobs::standard()?;
    let first = next(&mut jobs)?.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "there is no job"))?;
    let stop = life::watch();
    match first.job.sharing {
        Sharing::Alone => {
            if first.job.tethered {
                life::tether(jobs);
            }
            Ok(one(first, &Inputs::default(), stop, || ()))
        }
        Sharing::Lanes(_) => beside_one_another(first, jobs, stop),
    }
}

/// A job that has arrived.
struct Arrived {
    /// In the order of arrival.
    number: usize,
    job: Job,
    log: Option<File>,
    began: Began,
}

fn next(jobs: &mut Jobs) -> io::Result<Option<Arrived>> {
    let Some((line, log)) = jobs.receive()? else { return Ok(None) };
    Ok(Some(Arrived { number: 0, job: serde_json::from_str(&line)?, log, began: Began::now() }))
}

/// Gives each job to a lane that is free, or a new one, until there are no more, and then until
/// they are done.
///
/// A lane is a thread that does one job after the other: on a GPU it keeps its stream, of which
/// there are not as many as there may be jobs.
fn beside_one_another(first: Arrived, mut jobs: Jobs, stop: &AtomicBool) -> io::Result<bool> {
    let tethered = first.job.tethered;
    let (inputs, all_done) = (Inputs::default(), AtomicBool::new(true));
    // Lanes without a job, and jobs that are not done.
    let (free, open) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (sender, receiver) = mpsc::channel::<Arrived>();
    let receiver = Mutex::new(receiver);
    let lane = || {
        loop {
            let arrived = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(arrived) = arrived else { break };
            let done = one(arrived, &inputs, stop, || {
                // Before the runner hears of the end: the job that it sends then finds this lane free.
                open.fetch_sub(1, Ordering::SeqCst);
                free.fetch_add(1, Ordering::SeqCst);
            });
            all_done.fetch_and(done, Ordering::SeqCst);
        }
    };
    let read = thread::scope(|scope| {
        let give = |arrived: Arrived| {
            open.fetch_add(1, Ordering::SeqCst);
            let is_taken = |free: usize| free.checked_sub(1);
            if free.fetch_update(Ordering::SeqCst, Ordering::SeqCst, is_taken).is_err() {
                scope.spawn(lane);
            }
            // The receiver is there as long as this function goes on.
            let _ = sender.send(arrived);
        };
        give(first);
        let read = (1..).try_for_each(|number| match next(&mut jobs) {
            Ok(Some(arrived)) => {
                give(Arrived { number, ..arrived });
                Ok(())
            }
            Ok(None) => Err(None),
            Err(error) => Err(Some(error)),
        });
        if tethered && open.load(Ordering::SeqCst) > 0 {
            life::leave();
        }
        drop(sender);
        read
    });
    match read {
        Err(Some(error)) => Err(error),
        _ => Ok(all_done.into_inner()),
    }
}

/// Does a job; `over` is called before its end is told.
fn one(Arrived { number, job, log, began }: Arrived, inputs: &Inputs, stop: &AtomicBool, over: impl FnOnce()) -> bool {
    let tell = |event| tell(number, event, stop);
    if let Some(log) = log {
        log::write_to(log);
    }
    // The end is told when everything is put away: the runner may give the run to another worker then.
    let mut end = None;
    let mut emit = |event| match event {
        Event::Finished { .. } => end = Some(event),
        event => tell(event),
    };
    let done = caught(|| run::run(&job, &*inputs.of(&job)?, &began, stop, &mut emit)).map_err(|error| error.in_job(&job));
    let is_done = match &done {
        Ok(()) => true,
        Err(error @ RunError::Stopped { .. }) => {
            tracing::info!("{error}");
            true
        }
        Err(error) => {
            tracing::error!("{error}");
            false
        }
    };
    log::release();
    over();
    if let Some(event) = done.err().map(|error| error.event()).or(end) {
        tell(event);
    }
    is_done
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
