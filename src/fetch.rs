//! The network: weights from the Hugging Face Hub, proteins from UniProt. No other module does.
//!
//! Whatever comes in counts only once it is whole and is what was pinned: it grows under another
//! name, resumes there after a break, is checked, and then takes its place in one step.

pub mod digest;
mod error;
mod files;
mod folders;
mod http;
pub mod hub;
mod progress;
pub mod uniprot;
mod weights;

pub use error::{Error, Remote};
pub use http::Patience;
pub use weights::{cached_weights, tensors_sha256, weights};
