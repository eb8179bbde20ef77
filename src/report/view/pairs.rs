//! The configurations two by two, on the same proteins: which differences the test set and the seeds can tell from chance.

use serde::Serialize;

use super::{
    answers::{Answers, Folds},
    configurations::Configuration,
    format,
    predicted::Predicted,
    table::{Cell, Kind, Table},
};
use crate::eval::{self, Pairing};

/// From where on a difference counts as told from chance.
pub const LEVEL: f64 = 0.05;
/// Configurations up to which every pair is compared. Of more, each with the chosen one: thousands of corrected p-values resolve nothing.
const EVERY_PAIR: usize = 40;

/// Seeds from which on they are compared one by one where both sides have the same: of fewer, some may agree by luck, and the test would be
/// too sure (docs/statistics.md).
const PAIRED_FROM: usize = 5;

/// How runs that agree in their seed are compared, by how many there are.
#[must_use]
pub const fn pairing(seeds: usize) -> Pairing {
    if seeds >= PAIRED_FROM { Pairing::Paired } else { Pairing::Independent }
}

/// All comparisons that were made; each p-value is corrected for all of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pairs {
    /// Every pair, or each configuration with the chosen one alone.
    pub every: bool,
    pub pairs: Vec<Pair>,
}

/// Two configurations; differences are the first's minus the second's, in accuracy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    pub first: usize,
    pub second: usize,
    pub difference: f64,
    /// 95 %, not corrected for the other pairs.
    pub interval: [f64; 2],
    pub p: f64,
    /// Corrected for all pairs (Holm).
    pub corrected: f64,
    pub test: Test,
    /// The smallest difference that these proteins and seeds resolve: with 80 % power, at 5 %.
    pub resolvable: Option<f64>,
    /// How many it would take to resolve the difference that was found.
    pub needed: Needed,
}

/// How a pair was compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Test {
    /// One seed each: `McNemar`'s exact test. `p` is its value.
    Mcnemar {
        /// Proteins that the first alone gets right.
        only_first: u64,
        only_second: u64,
        mid_p: f64,
    },
    /// Several: seeds and proteins drawn at random, crossed.
    Crossed {
        seeds: usize,
        degrees_of_freedom: f64,
        /// Seed by seed, not each side by itself.
        paired: bool,
    },
    /// Several splits: on each the means over the seeds, and the corrected resampled t-test over the splits (Nadeau & Bengio 2003).
    Splits { splits: usize, degrees_of_freedom: f64 },
}

/// What would resolve a difference; `None` where no number would, or none is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Needed {
    /// With the seeds as they are.
    pub proteins: Option<u64>,
    /// With the proteins as they are.
    pub seeds: Option<u64>,
}

