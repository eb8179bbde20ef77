//! Self-attention within each sequence of a packed batch: no token attends to another protein, and no padding is computed.

use tch::{Device, Kind, Tensor};

use super::Batch;
use crate::native;

/// Which tokens ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queries {
    /// Every token: queries `[tokens, heads, head]`.
    All,
    /// The first token of each sequence: queries `[sequences, heads, head]`.
    First,
}

/// Softmax attention, `[queries, heads, head]` out. Keys and values: `[tokens, heads, head]`.
///
/// # Panics
///
/// Where libtorch refuses, as every `tch` operation does.
#[must_use]
pub fn attend(query: &Tensor, key: &Tensor, value: &Tensor, batch: &Batch, queries: Queries, scale: f64) -> Tensor {
    match query.device() {
        Device::Cuda(_) => {
            let all = native::Spans { offsets: &batch.offsets, longest: batch.longest() };
            let first = native::Spans { offsets: &batch.single_offsets, longest: 1 };
            let asking = if queries == Queries::All { &all } else { &first };
            native::packed_attention(query, key, value, asking, &all, scale).unwrap_or_else(|error| panic!("{error}"))
        }
        _ => one_by_one(query, key, value, batch, queries, scale),
    }
}

/// Sequence by sequence, through libtorch's fused kernel. It splits rather than slices: a slice's gradient is a tensor of the
/// whole batch, mostly zeros; a split's is one concatenation.
fn one_by_one(query: &Tensor, key: &Tensor, value: &Tensor, batch: &Batch, queries: Queries, scale: f64) -> Tensor {
    let asking = match queries {
        Queries::All => batch.lengths.clone(),
        Queries::First => vec![1; batch.lengths.len()],
    };
    let parts = |packed: &Tensor, lengths: &[i64]| {
        // [length, heads, head] -> [1, heads, length, head]
        let split = packed.split_with_sizes(lengths, 0);
        split.into_iter().map(|part| part.transpose(0, 1).unsqueeze(0)).collect::<Vec<_>>()
    };
    let (query, key, value) = (parts(query, &asking), parts(key, &batch.lengths), parts(value, &batch.lengths));
    let attended: Vec<Tensor> = query
        .iter()
        .zip(&key)
        .zip(&value)
        .map(|((query, key), value)| {
            Tensor::scaled_dot_product_attention::<Tensor>(query, key, value, None, 0.0, false, scale, false)
                .squeeze_dim(0)
                .transpose(0, 1)
        })
        .collect();
    Tensor::cat(&attended, 0)
}

/// The precision attention computes in. libtorch's CPU kernel is slower in bf16 than in fp32 at ESM-2's head sizes, its backward
/// by half (docs/performance.md); on a GPU half precision is what the fast kernels take.
#[must_use]
pub fn kind(compute: Kind, device: Device) -> Kind {
    match device {
        Device::Cpu => Kind::Float,
        _ => compute,
    }
}

/// The cosines and sines of rotary positions, fp32 `[positions, head]` each; the sines carry the sign of `rotate_half`.
#[derive(Debug)]
pub struct Rotary {
    cosine: Tensor,
    sine: Tensor,
}

impl Rotary {
    /// Tables for `head_size` up to `longest` tokens: angle = position · 10000^(−2i / head size), each used for both halves.
    #[must_use]
    pub fn new(head_size: i64, longest: i64, device: Device) -> Self {
        let options = (Kind::Float, device);
        let even = Tensor::arange_start_step(0, head_size, 2, (Kind::Int64, device)).to_kind(Kind::Float);
        let frequency = Tensor::full_like(&even, 10_000.0).pow(&(even / head_size as f64)).reciprocal();
        let angle = Tensor::arange(longest, options).outer(&frequency); // [positions, head / 2]
        let (cosine, sine) = (angle.cos(), angle.sin());
        Self { cosine: Tensor::cat(&[&cosine, &cosine], 1), sine: Tensor::cat(&[&-&sine, &sine], 1) }
    }

    /// Rotates fp32 `[tokens, …, head]` to the batch's positions. With half-split rotation the partner of a coordinate lies half
    /// a head away: a roll.
    #[must_use]
    pub fn rotate(&self, x: &Tensor, positions: &Tensor) -> Tensor {
        let half = self.cosine.size()[1] / 2;
        let mut shape = vec![1; x.dim()];
        shape[0] = -1;
        shape[x.dim() - 1] = 2 * half;
        let at = |table: &Tensor| table.index_select(0, positions).view(shape.as_slice());
        (x * at(&self.cosine)).addcmul(&x.roll([half], [-1]), &at(&self.sine))
    }
}
