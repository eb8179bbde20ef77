//! Several models of one shape, computed as one: their parameters lie side by side, and every product is one for all of them.
//!
//! No number of one model enters into another's: each row of a batched product belongs to one model.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};
use titer::data::tokens::PAD;

use super::{
    Batch, Classifier, attention,
    batch::{TRAINED_MASK_RATIO, sent},
    esm2::{Linear, Norm, Source},
    projection::Projection,
    rotary::Rotary,
};

/// The batches of several models: each model's sequences laid end to end, and surplus tokens behind them, so that all models have
/// equally many rows. In the shapes, `rows` counts a model's tokens with the surplus, `sequences` those of the model that has most.
#[derive(Debug)]
pub struct StackedBatch {
    /// Everything as one batch of `models · rows` tokens. Surplus tokens are sequences of their own in it, for the attention
    /// kernels leave no row unwritten then, and none of them attends to a protein.
    all: Batch,
    models: i64,
    /// int64 `[models · sequences]`: where each `<cls>` lies among all tokens. A model with fewer sequences repeats its first.
    firsts: Tensor,
    /// int64 `[models · sequences]`: the same, as positions among the sequences of `all`.
    asked: Tensor,
    /// int64, a position in `firsts` for each sequence of `all`: whose query is asked there. Nobody reads what a surplus answers.
    asking: Tensor,
}

impl StackedBatch {
    /// Packs a batch of token sequences for each model; `align` as in [`Batch::pack`].
    #[must_use]
    pub fn pack(batches: &[Vec<&[u8]>], align: i64, device: Device) -> Self {
        let tokens = |batch: &[&[u8]]| batch.iter().map(|sequence| sequence.len()).sum::<usize>();
        let rows = batches.iter().map(|batch| tokens(batch)).max().unwrap_or(0).next_multiple_of(align as usize);
        let most = batches.iter().map(Vec::len).max().unwrap_or(0);
        // No surplus is longer than a protein: attention takes its time by the longest sequence.
        let longest = batches.iter().flatten().map(|sequence| sequence.len()).max().unwrap_or(1);
        let surplus = vec![PAD; longest];
        let (mut sequences, mut firsts, mut asked, mut asking) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (model, batch) in batches.iter().enumerate() {
            let (at, begin) = (sequences.len(), model * rows);
            let starts = batch.iter().scan(begin, |start, sequence| Some(std::mem::replace(start, *start + sequence.len())));
            let missing = most - batch.len();
            firsts.extend(starts.chain(std::iter::repeat_n(begin, missing)).map(|start| start as i64));
            asked.extend((at..at + batch.len()).chain(std::iter::repeat_n(at, missing)).map(|sequence| sequence as i64));
            asking.extend((0..batch.len()).map(|sequence| (model * most + sequence) as i64));
            sequences.extend_from_slice(batch);
            let mut left = rows - tokens(batch);
            while left > 0 {
                let length = left.min(longest);
                sequences.push(&surplus[..length]);
                asking.push((model * most) as i64);
                left -= length;
            }
        }
        let int64 = |values: &[i64]| sent(&Tensor::from_slice(values), device);
        Self {
            all: Batch::pack(&sequences, &[], 1, device),
            models: batches.len() as i64,
            firsts: int64(&firsts),
            asked: int64(&asked),
            asking: int64(&asking),
        }
    }

    /// `[models, rows, width]` -> `[models, sequences, width]`: the rows of `<cls>`.
    fn heads(&self, x: &Tensor) -> Tensor {
        let width = x.size()[2];
        x.reshape([-1, width]).index_select(0, &self.firsts).view([self.models, -1, width])
    }
}

/// The parameters of several models of one shape: those of a [`Classifier`], `[models, …]` each.
#[derive(Debug)]
pub struct Stack {
    /// The trained ones are leaves of the graph: gradients arrive here.
    parameters: Classifier,
}

impl Stack {
    /// Room for the models' parameters, which must have one shape and rotate alike; [`Self::fill`] puts them there.
    #[must_use]
    pub fn new(models: &[&Classifier]) -> Self {
        let parameters = tch::no_grad(|| assembled(models, |tensors| Tensor::stack(tensors, 0)));
        let stack = Self { parameters };
        for (_, tensor) in stack.parameters.trained() {
            let _ = tensor.set_requires_grad(true);
        }
        stack
    }

    /// Takes over what the models' parameters are now: the same models as before, in the same order.
    pub fn fill(&self, models: &[&Classifier]) {
        let of_each: Vec<_> = models.iter().map(|model| model.trained()).collect();
        tch::no_grad(|| {
            for (index, (_, ours)) in self.parameters.trained().into_iter().enumerate() {
                let theirs: Vec<&Tensor> = of_each.iter().map(|named| named[index].1).collect();
                let _ = Tensor::stack_out(&ours.detach(), &theirs, 0);
            }
        });
    }

    #[must_use]
    pub fn device(&self) -> Device {
        self.parameters.device()
    }

    /// What gradients are asked for, in the order of [`Classifier::trained`].
    #[must_use]
    pub fn trained(&self) -> Vec<&Tensor> {
        self.parameters.trained().into_iter().map(|(_, tensor)| tensor).collect()
    }

