//! The forward pass over packed batches.

use std::{cell::OnceCell, ops::Range};

use tch::{Kind, Tensor};

use super::{
    Batch, Classifier, Frozen, attention,
    batch::TRAINED_MASK_RATIO,
    esm2::{Layer, Linear, Norm},
    projection::{self, Projection},
    rotary::Rotary,
};
use crate::native;

/// The model, ready to compute in one precision: its matrices are cast once, for one training step
/// or for a whole evaluation. Built with gradients on, the casts are part of the graph, and
/// gradients arrive at the fp32 parameters.
#[derive(Debug)]
pub struct Pass<'a> {
    model: &'a Classifier,
    compute: Kind,
    /// Of the layers that are trained.
    layers: Vec<Cast>,
    /// Of those below them, cast for the first batch that does not bring along what comes out of
    /// them.
    frozen: OnceCell<Vec<Cast>>,
}

/// The matrices of a layer in the compute precision.
#[derive(Debug)]
struct Cast {
    /// The three above each other: `[3 · hidden, hidden]`.
    query_key_value: Linear,
    attention_out: Linear,
    up: Linear,
    down: Linear,
}

impl<'a> Pass<'a> {
    #[must_use]
    pub fn new(model: &'a Classifier, compute: Kind) -> Self {
        let layers = model.layers.iter().skip(model.frozen.depth(model.layers.len()));
        let layers = layers.map(|layer| Cast::new(layer, compute)).collect();
        Self { model, compute, layers, frozen: OnceCell::new() }
    }

    /// Class logits, fp32 `[sequences, classes]`.
    pub fn logits(&self, batch: &Batch) -> Tensor {
        let first = self.encode(batch, Queries::First); // [sequences, hidden]
        apply(&apply(&first, &self.model.dense).tanh(), &self.model.out)
    }

    /// The last hidden state, fp32 `[tokens, hidden]`.
    pub fn hidden(&self, batch: &Batch) -> Tensor {
        self.encode(batch, Queries::All)
    }

    /// What comes out of the frozen part, without gradients, fp32: of frozen layers
    /// `[tokens, hidden]`; of a frozen backbone what is wanted of the last hidden state, for the
    /// head `[sequences, hidden]`.
    pub fn frozen(&self, batch: &Batch, wanted: Queries) -> Tensor {
        tch::no_grad(|| {
            let (layers, embedded) = (&self.model.layers, self.embed(batch));
            let frozen = 0..self.model.frozen.depth(layers.len());
            let cast = || layers[frozen.clone()].iter().map(|layer| Cast::new(layer, self.compute)).collect();
            let casts = self.frozen.get_or_init(cast);
            match self.model.frozen {
                Frozen::Backbone => self.encode_from(embedded, frozen, casts, batch, wanted),
                Frozen::Nothing | Frozen::Layers(_) => self.encode_from(embedded, frozen, casts, batch, Queries::All),
            }
        })
    }

    /// The last hidden state: of `<cls>` alone under [`Queries::First`]. What is frozen need not be
    /// computed where the batch brings along what comes out of it.
    fn encode(&self, batch: &Batch, wanted: Queries) -> Tensor {
        let (model, layers) = (self.model, self.model.layers.len());
        let x = match (model.frozen, &batch.frozen) {
            (Frozen::Nothing, _) => self.embed(batch),
            (Frozen::Backbone, Some(known)) if wanted == Queries::First => return known.shallow_clone(),
            (Frozen::Backbone, _) => return self.frozen(batch, wanted),
            (Frozen::Layers(_), Some(known)) => known.constant_pad_nd([0, 0, 0, batch.tail]),
            (Frozen::Layers(_), None) => self.frozen(batch, wanted),
        };
        self.encode_from(x, model.frozen.depth(layers)..layers, &self.layers, batch, wanted)
    }

    /// Some of the layers, whose matrices these are; `x` goes into the first of them,
    /// `[tokens, hidden]`. After the model's last layer the hidden state is normalised, after
    /// another it is the residual stream.
    ///
    /// The residual stream stays fp32. Under [`Queries::First`] the last layer computes, beside
    /// keys and values, only what the head reads, the `<cls>` of each sequence: the same numbers
    /// for less work (docs/decisions).
    fn encode_from(&self, mut x: Tensor, range: Range<usize>, casts: &[Cast], batch: &Batch, wanted: Queries) -> Tensor {
        let layers = &self.model.layers;
        let mut rotary: Option<Rotary> = None;
        let mut normalised = None;
        for (index, cast) in range.clone().zip(casts) {
            let layer = &layers[index];
            // As a rule all layers rotate alike.
            if index > range.start && layer.frequencies != layers[index - 1].frequencies {
                rotary = None;
            }
            let rotary = rotary.get_or_insert_with(|| Rotary::new(&layer.frequencies, batch));
            let next = layers.get(index + 1);
            let queries = if next.is_none() { wanted } else { Queries::All };
            let y = normalised.take().unwrap_or_else(|| self.normalise(&x, &layer.attention_norm));
            let attended = self.attend(&y, cast, rotary, batch, queries);
            if queries == Queries::First {
                x = x.index_select(0, &batch.starts); // [sequences, hidden]
            }
            let (y, sum) = self.add(&x, &Projection::new(&attended, &cast.attention_out), &layer.feed_norm, self.compute);
            let fed = Projection::new(&gelu(&Projection::new(&y, &cast.up)), &cast.down);
            // What comes next begins with a normalisation: of the next layer, or the last one.
            match next {
                Some(_) if index + 1 == range.end => x = sum + fed.to_kind(Kind::Float).whole(),
                Some(next) => {
                    let (y, sum) = self.add(&sum, &fed, &next.attention_norm, self.compute);
                    (normalised, x) = (Some(y), sum);
                }
                None => x = self.add(&sum, &fed.to_kind(Kind::Float), &self.model.final_norm, Kind::Float).0,
            }
        }
        x
    }

