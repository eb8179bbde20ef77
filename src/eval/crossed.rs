//! Accuracies over seeds and proteins at once. Another seed is right on other proteins, another test set has other proteins; whoever counts
//! only one of the two is too sure.
//!
//! Proteins and seeds are crossed random effects, as cases and readers are in the studies of diagnostic imaging (Dorfman, Berbaum & Metz 1992;
//! Obuchowski & Rockette 1995; Hillis 2007, 2018): `right[seed][protein]` = mean + seed + protein + rest. The two-way mean squares give the variance of
//! each part, a negative one counting as 0, and with it that of the mean:
//!
//! seed / S + protein / N + rest / (S·N)
//!
//! Its degrees of freedom are Satterthwaite's (1946) over the mean squares it is made of, the proteins' among them (Hillis leaves those out: a study has
//! hundreds of cases). tests/it/statistics/errors.rs measures how often equal configurations are called different.

use super::{
    distribution::{t_p, t_quantile},
    mean_squares::MeanSquares,
};

/// A mean over seeds and proteins, or a difference of two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossed {
    pub estimate: f64,
    /// 0 where nothing varies: everything right, or twice the same predictions. The interval is then without width and says nothing; for one
    /// run's accuracy [`super::wilson`] does.
    pub standard_error: f64,
    pub degrees_of_freedom: f64,
    /// 95 %.
    pub interval: [f64; 2],
    /// Two-sided, of an estimate of 0.
    pub p: f64,
    /// Of each configuration, the fewer of two. One seed cannot show what another would do: all the rest is then about proteins alone.
    pub seeds: usize,
    pub proteins: usize,
    /// The variance that a seed of its own brings. Of independent seeds both configurations' together.
    pub of_seeds: f64,
    /// The variance that a protein of its own brings; of one seed what else varies is in it.
    pub of_proteins: f64,
    /// What neither explains.
    pub of_both: f64,
    /// How many times `seeds − 1` degrees of freedom stand behind `of_seeds`: 1, up to 2 where two configurations have seeds of their own.
    groups: f64,
}

/// How the seeds of two configurations belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// Seed by seed, in the same order: what a seed does to both drops out. As many of one as of the other.
    Paired,
    /// Each configuration has drawn its own: nothing drops out, and there are twice as many to learn their variance from.
    Independent,
}

/// The mean accuracy of one configuration, `right[seed][protein]`. `None` without a seed or with fewer than two proteins.
///
/// # Panics
///
/// Where the seeds have not the same proteins.
#[must_use]
pub fn crossed(right: &[Vec<bool>]) -> Option<Crossed> {
    let values: Vec<Vec<f64>> = right.iter().map(|seed| seed.iter().map(|&right| f64::from(u8::from(right))).collect()).collect();
    let squares = MeanSquares::new(&values)?;
    Some(squares.crossed())
}

/// The first configuration's mean accuracy less the second's, on the same proteins. `None` without a seed or with fewer than two proteins.
///
/// # Panics
///
/// Where the seeds have not the same proteins, or seeds that are paired are not as many.
#[must_use]
pub fn crossed_difference(first: &[Vec<bool>], second: &[Vec<bool>], seeds: Pairing) -> Option<Crossed> {
    match seeds {
        Pairing::Paired => {
            assert_eq!(first.len(), second.len(), "paired seeds are as many");
            let pairs = first.iter().zip(second);
            let differences: Vec<Vec<f64>> = pairs.map(|(a, b)| differences(a, b)).collect();
            MeanSquares::new(&differences).map(|squares| squares.crossed())
        }
        Pairing::Independent => independent(first, second),
    }
}

fn differences(first: &[bool], second: &[bool]) -> Vec<f64> {
    assert_eq!(first.len(), second.len(), "both configurations have the same proteins");
    first.iter().zip(second).map(|(&a, &b)| f64::from(i8::from(a) - i8::from(b))).collect()
}

fn independent(first: &[Vec<bool>], second: &[Vec<bool>]) -> Option<Crossed> {
    let values = |right: &[Vec<bool>]| -> Vec<Vec<f64>> {
        right.iter().map(|seed| seed.iter().map(|&right| f64::from(u8::from(right))).collect()).collect()
    };
    let (first, second) = (MeanSquares::new(&values(first))?, MeanSquares::new(&values(second))?);
    assert_eq!(first.proteins, second.proteins, "both configurations have the same proteins");
    let apart: Vec<f64> = first.protein_means.iter().zip(&second.protein_means).map(|(a, b)| a - b).collect();
    let apart = MeanSquares::new(&[apart])?;
    if first.seeds == 1 || second.seeds == 1 {
        return Some(apart.crossed());
    }
    // As if both had the fewer seeds: what a part then contributes to the variance is what it does contribute.
    let seeds = first.seeds.min(second.seeds);
    let share = |of: &MeanSquares, variance: f64| variance * seeds as f64 / of.seeds as f64;
    let of_seeds = [&first, &second].map(|of| share(of, of.of_seeds()));
    let of_both = [&first, &second].map(|of| share(of, of.rest));
    // Behind a sum of two variances stand more degrees of freedom the more equal they are.
    let [a, b] = [0, 1].map(|k| of_seeds[k] + of_both[k] / first.proteins as f64);
    let groups = if a + b > 0.0 { (a + b).powi(2) / (a * a + b * b) } else { 2.0 };
    let of_both = of_both[0] + of_both[1];
    let of_proteins = (apart.of_proteins() - of_both / seeds as f64).max(0.0);
    let parts = Parts { of_seeds: of_seeds[0] + of_seeds[1], of_proteins, of_both, groups };
    Some(parts.crossed(apart.mean, seeds, first.proteins))
}

