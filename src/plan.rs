//! The grid → run settings → run keys: pure. A key names a result before it exists.
//!
//! [`expand`] lays out the points of the grid, [`key`] names a run once the digests of its inputs are known.

mod grid;
mod key;

pub use grid::{Point, expand};
pub use key::{FILES_AND_NAMES, key};
