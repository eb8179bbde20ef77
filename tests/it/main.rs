//! One binary for all integration tests: a module a subject.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod advice;
mod answer;
mod browser;
mod calibration;
mod check;
mod data;
mod decision;
mod describe;
mod eval;
mod experiments;
mod faults;
mod fetch;
mod hostile;
mod kills;
mod layers;
mod lock;
mod plan;
mod report;
mod results;
mod rooms;
mod schema;
mod split;
mod stacks;
mod statistics;
mod status;
mod sweep;
mod tokens;
mod why;
mod workers;
mod yardsticks;
