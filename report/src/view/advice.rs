//! What to use, how confident one may be, and what would settle it: all of it worded from one
//! [`Verdict`].

mod confidence;
mod headline;
mod names;
mod settle;
mod usage;

pub(super) use names::listed;
use serde::Serialize;

use titer_core::metric::Metric;

use super::{
    beside::Beside,
    choice::Choice,
    comparison::{Comparison, split_name},
    configurations::{Configuration, Score},
    decision::Decision,
    format,
    pairs::{Pair, Pairs},
    scale,
    verdict::Verdict,
};

/// One piece of advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    pub term: &'static str,
    pub text: String,
}

/// What the advice on the choice rests on.
pub struct Standing<'a> {
    pub comparison: &'a Comparison,
    pub configurations: &'a [Configuration],
    pub chosen: &'a Configuration,
    pub metric: Metric,
    pub score: &'a Score,
    pub verdict: &'a Verdict,
    choice: &'a Choice,
    pairs: &'a Pairs,
    beside: Option<&'a Beside>,
}

impl<'a> Standing<'a> {
    /// `None` where nothing was scored.
    #[must_use]
    pub fn new(comparison: &'a Comparison, decision: &'a Decision) -> Option<Self> {
        let Decision { configurations, choice, verdict, pairs, beside, .. } = decision;
        let (choice, verdict) = (choice.as_ref()?, verdict.as_ref()?);
        let chosen = &configurations[verdict.chosen];
        let (metric, score) = (comparison.metric, chosen.score.as_ref()?);
        Some(Self { comparison, configurations, chosen, metric, score, verdict, choice, pairs, beside: beside.as_ref() })
    }

    /// What to use, how confident one may be, what would settle it.
    #[must_use]
    pub fn advice(&self) -> Vec<Advice> {
        let usage = self.usage().map(|text| Advice { term: "Use", text });
        let confidence = Advice { term: "Confidence", text: self.confidence() };
        let settle = Advice { term: "What would settle it", text: self.settle() };
        usage.into_iter().chain([confidence, settle]).collect()
    }

    /// `on 715 test proteins`, `on 3 test sets of 715 proteins`.
    fn on(&self) -> String {
        let split = split_name(self.comparison.split);
        let scores = |run: &usize| self.comparison.runs[*run].scores.as_ref();
        let proteins = self.chosen.runs.iter().find_map(scores).map_or(0, |scores| scores.proteins);
        match self.chosen.replicates.splits {
            0 | 1 => format!("on {}", format::counted(proteins, &format!("{split} protein"))),
            sets => format!("on {} {split} sets of {}", format::count(sets as u64), format::counted(proteins, "protein")),
        }
    }

    /// ` (mean over 2 of 5 seeds; 3 diverged)`; empty for a configuration's only run.
    fn over(configuration: &Configuration) -> String {
        let replicates = &configuration.replicates;
        match (replicates.all(), replicates.scored) {
            (1, _) => String::new(),
            (_, 1) => format!(" ({})", replicates.over()),
            _ => format!(" (mean over {})", replicates.over()),
        }
    }

    /// `85.6% accuracy`, `an F1 of 0.8562`.
    fn reached(&self, configuration: &Configuration) -> String {
        scale::named(self.metric, configuration.score.as_ref().map_or(f64::NAN, |score| score.mean))
    }

    /// The comparison with another, seen from the choice.
    fn pair(&self, other: usize) -> Option<Pair> {
        self.pairs.of(self.verdict.chosen, other)
    }

    /// What chose, in a sentence.
    fn by(&self) -> String {
        self.choice.by.in_words(self.comparison.split)
    }

    /// Whether the choice or any of the others has one run to show.
    fn has_single_runs(&self) -> bool {
        self.configurations.iter().any(|of| of.replicates.scored == 1)
    }
}
