//! The forward pass over packed batches.

use std::{cell::OnceCell, ops::Range};

use tch::{Kind, Tensor};

use super::{
    Batch, Classifier, Frozen,
    attention::{self, Queries, Rotary},
    batch::TRAINED_MASK_RATIO,
    esm2::{Layer, Linear, Norm},
};

/// The model, ready to compute in one precision: its matrices are cast once, for one training step or for a whole evaluation.
/// Built with gradients on, the casts are part of the graph, and gradients arrive at the fp32 parameters.
#[derive(Debug)]
pub struct Pass<'a> {
    model: &'a Classifier,
    compute: Kind,
    /// Of the layers that are trained.
    layers: Vec<Cast>,
    /// Of those below them, cast for the first batch that does not bring along what comes out of them.
    frozen: OnceCell<Vec<Cast>>,
}

/// The matrices of a layer in the compute precision.
#[derive(Debug)]
struct Cast {
    query: Linear,
    key_value: Linear,
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

    /// What comes out of the frozen part, without gradients, fp32: of frozen layers `[tokens, hidden]`; of a frozen backbone what
    /// is wanted of the last hidden state, for the head `[sequences, hidden]`.
    pub fn frozen(&self, batch: &Batch, wanted: Queries) -> Tensor {
        tch::no_grad(|| {
            let (layers, embedded) = (&self.model.layers, self.embed(batch));
            let frozen = 0..self.model.frozen.depth(layers.len());
            let cast = || layers[frozen.clone()].iter().map(|layer| Cast::new(layer, self.compute)).collect();
            let casts = self.frozen.get_or_init(cast);
            match self.model.frozen {
                Frozen::Backbone => {
                    let x = self.encode_from(embedded, frozen, casts, batch, wanted);
                    self.normalise(&x, &self.model.final_norm)
                }
                Frozen::Nothing | Frozen::Layers(_) => self.encode_from(embedded, frozen, casts, batch, Queries::All),
            }
        })
    }

    /// The last hidden state: of `<cls>` alone under [`Queries::First`]. What is frozen need not be computed where the batch
    /// brings along what comes out of it.
    fn encode(&self, batch: &Batch, wanted: Queries) -> Tensor {
        let (model, layers) = (self.model, self.model.layers.len());
        let x = match (model.frozen, &batch.frozen) {
            (Frozen::Nothing, _) => self.embed(batch),
            (Frozen::Backbone, Some(known)) => return known.shallow_clone(),
            (Frozen::Backbone, None) => return self.frozen(batch, wanted),
            (Frozen::Layers(_), Some(known)) => known.constant_pad_nd([0, 0, 0, batch.tail]),
            (Frozen::Layers(_), None) => self.frozen(batch, wanted),
        };
        let x = self.encode_from(x, model.frozen.depth(layers)..layers, &self.layers, batch, wanted);
        self.normalise(&x, &model.final_norm)
    }

    /// Some of the layers, whose matrices these are; `x` goes into the first of them, `[tokens, hidden]`.
    ///
    /// The residual stream stays fp32. Under [`Queries::First`] the last layer computes, beside keys and values, only what the
    /// head reads, the `<cls>` of each sequence: the same numbers for less work (docs/decisions).
    fn encode_from(&self, mut x: Tensor, range: Range<usize>, casts: &[Cast], batch: &Batch, wanted: Queries) -> Tensor {
        let layers = &self.model.layers[range];
        let mut rotary: Option<Rotary> = None;
        for (index, (layer, cast)) in layers.iter().zip(casts).enumerate() {
            // As a rule all layers rotate alike.
            if index > 0 && layer.frequencies != layers[index - 1].frequencies {
                rotary = None;
            }
            let rotary = rotary.get_or_insert_with(|| Rotary::new(&layer.frequencies, batch));
            let last = index + 1 == layers.len();
            let queries = if last { wanted } else { Queries::All };
            let y = self.normalise(&x, &layer.attention_norm).to_kind(self.compute);
            let attended = self.attend(&y, cast, rotary, batch, queries);
            if queries == Queries::First {
                x = x.index_select(0, &batch.starts); // [sequences, hidden]
            }
            x = &x + apply(&attended, &cast.attention_out).to_kind(Kind::Float);
            let y = self.normalise(&x, &layer.feed_norm).to_kind(self.compute);
            x = &x + apply(&apply(&y, &cast.up).gelu("none"), &cast.down).to_kind(Kind::Float);
        }
        x
    }

