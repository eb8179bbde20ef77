//! What of a table of seeds and proteins comes from the seeds, what from the proteins, and what
//! from neither.

/// The two-way analysis of variance of `values[seed][protein]`, one value each.
pub struct MeanSquares {
    pub seeds: usize,
    pub proteins: usize,
    pub mean: f64,
    pub protein_means: Vec<f64>,
    /// Between seeds and the rest: 0 of one seed.
    between_seeds: f64,
    between_proteins: f64,
    pub rest: f64,
}

impl MeanSquares {
    /// `None` without a seed or with fewer than two proteins.
    pub fn new(values: &[Vec<f64>]) -> Option<Self> {
        let (seeds, proteins) = (values.len(), values.first()?.len());
        assert!(values.iter().all(|seed| seed.len() == proteins), "every seed has the same proteins");
        if proteins < 2 {
            return None;
        }
        let (s, n) = (seeds as f64, proteins as f64);
        let seed_means: Vec<f64> = values.iter().map(|seed| seed.iter().sum::<f64>() / n).collect();
        let protein_means: Vec<f64> =
            (0..proteins).map(|protein| values.iter().map(|seed| seed[protein]).sum::<f64>() / s).collect();
        let mean = values.iter().flatten().sum::<f64>() / (s * n);
        let squares = |means: &[f64]| means.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        let rest = |(seed, seed_mean): (&Vec<f64>, &f64)| {
            seed.iter()
                .zip(&protein_means)
                .map(|(value, protein_mean)| (value - seed_mean - protein_mean + mean).powi(2))
                .sum::<f64>()
        };
        let rest: f64 = values.iter().zip(&seed_means).map(rest).sum();
        let several = |sum: f64, freedom: f64| if seeds > 1 { sum / freedom } else { 0.0 };
        Some(Self {
            seeds,
            proteins,
            mean,
            between_seeds: several(n * squares(&seed_means), s - 1.0),
            between_proteins: s * squares(&protein_means) / (n - 1.0),
            rest: several(rest, (s - 1.0) * (n - 1.0)),
            protein_means,
        })
    }

    /// The variance that a seed of its own brings.
    pub fn of_seeds(&self) -> f64 {
        ((self.between_seeds - self.rest) / self.proteins as f64).max(0.0)
    }

    /// The variance that a protein of its own brings.
    pub fn of_proteins(&self) -> f64 {
        ((self.between_proteins - self.rest) / self.seeds as f64).max(0.0)
    }
}
