//! Values over seeds and proteins at once. Another seed is right on other proteins, another test
//! set has other proteins; whoever counts only one of the two is too sure.
//!
//! Proteins and seeds are crossed random effects, as cases and readers are in the studies of
//! diagnostic imaging (Dorfman, Berbaum & Metz 1992; Obuchowski & Rockette 1995; Hillis 2007,
//! 2018): `value[seed][protein]` = mean + seed + protein + rest. The value is 1 where the protein
//! is classified correctly and else 0, or any other whose mean over the proteins is a score. The
//! two-way mean squares give the variance of each part, a negative one counting as 0, and with it
//! that of the mean:
//!
//! seed / S + protein / N + rest / (S·N)
//!
//! Its degrees of freedom are Satterthwaite's (1946) over the mean squares it is made of, the
//! proteins' among them (Hillis leaves those out: a study has hundreds of cases).
//! tests/it/statistics/errors.rs measures how often equal configurations are called different.

use super::{
    distribution::Z,
    interval::wilson_at,
    mean_squares::MeanSquares,
    variance::{Guess, Parts, Plan, Side},
};

/// A mean over seeds and proteins, or a difference of two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossed {
    pub estimate: f64,
    /// Of a mean 0 where nothing varies; a difference always has one, since other proteins might
    /// differ.
    pub standard_error: f64,
    pub degrees_of_freedom: f64,
    /// 95 %.
    pub interval: [f64; 2],
    /// Two-sided, of an estimate of 0.
    pub p: f64,
    /// Of each configuration, the fewer of two.
    pub seeds: usize,
    pub proteins: usize,
    /// The variance that a seed of its own brings. Of independent seeds both configurations'
    /// together.
    pub of_seeds: f64,
    /// The variance that a protein of its own brings; of one seed what else varies is in it.
    pub of_proteins: f64,
    /// What neither explains.
    pub of_both: f64,
    /// Whether the variance of one configuration's seeds stands for both's: the other has one
    /// alone, or fewer that agree better.
    pub lent: bool,
    /// Whether anything varied: of a difference whether any protein differed.
    varies: bool,
    parts: Parts,
}

/// How the seeds of two configurations belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// Seed by seed, in the same order: what a seed does to both drops out. As many of one as of
    /// the other.
    Paired,
    /// Each configuration has drawn its own: nothing drops out, and there are twice as many to
    /// learn their variance from.
    Independent,
}

/// What must be had to detect a difference: a range, since the variance that it rests on is known
/// from few seeds. The numbers are `None` where no number suffices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enough {
    /// Where the seeds vary as little as the lower end of their interval has it.
    pub from: Option<u64>,
    /// Where they vary as much as the upper end has it: with so many the difference is found.
    pub to: Option<u64>,
}

/// The mean accuracy of one configuration, `right[seed][protein]`. `None` without a seed or with
/// fewer than two proteins.
///
/// # Panics
///
/// Where the seeds have not the same proteins.
#[must_use]
pub fn crossed(right: &[Vec<bool>]) -> Option<Crossed> {
    crossed_values(&values(right))
}

/// The mean of one configuration's values, `values[seed][protein]`.
///
/// # Panics
///
/// As [`crossed`].
#[must_use]
pub fn crossed_values(values: &[Vec<f64>]) -> Option<Crossed> {
    let squares = MeanSquares::new(values)?;
    Some(Crossed::new(squares.mean, squares.parts()))
}

/// The first configuration's mean accuracy less the second's, on the same proteins. `None` without
/// a seed or with fewer than two proteins.
///
/// # Panics
///
/// Where the seeds have not the same proteins, or seeds that are paired are not as many.
#[must_use]
pub fn crossed_difference(first: &[Vec<bool>], second: &[Vec<bool>], seeds: Pairing) -> Option<Crossed> {
    let found = crossed_values_difference(&values(first), &values(second), seeds)?;
    // Bonett & Price (2012): as if one protein more had fallen to either side. What no protein shows here another might.
    let n = found.proteins as f64;
    let differing = if found.varies { 0.0 } else { n * found.estimate.abs() };
    let least = (differing + 2.0 - differing * differing / (n + 2.0)) / ((n + 2.0) * (n + 2.0));
    Some(Crossed { varies: found.varies, ..Crossed::new(found.estimate, found.parts.at_least(least)) })
}

/// The mean of the first configuration's values less that of the second's.
///
/// # Panics
///
/// As [`crossed_difference`].
#[must_use]
pub fn crossed_values_difference(first: &[Vec<f64>], second: &[Vec<f64>], seeds: Pairing) -> Option<Crossed> {
    match seeds {
        Pairing::Paired => {
            assert_eq!(first.len(), second.len(), "paired seeds are as many");
            let differences: Vec<Vec<f64>> = first.iter().zip(second).map(|(a, b)| differences(a, b)).collect();
            crossed_values(&differences)
        }
        Pairing::Independent => independent(first, second),
    }
}

fn values(right: &[Vec<bool>]) -> Vec<Vec<f64>> {
    right.iter().map(|seed| seed.iter().map(|&right| f64::from(u8::from(right))).collect()).collect()
}

fn differences(first: &[f64], second: &[f64]) -> Vec<f64> {
    assert_eq!(first.len(), second.len(), "both configurations have the same proteins");
    first.iter().zip(second).map(|(a, b)| a - b).collect()
}

