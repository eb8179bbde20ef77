//! Work on a GPU that is recorded once and launched again as one: CUDA graphs. The C++ is `cuda/graphs.cpp`.

use std::{
    ffi::{c_char, c_int, c_void},
    panic::{self, AssertUnwindSafe},
    ptr,
    rc::Rc,
    sync::LazyLock,
};

use super::{NativeError, check, panic_message};

/// The library that is linked against libtorch's CUDA part; empty where it was built without CUDA's headers.
static LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libtiter_graphs.so"));

/// `TiterGraphs` of `cuda/graphs.cpp`.
#[repr(C)]
#[derive(Debug)]
struct Functions {
    open: unsafe extern "C" fn(c_int, *mut *mut c_void) -> *mut c_char,
    close: unsafe extern "C" fn(*mut c_void),
    begin: unsafe extern "C" fn(*const c_void, *mut *mut c_void) -> *mut c_char,
    end: unsafe extern "C" fn(*mut c_void) -> *mut c_char,
    replay: unsafe extern "C" fn(*mut c_void) -> *mut c_char,
    drop: unsafe extern "C" fn(*mut c_void),
}

unsafe extern "C" {
    fn titer_symbol(
        library: *const u8,
        length: usize,
        name: *const c_char,
        file: *const c_char,
        out: *mut *const c_void,
    ) -> *mut c_char;
}

/// Opened when it is first asked for, which must be after [`super::open_cuda`].
fn functions() -> Result<&'static Functions, NativeError> {
    static FUNCTIONS: LazyLock<Result<&'static Functions, String>> = LazyLock::new(|| {
        if LIBRARY.is_empty() {
            return Err("titer-worker was built without CUDA's headers".to_owned());
        }
        let mut table = ptr::null();
        let (name, file) = (c"titer_graphs".as_ptr(), c"titer_graphs".as_ptr());
        // SAFETY: the library's bytes are static, both names NUL-terminated, `table` outlives the call.
        check(unsafe { titer_symbol(LIBRARY.as_ptr(), LIBRARY.len(), name, file, &raw mut table) })
            .map_err(|error| error.message)?;
        // SAFETY: not null after success: a constant of this layout in a library that is never closed.
        Ok(unsafe { &*table.cast::<Functions>() })
    });
    FUNCTIONS.as_ref().copied().map_err(|message| NativeError { message: message.clone() })
}

/// Whether this program carries the library at all.
#[must_use]
pub fn is_built() -> bool {
    !LIBRARY.is_empty()
}

/// Records graphs on one GPU. They share memory: what one leaves behind on its way another may use, but never two at once.
#[derive(Debug)]
pub struct Recorder {
    owner: Rc<Owner>,
}

#[derive(Debug)]
struct Owner {
    functions: &'static Functions,
    raw: *mut c_void,
}

impl Drop for Owner {
    fn drop(&mut self) {
        // SAFETY: made by `open`, and dropped after every graph, each of which holds an `Rc` of this.
        unsafe { (self.functions.close)(self.raw) }
    }
}

impl Recorder {
    /// Needs [`super::open_cuda`].
    pub fn open(device: usize) -> Result<Self, NativeError> {
        let functions = functions()?;
        let mut raw = ptr::null_mut();
        // SAFETY: `raw` outlives the call.
        check(unsafe { (functions.open)(device as c_int, &raw mut raw) })?;
        Ok(Self { owner: Rc::new(Owner { functions, raw }) })
    }

    /// Records what `body` launches, without doing any of it. The tensors it reads and those it returns must live, at the same place,
    /// for as long as the graph is replayed. Nothing in it may wait for the device or bring anything from the host.
    pub fn record<T>(&self, body: impl FnOnce() -> T) -> Result<(Graph, T), NativeError> {
        let Owner { functions, raw: owner } = *self.owner;
        let mut raw = ptr::null_mut();
        // SAFETY: the owner lives; `raw` outlives the call.
        check(unsafe { (functions.begin)(owner, &raw mut raw) })?;
        let graph = Graph { owner: Rc::clone(&self.owner), raw };
        // `tch` panics where libtorch refuses; the recording has to end all the same.
        let made = panic::catch_unwind(AssertUnwindSafe(body));
        // SAFETY: begun above, on this thread.
        let ended = check(unsafe { (functions.end)(graph.raw) });
        let made = made.map_err(|payload| NativeError { message: panic_message(payload.as_ref()) })?;
        ended.map(|()| (graph, made))
    }
}

/// A recording.
#[derive(Debug)]
pub struct Graph {
    owner: Rc<Owner>,
    raw: *mut c_void,
}

impl Graph {
    /// Does what was recorded, on this thread's stream, after what was launched there before; does not wait for it.
    pub fn replay(&self) -> Result<(), NativeError> {
        // SAFETY: `raw` is a graph whose recording has ended well.
        check(unsafe { (self.owner.functions.replay)(self.raw) })
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        // SAFETY: made by `begin`, used by nobody afterwards.
        unsafe { (self.owner.functions.drop)(self.raw) }
    }
}
