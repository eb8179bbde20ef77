//! What is known of one run while it goes on, and how it is put into words.

use std::{collections::VecDeque, fmt::Write as _, time::Duration};

use crate::{
    results::Failure,
    schedule::{protocol::Event, state::Ending},
    text,
};

/// Steps that the shown loss and speed are means of.
const WINDOW: usize = 50;

/// One run.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub(super) name: String,
    pub(super) steps: u64,
    pub(super) epochs: u32,
    pub(super) step: u64,
    pub(super) epoch: u32,
    /// Proteins evaluated and to evaluate, while an evaluation goes on.
    pub(super) evaluating: Option<(usize, usize)>,
    /// The whole run's, once it has finished.
    pub(super) seconds: Option<f64>,
    recent: VecDeque<Step>,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    loss: Option<f64>,
    tokens: u64,
    seconds: f64,
}

impl Track {
    pub(super) const fn new(name: String) -> Self {
        Self { name, steps: 0, epochs: 0, step: 0, epoch: 0, evaluating: None, seconds: None, recent: VecDeque::new() }
    }

    /// Takes note of what a worker told.
    pub(super) fn take(&mut self, event: &Event) {
        self.evaluating = None;
        match *event {
            Event::Started { steps, epochs, .. } => (self.steps, self.epochs) = (steps, epochs),
            Event::Step { step, epoch, loss, tokens, seconds, .. } => {
                (self.step, self.epoch) = (step, epoch);
                if self.recent.len() == WINDOW {
                    self.recent.pop_front();
                }
                self.recent.push_back(Step { loss, tokens, seconds });
            }
            Event::Evaluating { done, of, .. } => self.evaluating = Some((done, of)),
            Event::Epoch { epoch, .. } => self.epoch = epoch,
            Event::Finished { seconds, .. } => self.seconds = Some(seconds),
            Event::Failed { .. } => {}
        }
    }

    /// Steps of an epoch; the last one may be cut short.
    pub(super) fn steps_an_epoch(&self) -> u64 {
        self.steps.div_ceil(u64::from(self.epochs).max(1)).max(1)
    }

    /// `loss 0.5548, 12,345 tokens/s, 4 min 10 s left`.
    pub(super) fn pace(&self) -> String {
        let losses: Vec<f64> = self.recent.iter().filter_map(|step| step.loss).collect();
        let seconds: f64 = self.recent.iter().map(|step| step.seconds).sum();
        let tokens: u64 = self.recent.iter().map(|step| step.tokens).sum();
        let mut text = if losses.is_empty() {
            "loss not finite".to_owned()
        } else {
            format!("loss {:.4}", losses.iter().sum::<f64>() / losses.len() as f64)
        };
        if seconds > 0.0 {
            let left = self.steps.saturating_sub(self.step) as f64 * seconds / self.recent.len() as f64;
            let _ = write!(text, ", {} tokens/s, {} left", thousands((tokens as f64 / seconds) as u64), duration(left));
        }
        text
    }

    /// `epoch 2/5: validation loss 0.4427, accuracy 0.7986, F1 0.7947, best so far`.
    pub(super) fn epoch_line(&self, event: &Event) -> Option<String> {
        let Event::Epoch { epoch, loss, accuracy, f1, best, .. } = *event else { return None };
        let best = if best { ", best so far" } else { "" };
        Some(format!("epoch {epoch}/{}: validation loss {loss:.4}, accuracy {accuracy:.4}, F1 {f1:.4}{best}", self.epochs))
    }

    /// How the run ended.
    pub(super) fn end(&self, ending: Ending, failure: Option<&Failure>) -> String {
        let took = self.seconds.map(|seconds| format!(" in {}", duration(seconds))).unwrap_or_default();
        let name = &self.name;
        match (ending, failure) {
            (Ending::Finished, _) => format!("{name}: finished{took}"),
            (Ending::Diverged, _) => format!("{name}: diverged{took}, its loss is not finite any more"),
            (Ending::Stopped, _) => format!("{name}: stopped"),
            (Ending::Failed, Some(failure)) => format!("{name}: failed: {}", text::shown_lines(&failure.message)),
            (Ending::Failed, None) => format!("{name}: failed"),
        }
    }
}

/// `1234567` → `1,234,567`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `8.3 s`, `4 min 10 s`, `1 h 05 min`.
pub(super) fn duration(seconds: f64) -> String {
    let whole = Duration::try_from_secs_f64(seconds.round()).unwrap_or_default().as_secs();
    match whole {
        _ if seconds < 10.0 => format!("{seconds:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{experiment::Precision, schedule::protocol::PROTOCOL};

    fn step(step: u64, loss: Option<f64>) -> Event {
        Event::Step { step, epoch: 1, loss, learning_rate: 1e-3, grad_norm: None, tokens: 4_000, seconds: 0.5 }
    }

    fn track() -> Track {
        let mut track = Track::new("seed=42".into());
        track.take(&Event::Started {
            protocol: PROTOCOL,
            precision: Precision::Fp32,
            steps: 675,
            epochs: 5,
            parameters: 7_512_443,
        });
        track
    }

    #[test]
    fn the_pace_is_a_mean_of_recent_steps() {
        let mut track = track();
        for number in 1..=75 {
            track.take(&step(number, Some(if number <= 25 { 100.0 } else { 0.5 })));
        }
        assert_eq!(track.pace(), "loss 0.5000, 8,000 tokens/s, 5 min 00 s left");
        assert_eq!(track.steps_an_epoch(), 135);
    }

    #[test]
    fn a_loss_that_is_not_finite_is_said_so() {
        let mut track = track();
        track.take(&step(1, None));
        assert!(track.pace().starts_with("loss not finite, "), "{}", track.pace());
    }

    #[test]
    fn an_epoch_is_one_line() {
        let event = Event::Epoch { epoch: 2, loss: 0.442_691, accuracy: 0.798_601, f1: 0.794_714, best: true, seconds: 12.2 };
        let line = track().epoch_line(&event).unwrap();
        assert_eq!(line, "epoch 2/5: validation loss 0.4427, accuracy 0.7986, F1 0.7947, best so far");
        assert_eq!(track().epoch_line(&step(1, None)), None);
    }

    #[test]
    fn numbers_and_times_are_readable() {
        assert_eq!([0, 999, 1_000, 7_512_443].map(thousands), ["0", "999", "1,000", "7,512,443"]);
        assert_eq!(
            [0.04, 9.94, 9.96, 59.4, 59.6, 250.0, 3_599.6, 3_900.0, f64::NAN].map(duration),
            ["0.0 s", "9.9 s", "10.0 s", "59 s", "1 min 00 s", "4 min 10 s", "1 h 00 min", "1 h 05 min", "0 s"]
        );
    }
}
