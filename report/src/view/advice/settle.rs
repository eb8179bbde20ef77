//! What would settle what is open.

use super::Standing;
use crate::view::{
    configurations::Basis,
    format,
    pairs::{LEVEL, Needed, Pair},
    scale,
    verdict::{Doubt, Outcome},
};
use titer_core::metric::{Metric, Unit};

/// Proteins beyond which nobody collects them.
const MOST_PROTEINS: u64 = 1_000_000;
/// Seeds beyond which nobody runs them.
const MOST_SEEDS: u64 = 1_000;

const MORE_SEEDS: &str =
    "More seeds (a list for train.seed in the grid): with one seed, the effects of setting and seed cannot be separated.";

impl Standing<'_> {
    pub(super) fn settle(&self) -> String {
        let more_seeds = self.has_single_runs().then(|| MORE_SEEDS.to_owned());
        let open = match (&self.verdict.doubt, self.verdict.outcome) {
            (Some(Doubt::OneClass { .. } | Doubt::OneValue { .. }), _) => {
                return "A recipe that learns: another learning rate, more epochs or a warm-up. Statistics on this one add nothing.".to_owned();
            }
            (_, Outcome::Contradicted) => {
                "Other splits (a list for split.seed in the grid), to see whether validation and test agree on them.".to_owned()
            }
            (_, Outcome::Sole | Outcome::Alone | Outcome::Apart) => {
                return more_seeds.unwrap_or_else(|| self.alone());
            }
            _ => self
                .verdict
                .tied
                .iter()
                .find(|tied| !self.verdict.equivalent.contains(tied))
                .and_then(|&tied| self.tie(tied))
                .unwrap_or_else(|| "No comparison with the choice remains open.".to_owned()),
        };
        [Some(open), self.detectable(), more_seeds].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Where there is nothing to compare the choice with.
    fn alone(&self) -> String {
        match (self.score.of, self.score.from_seeds) {
            (Basis::Seeds, _) => {
                "Predictions for the same test proteins from every seed: without them, the interval covers the seeds only."
                    .to_owned()
            }
            (Basis::Splits, _) => "More splits: the interval rests on few splits, and they overlap.".to_owned(),
            (_, Some(share)) if share > 0.5 => {
                format!("More seeds: {} of the interval's variance comes from them.", format::percent(share))
            }
            (_, Some(share)) => {
                format!("More test proteins: {} of the interval's variance comes from them.", format::percent(1.0 - share))
            }
            (_, None) => "More test proteins: the seeds agree on every one of these.".to_owned(),
        }
    }

    /// What would settle a tie. Numbers of proteins or seeds are given only for a single
    /// comparison: the best of many differences is too large by luck, so they would be too small.
    fn tie(&self, tied: usize) -> Option<String> {
        let Pair { difference, needed, p, .. } = self.pair(tied)?;
        let only = self.pairs.pairs.len() == 1;
        Some(if self.verdict.identical == self.verdict.tied {
            "Other test proteins: on these the predictions agree everywhere.".to_owned()
        } else if only {
            needs(self.metric, difference, needed)
        } else if self.verdict.tied.len() == 1 && p < LEVEL {
            let among = format::count(self.pairs.pairs.len() as u64);
            format!(
                "Fewer comparisons: on its own the difference is significant ({}), as one of {among} it is not.",
                format::p_is(p)
            )
        } else {
            "A second experiment with the tied configurations alone, on more seeds and proteins.".to_owned()
        })
    }

    /// The smallest difference that can be detected: a range, since it is estimated.
    fn detectable(&self) -> Option<String> {
        let [from, to] =
            self.pair(self.verdict.against()?)?.detectable.filter(|[_, to]| *to >= scale::least(self.metric, self.score.mean))?;
        let what = match self.chosen.replicates.scored {
            1 => "These proteins".to_owned(),
            _ => format!("These proteins and {}", self.chosen.replicates.over()),
        };
        let [least, sure] = [from, to].map(|end| scale::difference(self.metric, end));
        let perhaps = if least == sure { String::new() } else { format!(", and perhaps of {least} or more") };
        Some(format!("{what} can detect differences of {sure} or more (80% power){perhaps}."))
    }
}

/// What would make a difference significant.
fn needs(metric: Metric, difference: f64, needed: Needed) -> String {
    // Equal counts may differ by a rounding error.
    if difference.abs() < if metric.unit == Unit::Label { f64::MIN_POSITIVE } else { 1e-9 } {
        return "Both score the same, so there is no difference to plan for; more seeds or proteins would narrow the interval."
            .to_owned();
    }
    let size = scale::difference(metric, difference.abs());
    let Needed { proteins, proteins_from, seeds, seeds_from } = needed;
    let enough = either(range(proteins_from, proteins, MOST_PROTEINS), range(seeds_from, seeds, MOST_SEEDS));
    let perhaps = either(range(None, proteins_from, MOST_PROTEINS), range(None, seeds_from, MOST_SEEDS));
    match (enough, perhaps) {
        (Some(enough), _) => {
            format!("{} would make a difference of {size} significant (80% power).", super::super::capitalised(&enough))
        }
        (None, Some(perhaps)) => {
            format!("No feasible number of proteins or seeds is sure to make a difference of {size} significant; {perhaps} may.")
        }
        (None, None) => format!("No feasible number of proteins or seeds would make a difference of {size} significant."),
    }
}

/// Proteins or seeds, whichever there is.
fn either(proteins: Option<String>, seeds: Option<String>) -> Option<String> {
    let proteins = proteins.map(|of| format!("{of} test proteins"));
    let seeds = seeds.map(|of| format!("{of} seeds each on these proteins"));
    match (proteins, seeds) {
        (Some(proteins), Some(seeds)) => Some(format!("{proteins}, or {seeds},")),
        (one, other) => one.or(other),
    }
}

/// `about 4,300`, `2,100 to 4,300`: what is enough; `None` where no number up to `most` is.
fn range(from: Option<u64>, to: Option<u64>, most: u64) -> Option<String> {
    let to = to.filter(|to| *to <= most).map(format::roughly)?;
    Some(match from.map(format::roughly) {
        Some(from) if from != to => format!("{from} to {to}"),
        _ => format!("about {to}"),
    })
}

#[cfg(test)]
mod tests {
    use titer_core::metric::ACCURACY;

    use super::*;

    #[test]
    fn what_would_be_needed_is_told_where_it_is_within_reach() {
        let told = |proteins: [Option<u64>; 2], seeds: [Option<u64>; 2]| {
            let ([proteins_from, proteins], [seeds_from, seeds]) = (proteins, seeds);
            needs(ACCURACY, -0.011, Needed { proteins, proteins_from, seeds, seeds_from })
        };
        let none = [None, None];
        let cases = [
            (
                told([Some(2_104), Some(4_211)], [Some(12), Some(12)]),
                "2,200 to 4,300 test proteins, or about 12 seeds each on these proteins, would make a difference of 1.1 points significant (80% power).",
            ),
            (
                told([Some(2_104), None], [Some(1_500), Some(2_000)]),
                "No feasible number of proteins or seeds is sure to make a difference of 1.1 points significant; about 2,200 test proteins may.",
            ),
            (
                told([Some(2_000_000), None], [Some(5), Some(7)]),
                "5 to 7 seeds each on these proteins would make a difference of 1.1 points significant (80% power).",
            ),
            (told(none, none), "No feasible number of proteins or seeds would make a difference of 1.1 points significant."),
        ];
        for (told, expected) in cases {
            assert_eq!(told, expected);
        }
    }
}
