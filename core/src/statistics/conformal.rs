//! Split conformal prediction (Vovk, Gammerman & Shafer 2005; Lei et al. 2018): how far from a
//! prediction the truth may be, by how far it was for proteins that took no part in training.
//!
//! The promise is one on average over proteins like those, and over the draw of both: of a set or
//! an interval to hold the truth with at least the coverage that was asked for.

/// What a protein's score must not exceed to be in, for this share of proteins like those of the
/// scores: the ⌈(n + 1) · coverage⌉-th smallest. `None` where there are too few for that: nothing
/// can be left out.
///
/// # Panics
///
/// Where the coverage is not between 0 and 1.
#[must_use]
pub fn limit(scores: &[f64], coverage: f64) -> Option<f64> {
    assert!(coverage > 0.0 && coverage < 1.0, "a coverage is a share");
    let rank = rank(scores.len(), coverage);
    let mut ascending = scores.to_vec();
    ascending.sort_unstable_by(f64::total_cmp);
    ascending.get(rank - 1).copied()
}

/// (n + 1) · coverage, rounded up; what rounding alone puts above a whole number is that number.
fn rank(count: usize, coverage: f64) -> usize {
    let exact = (count as f64 + 1.0) * coverage;
    ((exact - 1e-9).ceil() as usize).max(1)
}

/// The fewest scores that have a [`limit`] at this coverage.
#[must_use]
pub fn fewest(coverage: f64) -> usize {
    // (n + 1) · coverage ≤ n; rounding may be off by one.
    let about = (coverage / (1.0 - coverage)).floor() as usize;
    let first = about.saturating_sub(1).max(1);
    (first..first.saturating_add(3)).find(|&count| rank(count, coverage) <= count).unwrap_or(usize::MAX)
}

/// How unlike a label is to what was predicted: 1 less its probability (Sadinle, Lei & Wasserman
/// 2019). Where the probabilities are right, no other score makes smaller sets.
#[must_use]
pub fn strangeness(probabilities: &[f64], class: usize) -> f64 {
    1.0 - probabilities[class]
}

/// The classes that cannot be left out, from the most probable down. The most probable one is
/// always in: a set is never empty, which adds to the coverage. `limit` is that of [`strangeness`];
/// without one every class is in.
#[must_use]
pub fn set(probabilities: &[f64], limit: Option<f64>) -> Vec<usize> {
    let mut classes: Vec<usize> = (0..probabilities.len()).collect();
    classes.sort_by(|&one, &other| probabilities[other].total_cmp(&probabilities[one]));
    let inside = |class: usize| limit.is_none_or(|limit| strangeness(probabilities, class) <= limit);
    let count = classes.iter().take_while(|&&class| inside(class)).count();
    classes.truncate(count.max(1));
    classes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numpy::RandomState;

    #[test]
    fn the_limit_is_a_rank_that_counts_the_next_protein_too() {
        let scores: Vec<f64> = (1..=9).map(f64::from).collect();
        assert_eq!(limit(&scores, 0.9), Some(9.0));
        assert_eq!(limit(&scores[..8], 0.9), None);
        assert_eq!(limit(&scores, 0.5), Some(5.0));
        assert_eq!(limit(&[], 0.5), None);
        assert_eq!([0.01, 0.5, 0.8, 0.9, 0.95, 0.99, 0.9999].map(fewest), [1, 1, 4, 9, 19, 99, 9_999]);
        assert!(fewest(0.999_999_999_9) > 1_000_000_000);
    }

    #[test]
    fn a_set_has_what_is_within_the_limit_and_never_nothing() {
        let row = [0.2, 0.7, 0.1];
        assert_eq!(set(&row, Some(0.8)), [1, 0]);
        assert_eq!(set(&row, Some(0.5)), [1]);
        assert_eq!(set(&row, Some(0.1)), [1]);
        assert_eq!(set(&row, None), [1, 0, 2]);
    }

    /// The coverage is exact on average: over draws of 99 scores and the next, 9 in 10 are within.
    #[test]
    fn the_promise_is_kept() {
        let mut random = RandomState::new(7);
        let mut unit = || f64::from(random.bits()) / 4_294_967_296.0;
        let draws = 4_000;
        let kept = (0..draws).filter(|_| {
            let scores: Vec<f64> = (0..99).map(|_| unit()).collect();
            limit(&scores, 0.9).is_some_and(|limit| unit() <= limit)
        });
        let share = kept.count() as f64 / f64::from(draws);
        assert!((share - 0.9).abs() < 0.015, "{share}");
    }
}
