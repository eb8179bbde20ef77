//! What is known of one run while it goes on, and how it is put into words.

use std::{collections::VecDeque, fmt::Write as _, time::Duration};

use crate::schedule::state::Ending;
use titer_core::{
    experiment::Steps,
    protocol::Event,
    results::{Failure, Live, Validated},
    text::{self, thousands},
};

/// Steps that the shown loss and speed are means of.
const WINDOW: usize = 50;

/// One run.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub(super) name: String,
    pub(super) steps: u64,
    steps_an_epoch: u64,
    /// That are begun in all.
    pub(super) epochs: u32,
    pub(super) step: u64,
    pub(super) epoch: u32,
    /// Proteins evaluated and to evaluate, while an evaluation goes on.
    pub(super) evaluating: Option<(usize, usize)>,
    /// The whole run's, once it has finished.
    pub(super) seconds: Option<f64>,
    recent: VecDeque<Step>,
    live: Live,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    loss: Option<f64>,
    tokens: u64,
    seconds: f64,
}

impl Track {
    pub(super) fn new(name: String) -> Self {
        let (live, recent) = (Live::new(String::new(), String::new()), VecDeque::new());
        Self { name, steps: 0, steps_an_epoch: 0, epochs: 0, step: 0, epoch: 0, evaluating: None, seconds: None, recent, live }
    }

    /// An attempt begins.
    pub(super) fn begin(&mut self, live: Live) {
        *self = Self { live, ..Self::new(std::mem::take(&mut self.name)) };
    }

    /// Takes note of what a worker told.
    pub(super) fn take(&mut self, event: &Event) {
        self.evaluating = None;
        match *event {
            Event::Started { steps, steps_an_epoch, epochs, resumed, .. } => {
                (self.steps, self.steps_an_epoch, self.epochs) = (steps, steps_an_epoch, epochs);
                self.step = resumed.unwrap_or(0);
                self.live.from_step = self.step;
            }
            Event::Step { step, epoch, loss, tokens, seconds, .. } => {
                (self.step, self.epoch) = (step, epoch);
                if self.recent.len() == WINDOW {
                    self.recent.pop_front();
                }
                self.recent.push_back(Step { loss, tokens, seconds });
            }
            Event::Evaluating { done, of, .. } => self.evaluating = Some((done, of)),
            Event::Epoch { epoch, select, ref metrics, best, .. } => {
                self.epoch = epoch;
                let metrics = metrics.clone();
                self.live.validation = Some(Validated { epoch, select, metrics });
                if best {
                    self.live.best_epoch = Some(epoch);
                }
            }
            Event::Finished { seconds, .. } => self.seconds = Some(seconds),
            Event::Alive | Event::Freezing { .. } | Event::Checkpoint { .. } | Event::Stopped { .. } | Event::Failed { .. } => {}
        }
    }

    /// What there is to do in all.
    pub(super) const fn all(&self) -> Steps {
        Steps { total: self.steps, an_epoch: self.steps_an_epoch }
    }

    /// The step within its epoch, from 1, and the steps of that epoch: the last one may be cut
    /// short.
    pub(super) fn within_epoch(&self) -> (u64, u64) {
        let before = u64::from(self.epoch.saturating_sub(1)) * self.steps_an_epoch;
        let of = self.steps_an_epoch.min(self.steps.saturating_sub(before)).max(1);
        (self.step.saturating_sub(before), of)
    }

    /// The mean of the recent losses; NaN where none is finite.
    fn loss(&self) -> f64 {
        let losses: Vec<f64> = self.recent.iter().filter_map(|step| step.loss).collect();
        losses.iter().sum::<f64>() / losses.len() as f64
    }

    fn recent_seconds(&self) -> f64 {
        self.recent.iter().map(|step| step.seconds).sum()
    }

    /// Until the last step; `None` before the first.
    fn seconds_left(&self) -> Option<f64> {
        let seconds = self.recent_seconds();
        (seconds > 0.0).then(|| self.steps.saturating_sub(self.step) as f64 * seconds / self.recent.len() as f64)
    }

    /// `loss 0.5548, 12,345 tokens/s, 4 min 10 s left`.
    pub(super) fn pace(&self) -> String {
        let loss = self.loss();
        let mut text = if loss.is_nan() { "loss not finite".to_owned() } else { format!("loss {loss:.4}") };
        if let Some(left) = self.seconds_left() {
            let tokens: u64 = self.recent.iter().map(|step| step.tokens).sum();
            let speed = tokens as f64 / self.recent_seconds();
            let _ = write!(text, ", {} tokens/s, {} left", thousands(speed as u64), duration(left));
        }
        text
    }

    /// How far the run is, for others to look at.
    pub(super) fn live(&self) -> Live {
        Live {
            step: self.step,
            steps: self.steps,
            epoch: self.epoch,
            epochs: self.epochs,
            loss: self.loss(),
            seconds_left: self.seconds_left(),
            ..self.live.clone()
        }
    }

    /// A crash after which the run is tried again.
    pub(super) fn crash(&self, failure: &Failure) -> String {
        format!("{}: {}; it will be tried again", self.name, text::shown_lines(&failure.message))
    }

