//! Runs a plan: a pure state machine ([`state`]), and the worker processes it drives ([`local`]).

pub mod protocol;
