//! Runs a plan: a pure state machine ([`state`]), and the worker processes it drives ([`local`]).
//!
//! On a CPU one run, one process: a worker that crashes, or is killed for memory, takes nothing
//! with it. On a GPU runs share a process ([`places`]), to which each is handed with its claim
//! (`titer_core::protocol::handover`); where that crashes, they are tried again with fewer runs at
//! a time. Runner and worker speak `titer_core::protocol`; only the runner draws ([`progress`]).

mod clearing;
pub mod device;
mod error;
mod interrupt;
pub mod local;
pub mod memory;
pub mod places;
pub mod progress;
pub mod state;
mod verdict;
mod worker;

pub use clearing::after_the_end;
pub use device::{DeviceChoice, Devices, SeenDevice};
pub use error::Error;
pub use interrupt::Interrupts;
pub use places::{Need, Places};
pub use progress::Progress;
pub use worker::Worker;
