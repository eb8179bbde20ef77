//! What NumPy computes, operation for operation: its random numbers and its quantiles.

mod quantile;
mod random;

pub use quantile::quantile;
pub use random::RandomState;
