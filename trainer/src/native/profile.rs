//! Where the time goes, operation by operation: see `profile.cpp`.

use std::{
    ffi::{CStr, c_char, c_void},
    marker::PhantomData,
};

use super::c;

/// The time of one operation within one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub phase: String,
    /// libtorch's name, or a kernel's of ours; empty: the phase itself, between its operations.
    pub operation: String,
    /// Without the operations it called.
    pub seconds: f64,
    pub calls: u64,
}

/// From now on this thread's operations are timed.
pub fn start() {
    // SAFETY: takes nothing.
    unsafe { c::titer_profile_start() }
}

/// Whether this thread's operations are timed.
#[must_use]
pub fn is_on() -> bool {
    // SAFETY: takes nothing.
    unsafe { c::titer_profile_on() }
}

/// A phase of training, until it is dropped. Costs nothing to speak of where nothing is timed.
#[derive(Debug)]
#[must_use]
pub struct Phase {
    /// Phases are nested on the thread that began them.
    here: PhantomData<*const ()>,
}

/// Begins a phase.
pub fn phase(name: &'static CStr) -> Phase {
    // SAFETY: a NUL-terminated string, copied.
    unsafe { c::titer_phase_begin(name.as_ptr()) }
    Phase { here: PhantomData }
}

impl Drop for Phase {
    fn drop(&mut self) {
        // SAFETY: one end for each beginning, on the same thread.
        unsafe { c::titer_phase_end() }
    }
}

/// What this thread's operations took so far.
#[must_use]
pub fn read() -> Vec<Entry> {
    unsafe extern "C" fn take(out: *mut c_void, phase: *const c_char, operation: *const c_char, seconds: f64, calls: i64) {
        // SAFETY: C++ hands over NUL-terminated strings that outlive this call.
        let text = |text: *const c_char| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
        let entry = Entry { phase: text(phase), operation: text(operation), seconds, calls: calls.unsigned_abs() };
        // SAFETY: the vector below, which nobody else touches meanwhile.
        unsafe { &mut *out.cast::<Vec<Entry>>() }.push(entry);
    }
    let mut entries: Vec<Entry> = Vec::new();
    // SAFETY: `take` is called before this returns, with this pointer.
    unsafe { c::titer_profile_read((&raw mut entries).cast(), take) };
    entries
}
