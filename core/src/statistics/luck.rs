//! What the chosen one of many configurations owes to lucky seeds.

/// The seeds of a configuration, scored twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Seeds {
    /// By the score that chooses, on validation: the greater the better.
    pub selected: Vec<f64>,
    /// By the score that is reported, on the test set.
    pub reported: Vec<f64>,
}

/// By how much the mean reported score of the chosen configuration is expected to fall with other
/// seeds.
///
/// Validation and test share the seeds: a configuration that is chosen because its seeds were lucky
/// keeps their luck on the test set. How much a lucky seed moves both scores says their covariance
/// over the seeds within a configuration, averaged over the configurations and divided by the
/// number of seeds; how much of the configurations' spread in the score that chooses it makes up is
/// the slope of the regression (an empirical Bayes estimate: Efron & Morris 1973), at most what
/// brings the chosen one back to the mean of all. `None` of fewer than two configurations, or where
/// none has two seeds.
#[must_use]
pub fn lucky_seeds(configurations: &[Seeds], chosen: usize) -> Option<f64> {
    let means: Vec<[f64; 2]> = configurations.iter().filter_map(|of| Some([mean(&of.selected)?, mean(&of.reported)?])).collect();
    if means.len() < 2 || means.len() < configurations.len() {
        return None;
    }
    let within: Vec<f64> = configurations.iter().filter_map(|of| covariance(&of.selected, &of.reported)).collect();
    let selected: Vec<f64> = means.iter().map(|[selected, _]| *selected).collect();
    let spread = covariance(&selected, &selected)?;
    let ahead = selected[chosen] - mean(&selected)?;
    let luck = mean(&within)? / configurations[chosen].selected.len() as f64;
    let slope = if spread > 0.0 { luck / spread } else { 0.0 };
    // No more of what the configurations differ by is luck than what a lucky seed moves the one score by, as often as the other.
    let own = mean(&configurations.iter().filter_map(|of| covariance(&of.selected, &of.selected)).collect::<Vec<f64>>())?;
    let most = if own > 0.0 { mean(&within)? / own } else { 0.0 };
    Some((slope.min(most) * ahead).max(0.0))
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// `None` of fewer than two.
fn covariance(first: &[f64], second: &[f64]) -> Option<f64> {
    let (one, other) = (mean(first)?, mean(second)?);
    let products: f64 = first.iter().zip(second).map(|(a, b)| (a - one) * (b - other)).sum();
    (first.len() > 1).then(|| products / (first.len() as f64 - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds(selected: &[f64], reported: &[f64]) -> Seeds {
        Seeds { selected: selected.to_vec(), reported: reported.to_vec() }
    }

    #[test]
    fn seeds_that_agree_flatter_nothing_and_lucky_ones_by_their_share_of_the_spread() {
        let alike = [seeds(&[0.8, 0.8], &[0.8, 0.8]), seeds(&[0.9, 0.9], &[0.9, 0.9])];
        assert_eq!(lucky_seeds(&alike, 1), Some(0.0));
        // Covariance 0.005 in each, a quarter of a hundredth for two seeds' mean; the configurations' variance is 0.005, the second is 0.05 ahead.
        let lucky = [seeds(&[0.75, 0.85], &[0.75, 0.85]), seeds(&[0.85, 0.95], &[0.85, 0.95])];
        assert!((lucky_seeds(&lucky, 1).unwrap() - 0.025).abs() < 1e-12);
        // What moves one score alone is no luck that both share.
        let apart = [seeds(&[0.75, 0.85], &[0.8, 0.8]), seeds(&[0.85, 0.95], &[0.9, 0.9])];
        assert_eq!(lucky_seeds(&apart, 1), Some(0.0));
    }

    #[test]
    fn it_is_not_known_of_one_configuration_or_one_seed_each() {
        assert_eq!(lucky_seeds(&[seeds(&[0.8, 0.9], &[0.8, 0.9])], 0), None);
        assert_eq!(lucky_seeds(&[seeds(&[0.8], &[0.8]), seeds(&[0.9], &[0.9])], 1), None);
        assert_eq!(lucky_seeds(&[seeds(&[], &[]), seeds(&[0.9, 0.8], &[0.9, 0.8])], 1), None);
    }
}
