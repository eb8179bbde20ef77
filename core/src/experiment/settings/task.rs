//! `[task]`: what a model is asked to predict.

use super::table::table;
use crate::task::{Kind, Scale};

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
