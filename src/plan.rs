//! The grid → run settings → run keys: pure. A key names a result before it exists.
//!
//! [`expand`] lays out the points of the grid, [`key`] names a run once the digests of its inputs are known. [`Earlier`] says why a
//! run is not done: in what its [`Identity`] differs from those that ended.

mod grid;
mod identity;
mod key;
mod why;

pub use grid::{Point, expand};
pub use identity::{Difference, Identity};
pub use key::{FILES_AND_NAMES, key};
pub use why::{Earlier, Why};
