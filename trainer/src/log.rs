//! Where a worker's words go: standard error, which is a run's log, or, in the thread of a run with a log of its own, there.

use std::{
    cell::RefCell,
    fs::File,
    io::{self, Write},
    rc::Rc,
};

thread_local! {
    static OWN: RefCell<Option<Rc<File>>> = const { RefCell::new(None) };
}

/// From now on this thread writes to the log that the runner left open at `descriptor`. The file carries the claim on the run: it
/// is held until the thread ends.
#[cfg(unix)]
pub fn write_to(descriptor: i32) {
    // SAFETY: the runner opened it for this thread alone and says so in the job.
    let file = unsafe { <File as std::os::fd::FromRawFd>::from_raw_fd(descriptor) };
    OWN.set(Some(Rc::new(file)));
}

/// Runners hand down no logs here.
#[cfg(not(unix))]
pub fn write_to(_: i32) {}

/// What this thread's words are written to.
pub fn writer() -> Log {
    OWN.with_borrow(Clone::clone).map_or_else(|| Log::Shared(io::stderr()), Log::Own)
}

#[derive(Debug)]
pub enum Log {
    Own(Rc<File>),
    Shared(io::Stderr),
}

impl Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        match self {
            Self::Own(file) => (&**file).write(text),
            Self::Shared(stderr) => stderr.write(text),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Own(file) => (&**file).flush(),
            Self::Shared(stderr) => stderr.flush(),
        }
    }
}
