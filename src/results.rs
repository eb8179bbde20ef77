//! What a sweep leaves on disk: the layout, the Parquet tables, a run's manifest.

pub mod layout;
pub mod manifest;
pub mod tables;

pub use layout::{ExperimentFolder, RunFolder, RunKey};
pub use manifest::Manifest;
