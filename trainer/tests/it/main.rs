//! Integration tests of the trainer: against `transformers`, and through the worker program.

mod common;
mod model;
mod trainer;
mod worker;
