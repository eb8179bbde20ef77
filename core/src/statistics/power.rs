//! What a test set can tell: `McNemar`'s test of two runs that differ on a share of its proteins
//! (Connor 1987).

use super::{distribution::normal_quantile, interval::wilson_at};

/// How often a difference is to be found that a number of proteins or seeds is said to suffice for.
pub(super) const POWER: f64 = 0.8;

/// The smallest difference of two accuracies that so many proteins detect with 80 % power at a
/// two-sided level, where exactly one of the two runs is right on `discordant_share` of them.
/// `None` where not even all of these falling to one side suffice.
#[must_use]
pub fn detectable(proteins: u64, discordant_share: f64, level: f64) -> Option<f64> {
    // Connor's condition δ√n = z√ψ + z′√(ψ − δ²), solved for δ: a quadratic of which the greater root counts.
    // Fewer than z² proteins leave only roots of the wrong sign.
    let n = proteins as f64;
    let [z, z_power] = [1.0 - level / 2.0, POWER].map(normal_quantile);
    let scale = n + z_power * z_power;
    let difference = discordant_share.sqrt() * (z * n.sqrt() + z_power * (scale - z * z).sqrt()) / scale;
    (n > z * z && difference > 0.0 && difference <= discordant_share).then_some(difference)
}

/// How many proteins detect a difference of two accuracies with 80 % power at a two-sided level:
/// (z√ψ + z′√(ψ − δ²))² / δ². `None` where there is no difference, or one greater than the share
/// that could make it.
#[must_use]
pub fn proteins_needed(difference: f64, discordant_share: f64, level: f64) -> Option<u64> {
    let square = difference * difference;
    let possible = difference != 0.0 && difference.abs() <= discordant_share && discordant_share <= 1.0;
    let [z, z_power] = [1.0 - level / 2.0, POWER].map(normal_quantile);
    possible.then(|| {
        let reach = z * discordant_share.sqrt() + z_power * (discordant_share - square).max(0.0).sqrt();
        (reach * reach / square).ceil() as u64
    })
}

/// The share of proteins that two runs differ on, from so many of so many: its 80 % interval
/// (Wilson), as the variance of seeds has one.
#[must_use]
pub fn discordance(differing: u64, proteins: u64) -> [f64; 2] {
    wilson_at(differing as f64, proteins as f64, normal_quantile(0.9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_test_set_resolves_two_to_four_points() {
        let points = [0.05, 0.10, 0.15].map(|share| (1000.0 * detectable(715, share, 0.05).unwrap()).round());
        assert_eq!(points, [23.0, 33.0, 41.0]);
    }

    #[test]
    fn the_two_are_each_others_inverse() {
        for proteins in [30, 715, 100_000] {
            for (share, level) in [(0.02, 0.05), (0.1, 0.05), (0.6, 0.05 / 435.0), (1.0, 0.01)] {
                let Some(difference) = detectable(proteins, share, level) else { continue };
                let needed = proteins_needed(difference * (1.0 + 1e-9), share, level).unwrap();
                assert_eq!(needed, proteins, "{share} {difference}");
            }
        }
    }

    #[test]
    fn more_comparisons_leave_greater_differences_to_be_found() {
        let at = |comparisons: f64| detectable(715, 0.1, 0.05 / comparisons).unwrap();
        assert!(at(1.0) < at(3.0) && at(3.0) < at(435.0) && at(435.0) < 2.0 * at(1.0));
    }

    #[test]
    fn what_no_number_of_proteins_shows() {
        assert_eq!(proteins_needed(0.0, 0.1, 0.05), None);
        assert_eq!(proteins_needed(0.2, 0.1, 0.05), None);
        assert_eq!(detectable(20, 0.05, 0.05), None);
        assert_eq!(detectable(715, 0.0, 0.05), None);
        assert_eq!(detectable(0, 0.1, 0.05), None);
        assert_eq!(proteins_needed(-0.03, 0.1, 0.05), proteins_needed(0.03, 0.1, 0.05));
    }
}
