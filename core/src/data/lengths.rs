//! Distributions of lengths, and the policy that turns them into a maximum.

use super::card::{Distribution, TokenDistribution};
use crate::{
    experiment::MaxLength,
    numpy::{RandomState, quantile},
};

/// A chosen maximum and the token counts it was read from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chosen {
    pub max_length: usize,
    pub tokens: TokenDistribution,
}

/// Applies a max-length policy to the token counts of the kept proteins, of which there is at least
/// one.
pub(super) fn choose(tokens: &[usize], policy: &MaxLength) -> Chosen {
    let sampled: Vec<usize> = match policy {
        MaxLength::Percentile { sample: Some(sample), seed, .. } => {
            let drawn = RandomState::new(*seed).permutation(tokens.len());
            drawn.into_iter().take(*sample).map(|index| tokens[index]).collect()
        }
        MaxLength::Fixed { .. } | MaxLength::Percentile { sample: None, .. } | MaxLength::Longest => tokens.to_vec(),
    };
    let sample = Sorted::new(sampled);
    let max_length = match *policy {
        MaxLength::Fixed { tokens } => tokens,
        MaxLength::Percentile { percentile, limit, .. } => sample.percentile(percentile).min(limit as f64) as usize,
        MaxLength::Longest => sample.largest(),
    };
    Chosen { max_length, tokens: TokenDistribution { of: sample.distribution(), sample: sample.0.len() } }
}

/// Summarises values, of which there is at least one.
pub(super) fn distribution(values: Vec<usize>) -> Distribution {
    Sorted::new(values).distribution()
}

/// Whole numbers, which floats hold exactly.
struct Sorted(Vec<f64>);

impl Sorted {
    fn new(mut values: Vec<usize>) -> Self {
        values.sort_unstable();
        Self(values.into_iter().map(|value| value as f64).collect())
    }

    fn largest(&self) -> usize {
        self.0[self.0.len() - 1] as usize
    }

    fn distribution(&self) -> Distribution {
        Distribution {
            min: self.0[0] as usize,
            max: self.largest(),
            mean: self.0.iter().sum::<f64>() / self.0.len() as f64,
            median: self.percentile(50.0),
            p95: self.percentile(95.0),
            p99: self.percentile(99.0),
        }
    }

    fn percentile(&self, percentile: f64) -> f64 {
        quantile(&self.0, percentile / 100.0)
    }
}
