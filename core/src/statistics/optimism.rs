//! What the best of many owes to luck.

use super::resample::{Resamples, Resampling};

/// The best of several candidates on one validation set, and what it would reach were it not chosen
/// on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optimism {
    /// Which candidate is best, the first of several.
    pub chosen: usize,
    /// Its value where it was chosen.
    pub apparent: f64,
    /// What the best of a resample reaches, on average, on the proteins that the resample left out:
    /// around `apparent`, and by chance above it, where one candidate is always the best.
    pub corrected: f64,
    /// The share of resamples of the same proteins in which it is chosen again.
    pub again: f64,
}

/// The bootstrap bias correction of Tsamardinos, Greasidou & Borboudakis 2018: on each resample the
/// best candidate by the proteins drawn is scored on those not drawn, where they hold every
/// stratum: a score over the classes would count an absent one as wrong.
///
/// `value(candidate, weights)` is the greater the better and may have no value. `None` where no
/// candidate has one, or no resample leaves proteins of every stratum on which its best has one.
#[must_use]
pub fn optimism(
    candidates: usize,
    strata: &[usize],
    plan: &Resampling,
    value: impl Fn(usize, &[u32]) -> Option<f64> + Sync,
) -> Option<Optimism> {
    let whole = vec![1; strata.len()];
    let (chosen, apparent) = best(candidates, &whole, &value)?;
    let all = held(strata, &whole);
    let unseen = |drawn: &[u32]| {
        let (best, _) = best(candidates, drawn, &value)?;
        let left_out: Vec<u32> = drawn.iter().map(|&weight| u32::from(weight == 0)).collect();
        let score = if held(strata, &left_out) == all { value(best, &left_out) } else { None };
        Some((best == chosen, score))
    };
    let resampled: Vec<(bool, Option<f64>)> = Resamples::draw(strata, plan).map(unseen).into_iter().flatten().collect();
    let unseen: Vec<f64> = resampled.iter().filter_map(|(_, value)| *value).collect();
    let corrected = unseen.iter().sum::<f64>() / unseen.len() as f64;
    let again = resampled.iter().filter(|(same, _)| *same).count() as f64 / resampled.len() as f64;
    (!unseen.is_empty()).then_some(Optimism { chosen, apparent, corrected, again })
}

fn best(candidates: usize, weights: &[u32], value: &impl Fn(usize, &[u32]) -> Option<f64>) -> Option<(usize, f64)> {
    let valued = (0..candidates).filter_map(|candidate| Some((candidate, value(candidate, weights)?)));
    valued.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// Whether each stratum has a protein.
fn held(strata: &[usize], weights: &[u32]) -> Vec<bool> {
    let mut held = vec![false; strata.iter().max().map_or(0, |&last| last + 1)];
    for (&stratum, &weight) in strata.iter().zip(weights) {
        held[stratum] |= weight > 0;
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Resampling = Resampling { resamples: 300, seed: 3 };

    #[test]
    fn the_best_of_many_coins_is_a_coin() {
        let mut random = crate::numpy::RandomState::new(1);
        let right: Vec<Vec<u32>> = (0..40).map(|_| (0..200).map(|_| random.bits() >> 31).collect()).collect();
        let accuracy = |candidate: usize, weights: &[u32]| {
            let total: u32 = weights.iter().sum();
            let sum: u32 = weights.iter().zip(&right[candidate]).map(|(weight, right)| weight * right).sum();
            (total > 0).then(|| f64::from(sum) / f64::from(total))
        };
        let found = optimism(40, &[0; 200], &PLAN, accuracy).unwrap();
        assert!(found.apparent > 0.53 && (found.corrected - 0.5).abs() < 0.03, "{found:?}");
        assert!(found.again < 0.5, "one of forty coins is rarely the best again: {found:?}");
    }

    #[test]
    fn nothing_to_choose_from_is_no_choice() {
        assert_eq!(optimism(0, &[0; 4], &PLAN, |_, _| Some(1.0)), None);
        assert_eq!(optimism(3, &[0; 4], &PLAN, |_, _| None), None);
        // A single protein of its class is always drawn: nothing is ever left out.
        assert_eq!(optimism(1, &[0, 1], &PLAN, |_, weights| weights.contains(&1).then_some(1.0)), None);
    }

    #[test]
    fn a_candidate_without_a_value_is_not_chosen_and_a_sure_winner_owes_nothing() {
        let found = optimism(3, &[0; 9], &PLAN, |candidate, _| [None, Some(0.9), Some(0.3)][candidate]).unwrap();
        assert_eq!((found.chosen, found.apparent), (1, 0.9));
        assert!((found.apparent - found.corrected).abs() < 1e-12);
        assert_eq!(found.again, 1.0);
    }
}
