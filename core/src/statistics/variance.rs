//! What a mean over seeds and proteins varies by: now, and over other numbers of them.

use super::{
    distribution::{chi_squared_quantile, t_noncentrality, t_p, t_quantile},
    power::POWER,
};

/// The seeds of one configuration; of differences taken seed by seed those of both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Side {
    pub seeds: usize,
    /// The variance that a seed of its own brings.
    pub of_seeds: f64,
    /// What neither the seed nor the protein explains.
    pub of_both: f64,
}

/// The parts of the variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Parts {
    /// The second is there where two configurations have seeds of their own.
    sides: [Option<Side>; 2],
    /// The side with more seeds stands for both: the other has too few to show less variance than
    /// it.
    lent: bool,
    /// The variance that a protein of its own brings; of one seed what else varies is in it.
    pub of_proteins: f64,
    pub proteins: usize,
    /// What the variance of the mean over these proteins is not below: a difference of 0 on them
    /// leaves room for one on others.
    least: f64,
}

/// How many seeds and proteins a mean is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Of each side; `None`: as they are.
    pub seeds: Option<f64>,
    pub proteins: f64,
    pub of_seeds: Guess,
}

/// Where in its interval the variance that seeds bring is taken to be: few seeds show it badly, and
/// its 80 % interval (chi-square) says how much greater or smaller it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    Lower,
    Estimate,
    Upper,
}

/// The standard error of a mean, and what its quantiles come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    pub standard_error: f64,
    /// Satterthwaite's.
    pub degrees_of_freedom: f64,
    seeds: Share,
    proteins_freedom: f64,
    /// Whether both sides have as many seeds; else the quantiles are the careful ones.
    equal: bool,
}

/// What the seeds bring to a variance, of 1, and the degrees of freedom behind it.
#[derive(Debug, Clone, Copy)]
struct Share {
    of_variance: f64,
    freedom: f64,
}

impl Parts {
    pub fn of_one(side: Side, of_proteins: f64, proteins: usize) -> Self {
        Self { sides: [Some(side), None], lent: false, of_proteins, proteins, least: 0.0 }
    }

    /// `between` is the variance of the proteins' mean differences: the proteins' own part and what
    /// the rest leaves in it.
    ///
    /// Of sides with unequal numbers of seeds the one with fewer is lent the other's variance where
    /// its own is less, which with a seed alone it always is: a few seeds may agree by luck.
    pub fn of_two(first: Side, second: Side, between: f64, proteins: usize) -> Self {
        let mut sides = [first, second];
        let [fewer, more] = if first.seeds < second.seeds { [0, 1] } else { [1, 0] };
        let lender = sides[more];
        let chance = |side: &Side| side.of_both / proteins as f64;
        let lent = sides[fewer].seeds < lender.seeds
            && (sides[fewer].seeds == 1 || sides[fewer].of_seeds + chance(&sides[fewer]) < lender.of_seeds + chance(&lender));
        if lent {
            let side = &mut sides[fewer];
            if side.seeds == 1 {
                side.of_both = lender.of_both;
            }
            side.of_seeds = lender.of_seeds + chance(&lender) - chance(side);
        }
        let rest: f64 = sides.iter().map(|side| side.of_both / side.seeds as f64).sum();
        let of_proteins = (between - rest).max(0.0);
        Self { sides: sides.map(Some), lent, of_proteins, proteins, least: 0.0 }
    }

    /// The same, but that the variance of the mean is never below this.
    pub fn at_least(self, least: f64) -> Self {
        Self { least, ..self }
    }

    fn sides(&self) -> impl Iterator<Item = &Side> {
        self.sides.iter().flatten()
    }

    /// The fewer of two.
    pub fn seeds(&self) -> usize {
        self.sides().map(|side| side.seeds).min().unwrap_or(0)
    }

    /// The more of two.
    fn most_seeds(&self) -> usize {
        self.sides().map(|side| side.seeds).max().unwrap_or(0)
    }

    /// The variance of the seeds' part, as if all sides had the fewer of them.
    pub fn of_seeds(&self) -> f64 {
        self.over_the_fewer(|side| side.of_seeds)
    }

    pub fn of_both(&self) -> f64 {
        self.over_the_fewer(|side| side.of_both)
    }

    fn over_the_fewer(&self, part: impl Fn(&Side) -> f64) -> f64 {
        let fewer = self.seeds() as f64;
        self.sides().map(|side| part(side) * fewer / side.seeds as f64).sum()
    }

    /// Whether one side's seeds stand for both.
    pub fn lent(&self) -> bool {
        self.lent
    }

    /// Of the seeds and proteins that there are.
    pub fn as_it_is(&self) -> Reach {
        self.reach(self.plan(Guess::Estimate))
    }

