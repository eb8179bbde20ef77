//! Lines for a log file: one at a run's start, one an epoch, and one now and then in between.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::track::Track;
use titer_core::{
    protocol::{Device, Event},
    text::thousands,
};

/// The longest silence of a run that goes on.
const EVERY: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct Plain {
    total: usize,
    already: usize,
    /// The runs begun, in the order of their first attempts.
    begun: Vec<usize>,
    /// When each running run was last heard of.
    spoken: BTreeMap<usize, Instant>,
}

impl Plain {
    pub(super) const fn new(runs: usize, already: usize) -> Self {
        Self { total: runs + already, already, begun: Vec::new(), spoken: BTreeMap::new() }
    }

    pub(super) fn started(&mut self, run: usize, track: &Track, device: Device, now: Instant) {
        self.spoken.insert(run, now);
        let before = self.begun.iter().position(|&begun| begun == run);
        let place = before.unwrap_or(self.begun.len());
        if before.is_none() {
            self.begun.push(run);
        }
        tracing::info!("{}: run {} of {}, on {device}", track.name, self.already + place + 1, self.total);
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
        Event::Started { precision, parameters, resumed, .. } => {
            let precision = format!("{precision:?}").to_lowercase();
            let from = resumed.map(|step| format!(", going on after step {}", thousands(step))).unwrap_or_default();
            Some(format!("{}, {} parameters, {precision}{from}", track.all(), thousands(*parameters)))
        }
        Event::Step { .. } => due.then(|| format!("step {}/{}, {}", thousands(track.step), thousands(track.steps), track.pace())),
        Event::Freezing { done, of } => due.then(|| {
            let (done, of) = (thousands(*done as u64), thousands(*of as u64));
            format!("computing what is frozen, {done}/{of} proteins")
        }),
        Event::Evaluating { done, of, .. } => {
            due.then(|| format!("evaluating, {}/{} proteins", thousands(*done as u64), thousands(*of as u64)))
        }
        Event::Epoch { .. } => track.epoch_line(event),
        Event::Alive | Event::Checkpoint { .. } | Event::Stopped { .. } | Event::Finished { .. } | Event::Failed { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use titer_core::{experiment::Precision, protocol::PROTOCOL};

    #[test]
    fn steps_speak_only_when_a_line_is_due() {
        let mut track = Track::new("seed=42".into());
        let started = |resumed| Event::Started {
            protocol: PROTOCOL,
            precision: Precision::Bf16,
            steps: 1_350,
            steps_an_epoch: 135,
            epochs: 10,
            parameters: 7_512_443,
            resumed,
        };
        track.take(&started(None));
        assert_eq!(line(&track, &started(None), false).unwrap(), "1,350 steps in 10 epochs, 7,512,443 parameters, bf16");
        assert!(line(&track, &started(Some(1_200)), false).unwrap().ends_with("bf16, going on after step 1,200"));
        let step =
            Event::Step { step: 7, epoch: 1, loss: Some(0.5), learning_rate: 1e-3, grad_norm: None, tokens: 900, seconds: 0.1 };
        track.take(&step);
        assert_eq!(line(&track, &step, false), None);
        assert_eq!(line(&track, &step, true).unwrap(), "step 7/1,350, loss 0.5000, 9,000 tokens/s, 2 min 14 s left");
        let evaluating = Event::Evaluating { epoch: 1, done: 64, of: 715 };
        assert_eq!(line(&track, &evaluating, true).unwrap(), "evaluating, 64/715 proteins");
        let freezing = Event::Freezing { done: 1_200, of: 3_575 };
        assert_eq!(line(&track, &freezing, true).unwrap(), "computing what is frozen, 1,200/3,575 proteins");
    }
}
