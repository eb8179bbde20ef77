//! A worker's signs of life, and how it is asked to stop.

use std::{
    io::{self, Write as _},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use titer_core::protocol::handover::Jobs;
use titer_core::protocol::{ALIVE_EVERY, Event, Line};

/// How long a worker whose runner is gone may take over its checkpoint.
const GRACE: Duration = Duration::from_mins(2);

static STOP: AtomicBool = AtomicBool::new(false);

/// Tells the runner that this process lives, from a thread of its own. What it returns becomes true
/// at SIGTERM or Ctrl-C, and where the runner is gone.
pub fn watch() -> &'static AtomicBool {
    let stop = || STOP.store(true, Ordering::Relaxed);
    if let Err(error) = ctrlc::set_handler(stop) {
        tracing::warn!("signals cannot be caught: {error}");
    }
    thread::spawn(move || {
        loop {
            thread::sleep(ALIVE_EVERY);
            if tell(0, Event::Alive).is_err() {
                return stop();
            }
        }
    });
    &STOP
}

/// Stops this process at the end of its input, which the runner holds open as long as it lives.
pub fn tether(mut jobs: Jobs) {
    thread::spawn(move || {
        // There is nothing more to read; an error is an end too.
        while let Ok(Some(_)) = jobs.receive() {}
        leave();
    });
}

/// The runner is gone: its runs write their checkpoints and stop, within a time.
pub fn leave() {
    STOP.store(true, Ordering::Relaxed);
    thread::spawn(|| {
        // Nobody is left to kill a process that hangs, and it has the claims on its runs.
        thread::sleep(GRACE);
        abandon();
    });
}

#[expect(clippy::exit, reason = "the main thread does not get on; every file it may be writing appears by a rename")]
fn abandon() -> ! {
    std::process::exit(1)
}

/// Writes an event of a job to standard output, as one line.
pub fn tell(job: usize, event: Event) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Line { job, event })?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}
