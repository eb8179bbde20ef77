//! Standard output that may be closed before all is said: `titer plan … | head`.

use std::io::{self, Write};

use crate::error::Error;

/// Writes until nobody reads any more. What follows goes nowhere, and whatever was asked for is
/// done all the same: a sweep finishes, and its exit code counts.
#[derive(Debug)]
pub struct Output<W> {
    inner: W,
    is_closed: bool,
}

impl<W: Write> Output<W> {
    pub const fn new(inner: W) -> Self {
        Self { inner, is_closed: false }
    }

    /// Lets a command write that has nothing to do once nobody reads any more: then it ends, and
    /// has done well.
    pub fn until_closed(&mut self, command: impl FnOnce(&mut dyn Write) -> Result<(), Error>) -> Result<(), Error> {
        match command(&mut self.inner) {
            Err(Error::Output { source }) if source.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    fn unless_closed<T>(&mut self, otherwise: T, write: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.is_closed {
            return Ok(otherwise);
        }
        match write(&mut self.inner) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(otherwise)
            }
            other => other,
        }
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_closed(bytes.len(), |inner| inner.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed((), W::flush)
    }
}
