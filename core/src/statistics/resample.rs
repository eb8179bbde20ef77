//! Other test sets that might have been drawn: resamples of the proteins, class by class.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::numpy::RandomState;

/// Draws kept in memory (a quarter of a gigabyte); beyond, each resample is drawn anew whenever it
/// is asked for.
const KEPT_DRAWS: usize = 1 << 26;
/// How to resample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    pub resamples: usize,
    pub seed: u32,
}

/// Resamples of the same proteins: each draws as many as there are, with replacement, and from each
/// stratum (class) as many as it has, so that no class gets lost. Drawn once they serve any number
/// of statistics, which are then comparable draw by draw.
#[derive(Debug, Clone)]
pub struct Resamples {
    pub(super) plan: Resampling,
    pub(super) proteins: usize,
    /// The proteins of each stratum that has any.
    pub(super) strata: Vec<Vec<usize>>,
    /// Empty where keeping them would take too much.
    drawn: Vec<Vec<u32>>,
}

impl Resamples {
    /// Draws: resample i as `numpy.random.RandomState([seed, i])` draws it, stratum after stratum
    /// by `randint(0, size, size)`, whatever the number of threads.
    #[must_use]
    pub fn draw(strata: &[usize], plan: &Resampling) -> Self {
        let mut members = vec![Vec::new(); strata.iter().max().map_or(0, |&last| last + 1)];
        for (protein, &stratum) in strata.iter().enumerate() {
            members[stratum].push(protein);
        }
        members.retain(|stratum| !stratum.is_empty());
        let mut resamples = Self { plan: *plan, proteins: strata.len(), strata: members, drawn: Vec::new() };
        if plan.resamples.saturating_mul(strata.len()) <= KEPT_DRAWS {
            resamples.drawn = (0..plan.resamples).into_par_iter().map(|index| resamples.draw_one(index)).collect();
        }
        resamples
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.plan.resamples
    }

    /// How often each protein occurs in a resample.
    #[must_use]
    pub fn weights(&self, index: usize) -> Cow<'_, [u32]> {
        self.drawn.get(index).map_or_else(|| Cow::Owned(self.draw_one(index)), |kept| Cow::Borrowed(kept.as_slice()))
    }

    fn draw_one(&self, index: usize) -> Vec<u32> {
        let mut random = RandomState::with_key([self.plan.seed, index as u32]);
        let mut weights = vec![0; self.proteins];
        for stratum in &self.strata {
            for _ in stratum {
                weights[stratum[random.below(stratum.len())]] += 1;
            }
        }
        weights
    }

    /// A value for each resample, in their order.
    pub(super) fn map<T: Send>(&self, value: impl Fn(&[u32]) -> T + Sync) -> Vec<T> {
        (0..self.plan.resamples).into_par_iter().map(|index| value(&self.weights(index))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Resampling = Resampling { resamples: 50, seed: 7 };

    #[test]
    fn every_stratum_keeps_its_size_in_every_resample() {
        let strata = [2, 0, 2, 2, 0, 5, 2];
        let resamples = Resamples::draw(&strata, &PLAN);
        for index in 0..resamples.count() {
            let weights = resamples.weights(index);
            let of = |stratum| strata.iter().zip(&*weights).filter(|(s, _)| **s == stratum).map(|(_, w)| w).sum::<u32>();
            assert_eq!([of(0), of(2), of(5)], [2, 4, 1]);
        }
    }

    #[test]
    fn what_is_drawn_anew_is_what_would_have_been_kept() {
        let kept = Resamples::draw(&[0, 1, 0, 1, 1, 1], &PLAN);
        let anew = Resamples { drawn: Vec::new(), ..kept.clone() };
        assert_eq!(kept.map(<[u32]>::to_vec), anew.map(<[u32]>::to_vec));
    }
}
