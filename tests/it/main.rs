//! One binary for all integration tests: a module a subject.

mod data;
mod eval;
mod fetch;
mod report;
mod results;
mod split;
mod sweep;
mod tokens;
