//! The grid → run settings → run keys: pure. A key names a result before it exists.
//!
//! [`expand`] lays out the points of the grid, [`key`] names a run once the digests of its inputs
//! are known. [`Earlier`] says why a run is not done: in what its [`Identity`] differs from those
//! that ended.

mod grid;
mod why;

pub use grid::{Point, expand};
pub use titer_core::identity::{Difference, Identity, key};
pub use why::{Earlier, Why};
