//! The configurations two by two, on the same proteins: which differences are significant.

use serde::Serialize;

use super::{
    answers::{Answers, Folds},
    configurations::Configuration,
    crossed, format,
    predicted::Predicted,
    scale,
    table::{Cell, Kind, Table},
};
use titer_core::{
    metric::{ACCURACY, Metric},
    statistics::{self, Crossed, Pairing, power},
};

/// Below which a difference is significant.
pub const LEVEL: f64 = 0.05;
/// Configurations up to which every pair is compared. Of more, each with the chosen one: thousands
/// of corrected p-values resolve nothing.
const EVERY_PAIR: usize = 40;

/// Seeds from which on they are compared one by one where both sides have the same: of fewer, some
/// may agree by luck, and the test would be too sure (docs/statistics.md).
const PAIRED_FROM: usize = 5;

/// How runs that agree in their seed are compared, by how many there are.
#[must_use]
pub const fn pairing(seeds: usize) -> Pairing {
    if seeds >= PAIRED_FROM { Pairing::Paired } else { Pairing::Independent }
}

/// Two configurations' runs as they are compared: seed by seed in the same order where both have
/// the same seeds, and enough of them.
#[must_use]
pub fn matched<'a>(one: &[(u32, &'a Predicted)], other: &[(u32, &'a Predicted)]) -> (Side<'a>, Side<'a>, Pairing) {
    let all = |side: &[(u32, &'a Predicted)]| side.iter().map(|(_, run)| *run).collect();
    let of_seed = |seed: u32| other.iter().find(|(of, _)| *of == seed).map(|(_, run)| *run);
    let same: Option<Side> = one.iter().map(|(seed, _)| of_seed(*seed)).collect();
    match same {
        Some(others) if one.len() == other.len() => (all(one), others, pairing(one.len())),
        _ => (all(one), all(other), Pairing::Independent),
    }
}

/// The runs of one of two configurations.
pub type Side<'a> = Vec<&'a Predicted>;

/// All comparisons that were made; each p-value is corrected for all of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pairs {
    /// What is compared.
    pub metric: Metric,
    /// Up to which difference two configurations count as equivalent, in the metric's unit; `None`
    /// where the experiment does not say.
    pub equivalent: Option<f64>,
    /// Every pair, or each configuration with the chosen one alone.
    pub every: bool,
    pub pairs: Vec<Pair>,
}

/// Two configurations; differences are the first's minus the second's, in the compared metric.
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
    /// The p-value of their not being equivalent, corrected for all pairs (Holm): below 5 % they
    /// are. `None` where nobody asked.
    pub equivalence: Option<f64>,
    pub test: Test,
    /// What the difference is one of.
    pub about: About,
    /// The smallest difference that these proteins and seeds detect with 80 % power at the level
    /// that is left of 5 % among all pairs. A range, since what it rests on is itself estimated.
    /// `None` where no protein differed.
    pub detectable: Option<[f64; 2]>,
    /// How many it would take to detect the difference that was found.
    pub needed: Needed,
}

/// What a comparison says something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// These two runs: nothing is known about another seed of the same settings.
    Runs,
    /// The settings, whatever the seed.
    Configurations,
}

/// How a pair was compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Test {
    /// One seed each, and another metric than the accuracy: Student's test of what each protein
    /// contributes.
    Proteins { degrees_of_freedom: f64 },
    /// One seed each: `McNemar`'s test. `p` is its mid-p value.
    Mcnemar {
        /// Proteins that the first alone gets right.
        only_first: u64,
        only_second: u64,
        mid_p: f64,
        /// The exact test's, which errs on the careful side.
        exact_p: f64,
    },
    /// Several: seeds and proteins drawn at random, crossed.
    Crossed {
        /// The fewer of two.
        seeds: usize,
        degrees_of_freedom: f64,
        /// Seed by seed, not each side by itself.
        paired: bool,
        /// The side with more seeds lends the other its variance, which the other has too few seeds
        /// to show.
        lent: bool,
    },
    /// Several splits: on each the means over the seeds, and the corrected resampled t-test over
    /// the splits (Nadeau & Bengio 2003).
    Splits { splits: usize, degrees_of_freedom: f64 },
}

/// What would detect a difference. Planned for a difference that was picked as the greatest of
/// many, it would be far too little: for more than two configurations nothing is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
pub struct Needed {
    /// With the seeds as they are: enough even where they vary as much as these few seeds allow.
    /// `None` where no number is, or none is known.
    pub proteins: Option<u64>,
    /// Enough where they vary as little as these few seeds allow.
    pub proteins_from: Option<u64>,
    /// With the proteins as they are.
    pub seeds: Option<u64>,
    pub seeds_from: Option<u64>,
}

