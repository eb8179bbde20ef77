//! A batch as the model takes it: sequences laid end to end.

use tch::{Device, Kind, Tensor};
use titer_core::{
    data::tokens::{MASK, PAD},
    task::Target,
};

use crate::{
    native::{self, sent},
    objective,
};

/// Packed sequences. In the shapes, `tokens` counts those of all sequences and the tail,
/// `sequences` how many there are.
#[derive(Debug)]
pub struct Batch {
    /// int64 `[tokens]`.
    pub ids: Tensor,
    /// int64 `[tokens]`: 0.. within each sequence.
    pub positions: Tensor,
    /// int64 `[sequences]`: where each `<cls>` lies.
    pub starts: Tensor,
    /// int32 `[sequences + 1]`.
    pub offsets: Tensor,
    /// int32 `[sequences + 1]`: 0, 1, 2, …: the offsets of a batch with one query a sequence.
    pub single_offsets: Tensor,
    /// `[sequences]`, as [`objective::tensor`] has them; empty where there are none.
    pub targets: Tensor,
    /// Tokens of each sequence.
    pub lengths: Vec<i64>,
    /// At least as many tokens as the longest sequence has.
    pub longest: i64,
    /// Surplus tokens behind the last sequence, which nobody attends to and nothing reads; see
    /// [`Batch::align`].
    pub tail: i64,
    /// fp32 `[tokens, 1]`: what each embedding is multiplied by, where a sequence holds `<mask>`;
    /// see [`super::esm2`].
    pub mask_scale: Option<Tensor>,
    /// What comes out of the model's frozen part, where it is known, without the tail; see
    /// [`super::Pass::frozen`].
    pub frozen: Option<Tensor>,
}

/// The shape of a batch that is filled up, so that many batches have it: see [`Batch::fill`] and
/// [`crate::train::shapes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    /// Those of the surplus included.
    pub tokens: i64,
    /// Likewise.
    pub sequences: i64,
    /// No sequence is longer, nor is this more than all tokens.
    pub longest: i64,
}

impl Shape {
    /// The lengths of a batch with the surplus that fills it up: as many sequences as are missing,
    /// which share the missing tokens.
    ///
    /// # Panics
    ///
    /// Where there is no room for the batch, or not a token for each sequence.
    #[must_use]
    pub fn filled(self, lengths: &[usize]) -> Vec<usize> {
        let missing = (self.tokens as usize).checked_sub(lengths.iter().sum());
        let count = (self.sequences as usize).checked_sub(lengths.len());
        let room = missing.zip(count).filter(|(missing, count)| missing >= count && (*count > 0 || *missing == 0));
        let (missing, count) = room.unwrap_or_else(|| panic!("no room for {lengths:?} in {self:?}"));
        let surplus = (0..count).map(|index| missing / count + usize::from(index < missing % count));
        lengths.iter().copied().chain(surplus).collect()
    }
}

/// The share of masked positions ESM-2 was trained with: 15 % chosen, 80 % of those masked.
pub const TRAINED_MASK_RATIO: f64 = 0.15 * 0.8;

impl Batch {
    /// Packs token sequences up to a multiple of `align` tokens; `targets` may be empty.
    #[must_use]
    pub fn pack(sequences: &[&[u8]], targets: &[Target], align: i64, device: Device) -> Self {
        Self::with_targets(sequences, &objective::tensor(targets, 0), align, device)
    }

    fn with_targets(sequences: &[&[u8]], targets: &Tensor, align: i64, device: Device) -> Self {
        let lengths: Vec<i64> = sequences.iter().map(|sequence| sequence.len() as i64).collect();
        let total: i64 = lengths.iter().sum();
        let tail = (align - total % align) % align;
        let mut ids: Vec<i64> = sequences.iter().copied().flatten().copied().map(i64::from).collect();
        ids.resize((total + tail) as usize, PAD.into());
        let mut positions: Vec<i64> = lengths.iter().flat_map(|&length| 0..length).collect();
        positions.resize(ids.len(), 0);
        let mut offsets = vec![0];
        for length in &lengths {
            offsets.push(offsets[offsets.len() - 1] + length);
        }
        let starts = &offsets[..lengths.len()];
        let int32 = |values: &[i64]| sent(&Tensor::from_slice(values).to_kind(Kind::Int), device);
        let int64 = |values: &[i64]| sent(&Tensor::from_slice(values), device);
        let singles: Vec<i64> = (0..=lengths.len() as i64).collect();
        Self {
            positions: int64(&positions),
            starts: int64(starts),
            offsets: int32(&offsets),
            single_offsets: int32(&singles),
            targets: sent(targets, device),
            mask_scale: mask_scale(sequences, ids.len()).map(|scale| sent(&scale, device)),
            ids: int64(&ids),
            longest: lengths.iter().copied().max().unwrap_or(0),
            lengths,
            tail,
            frozen: None,
        }
    }

