//! Where files cannot be handed over: jobs are lines on standard input.

use std::{fs::File, io};

/// Where jobs arrive.
#[derive(Debug)]
pub struct Jobs(());

impl Jobs {
    /// From standard input, of which this is to be the only reader.
    pub fn standard() -> io::Result<Self> {
        Ok(Self(()))
    }

    /// The next line, without its newline; `None` at the end.
    pub fn receive(&mut self) -> io::Result<Option<(String, Option<File>)>> {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line)?;
        Ok((read > 0).then(|| (line.trim_end_matches('\n').to_owned(), None)))
    }
}
