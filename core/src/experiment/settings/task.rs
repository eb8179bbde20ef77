//! `[task]`: what a model is asked to predict.

use super::table::table;
use crate::task::Kind;

table! {
    /// What a model is asked to predict.
    #[serde(deny_unknown_fields)]
    TaskSettings {
        /// The kind of task. It decides how labels are read, which metrics there are, and what is
        /// trained.
        kind: Kind = Kind::default(),
    }
}
