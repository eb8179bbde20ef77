//! Yardsticks beside the results: a sweep and a report want them, and neither fails for lack of them.

use crate::{
    results::{ExperimentFolder, tables::ProteinRow, yardsticks},
    text::with_causes,
};

/// Takes those that are missing; what cannot be kept is told.
pub fn refresh(folder: &ExperimentFolder, proteins: &[ProteinRow], goes_on: impl Fn() -> bool) {
    if let Err(error) = yardsticks::refresh(folder, proteins, &goes_on) {
        tracing::warn!("no yardsticks: {}", with_causes(&error));
    }
}
