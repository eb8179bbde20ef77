//! Which configuration to use, how sure that is, and what would make it surer.

use serde::Serialize;

use super::{
    choice::By,
    comparison::{Comparison, split_name},
    configurations::{Accuracy, Basis, Configuration},
    decision::Decision,
    format,
    pairs::{LEVEL, Needed, Pair, Pairs, Test},
};
use crate::experiment::Selection;

/// Proteins beyond which nobody collects them.
const MOST_PROTEINS: u64 = 1_000_000;
/// Seeds beyond which nobody runs them.
const MOST_SEEDS: u64 = 1_000;

/// One piece of advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    pub term: &'static str,
    pub text: String,
}

/// How the chosen configuration stands among the others.
pub struct Standing<'a> {
    pub comparison: &'a Comparison,
    pub configurations: &'a [Configuration],
    pub chosen: &'a Configuration,
    pub accuracy: &'a Accuracy,
    by: By,
    pairs: &'a Pairs,
    /// The chosen one against each of the others, by falling accuracy of the other.
    rivals: Vec<Rival<'a>>,
    /// Others that were scored on other proteins.
    unpaired: usize,
}

struct Rival<'a> {
    configuration: &'a Configuration,
    accuracy: &'a Accuracy,
    pair: Pair,
}

impl<'a> Standing<'a> {
    /// `None` where nothing was scored.
    #[must_use]
    pub fn new(comparison: &'a Comparison, decision: &'a Decision) -> Option<Self> {
        let Decision { configurations, choice, pairs, .. } = decision;
        let choice = choice.as_ref()?;
        let (place, chosen) = (choice.configuration, &configurations[choice.configuration]);
        let others = || configurations.iter().enumerate().filter(|(other, _)| *other != place);
        let rival = |(other, configuration): (usize, &'a Configuration)| {
            Some(Rival { configuration, accuracy: configuration.accuracy.as_ref()?, pair: pairs.of(place, other)? })
        };
        let mut rivals: Vec<Rival> = others().filter_map(rival).collect();
        rivals.sort_by(|one, other| other.accuracy.mean.total_cmp(&one.accuracy.mean));
        let scored = others().filter(|(_, configuration)| configuration.accuracy.is_some()).count();
        let unpaired = scored - rivals.len();
        let accuracy = chosen.accuracy.as_ref()?;
        Some(Self { comparison, configurations, chosen, accuracy, by: choice.by, pairs, rivals, unpaired })
    }

    /// One sentence that the numbers support.
    #[must_use]
    pub fn headline(&self) -> String {
        let chosen = super::capitalised(&self.chosen.label);
        let right = self.right(self.accuracy);
        let (worse, rest): (Vec<&Rival>, Vec<&Rival>) =
            self.rivals.iter().partition(|rival| rival.pair.told() && rival.pair.difference > 0.0);
        let (better, open): (Vec<&Rival>, Vec<&Rival>) = rest.iter().partition(|rival| rival.pair.told());
        if self.configurations.len() == 1 {
            return match self.chosen.runs.len() {
                1 => format!("The run gets {right} right."),
                _ => format!("Over {}, {right} are right on average.", self.chosen.seeds_in_words()),
            };
        }
        if let [first, ..] = better.as_slice() {
            let gap = format::points(-first.pair.difference);
            return format!(
                "{} is better than {}, which {} would choose: {} right, {gap} more.",
                super::capitalised(&first.configuration.label),
                self.chosen.label,
                self.by.in_words(),
                self.right(first.accuracy),
            );
        }
        match (worse.as_slice(), open.as_slice()) {
            ([], []) if self.unpaired == 0 => format!("{chosen} alone was scored: {right} right."),
            ([], []) => format!("{chosen} is chosen by {}: {right} right.", self.by.in_words()),
            ([first, ..], []) if self.unpaired == 0 => {
                let others = if worse.len() == 1 {
                    first.configuration.label.clone()
                } else {
                    format!("the next, {}", first.configuration.label)
                };
                format!("{chosen} is better: {right} right, {} more than {others}.", format::points(first.pair.difference))
            }
            ([], [only]) if self.unpaired == 0 => {
                format!("{chosen} and {} cannot be told apart: {} right.", only.configuration.label, self.both(only))
            }
            ([], _) => format!("No other configuration can be told from {}, the choice: {right} right.", self.chosen.label),
            (_, []) => format!(
                "{chosen} gets {right} right: better than {} of {} others; {} ran on other proteins.",
                worse.len(),
                self.rivals.len() + self.unpaired,
                self.unpaired
            ),
            (_, _) => format!(
                "{chosen} gets {right} right: better than {} of {} others, not distinguishable from {}{}.",
                worse.len(),
                self.rivals.len() + self.unpaired,
                match open.as_slice() {
                    [only] => only.configuration.label.clone(),
                    many => format!("{} of them", many.len()),
                },
                if self.unpaired > 0 { format!("; {} ran on other proteins", self.unpaired) } else { String::new() },
            ),
        }
    }

