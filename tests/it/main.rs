//! One binary for all integration tests: a module a subject.

mod eval;
mod results;
mod sweep;