/// What a single comparison has to know of all.
#[derive(Debug, Clone, Copy)]
struct Comparisons {
    metric: Metric,
    /// Half the region of practical equivalence.
    margin: Option<f64>,
    /// What is left of 5 % for each (Bonferroni; Holm's least).
    level: f64,
    /// Whether to plan for the difference that was found: it was not picked from several.
    plan: bool,
    /// How many proteins a split tests on for each that it trains on.
    tested_to_trained: f64,
}

impl Pairs {
    /// Compares the configurations; `chosen` is the one that all are compared with where there are
    /// too many for every pair.
    #[must_use]
    pub fn new(
        (metric, margin): (Metric, Option<f64>),
        configurations: &[Configuration],
        chosen: Option<usize>,
        folds: &Folds,
        tested_to_trained: f64,
    ) -> Self {
        let count = configurations.len();
        let every = count <= EVERY_PAIR;
        let among = |(first, second): &(usize, usize)| every || chosen == Some(*first) || chosen == Some(*second);
        let comparable = |(first, second): &(usize, usize)| {
            let sides = [&configurations[*first], &configurations[*second]];
            folds.sets.iter().any(|set| sides.iter().all(|side| !side.scored(set).is_empty()))
        };
        let places = (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second))).filter(among);
        let places: Vec<(usize, usize)> = places.filter(comparable).collect();
        let level = LEVEL / places.len().max(1) as f64;
        let comparisons = Comparisons { metric, margin, level, plan: places.len() == 1, tested_to_trained };
        let compare = |place: &(usize, usize)| Pair::new(*place, configurations, folds, comparisons);
        let mut pairs: Vec<Pair> = places.iter().filter_map(compare).collect();
        let corrected = statistics::holm(&pairs.iter().map(|pair| pair.p).collect::<Vec<f64>>());
        for (pair, corrected) in pairs.iter_mut().zip(corrected) {
            pair.corrected = corrected;
        }
        let mut asked: Vec<&mut f64> = pairs.iter_mut().filter_map(|pair| pair.equivalence.as_mut()).collect();
        let corrected = statistics::holm(&asked.iter().map(|p| **p).collect::<Vec<f64>>());
        for (p, corrected) in asked.iter_mut().zip(corrected) {
            **p = corrected;
        }
        Self { metric, equivalent: margin, every, pairs }
    }

    /// The comparison of two configurations, seen from `first`.
    #[must_use]
    pub fn of(&self, first: usize, second: usize) -> Option<Pair> {
        let found = self.pairs.iter().find(|pair| [(first, second), (second, first)].contains(&(pair.first, pair.second)))?;
        Some(if found.first == first { found.clone() } else { found.turned() })
    }

    /// The comparisons as a table, the smallest adjusted p first.
    #[must_use]
    pub fn table(&self, configurations: &[Configuration]) -> Table {
        let of = if self.every { "Every pair of configurations" } else { "Each configuration and the chosen one" };
        let caption = format!(
            "{of} on the same proteins: the difference in {}, its 95% interval, and the p-value, raw and adjusted for {} (Holm).{} \
             Detectable: the smallest difference found with 80% power at the adjusted level, a range because it is estimated.",
            self.metric.label,
            format::counted(self.pairs.len() as u64, "comparison"),
            self.margin_in_words(),
        );
        let columns = [
            ("", Kind::Text),
            ("against", Kind::Text),
            ("difference", Kind::Number),
            ("95% interval", Kind::Number),
            ("p", Kind::Number),
            ("adjusted p", Kind::Number),
            ("detectable", Kind::Number),
            ("test", Kind::Text),
        ];
        let columns: Vec<(&str, Kind)> = columns.into_iter().chain(self.equivalent.map(|_| ("verdict", Kind::Text))).collect();
        let metric = self.metric;
        let mut table = Table::new(caption, &columns);
        let mut pairs: Vec<Pair> = self.pairs.iter().map(|pair| pair.upright(metric)).collect();
        pairs.sort_by(|one, other| one.corrected.total_cmp(&other.corrected).then(one.p.total_cmp(&other.p)));
        for pair in pairs {
            let label = |of: usize| Cell::from(configurations[of].label.as_str());
            let mut cells: Vec<Cell> = vec![
                label(pair.first),
                label(pair.second),
                scale::difference(metric, pair.difference).into(),
                scale::between(metric, pair.interval).into(),
                format::p_value(pair.p).into(),
                format::p_value(pair.corrected).into(),
                pair.detectable.map_or_else(
                    || Cell::none(Some("no protein differs, or there are too few proteins or seeds")),
                    |[from, to]| scale::between(metric, [from, to]).into(),
                ),
                pair.test.in_words().into(),
            ];
            cells.extend(self.equivalent.map(|_| pair.relation().in_words().into()));
            table.row(cells).mark(pair.is_significant());
        }
        table
    }
}

