//! How confident one may be of the choice: against the others, as a choice of validation's, and of
//! its score alone.

use super::{Standing, names::listed};
use crate::view::{
    configurations::Basis,
    format,
    pairs::{Pair, Test},
    scale,
    verdict::Outcome,
};
use titer_core::metric::ACCURACY;

/// Others whose differences are given one by one.
const TOLD: usize = 3;
/// An interval that covers this share of the possible values is uninformative.
const NOTHING: f64 = 0.8;

impl Standing<'_> {
    pub(super) fn confidence(&self) -> String {
        let verdict = self.verdict;
        let mut parts = Vec::new();
        match verdict.outcome {
            Outcome::Contradicted => parts.push(self.against("Worse than", &verdict.better)),
            _ if !verdict.tied.is_empty() => {
                let unknown: Vec<usize> = verdict.tied.iter().copied().filter(|of| !verdict.equivalent.contains(of)).collect();
                for (relation, others) in [("Equivalent to", &verdict.equivalent), ("Indistinguishable from", &unknown)] {
                    parts.extend((!others.is_empty()).then(|| self.against(relation, others)));
                }
            }
            Outcome::Best | Outcome::Leads => parts.push(self.against("Better than", &verdict.worse)),
            _ => {}
        }
        parts.extend(self.validation());
        parts.push(self.own());
        parts.join(" ")
    }

    /// `Better than 5e-4 by 3.3 points (…)`, from the choice's side.
    fn against(&self, verdict: &str, others: &[usize]) -> String {
        let pairs: Vec<(usize, Pair)> = others.iter().filter_map(|&other| Some((other, self.pair(other)?))).collect();
        let named = self.others(others);
        if let [(other, pair)] = pairs.as_slice() {
            if self.verdict.identical.contains(other) {
                return format!(
                    "{verdict} {named}: both are {}, so these proteins cannot separate them.",
                    scale::same(self.metric)
                );
            }
            return format!("{verdict} {named}: the difference is {}; {}.", self.told(pair), counted(pair));
        }
        if pairs.len() <= TOLD {
            let each = |(other, pair): &(usize, Pair)| format!("{} ({})", self.told(pair), self.configurations[*other].short);
            let each = listed(&pairs.iter().map(each).collect::<Vec<_>>());
            return format!("{verdict} {named}: the differences are {each}.");
        }
        let differences = pairs.iter().map(|(_, pair)| pair.difference);
        let ends = |end: usize| pairs.iter().map(move |(_, pair)| pair.interval[end]);
        let within = [ends(0).fold(f64::INFINITY, f64::min), ends(1).fold(f64::NEG_INFINITY, f64::max)];
        let [low, high] = [differences.clone().fold(f64::INFINITY, f64::min), differences.fold(f64::NEG_INFINITY, f64::max)];
        format!(
            "{verdict} {named}: the differences are {}, their 95% intervals within {}.",
            scale::from_to(self.metric, [low, high]),
            scale::between(self.metric, within),
        )
    }

    /// `1.4 points (95% interval −5.6 to 8.3 points, p = 0.608)`.
    fn told(&self, Pair { difference, interval, p, corrected, .. }: &Pair) -> String {
        let adjusted = match self.pairs.pairs.len() {
            1 => String::new(),
            many => format!(", adjusted for {many} comparisons {}", format::p_value(*corrected)),
        };
        let width = scale::width(self.metric);
        let interval = if *interval == [-width, width] {
            "no interval, because every split shows the same difference".to_owned()
        } else {
            format!("95% interval {}", scale::between(self.metric, *interval))
        };
        format!("{} ({interval}, {}{adjusted})", scale::difference(self.metric, *difference), format::p_is(*p))
    }

    /// How sure validation's own choice is.
    fn validation(&self) -> Option<String> {
        let found = self.choice.optimism?;
        let share = format::percent(found.again);
        Some(format!(
            "On resampled validation proteins it would be chosen again in {share} of cases, among {} (bootstrap, seeds held fixed).",
            format::counted(found.candidates as u64, "configuration"),
        ))
    }

    /// Its score alone.
    fn own(&self) -> String {
        let (metric, score) = (self.metric, self.score);
        let interval = scale::interval(metric, score.interval);
        let [low, high] = score.interval;
        let spread = &score.seeds;
        let uninformative = if high - low >= NOTHING * scale::width(metric) { ", which says next to nothing" } else { "" };
        let ranges = |what: &str| match [spread.low, spread.high].map(|end| scale::value(metric, end)) {
            [low, high] if low == high => format!("; its {what} all reach {low}"),
            [low, high] => format!("; its {what} range from {low} to {high}"),
        };
        let seeds = format::counted(self.chosen.replicates.scored as u64, "seed");
        let told = match score.of {
            Basis::Proteins if self.chosen.replicates.scored > 1 => {
                format!("if proteins were resampled (95%); its {seeds} agree on every protein")
            }
            Basis::Proteins => {
                let method = if metric == ACCURACY { ", Wilson" } else { "" };
                format!("if proteins were resampled (95%{method}); other seeds are not covered")
            }
            Basis::SeedsAndProteins => format!("if proteins and seeds were resampled (95%){}", ranges(&seeds)),
            Basis::Seeds => format!("if seeds were resampled (95%){}", ranges(&seeds)),
            Basis::Splits => {
                let splits = format::counted(self.chosen.replicates.splits as u64, "split");
                format!("on other splits of the same data (95%, Nadeau and Bengio){}", ranges(&splits))
            }
        };
        let extreme = match score.mean {
            _ if metric != ACCURACY => "",
            all if all >= 1.0 => " Every prediction is correct, which leaves no errors to analyse.",
            none if none <= 0.0 => " No prediction is correct.",
            _ => "",
        };
        format!("Its {}: {interval}{uninformative}, {told}.{extreme}", metric.label)
    }
}

/// What a comparison counts as chance.
fn counted(pair: &Pair) -> String {
    match &pair.test {
        Test::Mcnemar { only_first, only_second, .. } => format!(
            "McNemar test on the {} that only one of them classifies correctly ({} and {}); another seed may change it",
            format::counted(only_first + only_second, "protein"),
            format::count(*only_first),
            format::count(*only_second)
        ),
        Test::Crossed { seeds: 1, lent: true, .. } => {
            "allowing for variation across seeds and proteins; the side with one seed is assumed to vary like the other"
                .to_owned()
        }
        Test::Crossed { .. } => "allowing for variation across seeds and proteins".to_owned(),
        Test::Proteins { .. } => "compared protein by protein; another seed may change it".to_owned(),
        Test::Splits { splits, .. } => format!("compared on {splits} splits, split by split"),
    }
}
