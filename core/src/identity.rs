//! What names the result of a run before it exists ([`key`]), spelled as an experiment file spells
//! it ([`Identity`]).

mod key;
mod spelled;

pub use key::{SEMANTICS, key};
pub use spelled::{Difference, Identity, TOLD_BY_DIGESTS};