impl Pairs {
    /// The region of practical equivalence, as the end of a caption.
    fn margin_in_words(&self) -> String {
        self.equivalent.map_or_else(String::new, |margin| {
            format!(
                " Equivalent: significantly within {} of each other (two one-sided tests).",
                scale::difference(self.metric, margin)
            )
        })
    }
}

/// The three answers to how two configurations compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Significantly different, and not known to be equivalent.
    Different,
    /// Significantly closer than the region of practical equivalence is wide, whether or not they
    /// differ.
    Equivalent,
    /// Neither: these proteins and seeds do not say.
    Unknown,
}

impl Relation {
    /// As a table's cell says it.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Different => "different",
            Self::Equivalent => "equivalent",
            Self::Unknown => "unknown",
        }
    }
}

impl Pair {
    /// Whether the difference is significant, adjusted for all pairs.
    #[must_use]
    pub fn is_significant(&self) -> bool {
        self.corrected < LEVEL && self.difference != 0.0
    }

    /// Which of the three answers the tests give.
    #[must_use]
    pub fn relation(&self) -> Relation {
        if self.equivalence.is_some_and(|p| p < LEVEL) {
            Relation::Equivalent
        } else if self.is_significant() {
            Relation::Different
        } else {
            Relation::Unknown
        }
    }

    /// Split by split: runs are only ever compared on the same proteins.
    fn new(
        (first, second): (usize, usize),
        configurations: &[Configuration],
        folds: &Folds,
        comparisons: Comparisons,
    ) -> Option<Self> {
        let sides = [&configurations[first], &configurations[second]];
        let shared: Vec<[Vec<(u32, &Predicted)>; 2]> = folds.sets.iter().filter_map(|set| on_both(set, sides)).collect();
        let found = match shared.as_slice() {
            [] => return None,
            [[one, other]] => match (one.as_slice(), other.as_slice()) {
                ([(_, one)], [(_, other)]) if comparisons.metric == ACCURACY => Self::mcnemar(one, other, comparisons),
                ([(_, one)], [(_, other)]) => Self::by_protein(one, other, comparisons)?,
                (one, other) => Self::crossed(matched(one, other), comparisons)?,
            },
            many => Self::over_splits(many, comparisons),
        };
        Some(Self { first, second, ..found })
    }

    /// Where every split has the same difference they say nothing of another one: then nothing is
    /// excluded.
    fn over_splits(
        splits: &[[Vec<(u32, &Predicted)>; 2]],
        Comparisons { metric, margin, level, tested_to_trained, .. }: Comparisons,
    ) -> Self {
        let mean = |side: &[(u32, &Predicted)]| {
            side.iter().map(|(_, run)| run.score.unwrap_or(f64::NAN)).sum::<f64>() / side.len() as f64
        };
        let differences: Vec<f64> = splits.iter().map(|[one, other]| mean(one) - mean(other)).collect();
        let over = statistics::over_splits(&differences, tested_to_trained);
        let count = differences.len();
        let width = scale::width(metric);
        let detectable = over.map(|over| over.detectable(level)).filter(|[_, to]| *to <= width);
        Self {
            first: 0,
            second: 0,
            difference: differences.iter().sum::<f64>() / count as f64,
            interval: over.map_or([-width, width], |over| over.interval),
            p: over.map_or(1.0, |over| over.p),
            corrected: 1.0,
            equivalence: margin.map(|margin| over.map_or(1.0, |over| over.equivalence_p(margin))),
            test: Test::Splits { splits: count, degrees_of_freedom: count as f64 - 1.0 },
            about: About::Configurations,
            detectable,
            needed: Needed::default(),
        }
    }

