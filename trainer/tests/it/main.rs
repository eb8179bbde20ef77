//! Integration tests of the trainer: against `transformers`, and through the worker program.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

mod common;
mod frozen;
mod model;
mod ops;
mod stack;
mod stacked_worker;
mod trainer;
mod worker;
