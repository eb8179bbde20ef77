//! How many optimiser steps a recipe comes to, and how many passes over the training proteins that
//! is.

use std::fmt;

use super::TrainSettings;
use crate::text::thousands;

/// The length of a run's training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// All of them.
    pub total: u64,
    /// Steps of a whole epoch; the last epoch is shorter where `train.max-steps` ends it.
    pub an_epoch: u64,
}

impl TrainSettings {
    /// The steps that this recipe takes on so many training proteins.
    #[must_use]
    pub fn steps(&self, proteins: usize) -> Steps {
        let Steps { total, an_epoch } = self.scheduled(proteins);
        Steps { total: total.min(an_epoch * u64::from(self.last_epoch())), an_epoch }
    }

    /// The steps that the schedule is made for: more than are taken where `train.stop-after` ends
    /// the training.
    #[must_use]
    pub fn scheduled(&self, proteins: usize) -> Steps {
        let an_epoch = proteins.div_ceil(self.batch_size) as u64;
        let all = an_epoch * u64::from(self.epochs);
        Steps { total: self.max_steps.map_or(all, |limit| limit.min(all)), an_epoch }
    }

    /// The epoch, from 1, after which training ends at the latest; `train.max-steps` may end it
    /// sooner.
    #[must_use]
    pub fn last_epoch(&self) -> u32 {
        self.stop_after.map_or(self.epochs, |last| last.min(self.epochs))
    }
}

impl Steps {
    /// The epochs that are begun: each ends with an evaluation, the last one too where it is cut
    /// short.
    #[must_use]
    pub fn epochs(self) -> u32 {
        u32::try_from(self.total.div_ceil(self.an_epoch.max(1))).unwrap_or(u32::MAX)
    }

    /// Whether the last epoch is cut short.
    #[must_use]
    pub fn is_cut_short(self) -> bool {
        !self.total.is_multiple_of(self.an_epoch.max(1))
    }

    /// The passes over the training proteins in words: `5 epochs`, `0.6 of an epoch`, `1.4 epochs`.
    #[must_use]
    pub fn passes(self) -> String {
        let whole = self.epochs();
        if !self.is_cut_short() {
            return if whole == 1 { "1 epoch".to_owned() } else { format!("{whole} epochs") };
        }
        let share = self.total as f64 / self.an_epoch.max(1) as f64;
        // As many digits as show that it is no whole number.
        let written = |digits: usize| format!("{share:.digits$}");
        let is_whole = |text: &String| text.parse::<f64>().is_ok_and(|number| number.fract() == 0.0);
        let text = (1..6).map(written).find(|text| !is_whole(text)).unwrap_or_else(|| written(6));
        if share < 1.0 { format!("{text} of an epoch") } else { format!("{text} epochs") }
    }
}

/// `675 steps in 5 epochs`; `30 steps, 0.6 of an epoch`.
impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = if self.total == 1 { "1 step".to_owned() } else { format!("{} steps", thousands(self.total)) };
        let joined = if self.is_cut_short() { "," } else { " in" };
        write!(f, "{steps}{joined} {}", self.passes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(total: u64, an_epoch: u64) -> (u32, String) {
        let steps = Steps { total, an_epoch };
        (steps.epochs(), steps.to_string())
    }

    #[test]
    fn passes_are_told_as_they_are() {
        assert_eq!(told(675, 135), (5, "675 steps in 5 epochs".into()));
        assert_eq!(told(1_350, 1_350), (1, "1,350 steps in 1 epoch".into()));
        assert_eq!(told(30, 50), (1, "30 steps, 0.6 of an epoch".into()));
        assert_eq!(told(70, 50), (2, "70 steps, 1.4 epochs".into()));
        assert_eq!(told(1, 3_000), (1, "1 step, 0.0003 of an epoch".into()));
        assert_eq!(told(2_999, 3_000), (1, "2,999 steps, 0.9997 of an epoch".into()));
        assert_eq!(told(0, 0), (0, "0 steps in 0 epochs".into()));
    }

    #[test]
    fn max_steps_is_an_upper_bound() {
        let settings = crate::experiment::parse(
            std::path::Path::new("try.toml"),
            "[data]\nsource = \"synthetic\"\n[model]\nweights = { random = \"esm2-tiny\" }\n[train]\nepochs = 3\nbatch-size = 16\n",
            &[],
        );
        let recipe = settings.unwrap().experiment.base.train;
        let steps = |max_steps| TrainSettings { max_steps, ..recipe.clone() }.steps(100);
        assert_eq!(steps(None), Steps { total: 21, an_epoch: 7 });
        assert_eq!(steps(Some(1_000)), steps(None));
        assert_eq!(steps(Some(10)), Steps { total: 10, an_epoch: 7 });
    }

    #[test]
    fn stop_after_ends_the_training_and_not_the_schedule() {
        let recipe = TrainSettings { epochs: 3, batch_size: 16, stop_after: Some(2), ..TrainSettings::default() };
        let both = |recipe: &TrainSettings| (recipe.steps(100).total, recipe.scheduled(100).total);
        assert_eq!(both(&recipe), (14, 21));
        assert_eq!(both(&TrainSettings { stop_after: Some(3), ..recipe.clone() }), (21, 21));
        assert_eq!(both(&TrainSettings { max_steps: Some(15), ..recipe.clone() }), (14, 15));
        assert_eq!(both(&TrainSettings { max_steps: Some(10), ..recipe }), (10, 10));
    }
}
