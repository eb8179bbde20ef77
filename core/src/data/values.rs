//! Numeric labels, summed up.

use serde::{Deserialize, Serialize};

use crate::numpy::quantile;

/// Numbers in order: where they lie and how they spread. Quartiles by linear interpolation, as
/// `NumPy`'s default; the deviation divides by their number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    pub min: f64,
    pub q1: f64,
    pub median: f64,
    pub q3: f64,
    pub max: f64,
    pub mean: f64,
    pub deviation: f64,
}

/// The labels of a regression.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ValueCard {
    #[serde(flatten)]
    pub of: Numbers,
    /// How many different numbers there are.
    pub distinct: usize,
    /// Labels further than one and a half interquartile ranges below the first quartile or above
    /// the third (Tukey 1977).
    pub outliers: usize,
}

impl Numbers {
    /// Sums up numbers; `None` where there are none.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        Self::sorted(&sorted(values))
    }

    fn sorted(values: &[f64]) -> Option<Self> {
        let (&min, &max) = (values.first()?, values.last()?);
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let [q1, median, q3] = [0.25, 0.5, 0.75].map(|share| quantile(values, share));
        let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        Some(Self { min, q1, median, q3, max, mean, deviation })
    }

    /// What lies beyond is an outlier.
    #[must_use]
    pub fn fences(&self) -> [f64; 2] {
        let reach = 1.5 * (self.q3 - self.q1);
        [self.q1 - reach, self.q3 + reach]
    }
}

impl ValueCard {
    /// Sums up labels; `None` where there are none.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let values = sorted(values);
        let of = Numbers::sorted(&values)?;
        let [low, high] = of.fences();
        Some(Self {
            of,
            distinct: values.chunk_by(|one, other| one == other).count(),
            outliers: values.iter().filter(|value| !(low..=high).contains(*value)).count(),
        })
    }
}

fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_lie_beyond_the_fences_and_equal_numbers_count_once() {
        let card = ValueCard::of([3.0, 1.0, 2.0, 2.0, 100.0, -4.0]).unwrap();
        assert_eq!((card.distinct, card.outliers), (5, 2));
        assert_eq!((card.of.min, card.of.median, card.of.max), (-4.0, 2.0, 100.0));
        assert_eq!(card.of.fences(), [-1.0, 5.0]);
        assert_eq!(Numbers::of([]), None);
    }
}
