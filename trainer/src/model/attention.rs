//! Self-attention within each sequence of a packed batch: no token attends to another protein.

use tch::{Device, Kind, Tensor};

use super::Batch;
use crate::{machine, native};

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
/// Where libtorch refuses, as every `tch` operation does, and for a batch with a tail on a GPU.
pub fn attend(query: &Tensor, key: &Tensor, value: &Tensor, batch: &Batch, queries: Queries, scale: f64) -> Tensor {
    match query.device() {
        Device::Cuda(_) => {
            // The kernels would leave the rows of a tail unwritten.
            assert_eq!(batch.tail, 0, "batches have no tail on a GPU");
            let flash = query.kind() != Kind::Float && machine::is_ampere(query.device());
            let all = native::Spans { offsets: &batch.offsets, longest: batch.longest() };
            let first = native::Spans { offsets: &batch.single_offsets, longest: 1 };
            let asking = if queries == Queries::All { &all } else { &first };
            native::packed_attention(query, key, value, asking, &all, scale, flash).unwrap_or_else(|error| panic!("{error}"))
        }
        _ => one_by_one(query, key, value, batch, queries, scale),
    }
}

/// Sequence by sequence, through libtorch's fused kernel. It splits rather than slices: a slice's gradient is a tensor of the
/// whole batch, mostly zeros; a split's is one concatenation.
fn one_by_one(query: &Tensor, key: &Tensor, value: &Tensor, batch: &Batch, queries: Queries, scale: f64) -> Tensor {
    let sequences = batch.lengths.len();
    let tail = (batch.tail > 0).then_some(batch.tail);
    let all: Vec<i64> = batch.lengths.iter().copied().chain(tail).collect();
    let asking = if queries == Queries::All { all.clone() } else { vec![1; sequences] };
    let parts = |packed: &Tensor, lengths: &[i64]| {
        // [length, heads, head] -> [1, heads, length, head]
        let split = packed.split_with_sizes(lengths, 0);
        split.into_iter().map(|part| part.transpose(0, 1).unsqueeze(0)).collect::<Vec<_>>()
    };
    let (asked, keys, values) = (parts(query, &asking), parts(key, &all), parts(value, &all));
    let mut attended: Vec<Tensor> = (0..sequences)
        .map(|index| {
            let (query, key, value) = (&asked[index], &keys[index], &values[index]);
            Tensor::scaled_dot_product_attention::<Tensor>(query, key, value, None, 0.0, false, scale, false)
                .squeeze_dim(0)
                .transpose(0, 1)
        })
        .collect();
    // Nobody attends to the tail, and it attends to nothing.
    attended.extend(asked.get(sequences).map(|tail| tail.squeeze_dim(0).transpose(0, 1).zeros_like()));
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

/// The cosines and sines of a batch's rotary positions, fp32 `[tokens, head]` each; the sines carry the sign of `rotate_half`.
#[derive(Debug)]
pub struct Rotary {
    cosine: Tensor,
    sine: Tensor,
}

impl Rotary {
    /// Angle = position · inverse frequency, each used for both halves of a head.
    #[must_use]
    pub fn new(frequencies: &[f32], batch: &Batch) -> Self {
        let device = batch.positions.device();
        let longest = Tensor::arange(batch.longest(), (Kind::Float, device));
        let angle = longest.outer(&Tensor::from_slice(frequencies).to_device(device)); // [positions, head / 2]
        let (cosine, sine) = (angle.cos(), angle.sin());
        let at = |left: &Tensor, right: &Tensor| Tensor::cat(&[left, right], 1).index_select(0, &batch.positions);
        Self { cosine: at(&cosine, &cosine), sine: at(&-&sine, &sine) }
    }

    /// Rotates fp32 `[tokens, …, head]`. With half-split rotation the partner of a coordinate lies half a head away: a roll.
    pub fn rotate(&self, x: &Tensor) -> Tensor {
        let head = self.cosine.size()[1];
        let mut shape = vec![1; x.dim()];
        shape[0] = -1;
        shape[x.dim() - 1] = head;
        (x * self.cosine.view(shape.as_slice())).addcmul(&x.roll([head / 2], [-1]), &self.sine.view(shape.as_slice()))
    }
}
