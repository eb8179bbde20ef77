//! The choice: what validation prefers, and how much the choosing flatters it.

use serde::Serialize;

use super::{
    answers::Answers,
    comparison::{Comparison, selection_name},
    configurations::Configuration,
};
use crate::{
    data::Split,
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
    /// `None` where there was nothing to choose from, or the validation predictions do not tell.
    pub optimism: Option<Optimism>,
    /// By how much the chosen configuration's accuracy on the compared split is expected to fall with other seeds: validation, which chose it, and
    /// the test set share the lucky ones. `None` where that is not known, as with one seed each, or where validation did not choose.
    pub lucky_seeds: Option<f64>,
}

/// What a choice rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The mean over the seeds of the validation metric that also kept the epochs.
    Validation(Selection),
    /// The accuracy on the compared split.
    Accuracy(Undecided),
}

/// Why validation cannot decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undecided {
    /// The runs kept their epochs by different metrics.
    OtherMetrics,
    /// The runs were validated on different proteins.
    OtherProteins,
    /// A configuration that was scored has no validation value.
    NoValue,
}

/// The best validation value of several, and what is left of it on proteins that took no part in choosing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Optimism {
    pub selection: Selection,
    /// What was chosen from.
    pub candidates: usize,
    /// Scored runs without validation predictions, which take no part.
    pub left_out: usize,
    /// The metric of the chosen one, greater is better.
    pub apparent: f64,
    pub corrected: f64,
}

impl Choice {
    /// `None` where no configuration was scored. Of equal ones the first.
    #[must_use]
    pub fn new(comparison: &Comparison, configurations: &[Configuration], validation: &Answers) -> Option<Self> {
        let scored: Vec<usize> = (0..configurations.len()).filter(|&of| configurations[of].accuracy.is_some()).collect();
        let validated = |of: usize| configurations[of].validation.as_ref().map(|spread| spread.mean);
        let decides = match common_selection(comparison) {
            None => Err(Undecided::OtherMetrics),
            Some(_) if !scored.iter().all(|&of| validated(of).is_some()) => Err(Undecided::NoValue),
            Some(_) if !validated_alike(comparison, validation) => Err(Undecided::OtherProteins),
            Some(selection) => Ok(selection),
        };
        Some(match decides {
            Ok(selection) => {
                let configuration = first_of_highest(&scored, |of| validated(of).unwrap_or(f64::NEG_INFINITY))?;
                let optimism = {
                    let scored: Vec<&Configuration> = scored.iter().map(|&of| &configurations[of]).collect();
                    optimism(&configurations[configuration], &scored, comparison, validation, selection)
                };
                let lucky_seeds = lucky_seeds(configuration, &scored, configurations, comparison);
                Self { configuration, by: By::Validation(selection), optimism, lucky_seeds }
            }
            Err(why) => {
                let accuracy =
                    |of: usize| configurations[of].accuracy.as_ref().map_or(f64::NEG_INFINITY, |accuracy| accuracy.mean);
                Self {
                    configuration: first_of_highest(&scored, accuracy)?,
                    by: By::Accuracy(why),
                    optimism: None,
                    lucky_seeds: None,
                }
            }
        })
    }
}

impl By {
    /// What chose, in a sentence: `validation F1`.
    #[must_use]
    pub fn in_words(self) -> String {
        match self {
            Self::Validation(selection) => format!("validation {}", selection_name(selection)),
            Self::Accuracy(_) => "accuracy".to_owned(),
        }
    }
}

impl Undecided {
    /// The reason, as part of a sentence.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::OtherMetrics => "the runs kept their epochs by different metrics",
            Self::OtherProteins => "the runs were not all validated on the same proteins",
            Self::NoValue => "not every configuration has a validation score",
        }
    }
}

/// The metric that all runs kept their epochs by; `None` where they differ in it.
fn common_selection(comparison: &Comparison) -> Option<Selection> {
    let selection = comparison.runs.first()?.selection;
    comparison.runs.iter().all(|run| run.selection == selection).then_some(selection)
}

/// Whether all scored runs were validated on the same proteins; of a run without predictions their number has to do.
fn validated_alike(comparison: &Comparison, validation: &Answers) -> bool {
    let mut counts = comparison.runs.iter().filter_map(|run| Some(run.validation.as_ref()?.proteins));
    let first = counts.next();
    validation.alike && counts.all(|count| Some(count) == first)
}

fn first_of_highest(among: &[usize], value: impl Fn(usize) -> f64) -> Option<usize> {
    among.iter().copied().reduce(|best, of| if value(of) > value(best) { of } else { best })
}

/// How much the chosen one of several owes to its seeds, which validation and the compared split share.
fn lucky_seeds(chosen: usize, scored: &[usize], configurations: &[Configuration], comparison: &Comparison) -> Option<f64> {
    let seeds = |of: &usize| {
        let both = configurations[*of].runs.iter().filter_map(|&run| {
            let run = &comparison.runs[run];
            Some((run.validation.as_ref()?.selected_by?, run.scores.as_ref()?.accuracy))
        });
        let (selected, reported) = both.unzip();
        eval::Seeds { selected, reported }
    };
    let place = scored.iter().position(|of| *of == chosen)?;
    // Without a test set validation is what is reported, and its luck with the proteins is in it too.
    (comparison.split != Split::Validation)
        .then(|| eval::lucky_seeds(&scored.iter().map(seeds).collect::<Vec<_>>(), place))
        .flatten()
}

/// How much the best of several validation values owes to having been the best on these very proteins.
///
/// Runs without validation predictions take no part. What is left must still be a choice, and come to the same one: the correction of another
/// winner says nothing of this one. Of fewer candidates it is rather too small.
fn optimism(
    chosen: &Configuration,
    scored: &[&Configuration],
    comparison: &Comparison,
    validation: &Answers,
    selection: Selection,
) -> Option<Optimism> {
    let mut left_out = 0;
    let mut candidates: Vec<(&Configuration, Vec<eval::Prepared>)> = Vec::new();
    if scored.len() > MOST {
        return None;
    }
    for configuration in scored {
        let validated: Vec<usize> =
            configuration.runs.iter().copied().filter(|&run| comparison.runs[run].validation.is_some()).collect();
        let prepare = |&run: &usize| {
            let answers = validation.runs[run].as_ref()?;
            Some(eval::Prepared::new(&validation.labels, &answers.logits, validation.classes))
        };
        let prepared: Vec<eval::Prepared> = validated.iter().filter_map(prepare).collect();
        left_out += validated.len() - prepared.len();
        if !prepared.is_empty() {
            candidates.push((configuration, prepared));
        }
    }
    if candidates.len() < 2 {
        return None;
    }
    let value = |of: usize, weights: &[u32]| {
        let (_, runs) = &candidates[of];
        let sum = runs.iter().map(|run| run.selection_value(selection, weights)).sum::<Option<f64>>()?;
        Some(sum / runs.len() as f64)
    };
    let eval::Optimism { chosen: best, apparent, corrected, .. } =
        eval::optimism(candidates.len(), &validation.labels, &RESAMPLING, value)?;
    let same = std::ptr::eq(candidates[best].0, chosen);
    same.then_some(Optimism { selection, candidates: candidates.len(), left_out, apparent, corrected })
}
