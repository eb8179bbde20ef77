//! Work on a GPU that is recorded once and launched again as one: CUDA graphs. The C++ is
//! `cuda/graphs.cpp`.

use std::{ffi::c_int, ptr, rc::Rc, sync::LazyLock};

use super::{
    NativeError,
    c::{TiterGraph, TiterGraphs, TiterRecorder},
    caught, check, libraries,
};

/// The library that is linked against libtorch's CUDA part; empty where it was built without CUDA's
/// headers.
static LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libtiter_graphs.so"));

/// Opened when it is first asked for, which must be after [`super::open_cuda`].
fn functions() -> Result<&'static TiterGraphs, NativeError> {
    static FUNCTIONS: LazyLock<Result<&'static TiterGraphs, String>> = LazyLock::new(|| {
        if LIBRARY.is_empty() {
            return Err("titer-worker was built without CUDA's headers".to_owned());
        }
        // SAFETY: C++ declares it of this type.
        unsafe { libraries::embedded(LIBRARY, c"titer_graphs") }.map_err(|error| error.message)
    });
    FUNCTIONS.as_ref().copied().map_err(|message| NativeError { message: message.clone() })
}

/// Whether this program carries the library at all.
#[must_use]
pub fn is_built() -> bool {
    !LIBRARY.is_empty()
}

/// Records graphs on one GPU. They share the memory of what they compute on the way: two of them
/// are never replayed at once, and what one leaves there the next replay of another may write over.
#[derive(Debug)]
pub struct Recorder {
    owner: Rc<Owner>,
}

#[derive(Debug)]
struct Owner {
    functions: &'static TiterGraphs,
    raw: *mut TiterRecorder,
}

impl Drop for Owner {
    fn drop(&mut self) {
        // SAFETY: made by `open`, and dropped after every graph, each of which holds an `Rc` of
        // this.
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

    /// Gives back memory that libtorch has put by and a recording cannot use.
    pub fn tidy(&self) -> Result<(), NativeError> {
        // SAFETY: the recorder lives.
        check(unsafe { (self.owner.functions.tidy)(self.owner.raw) })
    }

    /// Records what `body` launches, without doing any of it. What it computes must go to tensors
    /// made before, for what it makes itself is other recordings' memory too. The tensors it reads
    /// and writes must live, at the same place, for as long as the graph is replayed. Nothing in it
    /// may wait for the device or bring anything from the host.
    pub fn record(&self, body: impl FnOnce()) -> Result<Graph, NativeError> {
        let Owner { functions, raw: owner } = *self.owner;
        let mut raw = ptr::null_mut();
        // SAFETY: the recorder lives; `raw` outlives the call.
        check(unsafe { (functions.begin)(owner, &raw mut raw) })?;
        let graph = Graph { owner: Rc::clone(&self.owner), raw };
        // Whatever comes of the body, the recording has to end.
        let made = caught(body);
        // SAFETY: begun above, on this thread.
        let ended = check(unsafe { (functions.end)(graph.raw) });
        made.and(ended).map(|()| graph)
    }
}

/// A recording.
#[derive(Debug)]
pub struct Graph {
    owner: Rc<Owner>,
    raw: *mut TiterGraph,
}

impl Graph {
    /// Does what was recorded, on this thread's stream, after what was launched there before; does
    /// not wait for it.
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