    /// `86.0% of 715 test proteins`.
    fn right(&self, accuracy: &Accuracy) -> String {
        let split = split_name(self.comparison.split);
        let proteins = self.proteins();
        format!("{} of {}", format::percent(accuracy.mean), format::counted(proteins, &format!("{split} protein")))
    }

    fn both(&self, rival: &Rival) -> String {
        let split = split_name(self.comparison.split);
        let proteins = format::counted(self.proteins(), &format!("{split} protein"));
        format!("{} and {} of {proteins}", format::percent(self.accuracy.mean), format::percent(rival.accuracy.mean))
    }

    fn proteins(&self) -> u64 {
        let scores = |run: &usize| self.comparison.runs[*run].scores.as_ref();
        self.chosen.runs.iter().find_map(scores).map_or(0, |scores| scores.proteins)
    }

    /// What to use, how sure that is, what would make it surer.
    #[must_use]
    pub fn advice(&self) -> Vec<Advice> {
        let mut advice = Vec::new();
        if self.configurations.len() > 1 {
            advice.push(Advice { term: "Use", text: self.usage() });
        }
        advice.push(Advice { term: "How sure", text: self.sureness() });
        advice.push(Advice { term: "What would make it surer", text: self.surer() });
        advice
    }

    fn usage(&self) -> String {
        let label = &self.chosen.label;
        let selection = match self.by {
            By::Validation(selection) => selection,
            By::Accuracy(why) => {
                let split = split_name(self.comparison.split);
                return format!("{label}, which has the highest {split} accuracy; validation cannot decide: {}.", why.in_words());
            }
        };
        let sign = if selection == Selection::Loss { -1.0 } else { 1.0 };
        let value = |configuration: &Configuration| configuration.validation.as_ref().map(|spread| spread.mean);
        let own = value(self.chosen).unwrap_or(f64::NAN);
        let others = self.configurations.iter().filter(|other| !std::ptr::eq(*other, self.chosen) && other.accuracy.is_some());
        let next = others
            .filter_map(|other| Some((&other.label, value(other)?)))
            .reduce(|best, other| if other.1 > best.1 { other } else { best });
        let next =
            next.map_or_else(String::new, |(label, value)| format!("; next is {label} with {}", format::score(sign * value)));
        let average = if self.chosen.runs.len() > 1 { " on average over its seeds" } else { "" };
        let beaten = self.strongest().filter(|rival| rival.pair.told() && rival.pair.difference < 0.0);
        let split = split_name(self.comparison.split);
        let beaten = beaten.map_or_else(String::new, |rival| {
            format!(" The {split} set disagrees: there {} is better.", rival.configuration.label)
        });
        format!("{label}, chosen by {}: {}{average}{next}.{beaten}", self.by.in_words(), format::score(sign * own))
    }

    fn sureness(&self) -> String {
        let spread = &self.accuracy.seeds;
        let interval = format::percent_between(self.accuracy.interval);
        let own = match self.accuracy.of {
            Basis::Proteins => format!("The accuracy itself: {interval} for another draw of proteins (95%, Wilson)"),
            Basis::SeedsAndProteins => format!(
                "The accuracy itself: {interval} for another draw of proteins and of seeds (95%); its {} {}",
                self.chosen.seeds_in_words(),
                match [spread.low, spread.high].map(format::percent) {
                    [low, high] if low == high => format!("all reach {low}"),
                    [low, high] => format!("range from {low} to {high}"),
                }
            ),
            Basis::Seeds => format!("The accuracy itself: {interval} for other seeds (95%)"),
        };
        let Some(rival) = self.strongest() else { return format!("{own}.") };
        let Pair { difference, interval, p, corrected, test, .. } = &rival.pair;
        let correction = match self.pairs.pairs.len() {
            1 => String::new(),
            many => format!(", {} corrected for {many} comparisons", format::p_value(*corrected)),
        };
        let by = match test {
            Test::Mcnemar { only_first, only_second, .. } => format!(
                "McNemar's test, mid-p, over the {} that one of them alone gets right, {} and {}",
                format::counted(only_first + only_second, "protein"),
                format::count(*only_first),
                format::count(*only_second)
            ),
            Test::Crossed { seeds: 1, .. } => {
                "both seeds and proteins counted as chance; the one seed of one of the two taken to vary as the other's do"
                    .to_owned()
            }
            Test::Crossed { .. } => "both seeds and proteins counted as chance".to_owned(),
        };
        let verdict = match (rival.pair.told(), *difference > 0.0) {
            (true, true) => format!("Better than {}", rival.configuration.label),
            (true, false) => format!("Worse than {}", rival.configuration.label),
            (false, _) => format!("Not distinguishable from {}", rival.configuration.label),
        };
        format!(
            "{verdict}: the difference is {} (95% interval {}; {}{correction}; {by}). {own}.",
            format::points(*difference),
            format::points_between(*interval),
            format::p_is(*p),
        )
    }

