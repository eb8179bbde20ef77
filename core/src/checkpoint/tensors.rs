//! The tensors of the model that `config.json` describes, and those of a safetensors file, by its
//! header.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    io::{self, Read as _},
    path::Path,
};

use safetensors::{
    SafeTensorError,
    tensor::{Metadata, TensorInfo},
};

use super::{Config, Error};
use crate::input;

/// The longest header that the format allows.
const LARGEST_HEADER: u64 = 100_000_000;

/// One disagreement between a file and the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    Missing {
        name: String,
        shape: Vec<i64>,
    },
    Extra {
        name: String,
    },
    /// Several tensors have this name once their prefixes are taken off.
    Twice {
        name: String,
    },
    Shape {
        name: String,
        wanted: Vec<i64>,
        found: Vec<i64>,
    },
    Type {
        name: String,
        found: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name, shape } => write!(f, "missing: {name} {shape:?}"),
            Self::Extra { name } => write!(f, "not part of the model: {name}"),
            Self::Twice { name } => write!(f, "there more than once, under other prefixes: {name}"),
            Self::Shape { name, wanted, found } => write!(f, "{name}: the shape is {found:?}, not {wanted:?}"),
            Self::Type { name, found } => write!(f, "{name}: the type is {found}, not F32, F16 or BF16"),
        }
    }
}

/// What is wrong, a line each, the first twelve of them.
#[must_use]
pub fn list(problems: &[impl fmt::Display]) -> String {
    const SHOWN: usize = 12;
    let mut text = String::new();
    for problem in problems.iter().take(SHOWN) {
        let _ = write!(text, "\n  {problem}");
    }
    if problems.len() > SHOWN {
        let _ = write!(text, "\n  and {} more", problems.len() - SHOWN);
    }
    text
}

/// The tensors that an encoder cannot do without, by their names in a checkpoint, with their
/// shapes.
#[must_use]
pub fn encoder(config: &Config) -> Vec<(String, Vec<i64>)> {
    let (hidden, feed_forward) = (config.hidden_size, config.intermediate_size);
    let mut all = vec![("esm.embeddings.word_embeddings.weight".to_owned(), vec![config.vocab_size, hidden])];
    let mut pair = |name: String, weight: Vec<i64>| {
        let bias = vec![weight[0]];
        all.push((format!("{name}.weight"), weight));
        all.push((format!("{name}.bias"), bias));
    };
    for index in 0..config.num_hidden_layers {
        for (name, weight) in [
            ("attention.self.query", vec![hidden, hidden]),
            ("attention.self.key", vec![hidden, hidden]),
            ("attention.self.value", vec![hidden, hidden]),
            ("attention.output.dense", vec![hidden, hidden]),
            ("attention.LayerNorm", vec![hidden]),
            ("intermediate.dense", vec![feed_forward, hidden]),
            ("output.dense", vec![hidden, feed_forward]),
            ("LayerNorm", vec![hidden]),
        ] {
            pair(format!("esm.encoder.layer.{index}.{name}"), weight);
        }
    }
    pair("esm.encoder.emb_layer_norm_after".to_owned(), vec![hidden]);
    pair("esm.contact_head.regression".to_owned(), vec![1, config.num_hidden_layers * config.num_attention_heads]);
    all
}

/// The inverse frequencies of a layer's rotation: stored by some checkpoints, computed where they
/// are not.
pub(super) fn is_frequencies(name: &str, config: &Config) -> bool {
    let layer =
        name.strip_prefix("esm.encoder.layer.").and_then(|rest| rest.strip_suffix(".attention.self.rotary_embeddings.inv_freq"));
    layer.and_then(|layer| layer.parse().ok()).is_some_and(|layer: i64| layer < config.num_hidden_layers)
}

/// What a file says of its tensors.
pub struct Header {
    /// Where the tensors begin, in bytes from the file's beginning.
    pub start: u64,
    /// By the names that the file has for them.
    pub tensors: BTreeMap<String, TensorInfo>,
}

impl Header {
    /// Reads the header alone, and requires a file of the length that it says.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
        let refused = |source| Error::Safetensors { path: path.to_owned(), source };
        let mut file = input::open(path).map_err(unreadable)?;
        let mut length = [0; 8];
        match file.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(refused(SafeTensorError::HeaderTooSmall)),
            Err(error) => return Err(unreadable(error)),
        }
        let length = u64::from_le_bytes(length);
        if length > LARGEST_HEADER {
            return Err(refused(SafeTensorError::HeaderTooLarge));
        }
        let mut text = Vec::new();
        file.by_ref().take(length).read_to_end(&mut text).map_err(unreadable)?;
        if text.len() as u64 != length {
            return Err(refused(SafeTensorError::InvalidHeaderLength));
        }
        // Offsets and lengths are checked while it is read.
        let header: Metadata =
            serde_json::from_slice(&text).map_err(|source| refused(SafeTensorError::InvalidHeaderDeserialization(source)))?;
        let start = 8 + length;
        if file.metadata().map_err(unreadable)?.len() != start + header.data_len() as u64 {
            return Err(refused(SafeTensorError::MetadataIncompleteBuffer));
        }
        let tensors = header.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
        Ok(Self { start, tensors })
    }
}
