//! What a sweep leaves on disk: the layout, the Parquet tables, a run's manifest, and how they are
//! written and listed.
//!
//! Nothing here is ever half there: every file appears by a rename ([`atomic`]), and `run.json` is
//! the last of a run's files.

pub mod atomic;
mod claim;
mod earlier;
mod error;
mod failure;
pub mod format;
mod kept;
mod last_sweep;
pub mod layout;
mod listing;
mod live;
pub mod manifest;
pub mod point;
pub mod shared;
pub mod tables;

pub use claim::{Alone, Claim, Sweeping, alone};
pub use earlier::{EarlierRun, OlderRuns};
pub use error::Error;
pub use failure::{Failure, FailureKind};
pub use format::{FORMAT, Format};
pub use kept::{BestCheckpoint, Keep, Removed};
pub use last_sweep::{Call, LastSweep};
pub use layout::{ExperimentFolder, RunFolder, RunKey};
pub use listing::RunState;
pub use live::{Live, Validated};
pub use manifest::Manifest;
pub use shared::SharedFolder;
