//! The Rust face of the C++ in `native/`: what the trainer needs of libtorch and `tch` does not
//! bind, and kernels of its own.

mod gpus;
pub mod graph;
mod libraries;
pub mod ops;
pub mod profile;
pub mod warnings;

use std::{
    any::Any,
    ffi::{CStr, c_char, c_int},
    panic::{self, AssertUnwindSafe},
    ptr,
};

use tch::{Device, Tensor};
use torch_sys::C_tensor;

pub use self::{
    gpus::{Gpu, gpus},
    libraries::open_cuda,
};

/// The C functions, as `native/native.h` declares them. A list of tensors is borrowed for as long
/// as a call lasts.
mod c {
    use std::ffi::{c_char, c_int, c_void};

    use torch_sys::C_tensor;

    include!(concat!(env!("OUT_DIR"), "/native.rs"));
}

/// libtorch refused; the message is its own.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct NativeError {
    pub message: String,
}

/// What libtorch said where `tch` panicked, as it does wherever libtorch refuses; without the stack
/// trace.
#[must_use]
pub fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
    let text = text.unwrap_or("no message");
    // tch unwraps `Torch("message\nstack trace")`, shown with escapes.
    let inner = text.split_once("Torch(\"").map_or(text, |(_, inner)| inner);
    let end = inner.find("\\n").or_else(|| inner.find('\n')).unwrap_or(inner.len());
    inner[..end].to_owned()
}

/// What `body` gives; where libtorch refuses `tch` panics, and the panic becomes an error.
pub fn caught<T>(body: impl FnOnce() -> T) -> Result<T, NativeError> {
    panic::catch_unwind(AssertUnwindSafe(body)).map_err(|payload| NativeError { message: panic_message(payload.as_ref()) })
}

/// Whether libtorch refused because there was no memory left.
#[must_use]
pub fn is_out_of_memory(message: &str) -> bool {
    ["out of memory", "can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED"].iter().any(|text| message.contains(text))
}

fn check(message: *mut c_char) -> Result<(), NativeError> {
    if message.is_null() {
        return Ok(());
    }
    // SAFETY: not null, so a NUL-terminated string from `strdup`, owned by us until `titer_free`.
    let text = unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned();
    // SAFETY: as above; not used afterwards.
    unsafe { c::titer_free(message) };
    Err(NativeError { message: text })
}

fn pointers(tensors: &[Tensor]) -> Vec<*const C_tensor> {
    tensors.iter().map(Tensor::as_ptr).collect()
}

/// The libtorch the worker was built against, such as `2.11.0`.
#[must_use]
pub fn libtorch_version() -> String {
    // SAFETY: a string literal.
    unsafe { CStr::from_ptr(c::titer_libtorch_version()) }.to_string_lossy().into_owned()
}

/// The CUDA runtime's version, such as `13.0`; `None` before [`open_cuda`].
#[must_use]
pub fn cuda_version() -> Option<String> {
    let mut version = 0;
    // SAFETY: `version` outlives the call.
    check(unsafe { c::titer_cuda_version(&raw mut version) }).ok()?;
    Some(format!("{}.{}", version / 1000, version % 1000 / 10))
}

/// The most bytes that tensors held at once on a GPU.
pub fn peak_memory(device: u32) -> Result<u64, NativeError> {
    let mut bytes = 0;
    // SAFETY: `bytes` outlives the call.
    check(unsafe { c::titer_peak_memory(device as c_int, &raw mut bytes) })?;
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// A tensor of the host on the device. The host does not wait for a GPU to take it, and so prepares
/// the next batch while this one computes.
///
/// # Panics
///
/// Where libtorch refuses, as every `tch` operation does.
pub fn sent(tensor: &Tensor, device: Device) -> Tensor {
    let Device::Cuda(index) = device else { return tensor.shallow_clone() };
    let mut out = ptr::null_mut();
    // SAFETY: a live tensor; `out` receives a tensor that is ours.
    check(unsafe { c::titer_sent(tensor.as_ptr(), index as c_int, &raw mut out) }).unwrap_or_else(|error| panic!("{error}"));
    // SAFETY: written by the successful call above, owned by nobody else.
    unsafe { Tensor::from_ptr(out) }
}

/// Copies a tensor of the host into one of the same shape and type, on whatever device; without
/// waiting for a GPU.
///
/// # Panics
///
/// Where libtorch refuses, as every `tch` operation does.
pub fn send_into(tensor: &Tensor, into: &Tensor) {
    // SAFETY: live tensors; the second one's data are libtorch's to write.
    check(unsafe { c::titer_send_into(tensor.as_ptr(), into.as_ptr()) }).unwrap_or_else(|error| panic!("{error}"));
}

/// Copies tensors into others of the same shapes, on their device.
///
/// # Panics
///
/// Where the lists are not of one length, and where libtorch refuses.
pub fn copy_all(from: &[Tensor], into: &[Tensor]) {
    assert_eq!(from.len(), into.len(), "a place for each tensor");
    let (from, into) = (pointers(from), pointers(into));
    // SAFETY: both lists hold as many pointers to live tensors.
    check(unsafe { c::titer_copy_all(from.as_ptr(), into.as_ptr(), from.len()) }).unwrap_or_else(|error| panic!("{error}"));
}

/// Gives this thread a stream of its own on a GPU, one of some thirty that libtorch has.
pub fn own_stream(device: usize) -> Result<(), NativeError> {
    // SAFETY: takes a number.
    check(unsafe { c::titer_own_stream(device as c_int) })
}

/// Asks for deterministic kernels, and for fp32 that is fp32 (no TF32).
pub fn exact() {
    // SAFETY: both set a global switch.
    unsafe {
        c::titer_deterministic();
        c::titer_full_fp32();
    }
}

/// The hyperparameters of one `AdamW` step.
#[derive(Debug, Clone, Copy)]
pub struct AdamW {
    pub rate: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub decay: f64,
    pub epsilon: f64,
}

/// The tensors of one `AdamW` step, all lists of one length.
#[derive(Debug, Clone, Copy)]
pub struct AdamWState<'a> {
    pub parameters: &'a [Tensor],
    pub gradients: &'a [Tensor],
    pub means: &'a [Tensor],
    pub squares: &'a [Tensor],
    /// fp32 scalars, one a parameter.
    pub steps: &'a [Tensor],
}

