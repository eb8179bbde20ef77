//! The grid → run settings → run keys: pure. A key names a result before it exists.
//!
//! [`expand`] lays out the points of the grid, [`key`] names a run once the digests of its inputs are known.

mod grid;
mod key;

pub use grid::{Point, expand};
pub use key::{FILES_AND_NAMES, key};
use serde_json::{Map, Value};

use crate::{experiment::Settings, results::RunKey};

/// One run of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedRun {
    pub key: RunKey,
    /// The grid keys and their values, in the file's order.
    pub point: Map<String, Value>,
    pub settings: Settings,
}
