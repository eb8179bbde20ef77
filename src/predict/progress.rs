//! How far predicting is: a bar on a terminal, a line now and then elsewhere.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use tracing::{Span, info_span};
use tracing_indicatif::{span_ext::IndicatifSpanExt as _, style::ProgressStyle};

use crate::schedule::progress::{Style, duration};
use titer_core::text::thousands;

/// The longest silence.
const EVERY: Duration = Duration::from_secs(15);

/// Says how many proteins are done.
#[derive(Debug)]
pub struct Progress {
    all: usize,
    begun: Instant,
    spoken: Cell<Instant>,
    bar: Option<Span>,
}

impl Progress {
    #[must_use]
    pub fn new(style: Style, all: usize) -> Self {
        let bar = (style == Style::Bars).then(|| {
            let bar = info_span!(parent: None, "predict");
            let style = ProgressStyle::with_template("predict {bar:24} {pos}/{len} proteins, {elapsed}  {wide_msg}");
            bar.pb_set_style(&style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─"));
            bar.pb_set_length(all as u64);
            bar.pb_start();
            bar
        });
        Self { all, begun: Instant::now(), spoken: Cell::new(Instant::now()), bar }
    }

    /// So many are done.
    pub fn told(&self, done: usize) {
        let pace = done as f64 / self.begun.elapsed().as_secs_f64().max(1e-3);
        let left = || {
            if done > 0 { format!(", {} left", duration((self.all - done.min(self.all)) as f64 / pace)) } else { String::new() }
        };
        if let Some(bar) = &self.bar {
            bar.pb_set_position(done as u64);
            bar.pb_set_message(&format!("{pace:.0} a second{}", left()));
        } else if self.spoken.get().elapsed() >= EVERY {
            self.spoken.set(Instant::now());
            tracing::info!("{} of {} proteins, {pace:.0} a second{}", thousands(done), thousands(self.all), left());
        }
    }

    /// Since the beginning.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }
}