    /// Token embeddings, scaled as if the trained share of masks were there, as the reference does
    /// also when fine-tuning.
    fn embed(&self, batch: &Batch) -> Tensor {
        // No row is left without a gradient (-1): padding occurs in the tail alone, which has no path to the loss.
        let x = Tensor::embedding(&self.model.word_embeddings, &batch.ids, -1, false, false);
        match &batch.mask_scale {
            Some(scale) if self.model.config.token_dropout => x * scale,
            None if self.model.config.token_dropout => x * (1.0 - TRAINED_MASK_RATIO),
            _ => x,
        }
    }

    /// `[queries, hidden]`, not yet projected.
    fn attend(&self, y: &Tensor, cast: &Cast, rotary: &Rotary, batch: &Batch, queries: Queries) -> Tensor {
        let heads = self.model.config.num_attention_heads;
        match queries {
            Queries::All => attention::attend(None, &Projection::new(y, &cast.query_key_value), rotary, batch, heads),
            Queries::First => {
                let hidden = self.model.config.hidden_size;
                let query = Projection::new(&y.index_select(0, &batch.starts), &cast.query_key_value.rows(0, hidden));
                let key_value = Projection::new(y, &cast.query_key_value.rows(hidden, 2 * hidden));
                attention::attend(Some(&query), &key_value, rotary, batch, heads)
            }
        }
    }

    /// Layer normalisation of fp32 `[rows, hidden]`, in the compute precision.
    fn normalise(&self, x: &Tensor, norm: &Norm) -> Tensor {
        let epsilon = self.model.config.layer_norm_eps;
        if projection::takes(x.device(), self.compute) {
            return native::ops::norm(x, [&norm.weight, &norm.bias], epsilon, self.compute)
                .unwrap_or_else(|error| panic!("{error}"));
        }
        layer_norm(x, norm, epsilon).to_kind(self.compute)
    }

    /// `x + branch`, and its layer normalisation in `kind`, which is the branch's:
    /// `(normalised, sum)`.
    fn add(&self, x: &Tensor, branch: &Projection, norm: &Norm, kind: Kind) -> (Tensor, Tensor) {
        let epsilon = self.model.config.layer_norm_eps;
        if let Some(branch) = branch.pending() {
            let added = native::ops::add_norm(x, branch, [&norm.weight, &norm.bias], epsilon, kind);
            return added.unwrap_or_else(|error| panic!("{error}"));
        }
        let sum = x + branch.whole().to_kind(Kind::Float);
        (layer_norm(&sum, norm, epsilon).to_kind(kind), sum)
    }
}

/// Which tokens the last layer computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queries {
    /// Every token.
    All,
    /// The first token of each sequence.
    First,
}

fn layer_norm(x: &Tensor, norm: &Norm, epsilon: f64) -> Tensor {
    x.layer_norm(norm.weight.size(), Some(&norm.weight), Some(&norm.bias), epsilon, true)
}

fn gelu(x: &Projection) -> Tensor {
    match x.pending() {
        Some(x) => native::ops::gelu(x).unwrap_or_else(|error| panic!("{error}")),
        None => x.whole().gelu("none"),
    }
}

impl Cast {
    fn new(layer: &Layer, kind: Kind) -> Self {
        Self {
            query_key_value: Linear::stacked(&[&layer.query, &layer.key, &layer.value]).cast(kind),
            attention_out: layer.attention_out.cast(kind),
            up: layer.up.cast(kind),
            down: layer.down.cast(kind),
        }
    }
}

impl Linear {
    /// In the compute precision; a bias that the CPU's kernels add stays fp32.
    fn cast(&self, kind: Kind) -> Self {
        let bias = if projection::takes(self.bias.device(), kind) { Kind::Float } else { kind };
        Self { weight: self.weight.to_kind(kind), bias: self.bias.to_kind(bias) }
    }

    /// One map for several of the same input: its outputs are theirs, in order.
    fn stacked(maps: &[&Self]) -> Self {
        let of = |pick: fn(&Self) -> &Tensor| Tensor::cat(&maps.iter().map(|map| pick(map)).collect::<Vec<_>>(), 0);
        Self { weight: of(|map| &map.weight), bias: of(|map| &map.bias) }
    }

    /// The map to `count` outputs from `first` on.
    fn rows(&self, first: i64, count: i64) -> Self {
        Self { weight: self.weight.narrow(0, first, count), bias: self.bias.narrow(0, first, count) }
    }
}

fn apply(x: &Tensor, map: &Linear) -> Tensor {
    x.linear(&map.weight, Some(&map.bias))
}
