//! A worker's signs of life, and how it is asked to stop.

use std::{
    io::{self, Write as _},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use titer::schedule::protocol::{ALIVE_EVERY, Event};

/// How often is looked whether the runner still lives.
const LOOK_EVERY: Duration = Duration::from_secs(1);

static STOP: AtomicBool = AtomicBool::new(false);

/// Tells the runner that this process lives, from a thread of its own. What it returns becomes true at SIGTERM or Ctrl-C, and
/// where the runner has gone away, however it went: this process then has another parent.
pub fn watch() -> &'static AtomicBool {
    if let Err(error) = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed)) {
        tracing::warn!("signals cannot be caught: {error}");
    }
    let runner = parent();
    thread::spawn(move || {
        let mut told = Instant::now();
        loop {
            thread::sleep(LOOK_EVERY);
            let due = told.elapsed() >= ALIVE_EVERY;
            if due {
                told = Instant::now();
            }
            if parent() != runner || (due && tell(&Event::Alive).is_err()) {
                STOP.store(true, Ordering::Relaxed);
            }
        }
    });
    &STOP
}

/// Writes an event to standard output, as one line.
pub fn tell(event: &Event) -> io::Result<()> {
    let mut line = serde_json::to_vec(event)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}

#[cfg(unix)]
fn parent() -> u32 {
    std::os::unix::process::parent_id()
}

/// Elsewhere a runner that is gone shows by its closed pipe alone.
#[cfg(not(unix))]
const fn parent() -> u32 {
    0
}
