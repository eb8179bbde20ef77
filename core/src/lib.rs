//! titer's core: what an experiment is, what its proteins are, what its results say. No libtorch,
//! no HTML, no network.
//!
//! ```text
//! statistics   how sure a number is, and which of two is greater (pure)
//! predictions  outputs beside what is true, ready for metrics
//! metric       a metric a file
//! scores       every metric of one set of predictions
//! task         what a model is asked to predict: a kind of task a file
//! experiment   a TOML file: as written → layered → validated
//! data         rows → quality → labels → split → tokens
//! checkpoint   a folder of weights: whether a run can begin from it
//! results      what a run leaves: layout, tables, manifest
//! identity     what names a run's result before it exists
//! protocol     what the runner and a worker say to each other
//! ```
//!
//! A module uses what stands above it in this list and nothing below. `clock`, `exit`, `input`,
//! `numpy` and `text` are small things that every module may use.

pub mod checkpoint;
pub mod clock;
pub mod data;
pub mod exit;
pub mod experiment;
pub mod identity;
pub mod input;
pub mod metric;
mod nan;
pub mod numpy;
pub mod predictions;
pub mod protocol;
pub mod results;
pub mod scores;
pub mod statistics;
pub mod task;
pub mod text;
