//! The CPU kernels of `native/kernels`, as differentiable operations: fp32 or bf16 tensors on the
//! CPU.

use std::{ffi::CStr, ptr};

use tch::{Kind, Tensor};

use super::{NativeError, c, check};

/// The instruction set whose kernels compute on this processor: `amx`, `avx512`, `avx2` or
/// `baseline`.
#[must_use]
pub fn kernels() -> &'static str {
    // SAFETY: a string literal.
    unsafe { CStr::from_ptr(c::titer_kernels()) }.to_str().unwrap_or("unknown")
}

/// What an x86-64 processor says of itself, and which registers its system saves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Processor {
    /// `cpuid` 1 ecx; 7 ebx; 7 edx; 7.1 eax; 0x80000001 ecx.
    pub registers: [u32; 5],
    /// `xgetbv` 0.
    pub saved: u64,
}

/// The instruction set whose kernels such a processor would be given.
#[must_use]
pub fn kernels_of(processor: Processor) -> &'static str {
    // SAFETY: as many registers as it reads; a string literal.
    unsafe { CStr::from_ptr(c::titer_kernels_of(processor.registers.as_ptr(), processor.saved)) }.to_str().unwrap_or("unknown")
}

/// Whether there is an attention kernel for heads of this width: there is for those of ESM-2 8M to
/// 3B.
#[must_use]
pub fn attends(head: i64) -> bool {
    // SAFETY: takes a number.
    unsafe { c::titer_attends(head) }
}

/// A projection whose bias is still to be added: `[rows, columns]`, and fp32 `[columns]`. The
/// kernels add it in passing.
#[derive(Debug, Clone, Copy)]
pub struct Projected<'a> {
    pub product: &'a Tensor,
    pub bias: &'a Tensor,
}

/// Rotary self-attention within the sequences of a packed batch, `[queries, hidden]`.
///
/// Without `query`, `projected` is `[tokens, 3 · hidden]`, queries beside keys beside values, and
/// every token asks. With it, `projected` is `[tokens, 2 · hidden]` and `query`
/// `[sequences, hidden]` is that of each first token. `cosine` and `sine`: fp32
/// `[positions, head / 2]`.
pub fn attention(
    query: Option<Projected<'_>>,
    projected: Projected<'_>,
    [cosine, sine]: [&Tensor; 2],
    lengths: &[i64],
    heads: i64,
) -> Result<Tensor, NativeError> {
    let mut out = ptr::null_mut();
    // SAFETY: all pointers are to live tensors, or null where there may be none; `out` receives a tensor that is ours.
    check(unsafe {
        c::titer_attention(
            query.map_or(ptr::null(), |query| query.product.as_ptr()),
            query.map_or(ptr::null(), |query| query.bias.as_ptr()),
            projected.product.as_ptr(),
            projected.bias.as_ptr(),
            cosine.as_ptr(),
            sine.as_ptr(),
            lengths.as_ptr(),
            lengths.len(),
            heads,
            &raw mut out,
        )
    })?;
    // SAFETY: written by the successful call above, owned by nobody else.
    Ok(unsafe { Tensor::from_ptr(out) })
}

/// `x + branch`, its bias included, and the sum's layer normalisation in `kind`:
/// `(normalised, sum)`. `x`: fp32 `[rows, width]`; `branch`: the same shape in `kind`.
pub fn add_norm(
    x: &Tensor,
    branch: Projected<'_>,
    [weight, bias]: [&Tensor; 2],
    epsilon: f64,
    kind: Kind,
) -> Result<(Tensor, Tensor), NativeError> {
    let (mut normalised, mut sum) = (ptr::null_mut(), ptr::null_mut());
    let half = kind == Kind::BFloat16;
    // SAFETY: all pointers are to live tensors; both results receive tensors that are ours.
    check(unsafe {
        let (x, branch, branch_bias) = (x.as_ptr(), branch.product.as_ptr(), branch.bias.as_ptr());
        c::titer_norm(x, branch, branch_bias, weight.as_ptr(), bias.as_ptr(), epsilon, half, &raw mut normalised, &raw mut sum)
    })?;
    // SAFETY: written by the successful call above, owned by nobody else.
    Ok(unsafe { (Tensor::from_ptr(normalised), Tensor::from_ptr(sum)) })
}

/// Layer normalisation of fp32 `[rows, width]`, in `kind`.
pub fn norm(x: &Tensor, [weight, bias]: [&Tensor; 2], epsilon: f64, kind: Kind) -> Result<Tensor, NativeError> {
    let mut out = ptr::null_mut();
    let half = kind == Kind::BFloat16;
    // SAFETY: all pointers are to live tensors, the branch may be null, and then no sum is written; `out` receives a tensor that is ours.
    check(unsafe {
        let (weight, bias) = (weight.as_ptr(), bias.as_ptr());
        c::titer_norm(x.as_ptr(), ptr::null(), ptr::null(), weight, bias, epsilon, half, &raw mut out, ptr::null_mut())
    })?;
    // SAFETY: written by the successful call above, owned by nobody else.
    Ok(unsafe { Tensor::from_ptr(out) })
}

/// GELU in its erf form.
pub fn gelu(x: Projected<'_>) -> Result<Tensor, NativeError> {
    let mut out = ptr::null_mut();
    // SAFETY: all pointers are to live tensors; `out` receives a tensor that is ours.
    check(unsafe { c::titer_gelu(x.product.as_ptr(), x.bias.as_ptr(), &raw mut out) })?;
    // SAFETY: written by the successful call above, owned by nobody else.
    Ok(unsafe { Tensor::from_ptr(out) })
}
