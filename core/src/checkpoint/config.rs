//! ESM-2's configuration: the Hub's `config.json`, and the released sizes.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Error;
use crate::{data::tokens, experiment::ModelSize, input};

/// Far above any `config.json`.
const LARGEST: u64 = 1 << 20;

/// What of `config.json` the model is built from; the names are the Hub's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    pub hidden_size: i64,
    pub num_hidden_layers: i64,
    pub num_attention_heads: i64,
    pub intermediate_size: i64,
    pub vocab_size: i64,
    pub max_position_embeddings: i64,
    pub layer_norm_eps: f64,
    pub initializer_range: f64,
    pub mask_token_id: i64,
    pub pad_token_id: i64,
    pub token_dropout: bool,
    pub emb_layer_norm_before: Option<bool>,
    pub position_embedding_type: String,
    pub hidden_dropout_prob: f64,
    pub attention_probs_dropout_prob: f64,
    #[serde(default = "esm")]
    pub model_type: String,
    #[serde(default)]
    pub is_folding_model: bool,
}

fn esm() -> String {
    "esm".to_owned()
}

impl Config {
    /// The configuration of a released size, or of the one made for trials.
    #[must_use]
    pub fn of_size(size: ModelSize) -> Self {
        let (hidden, heads, feed_forward) = match size {
            ModelSize::Tiny => (64, 4, 256),
            ModelSize::M8 => (320, 20, 1280),
            ModelSize::M35 => (480, 20, 1920),
            ModelSize::M150 => (640, 20, 2560),
            ModelSize::M650 => (1280, 20, 5120),
            ModelSize::B3 => (2560, 40, 10240),
        };
        Self {
            hidden_size: hidden,
            num_hidden_layers: size.layers().into(),
            num_attention_heads: heads,
            intermediate_size: feed_forward,
            vocab_size: 33,
            max_position_embeddings: 1026,
            layer_norm_eps: 1e-5,
            initializer_range: 0.02,
            mask_token_id: 32,
            pad_token_id: 1,
            token_dropout: true,
            emb_layer_norm_before: Some(false),
            position_embedding_type: "rotary".to_owned(),
            hidden_dropout_prob: 0.0,
            attention_probs_dropout_prob: 0.0,
            model_type: esm(),
            is_folding_model: false,
        }
    }

    /// Reads a `config.json` and refuses what this model does not compute.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = input::read_to_string(path, LARGEST).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
        let unreadable = |source| Error::Config { path: path.to_owned(), source };
        let value: Value = serde_json::from_str(&text).map_err(unreadable)?;
        // First of all: what another model's configuration lacks says less than what it is.
        if let Some(found) = value["model_type"].as_str().filter(|found| *found != esm()) {
            return Err(Error::OtherModel { path: path.to_owned(), model_type: found.to_owned() });
        }
        let config: Self = serde_json::from_value(value).map_err(unreadable)?;
        config.check(path)?;
        Ok(config)
    }

    fn check(&self, path: &Path) -> Result<(), Error> {
        let refuse = |key: &'static str, value: String, supported: &'static str| {
            Err(Error::Unsupported { path: path.to_owned(), key, value, supported })
        };
        if self.position_embedding_type != "rotary" {
            return refuse("position_embedding_type", self.position_embedding_type.clone(), "rotary");
        }
        if self.emb_layer_norm_before == Some(true) {
            return refuse("emb_layer_norm_before", "true".to_owned(), "false");
        }
        if self.is_folding_model {
            return refuse("is_folding_model", "true".to_owned(), "false");
        }
        if self.hidden_dropout_prob != 0.0 {
            return refuse("hidden_dropout_prob", self.hidden_dropout_prob.to_string(), "0");
        }
        if self.attention_probs_dropout_prob != 0.0 {
            return refuse("attention_probs_dropout_prob", self.attention_probs_dropout_prob.to_string(), "0");
        }
        for (key, value, supported, whose) in [
            ("vocab_size", self.vocab_size, 33, "33, ESM-2's vocabulary"),
            ("mask_token_id", self.mask_token_id, i64::from(tokens::MASK), "32, ESM-2's <mask>"),
            ("pad_token_id", self.pad_token_id, i64::from(tokens::PAD), "1, ESM-2's <pad>"),
        ] {
            if value != supported {
                return refuse(key, value.to_string(), whose);
            }
        }
        let sizes = [
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
        ];
        for (key, value) in sizes {
            if !(1..=1 << 20).contains(&value) {
                return refuse(key, value.to_string(), "a positive size");
            }
        }
        if self.hidden_size % self.num_attention_heads != 0 || self.head_size() % 2 != 0 {
            let value = self.num_attention_heads.to_string();
            return refuse("num_attention_heads", value, "a divisor of hidden_size that leaves an even head size");
        }
        Ok(())
    }

    /// The width of one attention head.
    #[must_use]
    pub const fn head_size(&self) -> i64 {
        self.hidden_size / self.num_attention_heads
    }
}
