//! How sure a number is, and which of two is greater: pure, no I/O, no libtorch. What is drawn at
//! random is drawn from a seed.
//!
//! How sure a value is says its own module: a share [`interval`], an area [`delong`], anything else
//! [`bootstrap`]. Two runs on the same proteins meet in [`paired`], two configurations over seeds
//! in [`crossed`], many comparisons in [`multiple`], the choice of the best of many in
//! [`optimism`]; [`power`] says what a test set can detect at all. Curves ([`curves`]) are
//! scikit-learn's, point for point.

pub mod association;
pub mod bands;
pub mod bootstrap;
pub mod calibration;
pub mod conformal;
pub mod crossed;
pub mod curves;
pub mod delong;
mod discordance;
pub(crate) mod distribution;
pub mod interval;
pub mod luck;
mod mean_squares;
pub mod multiple;
pub mod optimism;
pub mod paired;
pub mod power;
pub mod probability;
pub(crate) mod ranked;
pub mod resample;
pub mod seeds;
pub mod splits;
pub mod threshold;
mod variance;

pub use association::{Trend, fisher, rank_trend, trend};
pub use bands::{Band, band};
pub use bootstrap::Bootstrap;
pub use calibration::{Bin, Calibration, calibration, temperature, tempered};
pub use crossed::{Crossed, Enough, Pairing, crossed, crossed_difference, crossed_values, crossed_values_difference};
pub use curves::Curve;
pub use delong::{Auc, AucDifference, auc, auc_difference};
pub use discordance::paired_interval;
pub use interval::{wilson, wilson_of};
pub use luck::{Seeds, lucky_seeds};
pub use multiple::holm;
pub use optimism::{Optimism, optimism};
pub use paired::{discordant, mcnemar, mcnemar_mid_p};
pub use probability::probabilities;
pub use resample::{Resamples, Resampling};
pub use seeds::{Spread, spread};
pub use splits::{OverSplits, over_splits};
pub use threshold::best_threshold;