fn independent(first: &[Vec<f64>], second: &[Vec<f64>]) -> Option<Crossed> {
    let (first, second) = (MeanSquares::new(first)?, MeanSquares::new(second)?);
    let apart = MeanSquares::new(&[differences(&first.protein_means, &second.protein_means)])?;
    let parts = if first.seeds == 1 && second.seeds == 1 {
        apart.parts()
    } else {
        Parts::of_two(first.side(), second.side(), apart.of_proteins(), first.proteins)
    };
    Some(Crossed::new(apart.mean, parts))
}

impl MeanSquares {
    fn side(&self) -> Side {
        Side { seeds: self.seeds, of_seeds: self.of_seeds(), of_both: self.rest }
    }

    fn parts(&self) -> Parts {
        Parts::of_one(self.side(), self.of_proteins(), self.proteins)
    }
}

impl Crossed {
    fn new(estimate: f64, parts: Parts) -> Self {
        let found = parts.as_it_is();
        let reach = if found.standard_error > 0.0 { found.quantile(0.975) * found.standard_error } else { 0.0 };
        Self {
            estimate,
            standard_error: found.standard_error,
            degrees_of_freedom: found.degrees_of_freedom,
            interval: [estimate - reach, estimate + reach],
            p: found.p(estimate),
            seeds: parts.seeds(),
            proteins: parts.proteins,
            of_seeds: parts.of_seeds(),
            of_proteins: parts.of_proteins,
            of_both: parts.of_both(),
            lent: parts.lent(),
            varies: parts.of_seeds() + parts.of_proteins + parts.of_both() > 0.0,
            parts,
        }
    }

    /// The 95 % interval of a share of which this is the mean: Wilson's with as many proteins as
    /// would be as sure of it, p(1 − p) / SE², and Student's quantile in place of the normal one
    /// (as Korn & Graubard 1998 have it for surveys, with another interval). There are never more
    /// than each seed's proteins together, and it is never narrower than where every seed is right
    /// about every protein.
    #[must_use]
    pub fn share_interval(&self) -> [f64; 2] {
        let (share, proteins) = (self.estimate, self.proteins as f64);
        if self.standard_error == 0.0 {
            return wilson_at(share * proteins, proteins, Z);
        }
        let variance = self.standard_error * self.standard_error;
        let effective = (share * (1.0 - share) / variance).min(proteins * self.seeds as f64);
        let [low, high] = wilson_at(share * effective, effective, self.parts.as_it_is().quantile(0.975));
        let width = 1.0 - wilson_at(proteins, proteins, Z)[0];
        if share > 0.5 { [low.min(high - width).max(0.0), high] } else { [low, high.max(low + width).min(1.0)] }
    }

    /// The smallest difference that so many seeds and proteins detect at that level with 80 %
    /// power. A range: the variance of the seeds is known from few of them. From the upper end on a
    /// difference is found at least four times of five in nine of ten experiments; below the lower
    /// end it is not. `None` where nothing varied.
    #[must_use]
    pub fn detectable(&self, level: f64) -> Option<[f64; 2]> {
        let at = |guess: Guess| self.parts.detectable(self.parts.plan(guess), level);
        self.varies.then(|| [at(Guess::Lower), at(Guess::Upper)])
    }

    /// How many proteins a test set must have, seeds as they are, to detect `difference` at that
    /// level with 80 % power.
    #[must_use]
    pub fn proteins_needed(&self, difference: f64, level: f64) -> Enough {
        let plan = |proteins: f64, of_seeds: Guess| Plan { seeds: None, proteins, of_seeds };
        self.enough(|number, guess| self.parts.detectable(plan(number, guess), level) <= difference.abs())
    }

    /// How many seeds each configuration must have, proteins as they are. Nothing is known of it
    /// where both have one alone.
    #[must_use]
    pub fn seeds_needed(&self, difference: f64, level: f64) -> Enough {
        let proteins = self.proteins as f64;
        let plan = |seeds: f64, of_seeds: Guess| Plan { seeds: Some(seeds), proteins, of_seeds };
        let known = self.seeds > 1 || self.lent;
        self.enough(|number, guess| known && self.parts.detectable(plan(number, guess), level) <= difference.abs())
    }

    fn enough(&self, suffices: impl Fn(f64, Guess) -> bool) -> Enough {
        let at = |guess: Guess| self.varies.then(|| fewest(|number| suffices(number, guess))).flatten();
        Enough { from: at(Guess::Lower), to: at(Guess::Upper) }
    }

    /// The p-value of the hypothesis that the difference is `margin` or more either way: two
    /// one-sided tests (Schuirmann 1987), of which the larger counts. 1 where the estimate itself
    /// lies beyond, and where nothing varies: then nothing says how far another sample would.
    #[must_use]
    pub fn equivalence_p(&self, margin: f64) -> f64 {
        let room = margin - self.estimate.abs();
        if room > 0.0 && self.standard_error > 0.0 { self.parts.as_it_is().p(room) / 2.0 } else { 1.0 }
    }

    /// How much of the variance comes from the seeds, of 1; `None` where nothing varies.
    #[must_use]
    pub fn share_of_seeds(&self) -> Option<f64> {
        let variance = self.standard_error * self.standard_error;
        (variance > 0.0).then(|| self.of_seeds / self.seeds as f64 / variance)
    }
}

/// The smallest number from 2 on that suffices, `None` where a thousand million do not.
fn fewest(suffices: impl Fn(f64) -> bool) -> Option<u64> {
    let mut enough = 2;
    while !suffices(enough as f64) {
        enough *= 2;
        if enough > 1 << 30 {
            return None;
        }
    }
    let mut too_few = enough / 2;
    while enough - too_few > 1 {
        let middle = u64::midpoint(too_few, enough);
        if suffices(middle as f64) { enough = middle } else { too_few = middle }
    }
    Some(enough)
}
