//! The choice: what validation prefers, and how much the choosing flatters it.

use serde::Serialize;

use super::{
    answers::Answers,
    comparison::{Comparison, selection_name},
    configurations::Configuration,
};
use crate::{
    eval::{self, Resampling},
    experiment::Selection,
};

/// Resamples for the optimism of choosing.
const RESAMPLING: Resampling = Resampling { resamples: 500, seed: 0 };
/// Configurations beyond which the optimism is not estimated: each resample scores every run.
const MOST: usize = 256;

/// The configuration to use.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    pub configuration: usize,
    pub by: By,
    /// `None` where there was nothing to choose from, or the validation predictions are not of the same proteins.
    pub optimism: Option<Optimism>,
}

/// What a choice rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The mean over the seeds of the validation metric that also kept the epochs.
    Validation(Selection),
    /// The accuracy on the compared split: the runs have no validation metric in common.
    Accuracy,
}

/// The best validation value of several, and what is left of it on proteins that took no part in choosing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Optimism {
    pub selection: Selection,
    /// What was chosen from.
    pub candidates: usize,
    /// The metric of the chosen one, greater is better.
    pub apparent: f64,
    pub corrected: f64,
}

impl Choice {
    /// `None` where no configuration was scored. Of equal ones the first.
    #[must_use]
    pub fn new(comparison: &Comparison, configurations: &[Configuration], validation: &Answers) -> Option<Self> {
        let scored: Vec<usize> = (0..configurations.len()).filter(|&of| configurations[of].accuracy.is_some()).collect();
        let selection = common_selection(comparison);
        let validated = |of: usize| configurations[of].validation.as_ref().map(|spread| spread.mean);
        if let Some(selection) = selection
            && scored.iter().all(|&of| validated(of).is_some())
        {
            let configuration = first_of_highest(&scored, |of| validated(of).unwrap_or(f64::NEG_INFINITY))?;
            let optimism = optimism(&scored, configurations, validation, selection);
            return Some(Self { configuration, by: By::Validation(selection), optimism });
        }
        let accuracy = |of: usize| configurations[of].accuracy.as_ref().map_or(f64::NEG_INFINITY, |accuracy| accuracy.mean);
        Some(Self { configuration: first_of_highest(&scored, accuracy)?, by: By::Accuracy, optimism: None })
    }
}

impl By {
    /// What chose, in a sentence: `validation F1`.
    #[must_use]
    pub fn in_words(self) -> String {
        match self {
            Self::Validation(selection) => format!("validation {}", selection_name(selection)),
            Self::Accuracy => "accuracy".to_owned(),
        }
    }
}

/// The metric that all runs kept their epochs by; `None` where they differ in it.
fn common_selection(comparison: &Comparison) -> Option<Selection> {
    let selection = comparison.runs.first()?.selection;
    comparison.runs.iter().all(|run| run.selection == selection).then_some(selection)
}

fn first_of_highest(among: &[usize], value: impl Fn(usize) -> f64) -> Option<usize> {
    among.iter().copied().reduce(|best, of| if value(of) > value(best) { of } else { best })
}

/// How much the best of several validation values owes to having been the best on these very proteins.
fn optimism(scored: &[usize], configurations: &[Configuration], validation: &Answers, selection: Selection) -> Option<Optimism> {
    if !(2..=MOST).contains(&scored.len()) {
        return None;
    }
    let prepare = |&run: &usize| {
        let answers = validation.runs[run].as_ref()?;
        Some(eval::Prepared::new(&validation.labels, &answers.logits, validation.classes))
    };
    let candidates: Option<Vec<Vec<eval::Prepared>>> =
        scored.iter().map(|&of| configurations[of].runs.iter().map(prepare).collect()).collect();
    let candidates = candidates?;
    let value = |of: usize, weights: &[u32]| {
        let runs = &candidates[of];
        let sum = runs.iter().map(|run| run.selection_value(selection, weights)).sum::<Option<f64>>()?;
        Some(sum / runs.len() as f64)
    };
    let found = eval::optimism(candidates.len(), &validation.labels, &RESAMPLING, value)?;
    Some(Optimism { selection, candidates: candidates.len(), apparent: found.apparent, corrected: found.corrected })
}
