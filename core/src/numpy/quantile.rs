//! Quantiles.

/// Returns `numpy.quantile(values, share)`, method `linear`, of sorted values: so exactly that
/// truncating it to an integer cuts where NumPy's does.
///
/// # Panics
///
/// Where there are no values.
#[must_use]
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * share;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    let (reach, fraction) = (above - below, place.fract());
    if fraction < 0.5 { below + reach * fraction } else { above - reach * (1.0 - fraction) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.quantile`'s own values, to the last bit.
    #[test]
    fn quantiles_are_numpys() {
        let values = [1.0, 2.0, 4.0, 8.0, 16.1];
        let shares = [0.0, 0.1, 0.25, 0.3, 0.5, 0.66, 0.95, 0.99, 1.0];
        let expected = [1.0, 1.4, 2.0, 2.4, 4.0, 6.560_000_000_000_000_5, 14.48, 15.776_000_000_000_002, 16.1];
        assert_eq!(shares.map(|share| quantile(&values, share)), expected);
        assert_eq!(quantile(&[7.0], 0.3), 7.0);
    }
}
