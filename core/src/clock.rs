//! The wall clock, which may jump: it is for people to read, and nothing is decided by it. What is
//! measured or waited for goes by [`std::time::Instant`].
#![expect(clippy::disallowed_methods, reason = "the one place that looks at the wall clock")]

use std::time::{Duration, SystemTime};

/// Now, to the second: RFC 3339, UTC.
#[must_use]
pub fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// Now, to the millisecond.
#[must_use]
pub fn now_exactly() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}

/// The time since then; `None` where it is no time, or lies ahead because the clock was set back.
#[must_use]
pub fn since(then: &str) -> Option<Duration> {
    SystemTime::now().duration_since(humantime::parse_rfc3339(then).ok()?).ok()
}
