//! The grid → run settings → run keys: pure. A key names a result before it exists.

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
