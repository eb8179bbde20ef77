//! Ctrl-C, and the signals that ask a program to end.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How often the user has asked to stop.
#[derive(Debug, Clone, Default)]
pub struct Interrupts(Arc<AtomicUsize>);

impl Interrupts {
    /// Counts this process's interruptions from now on, instead of ending at the first.
    #[must_use]
    pub fn watch() -> Self {
        let interrupts = Self::default();
        let count = interrupts.clone();
        // It fails where a handler is set already; Ctrl-C then ends the process, and a worker ends with its output closed.
        if let Err(error) = ctrlc::set_handler(move || count.add()) {
            tracing::warn!("Ctrl-C cannot be caught: {error}");
        }
        interrupts
    }

    /// Notes one more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}