    /// Token embeddings, scaled as if the trained share of masks were there, as the reference does also when fine-tuning.
    fn embed(&self, batch: &Batch) -> Tensor {
        // No row is left without a gradient (-1): padding occurs in the tail alone, which has no path to the loss.
        let x = Tensor::embedding(&self.model.word_embeddings, &batch.ids, -1, false, false);
        match &batch.mask_scale {
            Some(scale) if self.model.config.token_dropout => x * scale,
            None if self.model.config.token_dropout => x * (1.0 - TRAINED_MASK_RATIO),
            _ => x,
        }
    }

    fn attend(&self, y: &Tensor, cast: &Cast, rotary: &Rotary, batch: &Batch, queries: Queries) -> Tensor {
        let config = &self.model.config;
        let (heads, size) = (config.num_attention_heads, config.head_size());
        let kind = attention::kind(self.compute, y.device());
        let scale = (size as f64).powf(-0.5);
        let (query, key, value) = match queries {
            Queries::All => {
                let fused = cast.query.above(&cast.key_value);
                let qkv = apply(y, &fused).view([-1, 3, heads, size]); // [tokens, 3, heads, head]
                let turned = rotary.rotate(&qkv.narrow(1, 0, 2).to_kind(Kind::Float)).to_kind(kind);
                (turned.select(1, 0), turned.select(1, 1), qkv.select(1, 2).to_kind(kind))
            }
            Queries::First => {
                // `<cls>` stands at position 0, where the rotation is the identity.
                let query = apply(&y.index_select(0, &batch.starts), &cast.query).view([-1, heads, size]).to_kind(kind);
                let kv = apply(y, &cast.key_value).view([-1, 2, heads, size]); // [tokens, 2, heads, head]
                let key = rotary.rotate(&kv.select(1, 0).to_kind(Kind::Float)).to_kind(kind);
                (query, key, kv.select(1, 1).to_kind(kind))
            }
        };
        let attended = attention::attend(&query, &key, &value, batch, queries, scale); // [queries, heads, head]
        attended.reshape([-1, heads * size]).to_kind(self.compute)
    }

    fn normalise(&self, x: &Tensor, norm: &Norm) -> Tensor {
        let config = &self.model.config;
        x.layer_norm([config.hidden_size], Some(&norm.weight), Some(&norm.bias), config.layer_norm_eps, true)
    }
}

impl Cast {
    fn new(layer: &Layer, kind: Kind) -> Self {
        Self {
            query: layer.query.cast(kind),
            key_value: layer.key.cast(kind).above(&layer.value.cast(kind)),
            attention_out: layer.attention_out.cast(kind),
            up: layer.up.cast(kind),
            down: layer.down.cast(kind),
        }
    }
}

impl Linear {
    fn cast(&self, kind: Kind) -> Self {
        Self { weight: self.weight.to_kind(kind), bias: self.bias.to_kind(kind) }
    }

    /// One map for two: its outputs are ours, then those of `below`.
    fn above(&self, below: &Self) -> Self {
        Self { weight: Tensor::cat(&[&self.weight, &below.weight], 0), bias: Tensor::cat(&[&self.bias, &below.bias], 0) }
    }
}

fn apply(x: &Tensor, map: &Linear) -> Tensor {
    x.linear(&map.weight, Some(&map.bias))
}
