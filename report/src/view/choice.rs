//! The choice: what validation prefers, and how much choosing inflates its score.

use serde::Serialize;

use super::{
    answers::{Answers, Folds},
    comparison::{Comparison, split_name},
    configurations::Configuration,
};
use titer_core::{
    data::Split,
    metric::Metric,
    predictions::Predictions,
    statistics::{self, Resampling},
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
    /// By configuration: the mean over its seeds (and over the splits that all have) of the metric
    /// that chose, greater is better.
    #[serde(skip)]
    pub values: Vec<Option<f64>>,
    /// `None` where there was nothing to choose from, or the validation predictions do not show it.
    pub optimism: Option<Optimism>,
    /// By how much the chosen configuration's score on the compared split is expected to get worse
    /// with other seeds: validation, which chose it, and the test set share the lucky ones. `None`
    /// where that is not known, as with one seed each, or where validation did not choose.
    pub lucky_seeds: Option<f64>,
}

/// What a choice rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The mean over the seeds of the validation metric that also selected the epochs.
    Validation(Metric),
    /// The metric itself, on the compared split.
    Compared(Metric, Undecided),
}

/// Why validation cannot decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undecided {
    /// The runs selected their epochs by different metrics.
    OtherMetrics,
    /// The runs were validated on different proteins.
    OtherProteins,
    /// A configuration that was scored has no validation value.
    NoValue,
}

/// The best validation value of several, and what is left of it on proteins that took no part in
/// choosing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Optimism {
    pub selection: Metric,
    /// What was chosen from.
    pub candidates: usize,
    /// Scored runs without validation predictions, which take no part.
    pub left_out: usize,
    /// The validation metric of the chosen one.
    pub apparent: f64,
    pub corrected: f64,
    /// The share of resamples of the validation proteins in which the same one is chosen, seeds
    /// held fixed.
    pub again: f64,
}

impl Choice {
    /// `None` where no configuration was scored. Of equal ones the first.
    #[must_use]
    pub fn new(comparison: &Comparison, configurations: &[Configuration], validation: &Folds) -> Option<Self> {
        let scored: Vec<usize> = (0..configurations.len()).filter(|&of| configurations[of].score.is_some()).collect();
        let validated = |of: usize| configurations[of].validation.as_ref().map(|spread| spread.mean);
        let decides = match comparison.selection() {
            None => Err(Undecided::OtherMetrics),
            Some(_) if !scored.iter().all(|&of| validated(of).is_some()) => Err(Undecided::NoValue),
            Some(selection) => match validated_alike(comparison, configurations, &scored, validation) {
                Some(values) => Ok((selection, values)),
                None => Err(Undecided::OtherProteins),
            },
        };
        let best = |values: &[Option<f64>]| first_of_highest(&scored, |of| values[of].unwrap_or(f64::NEG_INFINITY));
        Some(match decides {
            Ok((selection, values)) => {
                let configuration = best(&values)?;
                let candidates: Vec<&Configuration> = scored.iter().map(|&of| &configurations[of]).collect();
                let one_split = validation.sets.len() == 1;
                let optimism = one_split
                    .then(|| optimism(&configurations[configuration], &candidates, comparison, validation.main(), selection))
                    .flatten();
                // Over several splits luck with the split would count as luck with the seed.
                let lucky_seeds = one_split.then(|| lucky_seeds(configuration, &scored, configurations, comparison)).flatten();
                Self { configuration, by: By::Validation(selection), values, optimism, lucky_seeds }
            }
            Err(why) => {
                let metric = comparison.metric;
                let score = |of: &Configuration| of.score.as_ref().map(|score| metric.oriented(score.mean));
                let values: Vec<Option<f64>> = configurations.iter().map(score).collect();
                Self { configuration: best(&values)?, by: By::Compared(metric, why), values, optimism: None, lucky_seeds: None }
            }
        })
    }
}

impl By {
    /// What chose, in a sentence: `validation F1`; `split` is the one that is compared.
    #[must_use]
    pub fn in_words(self, split: Split) -> String {
        match self {
            Self::Validation(selection) => format!("validation {}", selection.label),
            Self::Compared(metric, _) => format!("{} {}", split_name(split), metric.label),
        }
    }
}

impl Undecided {
    /// The reason, as part of a sentence.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::OtherMetrics => "the runs selected their epochs by different metrics",
            Self::OtherProteins => "the runs were not all validated on the same proteins",
            Self::NoValue => "not every configuration has a validation score",
        }
    }
}

