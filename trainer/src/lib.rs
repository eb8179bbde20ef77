//! titer's trainer: fine-tunes ESM-2 on libtorch, one run a process, or several in a thread each.
//!
//! ```text
//! run       the life of a run: data → model → training → evaluation → files
//! model     ESM-2 and its head on packed batches; weights in and out
//! train     the loop, read top to bottom, and its parts
//! objective what training minimises: a kind of task a file
//! predict   fine-tuned models on proteins that arrive meanwhile
//! profile   where the time of a step goes
//! generator one generator for the runs of a process
//! machine   devices, precision, what the manifest says of the computer
//! tensors   safetensors files that are read a part at a time
//! native    C++ for what tch does not bind, the CPU kernels, and their Rust face
//! ```

pub mod generator;
pub mod machine;
pub mod model;
pub mod native;
pub mod objective;
pub mod predict;
pub mod profile;
pub mod run;
pub mod tensors;
pub mod train;
