//! Where a worker's words go: standard error, which is the run's log where there is one run; in a
//! lane, to the log that came with the run.

use std::{
    cell::RefCell,
    fs::File,
    io::{self, Write},
    rc::Rc,
};

thread_local! {
    static OWN: RefCell<Option<Rc<File>>> = const { RefCell::new(None) };
}

/// From now on this thread writes to a run's log. The file carries the claim on the run: it is held
/// until [`release`].
pub fn write_to(log: File) {
    OWN.set(Some(Rc::new(log)));
}

/// This thread is done with the run whose log it wrote to: from now on its words go to standard
/// error.
pub fn release() {
    OWN.set(None);
}

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