/// The validation values of the configurations, each over the same proteins; `None` where there are
/// none that all were validated on. Where the split is drawn again, a configuration's value is the
/// mean over those validation sets that every scored configuration has: a lucky split that others
/// lack must not choose. Of runs without predictions their number has to do.
fn validated_alike(
    comparison: &Comparison,
    configurations: &[Configuration],
    scored: &[usize],
    validation: &Folds,
) -> Option<Vec<Option<f64>>> {
    let value = |run: usize| comparison.oriented(comparison.runs[run].validation.as_ref());
    let mean = |values: Vec<f64>| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
    let has = |of: usize, set: usize| {
        configurations[of].runs.iter().any(|&run| validation.of[run] == Some(set) && value(run).is_some())
    };
    if validation.sets.len() < 2 {
        let mut counts = comparison.runs.iter().filter_map(|run| Some(run.validation.as_ref()?.proteins));
        let first = counts.next();
        let of = |configuration: &Configuration| mean(configuration.runs.iter().filter_map(|&run| value(run)).collect());
        return counts.all(|count| Some(count) == first).then(|| configurations.iter().map(of).collect());
    }
    let common: Vec<usize> = (0..validation.sets.len()).filter(|&set| scored.iter().all(|&of| has(of, set))).collect();
    // Runs of unknown proteins, or on proteins that others lack, within a configuration that has one split alone.
    let is_common = |&run: &usize| validation.of[run].is_some_and(|set| common.contains(&set));
    let one_each = scored.iter().all(|&of| configurations[of].replicates.splits == 1);
    let valued = || scored.iter().flat_map(|&of| &configurations[of].runs).filter(|&&run| value(run).is_some());
    if common.is_empty() || one_each && !valued().all(is_common) {
        return None;
    }
    let on = |configuration: &Configuration, set: &usize| {
        let of_set = configuration.runs.iter().filter(|&&run| validation.of[run] == Some(*set));
        mean(of_set.filter_map(|&run| value(run)).collect())
    };
    let over = |configuration: &Configuration| mean(common.iter().filter_map(|set| on(configuration, set)).collect());
    Some(configurations.iter().map(over).collect())
}

fn first_of_highest(among: &[usize], value: impl Fn(usize) -> f64) -> Option<usize> {
    among.iter().copied().reduce(|best, of| if value(of) > value(best) { of } else { best })
}

/// How much the chosen one of several owes to its seeds, which validation and the compared split
/// share.
fn lucky_seeds(chosen: usize, scored: &[usize], configurations: &[Configuration], comparison: &Comparison) -> Option<f64> {
    let seeds = |of: &usize| {
        let both = configurations[*of].runs.iter().filter_map(|&run| {
            let run = &comparison.runs[run];
            Some((comparison.oriented(run.validation.as_ref())?, comparison.oriented(run.scores.as_ref())?))
        });
        let (selected, reported) = both.unzip();
        statistics::Seeds { selected, reported }
    };
    let place = scored.iter().position(|of| *of == chosen)?;
    // Without a test set validation is what is reported, and its luck with the proteins is in it too.
    (comparison.split != Split::Validation)
        .then(|| statistics::lucky_seeds(&scored.iter().map(seeds).collect::<Vec<_>>(), place))
        .flatten()
}

/// How much the best of several validation values owes to having been the best on these very
/// proteins.
///
/// Runs without validation predictions take no part. What is left must still be a choice, and come
/// to the same one: the correction of another winner says nothing of this one. Of fewer candidates
/// it is rather too small.
fn optimism(
    chosen: &Configuration,
    scored: &[&Configuration],
    comparison: &Comparison,
    validation: &Answers,
    selection: Metric,
) -> Option<Optimism> {
    let mut left_out = 0;
    let mut candidates: Vec<(&Configuration, Vec<Predictions>)> = Vec::new();
    if scored.len() > MOST {
        return None;
    }
    for configuration in scored {
        let validated: Vec<usize> =
            configuration.runs.iter().copied().filter(|&run| comparison.runs[run].validation.is_some()).collect();
        let prepare = |&run: &usize| Some(validation.runs[run].as_ref()?.prepared());
        let prepared: Vec<Predictions> = validated.iter().filter_map(prepare).collect();
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
        let sum =
            runs.iter().map(|run| (selection.value)(run, weights).map(|value| selection.oriented(value))).sum::<Option<f64>>()?;
        Some(sum / runs.len() as f64)
    };
    let statistics::Optimism { chosen: best, apparent, corrected, again, .. } =
        statistics::optimism(candidates.len(), &validation.strata, &RESAMPLING, value)?;
    let same = std::ptr::eq(candidates[best].0, chosen);
    let [apparent, corrected] = [apparent, corrected].map(|value| selection.oriented(value));
    same.then_some(Optimism { selection, candidates: candidates.len(), left_out, apparent, corrected, again })
}