/// One `AdamW` step in place; skipped on the device where `found_inf` is not zero.
///
/// # Panics
///
/// Where the lists are not of one length.
pub fn adamw(state: AdamWState<'_>, how: AdamW, found_inf: Option<&Tensor>) -> Result<(), NativeError> {
    let count = state.parameters.len();
    let lists = [state.parameters, state.gradients, state.means, state.squares, state.steps].map(|list| {
        assert_eq!(list.len(), count, "AdamW's lists are of one length");
        pointers(list)
    });
    // SAFETY: every list holds `count` pointers to live tensors.
    check(unsafe {
        c::titer_adamw(
            lists[0].as_ptr(),
            lists[1].as_ptr(),
            lists[2].as_ptr(),
            lists[3].as_ptr(),
            lists[4].as_ptr(),
            count,
            how.rate,
            how.beta1,
            how.beta2,
            how.decay,
            how.epsilon,
            found_inf.map_or(ptr::null(), Tensor::as_ptr),
        )
    })
}

/// Scales the gradients down to a global norm of `limit` (as `torch.nn.utils.clip_grad_norm_`; not
/// at all where it is 0) and returns the norm before that, a scalar on their device.
pub fn clip(gradients: &[Tensor], limit: f64) -> Result<Tensor, NativeError> {
    let list = pointers(gradients);
    let mut norm = ptr::null_mut();
    // SAFETY: the list holds pointers to live tensors; `norm` receives a tensor that is ours.
    check(unsafe { c::titer_clip(list.as_ptr(), list.len(), limit, &raw mut norm) })?;
    // SAFETY: written by the successful call above, owned by nobody else.
    Ok(unsafe { Tensor::from_ptr(norm) })
}

/// Multiplies the gradients by `inverse_scale` and sets `found_inf` to 1 where one of them is not
/// finite.
pub fn unscale(gradients: &[Tensor], found_inf: &Tensor, inverse_scale: &Tensor) -> Result<(), NativeError> {
    let list = pointers(gradients);
    // SAFETY: all pointers are to live tensors.
    check(unsafe { c::titer_unscale(list.as_ptr(), list.len(), found_inf.as_ptr(), inverse_scale.as_ptr()) })
}

/// What packed attention needs to know of its sequences.
#[derive(Debug)]
pub struct Spans<'a> {
    /// int32 `[sequences + 1]`: where each sequence begins, and the end of the last.
    pub offsets: &'a Tensor,
    pub longest: i64,
}

/// Self-attention of packed sequences on CUDA: `[tokens, heads, head]` each, differentiable.
/// `flash` asks for flash attention, which takes half precisions from Ampere on; otherwise the
/// memory-efficient kernel computes.
pub fn packed_attention(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    queries: &Spans<'_>,
    keys: &Spans<'_>,
    scale: f64,
    flash: bool,
) -> Result<Tensor, NativeError> {
    let mut out = ptr::null_mut();
    // SAFETY: all pointers are to live tensors; `out` receives a tensor that is ours.
    check(unsafe {
        c::titer_packed_attention(
            query.as_ptr(),
            key.as_ptr(),
            value.as_ptr(),
            queries.offsets.as_ptr(),
            keys.offsets.as_ptr(),
            queries.longest,
            keys.longest,
            scale,
            flash,
            &raw mut out,
        )
    })?;
    // SAFETY: written by the successful call above, owned by nobody else.
    Ok(unsafe { Tensor::from_ptr(out) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_tch_is_told_without_its_stack_trace() {
        let refused = std::panic::catch_unwind(|| Tensor::from_slice(&[1.0]).view([7])).unwrap_err();
        let text = panic_message(refused.as_ref());
        assert!(text.contains("shape '[7]' is invalid"), "{text}");
        assert!(text.len() < 200, "{text}");
    }
}
