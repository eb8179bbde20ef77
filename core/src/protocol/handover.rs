//! Jobs on their way to a worker that runs share: lines over a socket, and with each line the run's
//! log as an open file.
//!
//! The open file is the claim on the run (`docs/decisions/0012-a-claim-travels-with-its-job.md`):
//! where the runner is killed the moment after, the worker has it already, or the socket holds it
//! until the worker does.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub use other::Jobs;
#[cfg(unix)]
pub use unix::{Jobs, send};
