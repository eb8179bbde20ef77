//! Rotary self-attention within each sequence of a packed batch: no token attends to another
//! protein.

use tch::{Device, Kind, Tensor};

use super::{Batch, projection::Projection, rotary::Rotary};
use crate::{machine, native};

/// Attention over the projections of a batch, `[queries, hidden]` in their type.
///
/// Without `query`, every token asks: `projected` is `[tokens, 3 · hidden]`, queries beside keys
/// beside values. With it, only the first token of each sequence does: `query` is
/// `[sequences, hidden]`, `projected` `[tokens, 2 · hidden]`.
///
/// # Panics
///
/// Where libtorch refuses, as every `tch` operation does, and for a batch with a tail on a GPU.
pub fn attend(query: Option<&Projection>, projected: &Projection, rotary: &Rotary, batch: &Batch, heads: i64) -> Tensor {
    if let Some(pending) = projected.pending().filter(|_| native::ops::attends(rotary.head_size())) {
        let tables = rotary.tables();
        return native::ops::attention(query.and_then(Projection::pending), pending, tables, &batch.lengths, heads)
            .unwrap_or_else(|error| panic!("{error}"));
    }
    by_libtorch(query.map(Projection::whole).as_ref(), &projected.whole(), rotary, batch, heads)
}

/// The same through libtorch's kernels: flash or memory-efficient attention on a GPU, sequence by
/// sequence on a CPU.
pub fn by_libtorch(query: Option<&Tensor>, projected: &Tensor, rotary: &Rotary, batch: &Batch, heads: i64) -> Tensor {
    let size = rotary.head_size();
    let kind = kind(projected);
    let scale = (size as f64).powf(-0.5);
    let all = query.is_none();
    let (query, key, value) = match query {
        None => {
            let qkv = projected.view([-1, 3, heads, size]); // [tokens, 3, heads, head]
            let turned = rotary.rotate(&qkv.narrow(1, 0, 2).to_kind(Kind::Float), batch).to_kind(kind);
            (turned.select(1, 0), turned.select(1, 1), qkv.select(1, 2).to_kind(kind))
        }
        Some(query) => {
            // `<cls>` stands at position 0, where the rotation is the identity.
            let kv = projected.view([-1, 2, heads, size]); // [tokens, 2, heads, head]
            let key = rotary.rotate(&kv.select(1, 0).to_kind(Kind::Float), batch).to_kind(kind);
            (query.view([-1, heads, size]).to_kind(kind), key, kv.select(1, 1).to_kind(kind))
        }
    };
    let attended = match projected.device() {
        Device::Cuda(_) => on_gpu(&query, &key, &value, batch, all, scale),
        _ => one_by_one(&query, &key, &value, batch, all, scale),
    };
    attended.reshape([-1, heads * size]).to_kind(projected.kind())
}

/// The precision attention computes in. libtorch's CPU kernel is slower in bf16 than in fp32 at
/// ESM-2's head sizes, its backward by half (docs/performance.md); on a GPU half precision is what
/// the fast kernels take.
fn kind(projected: &Tensor) -> Kind {
    match projected.device() {
        Device::Cpu => Kind::Float,
        _ => projected.kind(),
    }
}

/// Queries `[queries, heads, head]`, keys and values `[tokens, heads, head]`; `all`: every token
/// asks.
fn on_gpu(query: &Tensor, key: &Tensor, value: &Tensor, batch: &Batch, all: bool, scale: f64) -> Tensor {
    // The kernels would leave the rows of a tail unwritten.
    assert_eq!(batch.tail, 0, "batches have no tail on a GPU");
    let flash = query.kind() != Kind::Float && machine::is_ampere(query.device());
    let each = native::Spans { offsets: &batch.offsets, longest: batch.longest };
    let first = native::Spans { offsets: &batch.single_offsets, longest: 1 };
    let asking = if all { &each } else { &first };
    native::packed_attention(query, key, value, asking, &each, scale, flash).unwrap_or_else(|error| panic!("{error}"))
}

/// Through libtorch's fused kernel. It splits rather than slices: a slice's gradient is a tensor of
/// the whole batch, mostly zeros; a split's is one concatenation.
fn one_by_one(query: &Tensor, key: &Tensor, value: &Tensor, batch: &Batch, all: bool, scale: f64) -> Tensor {
    let sequences = batch.lengths.len();
    let tail = (batch.tail > 0).then_some(batch.tail);
    let lengths: Vec<i64> = batch.lengths.iter().copied().chain(tail).collect();
    let asking = if all { lengths.clone() } else { vec![1; sequences] };
    let parts = |packed: &Tensor, lengths: &[i64]| {
        // [length, heads, head] -> [1, heads, length, head]
        let split = packed.split_with_sizes(lengths, 0);
        split.into_iter().map(|part| part.transpose(0, 1).unsqueeze(0)).collect::<Vec<_>>()
    };
    let (asked, keys, values) = (parts(query, &asking), parts(key, &lengths), parts(value, &lengths));
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
