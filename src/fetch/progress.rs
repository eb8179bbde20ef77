//! How far a transfer is: a bar where the program draws bars, a line now and then elsewhere.

use std::time::{Duration, Instant};

use indicatif::ProgressStyle;
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
    /// How a bar looks that counts this.
    fn style(self) -> ProgressStyle {
        let template = match self {
            Self::Bytes => "{msg} {bar:30} {bytes} of {total_bytes}, {eta} left",
            Self::Proteins => "{msg} {bar:30} {human_pos} of {human_len} proteins, {eta} left",
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        style.progress_chars("━╸─")
    }

    fn of(self, done: u64, total: u64) -> String {
        match self {
            Self::Bytes if total < 1_000_000 => format!("{:.1} of {:.1} kB", done as f64 / 1e3, total as f64 / 1e3),
            Self::Bytes => format!("{:.1} of {:.1} MB", done as f64 / 1e6, total as f64 / 1e6),
            Self::Proteins => format!("{done} of {total} proteins"),
        }
    }
}

impl Progress {
    pub(super) fn new(what: &str, unit: Unit, done: u64, total: u64) -> Self {
        let span = tracing::info_span!("fetch", what);
        span.pb_set_style(&unit.style());
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
