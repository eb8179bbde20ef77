//! The parameters of ESM-2 and its classification head, under the names `transformers` gives them.

use std::ops::Range;

use tch::{Device, Kind, Tensor};
use titer_core::{
    data::tokens,
    results::manifest::{ParameterBlock, ParameterCounts},
    task,
};

use super::{Config, Frozen, frozen, rotary::Frequencies};
use crate::objective::{self, Objective};

/// A linear map: weight `[out, in]`, bias `[out]`.
#[derive(Debug)]
pub struct Linear {
    pub weight: Tensor,
    pub bias: Tensor,
}

/// A layer normalisation: both `[hidden]`.
#[derive(Debug)]
pub struct Norm {
    pub weight: Tensor,
    pub bias: Tensor,
}

/// One encoder layer, pre-normalised.
#[derive(Debug)]
pub struct Layer {
    pub attention_norm: Norm,
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub attention_out: Linear,
    pub feed_norm: Norm,
    pub up: Linear,
    pub down: Linear,
    /// See [`Source::frequencies`].
    pub frequencies: Frequencies,
}

/// The whole model. Parameters are fp32, whatever precision they are used in.
#[derive(Debug)]
pub struct Classifier {
    pub config: Config,
    pub word_embeddings: Tensor,
    pub layers: Vec<Layer>,
    pub final_norm: Norm,
    /// Part of every ESM-2 checkpoint; classification does not use it.
    pub contact: Linear,
    pub dense: Linear,
    pub out: Linear,
    /// What of it is not trained: nothing, unless it is set.
    pub frozen: Frozen,
    /// What it is trained for: a classification, unless it is set.
    pub objective: &'static dyn Objective,
}

/// Where a parameter comes from when the model is put together: asked once for each name and shape.
pub trait Source {
    type Error;

    fn tensor(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, Self::Error>;

    /// The inverse frequencies of a layer's rotation, by the name they are stored under. Meta's
    /// checkpoints hold them rounded to half precision, and the reference computes with what the
    /// checkpoint holds: logits differ in the fifth digit otherwise.
    fn frequencies(&mut self, _name: &str, head_size: i64) -> Result<Frequencies, Self::Error> {
        Ok(Frequencies::inverse(head_size))
    }
}

impl Classifier {
    /// Puts the model together. The head's parameters are asked for first: a generator that the
    /// source draws from gives the same head whether the encoder is drawn too or read from a file.
    pub fn assemble<S: Source>(config: Config, classes: i64, source: &mut S) -> Result<Self, S::Error> {
        let Config { hidden_size: hidden, intermediate_size: feed_forward, .. } = config;
        let head_size = config.head_size();
        let dense = linear(source, "classifier.dense", hidden, hidden)?;
        let out = linear(source, "classifier.out_proj", classes, hidden)?;
        let word_embeddings = source.tensor("esm.embeddings.word_embeddings.weight", &[config.vocab_size, hidden])?;
        let layers = (0..config.num_hidden_layers)
            .map(|index| {
                let at = |name: &str| format!("esm.encoder.layer.{index}.{name}");
                Ok(Layer {
                    query: linear(source, &at("attention.self.query"), hidden, hidden)?,
                    key: linear(source, &at("attention.self.key"), hidden, hidden)?,
                    value: linear(source, &at("attention.self.value"), hidden, hidden)?,
                    attention_out: linear(source, &at("attention.output.dense"), hidden, hidden)?,
                    attention_norm: norm(source, &at("attention.LayerNorm"), hidden)?,
                    up: linear(source, &at("intermediate.dense"), feed_forward, hidden)?,
                    down: linear(source, &at("output.dense"), hidden, feed_forward)?,
                    feed_norm: norm(source, &at("LayerNorm"), hidden)?,
                    frequencies: source.frequencies(&frequencies_name(index), head_size)?,
                })
            })
            .collect::<Result<_, S::Error>>()?;
        let final_norm = norm(source, "esm.encoder.emb_layer_norm_after", hidden)?;
        let maps = config.num_hidden_layers * config.num_attention_heads;
        let contact = linear(source, "esm.contact_head.regression", 1, maps)?;
        Ok(Self {
            config,
            word_embeddings,
            layers,
            final_norm,
            contact,
            dense,
            out,
            frozen: Frozen::Nothing,
            objective: objective::of(task::Kind::default()),
        })
    }