    /// Class logits, fp32 `[models, sequences, classes]`. Where a model has fewer sequences, its last rows mean nothing.
    pub fn logits(&self, batch: &StackedBatch, compute: Kind) -> Tensor {
        let Self { parameters: model } = self;
        let heads = model.config.num_attention_heads;
        // [models, rows, …] -> [models · rows, …], and back.
        let flat = |x: &Tensor| Projection::whole_already(x.flatten(0, 1));
        let joined = |attended: Tensor| attended.reshape([batch.models, -1, model.config.hidden_size]);

        let mut x = self.embed(batch); // [models, rows, hidden]
        let mut rotary = Rotary::new(&model.layers[0].frequencies, &batch.all);
        for (index, layer) in model.layers.iter().enumerate() {
            if index > 0 && layer.frequencies != model.layers[index - 1].frequencies {
                rotary = Rotary::new(&layer.frequencies, &batch.all);
            }
            let y = self.normalise(&x, &layer.attention_norm).to_kind(compute);
            let attended = if index + 1 < model.layers.len() {
                let qkv = flat(&apply(&y, &beside(&[&layer.query, &layer.key, &layer.value], compute)));
                joined(attention::attend(None, &qkv, &rotary, &batch.all, heads))
            } else {
                // The last layer computes, beside keys and values, only what the head reads (docs/decisions).
                x = batch.heads(&x);
                let query = apply(&batch.heads(&y), &cast(&layer.query, compute)).flatten(0, 1);
                let query = Projection::whole_already(query.index_select(0, &batch.asking));
                let key_value = flat(&apply(&y, &beside(&[&layer.key, &layer.value], compute)));
                let attended = attention::attend(Some(&query), &key_value, &rotary, &batch.all, heads);
                joined(attended.index_select(0, &batch.asked))
            };
            x = &x + apply(&attended, &cast(&layer.attention_out, compute)).to_kind(Kind::Float);
            let y = self.normalise(&x, &layer.feed_norm).to_kind(compute);
            let up = apply(&y, &cast(&layer.up, compute)).gelu("none");
            x = &x + apply(&up, &cast(&layer.down, compute)).to_kind(Kind::Float);
        }
        let first = self.normalise(&x, &model.final_norm); // [models, sequences, hidden]
        apply(&apply(&first, &model.dense).tanh(), &model.out)
    }

    /// As [`super::Pass`] embeds: each model's tokens in its own table, all tables laid end to end.
    fn embed(&self, batch: &StackedBatch) -> Tensor {
        let Self { parameters: model } = self;
        let (tables, hidden) = (&model.word_embeddings, model.config.hidden_size);
        let begins = Tensor::arange(batch.models, (Kind::Int64, tables.device())) * model.config.vocab_size;
        let ids = batch.all.ids.view([batch.models, -1]) + begins.unsqueeze(1);
        let x = Tensor::embedding(&tables.view([-1, hidden]), &ids, -1, false, false);
        match &batch.all.mask_scale {
            Some(scale) if model.config.token_dropout => x * scale.view([batch.models, -1, 1]),
            None if model.config.token_dropout => x * (1.0 - TRAINED_MASK_RATIO),
            _ => x,
        }
    }

    fn normalise(&self, x: &Tensor, norm: &Norm) -> Tensor {
        let config = &self.parameters.config;
        let x = x.layer_norm::<&Tensor>([config.hidden_size], None, None, config.layer_norm_eps, true);
        norm.bias.unsqueeze(1).addcmul(&x, &norm.weight.unsqueeze(1))
    }
}

/// The same model: its parameters are the very ones.
#[must_use]
pub fn share(model: &Classifier) -> Classifier {
    assembled(&[model], |tensors| tensors[0].shallow_clone())
}

/// A model of their shape, each parameter made of theirs.
pub(super) fn assembled(models: &[&Classifier], make: impl Fn(&[&Tensor]) -> Tensor) -> Classifier {
    let mut source = Theirs { named: models.iter().map(|model| model.named().into_iter().collect()).collect(), make };
    let first = models[0];
    let classes = first.out.bias.size()[0];
    let Ok(mut model) = Classifier::assemble(first.config.clone(), classes, &mut source);
    for (layer, theirs) in model.layers.iter_mut().zip(&first.layers) {
        layer.frequencies = theirs.frequencies.share();
    }
    model
}

struct Theirs<'a, F> {
    named: Vec<BTreeMap<String, &'a Tensor>>,
    make: F,
}

impl<F: Fn(&[&Tensor]) -> Tensor> Source for Theirs<'_, F> {
    type Error = std::convert::Infallible;

    fn tensor(&mut self, name: &str, _: &[i64]) -> Result<Tensor, Self::Error> {
        let theirs: Vec<&Tensor> = self.named.iter().map(|named| named[name]).collect();
        Ok((self.make)(&theirs))
    }
}

fn cast(map: &Linear, kind: Kind) -> Linear {
    Linear { weight: map.weight.to_kind(kind), bias: map.bias.to_kind(kind) }
}

/// One map for several: their outputs side by side.
fn beside(maps: &[&Linear], kind: Kind) -> Linear {
    let join = |pick: fn(&Linear) -> &Tensor| {
        Tensor::cat(&maps.iter().map(|map| pick(map).to_kind(kind)).collect::<Vec<_>>(), 1) // [models, outputs of all, …]
    };
    Linear { weight: join(|map| &map.weight), bias: join(|map| &map.bias) }
}

/// `[models, rows, in]` -> `[models, rows, out]`, each model by its own map.
fn apply(x: &Tensor, map: &Linear) -> Tensor {
    map.bias.unsqueeze(1).baddbmm(x, &map.weight.transpose(1, 2), 1, 1)
}
