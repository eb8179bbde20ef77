//! `[task]`: what a model is asked to predict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::table::table;
use crate::task::Kind;

table! {
    /// What a model is asked to predict.
    #[serde(deny_unknown_fields)]
    TaskSettings {
        /// The kind of task. It decides how labels are read, which metrics there are, and what is
        /// trained.
        kind: Kind = Kind::default(),
        /// What the model of a regression is trained on. Predictions and metrics are in the data's
        /// unit either way.
        scale: Scale = Scale::None,
    }
}

/// What the model of a regression is trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// The labels as they are.
    None,
    /// The labels less the mean of the training labels, over their standard deviation.
    Standard,
}