impl MeanSquares {
    fn crossed(&self) -> Crossed {
        let parts = Parts { of_seeds: self.of_seeds(), of_proteins: self.of_proteins(), of_both: self.rest, groups: 1.0 };
        parts.crossed(self.mean, self.seeds, self.proteins)
    }
}

/// What a mean over any number of seeds and proteins varies by.
struct Parts {
    of_seeds: f64,
    of_proteins: f64,
    of_both: f64,
    groups: f64,
}

impl Parts {
    fn crossed(&self, estimate: f64, seeds: usize, proteins: usize) -> Crossed {
        let (standard_error, degrees_of_freedom) = self.standard_error(seeds as f64, proteins as f64);
        let reach = if standard_error > 0.0 { t_quantile(0.975, degrees_of_freedom) * standard_error } else { 0.0 };
        let p = match (estimate, standard_error) {
            (0.0, _) => 1.0,
            (_, 0.0) => 0.0,
            _ => t_p(estimate / standard_error, degrees_of_freedom),
        };
        Crossed {
            estimate,
            standard_error,
            degrees_of_freedom,
            interval: [estimate - reach, estimate + reach],
            p,
            seeds,
            proteins,
            of_seeds: self.of_seeds,
            of_proteins: self.of_proteins,
            of_both: self.of_both,
            groups: self.groups,
        }
    }

    /// The standard error of a mean over so many, and its degrees of freedom (Satterthwaite).
    fn standard_error(&self, seeds: f64, proteins: f64) -> (f64, f64) {
        let rest = self.of_both / (seeds * proteins);
        // The mean squares that the variance is made of: seeds + proteins − rest.
        let (of_seeds, of_proteins) = (self.of_seeds / seeds + rest, self.of_proteins / proteins + rest);
        let variance = of_seeds + of_proteins - rest;
        let seeds_freedom = self.groups * (seeds - 1.0);
        let uncertainty = |part: f64, freedom: f64| if part > 0.0 { part * part / freedom } else { 0.0 };
        let whole = uncertainty(of_seeds, seeds_freedom)
            + uncertainty(of_proteins, proteins - 1.0)
            + uncertainty(rest, seeds_freedom * (proteins - 1.0));
        let freedom = if whole > 0.0 { variance * variance / whole } else { proteins - 1.0 };
        (variance.sqrt(), freedom)
    }

    /// The smallest difference that a mean over so many tells from 0 with 80 % power at the 5 % level.
    fn resolvable(&self, seeds: f64, proteins: f64) -> f64 {
        let (standard_error, freedom) = self.standard_error(seeds, proteins);
        (t_quantile(0.975, freedom) + t_quantile(0.8, freedom)) * standard_error
    }
}

impl Crossed {
    /// How many proteins a test set must have, seeds as they are, to tell `difference` from 0 with 80 % power at the 5 % level. `None`
    /// where no number suffices: the seeds alone vary too much.
    #[must_use]
    pub fn proteins_needed(&self, difference: f64) -> Option<u64> {
        let parts = self.parts();
        fewest(|proteins| parts.resolvable(self.seeds as f64, proteins) <= difference.abs())
    }

    /// How many seeds each configuration must have, proteins as they are. `None` where no number suffices, the proteins alone vary too
    /// much, and where one seed was not enough to know.
    #[must_use]
    pub fn seeds_needed(&self, difference: f64) -> Option<u64> {
        let parts = self.parts();
        (self.seeds > 1).then(|| fewest(|seeds| parts.resolvable(seeds, self.proteins as f64) <= difference.abs())).flatten()
    }

    /// The smallest difference that so many seeds and proteins tell from 0 with 80 % power at the 5 % level: two quantiles of Student's t
    /// times the standard error.
    #[must_use]
    pub fn resolvable(&self) -> f64 {
        self.parts().resolvable(self.seeds as f64, self.proteins as f64)
    }

    /// How much of the variance comes from the seeds, of 1; `None` where nothing varies.
    #[must_use]
    pub fn share_of_seeds(&self) -> Option<f64> {
        let variance = self.standard_error * self.standard_error;
        (variance > 0.0).then(|| self.of_seeds / self.seeds as f64 / variance)
    }

    fn parts(&self) -> Parts {
        Parts { of_seeds: self.of_seeds, of_proteins: self.of_proteins, of_both: self.of_both, groups: self.groups }
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