    /// `epoch 2/5: validation macro F1 0.7511, accuracy 0.7986, loss 0.4427; best so far`.
    pub(super) fn epoch_line(&self, event: &Event) -> Option<String> {
        let Event::Epoch { epoch, select, metrics, best, .. } = event else { return None };
        let best = match (best, metrics.get(*select)) {
            (true, Some(_)) => "; best so far",
            // Without a value no epoch is better than another.
            (true, None) => "; the first epoch is kept until there is a value",
            (false, _) => "",
        };
        let validated = Validated { epoch: *epoch, select: *select, metrics: metrics.clone() };
        Some(format!("epoch {epoch}/{}: validation {validated}{best}", self.epochs))
    }

    /// How the run ended.
    pub(super) fn end(&self, ending: Ending, failure: Option<&Failure>) -> String {
        let took = self.seconds.map(|seconds| format!(" in {}", duration(seconds))).unwrap_or_default();
        let name = &self.name;
        match (ending, failure) {
            (Ending::Finished, _) => format!("{name}: finished{took}"),
            (Ending::Diverged, _) if self.step > 0 => {
                let (step, of) = (thousands(self.step), thousands(self.steps));
                format!("{name}: diverged{took}, after step {step} of {of}: its loss is not finite any more")
            }
            // In a sweep elsewhere.
            (Ending::Diverged, _) => format!("{name}: diverged, its loss is not finite any more"),
            (Ending::Stopped, _) => format!("{name}: stopped"),
            (Ending::Failed | Ending::Crashed, Some(failure)) => {
                format!("{name}: failed: {}", text::shown_lines(&failure.message))
            }
            (Ending::Failed | Ending::Crashed, None) => format!("{name}: failed"),
        }
    }
}

/// Seconds as one reads them: `8.3 s`, `4 min 10 s`, `1 h 05 min`.
#[must_use]
pub fn duration(seconds: f64) -> String {
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
    use titer_core::{
        experiment::Precision,
        metric::{ACCURACY, LOSS, MACRO_F1, ROC_AUC},
        protocol::PROTOCOL,
        scores::Values,
    };

    fn step(step: u64, loss: Option<f64>) -> Event {
        Event::Step { step, epoch: 1, loss, learning_rate: 1e-3, grad_norm: None, tokens: 4_000, seconds: 0.5 }
    }

    fn track() -> Track {
        let mut track = Track::new("seed=42".into());
        track.take(&Event::Started {
            protocol: PROTOCOL,
            precision: Precision::Fp32,
            steps: 675,
            steps_an_epoch: 135,
            epochs: 5,
            parameters: 7_512_443,
            resumed: None,
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
    }

    #[test]
    fn the_last_epoch_may_be_cut_short() {
        let mut track = track();
        track.take(&step(100, None));
        assert_eq!(track.within_epoch(), (100, 135));
        (track.steps, track.epochs) = (200, 2);
        assert_eq!(track.all().to_string(), "200 steps, 1.5 epochs");
        (track.step, track.epoch) = (150, 2);
        assert_eq!(track.within_epoch(), (15, 65));
    }

    #[test]
    fn a_loss_that_is_not_finite_is_said_so() {
        let mut track = track();
        track.take(&step(1, None));
        assert!(track.pace().starts_with("loss not finite, "), "{}", track.pace());
    }

    #[test]
    fn an_epoch_is_one_line() {
        let line = |select, selected, best| {
            let mut metrics: Values = [(LOSS, Some(0.442_691)), (ACCURACY, Some(0.798_601))].into_iter().collect();
            metrics.set(select, selected);
            let event = Event::Epoch { epoch: 2, select, metrics, best, seconds: 12.2 };
            track().epoch_line(&event).unwrap()
        };
        assert_eq!(
            line(MACRO_F1, Some(0.751_1), true),
            "epoch 2/5: validation macro F1 0.7511, accuracy 0.7986, loss 0.4427; best so far"
        );
        assert_eq!(line(LOSS, Some(0.442_691), true), "epoch 2/5: validation loss 0.4427, accuracy 0.7986; best so far");
        assert_eq!(line(ACCURACY, Some(0.798_601), false), "epoch 2/5: validation accuracy 0.7986, loss 0.4427");
        let undefined = "epoch 2/5: validation ROC-AUC undefined, accuracy 0.7986, loss 0.4427";
        assert_eq!(line(ROC_AUC, None, false), undefined);
        assert_eq!(line(ROC_AUC, None, true), format!("{undefined}; the first epoch is kept until there is a value"));
        assert_eq!(track().epoch_line(&step(1, None)), None);
    }

    #[test]
    fn times_are_readable() {
        assert_eq!(
            [0.04, 9.94, 9.96, 59.4, 59.6, 250.0, 3_599.6, 3_900.0, f64::NAN].map(duration),
            ["0.0 s", "9.9 s", "10.0 s", "59 s", "1 min 00 s", "4 min 10 s", "1 h 00 min", "1 h 05 min", "0 s"]
        );
    }
}
