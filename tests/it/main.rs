//! One binary for all integration tests: a module a subject.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

mod advice;
mod answer;
mod architecture;
mod baselines;
mod browser;
mod calibration;
mod check;
mod data;
mod decision;
mod describe;
mod diverged;
mod docs;
mod eval;
mod experiments;
mod extending;
mod faults;
mod fetch;
mod hostile;
mod init;
mod keep;
mod kills;
mod layers;
mod lock;
mod metric;
mod pipes;
mod plan;
mod predict;
mod regression;
mod report;
mod results;
mod schema;
mod shared;
#[path = "../support/skip.rs"]
mod skip;
mod split;
mod stale;
mod statistics;
mod status;
mod sweep;
mod tokens;
mod tutorial;
mod why;
mod workers;