    /// As many seeds and proteins as there are.
    pub fn plan(&self, of_seeds: Guess) -> Plan {
        Plan { seeds: None, proteins: self.proteins as f64, of_seeds }
    }

    /// seed / S + protein / N + rest / (S·N), and its degrees of freedom after Satterthwaite: the
    /// mean squares that it is made of are seeds + proteins − rest.
    pub fn reach(&self, plan: Plan) -> Reach {
        let factor = self.factor(plan.of_seeds);
        let (mut of_seeds, mut of_both, mut squares, mut freedoms) = (0.0, 0.0, 0.0, 0.0);
        for side in self.sides() {
            let seeds = plan.seeds.unwrap_or(side.seeds as f64);
            let both = side.of_both / (seeds * plan.proteins);
            let part = self.guessed(side, factor) / seeds + both;
            of_both += both;
            of_seeds += part;
            freedoms += seeds - 1.0;
            if part > 0.0 {
                squares += part * part / (seeds - 1.0);
            }
        }
        if self.lent && plan.seeds.is_none() {
            squares = of_seeds * of_seeds / (self.most_seeds() as f64 - 1.0);
        }
        let freedom = if squares > 0.0 { of_seeds * of_seeds / squares } else { freedoms };
        let of_proteins = self.of_proteins / plan.proteins + of_both;
        let proteins_freedom = plan.proteins - 1.0;
        let variance = of_seeds + of_proteins - of_both;
        let mut uncertainty = squares + of_proteins * of_proteins / proteins_freedom;
        if of_both > 0.0 {
            uncertainty += of_both * of_both / (freedom * proteins_freedom);
        }
        Reach {
            standard_error: variance.max(self.least_over(plan.proteins)).sqrt(),
            degrees_of_freedom: if uncertainty > 0.0 { variance * variance / uncertainty } else { proteins_freedom },
            seeds: Share { of_variance: if variance > 0.0 { of_seeds / variance } else { 0.0 }, freedom },
            proteins_freedom,
            equal: plan.seeds.is_some() || self.seeds() == self.most_seeds(),
        }
    }

    /// More proteins leave less room: it shrinks as Bonett and Price's with the square of their
    /// number and two.
    fn least_over(&self, proteins: f64) -> f64 {
        let now = self.proteins as f64;
        let fewer = (now + 2.0) / (proteins.max(now) + 2.0);
        self.least * fewer * fewer
    }

    /// How many times greater the seeds' mean square is taken to be than it was found.
    fn factor(&self, guess: Guess) -> f64 {
        let chance = match guess {
            Guess::Estimate => return 1.0,
            Guess::Lower => 0.9,
            Guess::Upper => 0.1,
        };
        if self.most_seeds() < 2 {
            return 1.0;
        }
        let freedom = self.as_it_is().seeds.freedom;
        freedom / chi_squared_quantile(chance, freedom)
    }

    /// The variance that a seed brings, where the mean square it was found from is so many times
    /// greater.
    fn guessed(&self, side: &Side, factor: f64) -> f64 {
        let chance = side.of_both / self.proteins as f64;
        (factor * (side.of_seeds + chance) - chance).max(0.0)
    }

    /// The smallest difference that a mean over so many tells from 0 at that level, with 80 %
    /// power.
    pub fn detectable(&self, plan: Plan, level: f64) -> f64 {
        let reach = self.reach(plan);
        t_noncentrality(reach.quantile(1.0 - level / 2.0), POWER, reach.degrees_of_freedom) * reach.standard_error
    }
}

impl Reach {
    /// What an estimate over its standard error stays below with the given chance: Student's
    /// quantile.
    ///
    /// Where two sides have unequal numbers of seeds, Cochran and Cox's (1950): the quantiles of
    /// the two parts, weighted by what they bring. Satterthwaite's are too sure where a variance of
    /// one or two degrees of freedom comes out small by luck.
    pub fn quantile(&self, chance: f64) -> f64 {
        if self.equal {
            return t_quantile(chance, self.degrees_of_freedom);
        }
        let Share { of_variance, freedom } = self.seeds;
        of_variance * t_quantile(chance, freedom) + (1.0 - of_variance) * t_quantile(chance, self.proteins_freedom)
    }

    /// The two-sided p-value of an estimate of 0.
    pub fn p(&self, estimate: f64) -> f64 {
        if estimate == 0.0 {
            return 1.0;
        }
        let ratio = (estimate / self.standard_error).abs();
        if self.equal {
            return t_p(ratio, self.degrees_of_freedom);
        }
        // The quantile falls with the chance: halved until the two meet.
        let (mut low, mut high) = (LEAST_P.ln(), 0.0_f64);
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            if -self.quantile(middle.exp() / 2.0) > ratio { low = middle } else { high = middle }
        }
        high.exp()
    }
}

/// Below this a p-value is not told from any smaller one.
const LEAST_P: f64 = 1e-30;
