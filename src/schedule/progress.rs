//! What the user sees of a sweep while it goes on: bars on a terminal, plain lines elsewhere.
//!
//! Only the runner draws; the workers tell it [`Event`]s. Both faces say the same things in the
//! same words ([`track`]).

mod bars;
mod plain;
mod track;

use std::time::Instant;

pub use self::track::duration;
use self::{bars::Bars, plain::Plain, track::Track};
use super::state::Ending;
use titer_core::{
    clock,
    protocol::{Device, Event},
    results::{Failure, Live},
};

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Bars,
    Plain,
}

/// Shows a sweep.
#[derive(Debug)]
pub struct Progress {
    runs: Vec<Track>,
    face: Face,
}

#[derive(Debug)]
enum Face {
    Bars(Bars),
    Plain(Plain),
}

impl Progress {
    /// A sweep of runs with these names, beside those that are done already.
    #[must_use]
    pub fn new(style: Style, names: impl IntoIterator<Item = String>, already: usize) -> Self {
        let runs: Vec<Track> = names.into_iter().map(Track::new).collect();
        let face = match style {
            Style::Bars => Face::Bars(Bars::new(runs.len(), already)),
            Style::Plain => Face::Plain(Plain::new(runs.len(), already)),
        };
        Self { runs, face }
    }

    /// A run was given to a worker.
    pub fn started(&mut self, run: usize, device: Device) {
        self.runs[run].begin(Live::new(clock::now(), device.to_string()));
        match &mut self.face {
            Face::Bars(bars) => bars.started(run, &self.runs[run]),
            Face::Plain(plain) => plain.started(run, &self.runs[run], device, Instant::now()),
        }
    }

    /// A worker told of its run.
    pub fn told(&mut self, run: usize, event: &Event) {
        let track = &mut self.runs[run];
        track.take(event);
        match &mut self.face {
            Face::Bars(bars) => bars.told(run, track, event),
            Face::Plain(plain) => plain.told(run, track, event, Instant::now()),
        }
    }

    /// A run belongs to another sweep.
    pub fn elsewhere(&mut self, run: usize) {
        tracing::info!("{}: another sweep is running it", self.runs[run].name);
    }

    /// A run has crashed and will be tried again.
    pub fn crashed(&mut self, run: usize, failure: &Failure) {
        tracing::warn!("{}", self.runs[run].crash(failure));
        match &mut self.face {
            Face::Bars(bars) => bars.crashed(run),
            Face::Plain(plain) => plain.ended(run),
        }
    }

    /// How far a run is, for `live.json`.
    #[must_use]
    pub fn live(&self, run: usize) -> Live {
        self.runs[run].live()
    }

    /// A run has come to its end.
    pub fn ended(&mut self, run: usize, ending: Ending, failure: Option<&Failure>) {
        tracing::info!("{}", self.runs[run].end(ending, failure));
        match &mut self.face {
            Face::Bars(bars) => bars.ended(run, ending, self.runs[run].seconds),
            Face::Plain(plain) => plain.ended(run),
        }
    }
}
