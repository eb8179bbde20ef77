//! Bars: one for the sweep; for each run that goes on, one for its steps and one for its epoch.
//!
//! A bar is a tracing span, which `tracing-indicatif` draws: log lines then pass above the bars
//! instead of through them.

use std::collections::BTreeMap;

use tracing::{Span, info_span};
use tracing_indicatif::{span_ext::IndicatifSpanExt as _, style::ProgressStyle};

use super::track::{Track, duration};
use crate::schedule::state::Ending;
use titer_core::{protocol::Event, text::thousands};

#[derive(Debug)]
pub(super) struct Bars {
    sweep: Span,
    running: BTreeMap<usize, RunBars>,
    /// Runs that have not come to their end.
    open: usize,
    failed: usize,
    /// Of the runs that have finished.
    seconds: Vec<f64>,
    /// The most runs that went on at a time.
    breadth: usize,
}

#[derive(Debug)]
struct RunBars {
    run: Span,
    epoch: Span,
}

impl Bars {
    pub(super) fn new(runs: usize, already: usize) -> Self {
        let sweep = info_span!(parent: None, "sweep");
        sweep.pb_set_style(&style("sweep {bar:24} {pos}/{len} runs, {elapsed}  {wide_msg}"));
        sweep.pb_set_length((runs + already) as u64);
        sweep.pb_set_position(already as u64);
        sweep.pb_start();
        Self { sweep, running: BTreeMap::new(), open: runs, failed: 0, seconds: Vec::new(), breadth: 0 }
    }

    pub(super) fn started(&mut self, run: usize, track: &Track) {
        let bar = info_span!(parent: &self.sweep, "run");
        bar.pb_set_style(&style("  run {bar:24} {wide_msg}"));
        bar.pb_set_message(&format!("{}: preparing", track.name));
        bar.pb_start();
        let epoch = info_span!(parent: &bar, "epoch");
        epoch.pb_set_style(&style("epoch {bar:24} {wide_msg}"));
        epoch.pb_start();
        self.running.insert(run, RunBars { run: bar, epoch });
        self.breadth = self.breadth.max(self.running.len());
    }

    pub(super) fn told(&mut self, run: usize, track: &Track, event: &Event) {
        let Some(bars) = self.running.get(&run) else { return };
        match event {
            Event::Started { .. } => {
                bars.run.pb_set_position(track.step);
                bars.run.pb_set_length(track.steps);
                bars.run.pb_set_message(&format!("{}: {}", track.name, track.all()));
                bars.epoch.pb_set_length(track.within_epoch().1);
            }
            Event::Step { .. } => {
                bars.run.pb_set_position(track.step);
                bars.run.pb_set_message(&format!(
                    "{}: {}/{}, {}",
                    track.name,
                    thousands(track.step),
                    thousands(track.steps),
                    track.pace()
                ));
                let (within, of) = track.within_epoch();
                bars.epoch.pb_set_length(of);
                bars.epoch.pb_set_position(within);
                bars.epoch.pb_set_message(&format!("{}/{}, step {within}/{of}", track.epoch, track.epochs));
            }
            Event::Freezing { done, of } => {
                bars.epoch.pb_set_length(*of as u64);
                bars.epoch.pb_set_position(*done as u64);
                bars.epoch.pb_set_message(&format!("computing what is frozen {done}/{of}"));
            }
            Event::Evaluating { epoch, done, of } => {
                bars.epoch.pb_set_length(*of as u64);
                bars.epoch.pb_set_position(*done as u64);
                bars.epoch.pb_set_message(&format!("{epoch}/{}, evaluating {done}/{of}", track.epochs));
            }
            Event::Epoch { .. } => {
                if let Some(line) = track.epoch_line(event) {
                    tracing::info!("{}: {line}", track.name);
                }
            }
            Event::Alive | Event::Checkpoint { .. } | Event::Stopped { .. } | Event::Finished { .. } | Event::Failed { .. } => {}
        }
    }

    /// It will be tried again.
    pub(super) fn crashed(&mut self, run: usize) {
        self.running.remove(&run);
    }

    pub(super) fn ended(&mut self, run: usize, ending: Ending, seconds: Option<f64>) {
        self.running.remove(&run);
        if ending == Ending::Stopped {
            return;
        }
        self.sweep.pb_inc(1);
        self.open = self.open.saturating_sub(1);
        self.failed += usize::from(ending == Ending::Failed);
        self.seconds.extend(seconds);
        self.sweep.pb_set_message(&self.outlook());
    }

    /// What is to be expected of the sweep, by the runs that have finished.
    fn outlook(&self) -> String {
        let failed = (self.failed > 0).then(|| format!("{} failed", self.failed));
        let mean = self.seconds.iter().sum::<f64>() / self.seconds.len().max(1) as f64;
        let rounds = self.open.div_ceil(self.breadth.max(1));
        let left = (mean > 0.0 && rounds > 0).then(|| format!("about {} left", duration(mean * rounds as f64)));
        [failed, left].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("━╸─")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outlook_of_a_sweep_is_the_mean_of_the_runs_that_finished() {
        let mut bars = Bars::new(7, 1);
        let track = Track::new("seed=1".into());
        for run in 0..2 {
            bars.started(run, &track);
        }
        assert_eq!(bars.outlook(), "");
        bars.ended(0, Ending::Failed, None);
        assert_eq!(bars.outlook(), "1 failed");
        bars.ended(1, Ending::Finished, Some(90.0));
        // Five runs, two at a time: three rounds.
        assert_eq!(bars.outlook(), "1 failed, about 4 min 30 s left");
    }
}
