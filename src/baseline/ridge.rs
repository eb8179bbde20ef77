//! Ridge regression with an intercept, its strength chosen by leaving each protein out in turn, as
//! `sklearn.linear_model.RidgeCV` does.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use ndarray::{Array1, Array2, Axis};

/// The strengths that are tried: `numpy.logspace(-3, 5, 17)`.
const STRENGTHS: std::ops::Range<i32> = 0..17;

/// More features or proteins, whichever are fewer, take longer than a baseline may: the time grows
/// with their third power.
const MOST: usize = 3_000;

/// A fitted ridge regression.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ridge {
    strength: f64,
    intercept: f64,
    weights: Array1<f64>,
}

/// Why there is no fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error("its features and training proteins are both more than {MOST}")]
    TooMany,
    #[error("one training protein alone says nothing")]
    TooFew,
}

impl Ridge {
    /// Fits values to features, `[proteins, features]`. The penalty is strength times the sum of
    /// the squared weights, the intercept is free; of the strengths the one with the least squared
    /// error over proteins that are left out one at a time, the smaller of equals.
    pub fn fit(mut features: Array2<f64>, values: &[f64]) -> Result<Self, Unfit> {
        let (proteins, width) = features.dim();
        if proteins < 2 {
            return Err(Unfit::TooFew);
        }
        if proteins.min(width) > MOST {
            return Err(Unfit::TooMany);
        }
        let centre = features.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(width));
        features -= &centre;
        let mean = values.iter().sum::<f64>() / proteins as f64;
        let apart = Array1::from_iter(values.iter().map(|value| value - mean));
        // With the singular values s and vectors u of the features, what is fitted is Σ u s² / (s² + α) uᵀ y.
        let (squares, projected) = decomposed(&features);
        let along = projected.t().dot(&apart);
        let mut best: Option<(f64, f64)> = None;
        for strength in STRENGTHS.map(|step| 10_f64.powf(-3.0 + 0.5 * f64::from(step))) {
            let shrunk: Array1<f64> = squares.iter().zip(&along).map(|(square, along)| along / (square + strength)).collect();
            let fitted = projected.dot(&shrunk);
            let error: f64 = (0..proteins)
                .map(|protein| {
                    let row = projected.row(protein);
                    let own: f64 = row.iter().zip(&squares).map(|(value, square)| value * value / (square + strength)).sum();
                    // The mean too knows the protein.
                    ((apart[protein] - fitted[protein]) / (1.0 - own - 1.0 / proteins as f64)).powi(2)
                })
                .sum();
            if best.is_none_or(|(least, _)| error < least) {
                best = Some((error, strength));
            }
        }
        let strength = best.map_or(1.0, |(_, strength)| strength);
        // The weights: Xᵀ of the residuals over the strength.
        let shrunk: Array1<f64> = squares.iter().zip(&along).map(|(square, along)| along / (square + strength)).collect();
        let residuals = &apart - &projected.dot(&shrunk);
        let weights = features.t().dot(&residuals) / strength;
        Ok(Self { strength, intercept: mean - centre.dot(&weights), weights })
    }

    /// What is predicted for features `[proteins, features]`.
    pub fn predict(&self, features: &Array2<f64>) -> Vec<f64> {
        (features.dot(&self.weights) + self.intercept).to_vec()
    }

    /// How the strength was chosen: a clause.
    pub fn strength(&self) -> String {
        format!("L2 penalty of {}, chosen by leave-one-out", titer_core::text::significant(self.strength, 3))
    }
}

/// The squared singular values of the features, and the proteins along each singular vector,
/// `[proteins, values]`: the length of each is the singular value. From whichever product of the
/// features with themselves is smaller.
fn decomposed(features: &Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    let (proteins, width) = features.dim();
    let by_feature = width <= proteins;
    let product = if by_feature { features.t().dot(features) } else { features.dot(&features.t()) };
    let side = product.nrows();
    let eigen = SymmetricEigen::new(DMatrix::from_fn(side, side, |row, column| product[[row, column]]));
    let squares: DVector<f64> = eigen.eigenvalues.map(|square| square.max(0.0));
    let vectors = Array2::from_shape_fn((side, side), |(row, column)| eigen.eigenvectors[(row, column)]);
    let projected = if by_feature {
        features.dot(&vectors)
    } else {
        vectors * &Array1::from_iter(squares.iter().map(|square| square.sqrt()))
    };
    (squares.iter().copied().collect(), projected)
}
