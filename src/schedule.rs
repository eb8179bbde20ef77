//! Runs a plan: a pure state machine ([`state`]), and the worker processes it drives ([`local`]).
//!
//! One run, one process: a worker that crashes, or is killed for memory, takes nothing with it. Small runs that agree may share a
//! process that computes them as one, or beside one another ([`stack`]); where that crashes, each is tried again by itself. Runner and
//! worker speak [`protocol`]; only the runner draws ([`progress`]).

mod clearing;
pub mod device;
mod error;
mod interrupt;
pub mod local;
pub mod memory;
pub mod progress;
pub mod protocol;
pub mod stack;
pub mod state;
mod verdict;
mod worker;

pub use clearing::after_the_end;
pub use device::{DeviceChoice, SeenDevice, Slots};
pub use error::Error;
pub use interrupt::Interrupts;
pub use progress::Progress;
pub use stack::StackChoice;
pub use worker::Worker;
