//! Exit codes of `titer`: every module's error knows its own.

use std::process::ExitCode;

/// Why `titer` ends without having done what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// A run failed, or results could not be written.
    Failed = 1,
    /// The file or the call is wrong.
    Usage = 2,
    /// An input is missing or not what was pinned.
    Input = 3,
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
