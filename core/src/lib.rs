//! titer's core: what an experiment is, what its proteins are, what its results say. No libtorch, no HTML, no network.
//!
//! ```text
//! experiment   a TOML file: as written → layered → validated
//! data         rows → quality → labels → split → tokens
//! checkpoint   a folder of weights: whether a run can begin from it
//! statistics   predictions → metrics, and how sure they are (pure)
//! results      what a run leaves: layout, tables, manifest
//! identity     what names a run's result before it exists
//! protocol     what the runner and a worker say to each other
//! ```
//!
//! A module uses what stands above it in this list and nothing below. `clock`, `exit`, `input` and `text` are small things that every
//! module may use.

pub mod checkpoint;
pub mod clock;
pub mod data;
pub mod exit;
pub mod experiment;
pub mod identity;
pub mod input;
pub mod metric;
mod nan;
pub mod predictions;
pub mod protocol;
pub mod results;
pub mod scores;
pub mod statistics;
pub mod text;