impl Pairs {
    /// Compares the configurations; `chosen` is the one that all are compared with where there are too many for every pair.
    #[must_use]
    pub fn new(configurations: &[Configuration], chosen: Option<usize>, folds: &Folds, tested_to_trained: f64) -> Self {
        let count = configurations.len();
        let every = count <= EVERY_PAIR;
        let among = |(first, second): &(usize, usize)| every || chosen == Some(*first) || chosen == Some(*second);
        let places = (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second))).filter(among);
        let mut pairs: Vec<Pair> =
            places.filter_map(|place| Pair::new(place, configurations, folds, tested_to_trained)).collect();
        let corrected = eval::holm(&pairs.iter().map(|pair| pair.p).collect::<Vec<f64>>());
        for (pair, corrected) in pairs.iter_mut().zip(corrected) {
            pair.corrected = corrected;
        }
        Self { every, pairs }
    }

    /// The comparison of two configurations, seen from `first`.
    #[must_use]
    pub fn of(&self, first: usize, second: usize) -> Option<Pair> {
        let found = self.pairs.iter().find(|pair| [(first, second), (second, first)].contains(&(pair.first, pair.second)))?;
        Some(if found.first == first { found.clone() } else { found.turned() })
    }

    /// The comparisons as a table: those that tell most first.
    #[must_use]
    pub fn table(&self, configurations: &[Configuration]) -> Table {
        let of = if self.every { "Every pair of configurations" } else { "Each configuration and the chosen one" };
        let caption = format!(
            "{of} on the same proteins: the difference in accuracy, its 95% interval, and the p-value as it is and corrected for {} (Holm).",
            format::counted(self.pairs.len() as u64, "comparison")
        );
        let columns = [
            ("", Kind::Text),
            ("against", Kind::Text),
            ("difference", Kind::Number),
            ("95% interval", Kind::Number),
            ("p", Kind::Number),
            ("corrected", Kind::Number),
            ("resolvable", Kind::Number),
            ("test", Kind::Text),
        ];
        let mut table = Table::new(caption, &columns);
        let mut pairs: Vec<Pair> = self.pairs.iter().map(Pair::upright).collect();
        pairs.sort_by(|one, other| one.corrected.total_cmp(&other.corrected).then(one.p.total_cmp(&other.p)));
        for pair in pairs {
            let label = |of: usize| Cell::from(configurations[of].label.as_str());
            table
                .row([
                    label(pair.first),
                    label(pair.second),
                    format::points(pair.difference).into(),
                    format::points_between(pair.interval).into(),
                    format::p_value(pair.p).into(),
                    format::p_value(pair.corrected).into(),
                    pair.resolvable.map_or_else(
                        || Cell::none(Some("no protein differs, or too few proteins")),
                        |share| format::points(share).into(),
                    ),
                    pair.test.in_words().into(),
                ])
                .mark(pair.told());
        }
        table
    }
}

impl Pair {
    /// Split by split: runs are only ever compared on the same proteins.
    fn new(place: (usize, usize), configurations: &[Configuration], folds: &Folds, tested_to_trained: f64) -> Option<Self> {
        let shared: Vec<[Vec<(u32, &Predicted)>; 2]> =
            folds.sets.iter().filter_map(|set| on_both(set, [&configurations[place.0], &configurations[place.1]])).collect();
        match shared.as_slice() {
            [] => None,
            [only] => Self::on_one_split(place, only),
            many => Some(Self::over_splits(place, many, tested_to_trained)),
        }
    }

    /// Where every split has the same difference they say nothing of another one: then nothing is excluded.
    fn over_splits((first, second): (usize, usize), splits: &[[Vec<(u32, &Predicted)>; 2]], tested_to_trained: f64) -> Self {
        let mean = |side: &[(u32, &Predicted)]| side.iter().map(|(_, run)| run.accuracy()).sum::<f64>() / side.len() as f64;
        let differences: Vec<f64> = splits.iter().map(|[one, other]| mean(one) - mean(other)).collect();
        let over = eval::over_splits(&differences, tested_to_trained);
        let count = differences.len();
        Self {
            first,
            second,
            difference: differences.iter().sum::<f64>() / count as f64,
            interval: over.map_or([-1.0, 1.0], |over| over.interval),
            p: over.map_or(1.0, |over| over.p),
            corrected: 1.0,
            test: Test::Splits { splits: count, degrees_of_freedom: count as f64 - 1.0 },
            resolvable: over.map(|over| over.resolvable()),
            needed: Needed { proteins: None, seeds: None },
        }
    }

    fn on_one_split((first, second): (usize, usize), [one, other]: &[Vec<(u32, &Predicted)>; 2]) -> Option<Self> {
        let shared: Vec<(&Predicted, &Predicted)> = one
            .iter()
            .filter_map(|(seed, answers)| other.iter().find(|(of, _)| of == seed).map(|(_, others)| (*answers, *others)))
            .collect();
        let found = match (one.as_slice(), other.as_slice()) {
            ([], _) | (_, []) => return None,
            ([(_, one)], [(_, other)]) => Self::mcnemar(one, other),
            _ if shared.len() == one.len() && shared.len() == other.len() => {
                let (ours, theirs): (Vec<_>, Vec<_>) =
                    shared.iter().map(|(one, other)| (one.right.clone(), other.right.clone())).unzip();
                Self::crossed(&ours, &theirs, pairing(shared.len()))?
            }
            _ => {
                let all = |side: &[(u32, &Predicted)]| side.iter().map(|(_, run)| run.right.clone()).collect::<Vec<_>>();
                Self::crossed(&all(one), &all(other), Pairing::Independent)?
            }
        };
        Some(Self { first, second, ..found })
    }

