//! Logits → metrics, and how sure they are: pure, no I/O, no libtorch. What is drawn at random is drawn from a seed.
//!
//! [`score`] is the way through the room; the curves a report draws come from [`curves`], point for point scikit-learn's. How sure a value is
//! says its own module: a share [`interval`], an area [`delong`], anything else [`bootstrap`] by way of [`weighted`]. Two runs on the same proteins meet in
//! [`paired`], two configurations over seeds in [`crossed`] (of scores that are no means over proteins by way of [`influence`]), many comparisons in [`multiple`], the choice of the best of many in [`optimism`];
//! [`power`] says what a test set can tell at all.

pub mod association;
pub mod bands;
pub mod bootstrap;
pub mod calibration;
pub mod classification;
pub mod crossed;
pub mod curves;
pub mod delong;
mod discordance;
mod distribution;
pub mod influence;
pub mod interval;
pub mod luck;
mod mean_squares;
pub mod multiple;
pub mod optimism;
pub mod paired;
pub mod power;
pub mod probability;
mod ranked;
pub mod resample;
pub mod scores;
pub mod seeds;
pub mod selection;
pub mod splits;
pub mod threshold;
mod variance;
pub mod weighted;

pub use association::{Trend, fisher, trend};
pub use bands::{Band, band};
pub use bootstrap::Bootstrap;
pub use calibration::{Bin, Calibration, calibration, temperature, tempered};
pub use classification::score;
pub use crossed::{Crossed, Enough, Pairing, crossed, crossed_difference, crossed_values, crossed_values_difference};
pub use curves::Curve;
pub use delong::{Auc, AucDifference, auc, auc_difference};
pub use discordance::paired_interval;
pub use influence::Measure;
pub use interval::{wilson, wilson_of};
pub use luck::{Seeds, lucky_seeds};
pub use multiple::holm;
pub use optimism::{Optimism, optimism};
pub use paired::{discordant, mcnemar, mcnemar_mid_p};
pub use probability::probabilities;
pub use resample::{Resamples, Resampling};
pub(crate) use scores::null_as_nan;
pub use scores::{ClassScores, Scores, Undefined};
pub use seeds::{Spread, spread};
pub use selection::{selected, selection_value};
pub use splits::{OverSplits, over_splits};
pub use threshold::best_threshold;
pub use weighted::Prepared;
