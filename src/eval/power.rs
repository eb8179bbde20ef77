//! What a test set can tell: `McNemar`'s test of two runs that differ on a share of its proteins (Connor 1987).

use super::distribution::{Z, Z_POWER};

/// The smallest difference of two accuracies that so many proteins resolve with 80 % power at the 5 % level, where exactly one of the two
/// runs is right on `discordant_share` of them. `None` where not even all of these falling to one side suffice.
#[must_use]
pub fn resolvable(proteins: u64, discordant_share: f64) -> Option<f64> {
    // Connor's condition δ√n = z√ψ + z′√(ψ − δ²), solved for δ: a quadratic of which the greater root counts.
    // Fewer than z² proteins leave only roots of the wrong sign.
    let n = proteins as f64;
    let scale = n + Z_POWER * Z_POWER;
    let difference = discordant_share.sqrt() * (Z * n.sqrt() + Z_POWER * (scale - Z * Z).sqrt()) / scale;
    (n > Z * Z && difference > 0.0 && difference <= discordant_share).then_some(difference)
}

/// How many proteins resolve a difference of two accuracies with 80 % power at the 5 % level: (z√ψ + z′√(ψ − δ²))² / δ². `None` where there is
/// no difference, or one greater than the share that could make it.
#[must_use]
pub fn proteins_needed(difference: f64, discordant_share: f64) -> Option<u64> {
    let square = difference * difference;
    let possible = difference != 0.0 && difference.abs() <= discordant_share && discordant_share <= 1.0;
    possible.then(|| {
        let reach = Z * discordant_share.sqrt() + Z_POWER * (discordant_share - square).max(0.0).sqrt();
        (reach * reach / square).ceil() as u64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_test_set_resolves_two_to_four_points() {
        let points = [0.05, 0.10, 0.15].map(|share| (1000.0 * resolvable(715, share).unwrap()).round());
        assert_eq!(points, [23.0, 33.0, 41.0]);
    }

    #[test]
    fn the_two_are_each_others_inverse() {
        for proteins in [30, 715, 100_000] {
            for share in [0.02, 0.1, 0.6, 1.0] {
                let Some(difference) = resolvable(proteins, share) else { continue };
                let needed = proteins_needed(difference * (1.0 + 1e-9), share).unwrap();
                assert_eq!(needed, proteins, "{share} {difference}");
            }
        }
    }

    #[test]
    fn what_no_number_of_proteins_shows() {
        assert_eq!(proteins_needed(0.0, 0.1), None);
        assert_eq!(proteins_needed(0.2, 0.1), None);
        assert_eq!(resolvable(20, 0.05), None);
        assert_eq!(resolvable(715, 0.0), None);
        assert_eq!(resolvable(0, 0.1), None);
        assert_eq!(proteins_needed(-0.03, 0.1), proteins_needed(0.03, 0.1));
    }
}