    /// Packs token sequences with their targets into a shape that has room for them: behind them
    /// sequences of padding, which nobody else attends to and whose targets no loss counts.
    ///
    /// # Panics
    ///
    /// Where the shape has no room ([`Shape::filled`]).
    #[must_use]
    pub fn fill(sequences: &[&[u8]], targets: &[Target], shape: Shape, device: Device) -> Self {
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.len()).collect();
        let filled = shape.filled(&lengths);
        let surplus = &filled[lengths.len()..];
        let padding = vec![PAD; surplus.iter().copied().max().unwrap_or(0)];
        let sequences: Vec<&[u8]> = sequences.iter().copied().chain(surplus.iter().map(|&length| &padding[..length])).collect();
        let targets = objective::tensor(targets, surplus.len());
        Self { longest: shape.longest, ..Self::with_targets(&sequences, &targets, 1, device) }
    }

    /// A batch of a shape that stands for all of them: padding, all of one target.
    #[must_use]
    pub fn blank(shape: Shape, target: Target, device: Device) -> Self {
        let targets = objective::tensor(&vec![target; shape.sequences as usize], 0);
        Self { targets: sent(&targets, device), ..Self::fill(&[], &[], shape, device) }
    }

    /// How many tokens and sequences there are.
    #[must_use]
    pub fn shape(&self) -> Shape {
        Shape { tokens: self.ids.size()[0], sequences: self.lengths.len() as i64, longest: self.longest }
    }

    /// Becomes another batch of the same [`Self::shape`], which is the host's, its tensors staying
    /// where they are. Not for batches with masks or frozen states. (`single_offsets` is the same
    /// in all batches of a shape.)
    pub fn take_over(&mut self, other: &Self) {
        self.lengths.clone_from(&other.lengths);
        let pairs = [
            (&self.ids, &other.ids),
            (&self.positions, &other.positions),
            (&self.starts, &other.starts),
            (&self.offsets, &other.offsets),
            (&self.targets, &other.targets),
        ];
        for (ours, theirs) in pairs {
            native::send_into(theirs, ours);
        }
    }

    /// What the number of tokens is rounded up to: 1, no surplus, but for bf16 on the CPU. There
    /// libtorch compiles its matrix products anew for each shape and keeps them: without rounding a
    /// run grows by 13 MB a step (docs/performance.md). The surplus is 64 tokens of some 5,000 on
    /// average, and changes no number.
    #[must_use]
    pub fn align(compute: Kind, device: Device) -> i64 {
        if device == Device::Cpu && compute == Kind::BFloat16 { 128 } else { 1 }
    }

    /// Of the sequences; the tail is not counted.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.lengths.iter().sum::<i64>() as u64
    }
}

/// 0 at `<mask>`, and (1 − 0.12) / (1 − masks / length) elsewhere in the sequence; `None` where no
/// sequence holds one.
fn mask_scale(sequences: &[&[u8]], tokens: usize) -> Option<Tensor> {
    let masks = |sequence: &[u8]| sequence.iter().map(|&id| usize::from(id == MASK)).sum::<usize>();
    if sequences.iter().all(|sequence| masks(sequence) == 0) {
        return None;
    }
    let mut scale = Vec::new();
    for sequence in sequences {
        let observed = masks(sequence) as f64 / sequence.len() as f64;
        let factor = ((1.0 - TRAINED_MASK_RATIO) / (1.0 - observed)) as f32;
        scale.extend(sequence.iter().map(|&id| if id == MASK { 0.0 } else { factor }));
    }
    scale.resize(tokens, 0.0);
    Some(Tensor::from_slice(&scale).unsqueeze(1))
}