    /// Every parameter with its name, in the order of the checkpoint: embeddings, layers, contact
    /// head, classifier.
    #[must_use]
    pub fn named(&self) -> Vec<(String, &Tensor)> {
        let mut all = vec![("esm.embeddings.word_embeddings.weight".to_owned(), &self.word_embeddings)];
        let mut pair = |name: String, weight, bias| {
            all.push((format!("{name}.weight"), weight));
            all.push((format!("{name}.bias"), bias));
        };
        for (index, layer) in self.layers.iter().enumerate() {
            let at = |name: &str| format!("esm.encoder.layer.{index}.{name}");
            for (name, Linear { weight, bias }) in [
                ("attention.self.query", &layer.query),
                ("attention.self.key", &layer.key),
                ("attention.self.value", &layer.value),
                ("attention.output.dense", &layer.attention_out),
            ] {
                pair(at(name), weight, bias);
            }
            pair(at("attention.LayerNorm"), &layer.attention_norm.weight, &layer.attention_norm.bias);
            pair(at("intermediate.dense"), &layer.up.weight, &layer.up.bias);
            pair(at("output.dense"), &layer.down.weight, &layer.down.bias);
            pair(at("LayerNorm"), &layer.feed_norm.weight, &layer.feed_norm.bias);
        }
        pair("esm.encoder.emb_layer_norm_after".to_owned(), &self.final_norm.weight, &self.final_norm.bias);
        for (name, Linear { weight, bias }) in [
            ("esm.contact_head.regression", &self.contact),
            ("classifier.dense", &self.dense),
            ("classifier.out_proj", &self.out),
        ] {
            pair(name.to_owned(), weight, bias);
        }
        all
    }

    /// The parameters that are trained: all but the contact head's and what is frozen.
    #[must_use]
    pub fn trained(&self) -> Vec<(String, &Tensor)> {
        self.named().into_iter().filter(|(name, _)| self.is_trained(name)).collect()
    }

    fn is_trained(&self, name: &str) -> bool {
        !name.starts_with("esm.contact_head.") && !self.frozen.holds(name)
    }

    #[must_use]
    pub fn device(&self) -> Device {
        self.word_embeddings.device()
    }

    /// The model on `device`.
    #[must_use]
    pub fn to_device(self, device: Device) -> Self {
        self.map(device, |tensor| tensor.to_device(device))
    }

    /// A copy of it in the host's memory.
    #[must_use]
    pub fn on_host(&self) -> Self {
        self.map(Device::Cpu, |tensor| tensor.detach().to_device(Device::Cpu).copy())
    }

    /// A model of the same shape on `device`, each parameter made of this one's.
    fn map(&self, device: Device, make: impl Fn(&Tensor) -> Tensor) -> Self {
        let linear = |map: &Linear| Linear { weight: make(&map.weight), bias: make(&map.bias) };
        let norm = |norm: &Norm| Norm { weight: make(&norm.weight), bias: make(&norm.bias) };
        let layer = |layer: &Layer| Layer {
            attention_norm: norm(&layer.attention_norm),
            query: linear(&layer.query),
            key: linear(&layer.key),
            value: linear(&layer.value),
            attention_out: linear(&layer.attention_out),
            feed_norm: norm(&layer.feed_norm),
            up: linear(&layer.up),
            down: linear(&layer.down),
            frequencies: layer.frequencies.to_device(device),
        };
        Self {
            config: self.config.clone(),
            word_embeddings: make(&self.word_embeddings),
            layers: self.layers.iter().map(layer).collect(),
            final_norm: norm(&self.final_norm),
            contact: linear(&self.contact),
            dense: linear(&self.dense),
            out: linear(&self.out),
            frozen: self.frozen,
            objective: self.objective,
        }
    }

    /// Copies the values of `other`, a model of the same shape.
    pub fn copy_from(&self, other: &Self) {
        tch::no_grad(|| {
            for ((_, ours), (_, theirs)) in self.named().into_iter().zip(other.named()) {
                ours.shallow_clone().copy_(theirs);
            }
        });
    }

