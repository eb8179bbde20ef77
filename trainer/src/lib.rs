//! titer's trainer: fine-tunes ESM-2 on libtorch, one run a process, or several computed as one.
//!
//! ```text
//! run       the life of a run: data → model → training → evaluation → files
//! model     ESM-2 and its head on packed batches; weights in and out
//! train     the loop, read top to bottom, and its parts
//! generator one generator for the runs of a process
//! machine   devices, precision, what the manifest says of the computer
//! native    the C++ file for what tch does not bind, and its Rust face
//! ```

pub mod generator;
pub mod machine;
pub mod model;
pub mod native;
pub mod run;
pub mod train;
