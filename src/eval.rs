//! Logits → metrics: pure, no I/O, no generator, no libtorch.
//!
//! [`score`] is the way through the room; the curves a report draws come from [`curves`], point for point scikit-learn's.

pub mod classification;
pub mod curves;
pub mod interval;
pub mod paired;
pub mod probability;
pub mod scores;
pub mod selection;

pub use classification::score;
pub use curves::Curve;
pub use interval::{wilson, wilson_of};
pub use paired::mcnemar;
pub use probability::probabilities;
pub(crate) use scores::null_as_nan;
pub use scores::{ClassScores, Scores, Undefined};
pub use selection::selection_value;