    /// The parameter table: a line a block.
    #[must_use]
    pub fn count(&self) -> ParameterCounts {
        let Config { hidden_size: h, intermediate_size: f, .. } = self.config;
        let block = |name: String, shape: String, of_block: &dyn Fn(&str) -> bool| {
            let members: Vec<_> = self.named().into_iter().filter(|(full, _)| of_block(full)).collect();
            ParameterBlock {
                name,
                shape,
                parameters: members.iter().map(|(_, tensor)| tensor.numel() as u64).sum(),
                trained: members.iter().all(|(full, _)| self.is_trained(full)),
            }
        };
        let part = |name: &str, shape: String, prefix: &str| block(name.to_owned(), shape, &|full| full.starts_with(prefix));
        let layers = |name: String, range: Range<usize>| {
            let n = range.len();
            let shape = format!("{n} × (query, key, value, output {h}×{h}; feed-forward {h}×{f} and {f}×{h}; 2 LayerNorms)");
            block(name, shape, &|full| frozen::layer(full).is_some_and(|layer| range.contains(&layer)))
        };
        let (depth, all) = (self.frozen.depth(self.layers.len()), self.layers.len());
        let mut blocks = vec![part("Word embeddings", format!("{}×{h}", self.config.vocab_size), "esm.embeddings.")];
        if (1..all).contains(&depth) {
            blocks.push(layers(format!("Encoder layers, the first {depth}"), 0..depth));
            blocks.push(layers(format!("Encoder layers, the last {}", all - depth), depth..all));
        } else {
            blocks.push(layers("Encoder layers".to_owned(), 0..all));
        }
        let classes = self.out.bias.numel();
        blocks.extend([
            part("Final LayerNorm", format!("2×{h}"), "esm.encoder.emb_layer_norm_after."),
            part("Contact head", format!("{}×1 + 1", self.contact.weight.numel()), "esm.contact_head."),
            part("Classifier, dense", format!("{h}×{h} + {h}"), "classifier.dense."),
            part("Classifier, output", format!("{h}×{classes} + {classes}"), "classifier.out_proj."),
        ]);
        ParameterCounts { total: blocks.iter().map(|block| block.parameters).sum(), blocks }
    }
}

/// What a layer's frequencies are stored under.
pub(super) fn frequencies_name(layer: i64) -> String {
    format!("esm.encoder.layer.{layer}.attention.self.rotary_embeddings.inv_freq")
}

fn linear<S: Source>(source: &mut S, name: &str, outputs: i64, inputs: i64) -> Result<Linear, S::Error> {
    Ok(Linear {
        weight: source.tensor(&format!("{name}.weight"), &[outputs, inputs])?,
        bias: source.tensor(&format!("{name}.bias"), &[outputs])?,
    })
}

fn norm<S: Source>(source: &mut S, name: &str, width: i64) -> Result<Norm, S::Error> {
    Ok(Norm {
        weight: source.tensor(&format!("{name}.weight"), &[width])?,
        bias: source.tensor(&format!("{name}.bias"), &[width])?,
    })
}

/// Draws parameters as the reference initialises them: weights normal with the config's range,
/// layer normalisations 1, biases 0, the padding token's embedding 0. Draws on the CPU from
/// libtorch's global generator, so that a seed gives the same model on any device:
/// [`crate::generator::seeded`].
#[derive(Debug)]
pub struct Draw {
    range: f64,
}

impl Draw {
    #[must_use]
    pub const fn new(config: &Config) -> Self {
        Self { range: config.initializer_range }
    }
}

impl Source for Draw {
    type Error = std::convert::Infallible;

    fn tensor(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, Self::Error> {
        let options = (Kind::Float, Device::Cpu);
        Ok(if name.rsplit('.').next() == Some("bias") {
            Tensor::zeros(shape, options)
        } else if name.contains("LayerNorm") || name.contains("layer_norm") {
            Tensor::ones(shape, options)
        } else {
            let weight = Tensor::empty(shape, options).normal_(0.0, self.range);
            if name.ends_with("word_embeddings.weight") {
                let _ = weight.get(tokens::PAD.into()).zero_();
            }
            weight
        })
    }
}
