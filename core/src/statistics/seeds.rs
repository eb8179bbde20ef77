//! What a repetition with other seeds makes of a value.

use super::distribution::t_quantile;

/// The values of one configuration under several seeds.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Spread {
    /// How many seeds.
    pub n: usize,
    pub mean: f64,
    /// The standard deviation of the sample (divided by n − 1); one seed has none.
    pub deviation: Option<f64>,
    pub low: f64,
    pub high: f64,
    /// The 95 % interval of the mean over seeds (Student's t), on this very test set: what other
    /// proteins would change is not in it.
    pub interval: Option<[f64; 2]>,
}

/// Sums up the values; `None` of none.
#[must_use]
pub fn spread(values: &[f64]) -> Option<Spread> {
    let (&first, n) = (values.first()?, values.len());
    let mean = values.iter().sum::<f64>() / n as f64;
    let freedom = n as f64 - 1.0;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = (n > 1).then(|| (squares / freedom).sqrt());
    let reach = deviation.map(|deviation| t_quantile(0.975, freedom) * deviation / (n as f64).sqrt());
    Some(Spread {
        n,
        mean,
        deviation,
        low: values.iter().copied().fold(first, f64::min),
        high: values.iter().copied().fold(first, f64::max),
        interval: reach.map(|reach| [mean - reach, mean + reach]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_says_nothing_of_the_next() {
        let one = spread(&[0.85]).unwrap();
        assert_eq!(one, Spread { n: 1, mean: 0.85, deviation: None, low: 0.85, high: 0.85, interval: None });
        assert_eq!(spread(&[]), None);
    }

    #[test]
    fn seeds_that_agree_have_an_interval_without_width() {
        let three = spread(&[0.5; 3]).unwrap();
        assert_eq!((three.deviation, three.interval), (Some(0.0), Some([0.5, 0.5])));
    }
}