    /// The other that the choice has to stand against: the one that beats it, or else the best of those it is not told from, or else the next.
    fn strongest(&self) -> Option<&Rival<'a>> {
        let beats = self.rivals.iter().find(|rival| rival.pair.told() && rival.pair.difference < 0.0);
        beats.or_else(|| self.rivals.iter().find(|rival| !rival.pair.told())).or_else(|| self.rivals.first())
    }

    fn surer(&self) -> String {
        let seeds = self.chosen.runs.len();
        let one_seed = "More seeds: with one, nothing is known of what another would change (a list of train.seed in the grid)";
        let Some(rival) = self.strongest() else {
            return match (self.accuracy.of, self.accuracy.from_seeds) {
                _ if seeds == 1 => format!("{one_seed}."),
                (Basis::Seeds, _) => {
                    "The same test proteins for every seed: as it is, the interval counts the seeds alone.".to_owned()
                }
                (_, Some(share)) if share > 0.5 => {
                    format!("More seeds: {} of the interval's variance comes from them.", format::percent(share))
                }
                (_, Some(share)) => {
                    format!("More test proteins: {} of the interval's variance comes from them.", format::percent(1.0 - share))
                }
                (_, None) => "More test proteins: every seed is right about all of these, or about none.".to_owned(),
            };
        };
        let Pair { difference, needed, resolvable, p, .. } = &rival.pair;
        let resolves = resolvable.map_or_else(String::new, |least| {
            let what = match seeds {
                1 => "These proteins resolve".to_owned(),
                _ => format!("These proteins and {} resolve", self.chosen.seeds_in_words()),
            };
            format!(" {what} differences from {} on (80% power).", format::points(least))
        });
        let only_seeds = if seeds == 1 { format!(" {one_seed}.") } else { String::new() };
        if rival.pair.told() {
            return format!("Little is open between the two.{resolves}{only_seeds}");
        }
        if *p < LEVEL {
            let among = format::count(self.pairs.pairs.len() as u64);
            let alone = format::p_is(*p);
            return format!(
                "Fewer comparisons: on its own the difference would be told from chance ({alone}), as one of {among} it is not.{resolves}{only_seeds}"
            );
        }
        format!("{}{resolves}{only_seeds}", needs(*difference, *needed))
    }
}

/// What would tell a difference from chance.
fn needs(difference: f64, needed: Needed) -> String {
    // Equal counts may differ by a rounding error.
    if difference.abs() < 1e-9 {
        return "Both are right equally often, which leaves no difference to plan for; more seeds or proteins would narrow the interval.".to_owned();
    }
    let size = format::points(difference.abs());
    let proteins = needed.proteins.filter(|n| *n <= MOST_PROTEINS).map(|n| format!("{} test proteins", format::roughly(n)));
    let seeds = needed.seeds.filter(|n| *n <= MOST_SEEDS).map(|n| format!("{} seeds each on these proteins", format::roughly(n)));
    let what = match (proteins, seeds) {
        (None, None) => {
            return format!("No number of proteins or seeds within reach would tell a difference of {size} from chance.");
        }
        (Some(proteins), Some(seeds)) => format!("{proteins}, or {seeds},"),
        (Some(one), None) | (None, Some(one)) => one,
    };
    format!("About {what} would tell a difference of {size} from chance.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_needed_is_told_where_it_is_within_reach() {
        let told = |proteins, seeds| needs(-0.011, Needed { proteins, seeds, ..Needed::default() });
        let cases = [
            (
                told(Some(4_211), Some(12)),
                "About 4,300 test proteins, or 12 seeds each on these proteins, would tell a difference of 1.1 points from chance.",
            ),
            (told(Some(4_211), Some(2_000)), "About 4,300 test proteins would tell a difference of 1.1 points from chance."),
            (
                told(Some(2_000_000), Some(7)),
                "About 7 seeds each on these proteins would tell a difference of 1.1 points from chance.",
            ),
            (told(None, None), "No number of proteins or seeds within reach would tell a difference of 1.1 points from chance."),
        ];
        for (told, expected) in cases {
            assert_eq!(told, expected);
        }
    }
}