    fn mcnemar(one: &Predicted, other: &Predicted) -> Self {
        let (only_first, only_second) = eval::discordant(&one.right, &other.right);
        let proteins = one.right.len() as u64;
        let difference = (only_first as f64 - only_second as f64) / proteins as f64;
        let discordant = (only_first + only_second) as f64 / proteins as f64;
        Self {
            first: 0,
            second: 0,
            difference,
            interval: eval::paired_interval(only_first, only_second, proteins),
            p: eval::mcnemar(only_first, only_second),
            corrected: 1.0,
            test: Test::Mcnemar { only_first, only_second, mid_p: eval::mcnemar_mid_p(only_first, only_second) },
            resolvable: eval::power::resolvable(proteins, discordant),
            needed: Needed { proteins: eval::power::proteins_needed(difference, discordant), seeds: None },
        }
    }

    fn crossed(ours: &[Vec<bool>], theirs: &[Vec<bool>], pairing: Pairing) -> Option<Self> {
        let crossed = eval::crossed_difference(ours, theirs, pairing)?;
        let paired = pairing == Pairing::Paired;
        Some(Self {
            first: 0,
            second: 0,
            difference: crossed.estimate,
            interval: crossed.interval,
            p: crossed.p,
            corrected: 1.0,
            test: Test::Crossed { seeds: crossed.seeds, degrees_of_freedom: crossed.degrees_of_freedom, paired },
            resolvable: (crossed.standard_error > 0.0).then(|| crossed.resolvable()),
            needed: Needed { proteins: crossed.proteins_needed(crossed.estimate), seeds: crossed.seeds_needed(crossed.estimate) },
        })
    }

    /// Whether the difference is told from chance, all comparisons counted.
    #[must_use]
    pub fn told(&self) -> bool {
        self.corrected < LEVEL && self.difference != 0.0
    }

    fn turned(&self) -> Self {
        let [low, high] = self.interval;
        let test = match self.test {
            Test::Mcnemar { only_first, only_second, mid_p } => {
                Test::Mcnemar { only_first: only_second, only_second: only_first, mid_p }
            }
            alike @ (Test::Crossed { .. } | Test::Splits { .. }) => alike,
        };
        Self {
            first: self.second,
            second: self.first,
            difference: 0.0 - self.difference,
            interval: [-high, -low],
            test,
            ..self.clone()
        }
    }

    /// Seen from the better side.
    fn upright(&self) -> Self {
        if self.difference < 0.0 { self.turned() } else { self.clone() }
    }
}

/// The runs of both configurations on one set of proteins; `None` where one of the two has none.
fn on_both<'a>(set: &'a Answers, sides: [&Configuration; 2]) -> Option<[Vec<(u32, &'a Predicted)>; 2]> {
    let runs = sides.map(|side| side.scored(set));
    runs.iter().all(|runs| !runs.is_empty()).then_some(runs)
}

impl Test {
    /// As a table's cell says it.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Mcnemar { only_first, only_second, mid_p } => format!(
                "McNemar, right alone {} : {}, mid-p {}",
                format::count(*only_first),
                format::count(*only_second),
                format::p_value(*mid_p)
            ),
            Self::Splits { splits, degrees_of_freedom } => {
                format!("{splits} splits, corrected for their overlap; {} df", format::about(*degrees_of_freedom))
            }
            Self::Crossed { seeds: 1, .. } => "proteins alone: one side has one seed".to_owned(),
            Self::Crossed { seeds, degrees_of_freedom, paired } => {
                let by = if *paired { ", seed by seed," } else { "" };
                format!("{seeds} seeds{by} × proteins; {} df", format::about(*degrees_of_freedom))
            }
        }
    }
}
