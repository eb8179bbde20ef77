//! Integration tests of the trainer: against `transformers`, and through the worker program.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

mod checkpoints;
mod common;
mod frozen;
mod lanes;
mod model;
mod native;
mod ops;
mod regression;
mod shapes;
#[path = "../../../tests/support/skip.rs"]
mod skip;
mod trainer;
mod worker;