    fn mcnemar(one: &Predicted, other: &Predicted, Comparisons { metric, margin, level, plan, .. }: Comparisons) -> Self {
        let (only_first, only_second) = statistics::discordant(&one.right(), &other.right());
        let proteins = one.proteins() as u64;
        let difference = (only_first as f64 - only_second as f64) / proteins as f64;
        let [fewer, more] = power::discordance(only_first + only_second, proteins);
        let detectable = match [fewer, more].map(|share| power::detectable(proteins, share, level)) {
            [Some(from), Some(to)] => Some([from, to]),
            _ => None,
        };
        let needed = |share: f64| plan.then(|| power::proteins_needed(difference, share, level)).flatten();
        let mid_p = statistics::mcnemar_mid_p(only_first, only_second);
        Self {
            first: 0,
            second: 0,
            difference,
            interval: statistics::paired_interval(only_first, only_second, proteins),
            p: mid_p,
            corrected: 1.0,
            equivalence: margin.map(|margin| {
                let crossed = crossed::difference(metric, &[one], &[other], Pairing::Paired);
                crossed.map_or(1.0, |crossed| crossed.equivalence_p(margin))
            }),
            test: Test::Mcnemar { only_first, only_second, mid_p, exact_p: statistics::mcnemar(only_first, only_second) },
            about: About::Runs,
            detectable,
            needed: Needed { proteins: needed(more), proteins_from: needed(fewer), ..Needed::default() },
        }
    }

    /// One seed each, by another metric than the accuracy.
    fn by_protein(one: &Predicted, other: &Predicted, comparisons: Comparisons) -> Option<Self> {
        let found = Self::crossed((vec![one], vec![other], Pairing::Paired), comparisons)?;
        let Test::Crossed { degrees_of_freedom, .. } = found.test else { return None };
        Some(Self { test: Test::Proteins { degrees_of_freedom }, about: About::Runs, ..found })
    }

    fn crossed(
        (one, other, pairing): (Side, Side, Pairing),
        Comparisons { metric, margin, level, plan, .. }: Comparisons,
    ) -> Option<Self> {
        let crossed = crossed::difference(metric, &one, &other, pairing)?;
        let Crossed { estimate, degrees_of_freedom, seeds, lent, .. } = crossed;
        // A difference wider than the metric's range cannot be detected.
        let detectable = crossed.detectable(level).filter(|[_, to]| *to <= scale::width(metric));
        let needed = || {
            let (proteins, runs) = (crossed.proteins_needed(estimate, level), crossed.seeds_needed(estimate, level));
            Needed { proteins: proteins.to, proteins_from: proteins.from, seeds: runs.to, seeds_from: runs.from }
        };
        Some(Self {
            first: 0,
            second: 0,
            difference: estimate,
            interval: crossed.interval,
            p: crossed.p,
            corrected: 1.0,
            equivalence: margin.map(|margin| crossed.equivalence_p(margin)),
            test: Test::Crossed { seeds, degrees_of_freedom, paired: pairing == Pairing::Paired, lent },
            about: About::Configurations,
            detectable,
            needed: if plan { needed() } else { Needed::default() },
        })
    }

    fn turned(&self) -> Self {
        let [low, high] = self.interval;
        let test = match self.test {
            Test::Mcnemar { only_first, only_second, mid_p, exact_p } => {
                Test::Mcnemar { only_first: only_second, only_second: only_first, mid_p, exact_p }
            }
            alike @ (Test::Proteins { .. } | Test::Crossed { .. } | Test::Splits { .. }) => alike,
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
    fn upright(&self, metric: Metric) -> Self {
        if metric.oriented(self.difference) < 0.0 { self.turned() } else { self.clone() }
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
            Self::Mcnemar { only_first, only_second, exact_p, .. } => format!(
                "run against run: McNemar mid-p, only one correct {} : {}, exact p {}",
                format::count(*only_first),
                format::count(*only_second),
                format::p_value(*exact_p)
            ),
            Self::Proteins { degrees_of_freedom } => {
                format!("run against run, protein by protein; {} df", format::about(*degrees_of_freedom))
            }
            Self::Splits { splits, degrees_of_freedom } => {
                format!("{splits} splits, corrected for their overlap; {} df", format::about(*degrees_of_freedom))
            }
            Self::Crossed { seeds, degrees_of_freedom, lent: true, .. } => format!(
                "{} with the other side's variance × proteins; {} df",
                format::counted(*seeds as u64, "seed"),
                format::about(*degrees_of_freedom)
            ),
            Self::Crossed { seeds, degrees_of_freedom, paired, .. } => {
                let by = if *paired { ", seed by seed," } else { "" };
                format!("{seeds} seeds{by} × proteins; {} df", format::about(*degrees_of_freedom))
            }
        }
    }
}
