//! How far a transfer is: a bar where the program draws bars, a line now and then elsewhere.

use std::time::{Duration, Instant};

use tracing::Span;
use tracing_indicatif::span_ext::IndicatifSpanExt;

/// How often a log without bars hears of a transfer.
const EVERY: Duration = Duration::from_secs(10);

/// One transfer under way.
pub(super) struct Progress {
    span: Span,
    what: String,
    unit: Unit,
    total: u64,
    told: Instant,
}

/// What is counted.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    Bytes,
    Proteins,
}

impl Unit {
    fn of(self, done: u64, total: u64) -> String {
        match self {
            Self::Bytes => format!("{:.1} of {:.1} MB", done as f64 / 1e6, total as f64 / 1e6),
            Self::Proteins => format!("{done} of {total} proteins"),
        }
    }
}

impl Progress {
    pub(super) fn new(what: &str, unit: Unit, done: u64, total: u64) -> Self {
        let span = tracing::info_span!("fetch", what);
        span.pb_set_message(what);
        span.pb_set_length(total);
        span.pb_set_position(done);
        span.pb_start();
        tracing::info!("{what}: {}", unit.of(done, total));
        Self { span, what: what.to_owned(), unit, total, told: Instant::now() }
    }

    /// Says how much there is by now.
    pub(super) fn at(&mut self, done: u64) {
        self.span.pb_set_position(done);
        if self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            tracing::info!("{}: {}", self.what, self.unit.of(done, self.total));
        }
    }
}
