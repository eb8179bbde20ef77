//! ESM-2 with a classification head, equal to `transformers.EsmForSequenceClassification`, computed
//! on packed batches.

pub mod attention;
pub mod batch;
pub mod esm2;
pub mod frozen;
pub mod pass;
pub mod projection;
pub mod rotary;
pub mod weights;

pub use titer_core::checkpoint::{Config, Error as ModelError};

pub use batch::Batch;
pub use esm2::Classifier;
pub use frozen::Frozen;
pub use pass::Pass;
