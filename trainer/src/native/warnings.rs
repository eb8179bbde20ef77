//! libtorch's warnings, in a run's log: each once, however often libtorch says it.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    ffi::{CStr, c_char},
};

use super::c;

thread_local! {
    /// What this thread has told already of its run: a run has one thread, which may have had
    /// others before.
    static TOLD: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// From here on what libtorch warns of in this thread goes to this thread's log, a line for each
/// thing it has to say.
pub fn hear() {
    TOLD.with_borrow_mut(BTreeSet::clear);
    // SAFETY: the function lives as long as the program.
    unsafe { c::titer_hear_warnings(heard) }
}

/// Called by libtorch, which an unwinding panic must not reach: nothing in here panics.
unsafe extern "C" fn heard(message: *const c_char, file: *const c_char, line: u32) {
    // SAFETY: C++ hands over NUL-terminated strings that outlive this call.
    let text = |text: *const c_char| unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let told = format!("libtorch: {} ({}:{line})", text(message).trim(), text(file).rsplit('/').next().unwrap_or_default());
    let is_new = TOLD.try_with(|all| all.try_borrow_mut().is_ok_and(|mut all| all.insert(told.clone())));
    if is_new.unwrap_or(false) {
        tracing::warn!("{told}");
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tch::{Device, Kind, Tensor};

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the log holds after the warnings of `body`.
    fn told(body: impl FnOnce()) -> Vec<String> {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            hear();
            body();
        });
        let bytes = log.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }

    /// Two warnings that libtorch gives at each of these calls.
    fn warn() {
        // There is no GPU to pin for: the call fails, after its warning.
        let _ = Tensor::zeros([1], (Kind::Float, Device::Cpu)).f_pin_memory(Device::Cuda(0));
        let (one, wrong) = (Tensor::ones([3], (Kind::Float, Device::Cpu)), Tensor::ones([2], (Kind::Float, Device::Cpu)));
        let _ = one.g_add(&one).f_abs_out(&wrong);
    }

    #[test]
    fn what_libtorch_says_again_and_again_is_told_once() {
        let lines = told(|| (0..50).for_each(|_| warn()));
        let of = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
        assert_eq!((of("pin_memory"), of("is_pinned"), of("was resized")), (1, 1, 1), "{lines:#?}");
        assert_eq!(lines.len(), 3, "{lines:#?}");
        assert!(lines.iter().all(|line| line.contains("WARN") && line.contains("libtorch: ")), "{lines:#?}");
        // Another run has a log of its own, in this thread or another.
        assert_eq!((told(warn).len(), std::thread::spawn(|| told(warn).len()).join().unwrap()), (3, 3));
    }
}
