//! Lines for a log file: one at a run's start, one an epoch, and one now and then in between.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::track::{Track, thousands};
use crate::schedule::protocol::{Device, Event};

/// The longest silence of a run that goes on.
const EVERY: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct Plain {
    total: usize,
    already: usize,
    begun: usize,
    /// When each running run was last heard of.
    spoken: BTreeMap<usize, Instant>,
}

impl Plain {
    pub(super) const fn new(runs: usize, already: usize) -> Self {
        Self { total: runs + already, already, begun: 0, spoken: BTreeMap::new() }
    }

    pub(super) fn started(&mut self, run: usize, track: &Track, device: Device, now: Instant) {
        self.begun += 1;
        self.spoken.insert(run, now);
        tracing::info!("{}: run {} of {}, on {device}", track.name, self.already + self.begun, self.total);
    }

    pub(super) fn told(&mut self, run: usize, track: &Track, event: &Event, now: Instant) {
        let due = self.spoken.get(&run).is_none_or(|&spoken| now.duration_since(spoken) >= EVERY);
        if let Some(line) = line(track, event, due) {
            self.spoken.insert(run, now);
            tracing::info!("{}: {line}", track.name);
        }
    }

    pub(super) fn ended(&mut self, run: usize) {
        self.spoken.remove(&run);
    }
}

/// What there is to say of an event; of a step only where a line is due.
fn line(track: &Track, event: &Event, due: bool) -> Option<String> {
    match event {
        Event::Started { precision, steps, epochs, parameters, .. } => {
            let precision = format!("{precision:?}").to_lowercase();
            Some(format!("{} steps in {epochs} epochs, {} parameters, {precision}", thousands(*steps), thousands(*parameters)))
        }
        Event::Step { .. } => due.then(|| format!("step {}/{}, {}", thousands(track.step), thousands(track.steps), track.pace())),
        Event::Evaluating { done, of, .. } => {
            due.then(|| format!("evaluating, {}/{} proteins", thousands(*done as u64), thousands(*of as u64)))
        }
        Event::Epoch { .. } => track.epoch_line(event),
        Event::Finished { .. } | Event::Failed { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{experiment::Precision, schedule::protocol::PROTOCOL};

    #[test]
    fn steps_speak_only_when_a_line_is_due() {
        let mut track = Track::new("seed=42".into());
        let started =
            Event::Started { protocol: PROTOCOL, precision: Precision::Bf16, steps: 1_350, epochs: 10, parameters: 7_512_443 };
        track.take(&started);
        assert_eq!(line(&track, &started, false).unwrap(), "1,350 steps in 10 epochs, 7,512,443 parameters, bf16");
        let step =
            Event::Step { step: 7, epoch: 1, loss: Some(0.5), learning_rate: 1e-3, grad_norm: None, tokens: 900, seconds: 0.1 };
        track.take(&step);
        assert_eq!(line(&track, &step, false), None);
        assert_eq!(line(&track, &step, true).unwrap(), "step 7/1,350, loss 0.5000, 9,000 tokens/s, 2 min 14 s left");
        let evaluating = Event::Evaluating { epoch: 1, done: 64, of: 715 };
        assert_eq!(line(&track, &evaluating, true).unwrap(), "evaluating, 64/715 proteins");
    }
}
