//! How much of a model is frozen.

use std::num::NonZeroU32;

use titer_core::experiment::Finetune;

/// The part of a model that is not trained: it begins at the embeddings and ends somewhere above.
/// Its parameters get no gradient, no weight decay and no state in the optimiser, so that what it
/// makes of a protein never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frozen {
    /// Everything is trained.
    Nothing,
    /// The embeddings and so many layers. What comes out of it is the hidden state of every token.
    Layers(usize),
    /// All but the classification head. What comes out of it is the hidden state of `<cls>`, the
    /// only one that the head reads.
    Backbone,
}

/// More layers are to be trained than the model has.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("train.finetune asks for the last {last} layers, and the model has {layers}")]
pub struct TooFewLayers {
    last: NonZeroU32,
    layers: usize,
}

impl TooFewLayers {
    /// What to do about it.
    #[must_use]
    pub fn hint(self) -> String {
        format!("set train.finetune to {{ last = {} }} or less, or to \"full\"", self.layers)
    }
}

impl Frozen {
    /// What a way of fine-tuning freezes of a model of so many layers.
    pub fn of(finetune: Finetune, layers: usize) -> Result<Self, TooFewLayers> {
        match finetune {
            Finetune::Full => Ok(Self::Nothing),
            Finetune::Last(last) => {
                layers.checked_sub(last.get() as usize).map(Self::Layers).ok_or(TooFewLayers { last, layers })
            }
            Finetune::Frozen => Ok(Self::Backbone),
        }
    }

    /// How many of a model's layers are frozen.
    #[must_use]
    pub const fn depth(self, layers: usize) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Layers(depth) => depth,
            Self::Backbone => layers,
        }
    }

    /// Whether the parameter of this name is frozen.
    #[must_use]
    pub fn holds(self, name: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Layers(depth) => name.starts_with("esm.embeddings.") || layer(name).is_some_and(|layer| layer < depth),
            Self::Backbone => !name.starts_with("classifier."),
        }
    }
}

/// The encoder layer that a parameter belongs to.
pub(super) fn layer(name: &str) -> Option<usize> {
    name.strip_prefix("esm.encoder.layer.")?.split('.').next()?.parse().ok()
}
