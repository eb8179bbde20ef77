//! The commit that titer-worker was built from: a crate of its own, so that a commit does not build
//! the trainer's C++ anew.

/// As `git describe` has it; `None` where this is no checkout.
pub const COMMIT: Option<&str> = option_env!("TITER_COMMIT");
