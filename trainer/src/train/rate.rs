//! The learning rate of each step.

use std::f64::consts::PI;

use titer_core::experiment::Schedule;

/// A schedule over a known number of steps, as `transformers.optimization` defines them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub base: f64,
    pub schedule: Schedule,
    pub warmup: u64,
    /// Steps that it is made for, whether or not all are taken.
    pub total: u64,
}

impl Rate {
    /// The rate of step `index`, counted from 0.
    #[must_use]
    pub fn at(&self, index: u64) -> f64 {
        if index < self.warmup {
            return self.base * index as f64 / self.warmup as f64;
        }
        let decaying = self.total.saturating_sub(self.warmup).max(1) as f64;
        let progress = (index - self.warmup) as f64 / decaying;
        self.base
            * match self.schedule {
                Schedule::Linear => (1.0 - progress).max(0.0),
                Schedule::Constant => 1.0,
                Schedule::Cosine => (0.5 * (1.0 + (PI * progress).cos())).max(0.0),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: Rate = Rate { base: 2e-5, schedule: Schedule::Linear, warmup: 0, total: 675 };

    #[test]
    fn linear_starts_at_the_base_and_ends_one_step_above_zero() {
        assert_eq!(SEED.at(0), 2e-5);
        assert!((SEED.at(674) - 2e-5 / 675.0).abs() < 1e-18);
        assert_eq!(SEED.at(675), 0.0);
    }

    #[test]
    fn warm_up_climbs_from_zero_to_the_base() {
        let rate = Rate { warmup: 10, total: 110, ..SEED };
        assert_eq!(rate.at(0), 0.0);
        assert!((rate.at(5) - 1e-5).abs() < 1e-18);
        assert_eq!(rate.at(10), 2e-5);
        assert!((rate.at(60) - 1e-5).abs() < 1e-18);
    }

    #[test]
    fn cosine_is_half_way_down_in_the_middle() {
        let rate = Rate { schedule: Schedule::Cosine, total: 100, ..SEED };
        assert!((rate.at(50) - 1e-5).abs() < 1e-18);
        assert!(rate.at(100) < 1e-20);
    }
}
