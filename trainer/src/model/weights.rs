//! Strict reading and writing of `model.safetensors`.
//!
//! `tch` reads weights leniently: it skips names that are missing or too many, takes over the
//! file's type, and broadcasts. Here the names and shapes of file and model must agree; only what
//! is listed in [`is_ignored`] may be there unused.

use std::{borrow::Cow, collections::HashMap, path::Path};

use safetensors::{Dtype, SafeTensorError, SafeTensors, View, tensor::TensorView};
use tch::{Device, Kind, Tensor};
use titer_core::{
    checkpoint::{self, NotFinite, Problem, is_ignored},
    experiment::ModelSize,
};

use super::{
    Classifier, Config, ModelError,
    esm2::{Draw, Source, frequencies_name},
    rotary::Frequencies,
};
use crate::generator;

/// What to do about the classification head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// Draw it, whatever the file holds.
    New,
    /// Read it: the file is a fine-tuned model.
    Stored,
}

/// A pretrained encoder with a new head, drawn from `seed` as the reference draws it.
pub fn pretrained(folder: &Path, classes: i64, seed: i64) -> Result<Classifier, ModelError> {
    generator::seeded(seed, || read(folder, classes, Head::New))
}

/// A model as [`save`] wrote it, or as `transformers` did.
pub fn fine_tuned(folder: &Path, classes: i64) -> Result<Classifier, ModelError> {
    read(folder, classes, Head::Stored)
}

/// A model of a size, drawn from `seed`.
#[must_use]
pub fn random(size: ModelSize, classes: i64, seed: i64) -> Classifier {
    let config = Config::of_size(size);
    let mut draw = Draw::new(&config);
    let Ok(model) = generator::seeded(seed, || Classifier::assemble(config, classes, &mut draw));
    model
}

fn read(folder: &Path, classes: i64, head: Head) -> Result<Classifier, ModelError> {
    let config = Config::read(&folder.join("config.json"))?;
    checkpoint::require_vocabulary(folder)?;
    let path = folder.join("model.safetensors");
    let bytes = fs_err::read(&path).map_err(|source| ModelError::Unreadable { source })?;
    let file = SafeTensors::deserialize(&bytes).map_err(|source| ModelError::Safetensors { path: path.clone(), source })?;
    let mut stored = Stored {
        unread: file.tensors().into_iter().collect(),
        draw: (head == Head::New).then(|| Draw::new(&config)),
        problems: Vec::new(),
        not_finite: Vec::new(),
    };
    let Ok(model) = Classifier::assemble(config, classes, &mut stored);
    let mut extra: Vec<String> = stored.unread.into_keys().filter(|name| !is_ignored(name)).collect();
    extra.retain(|name| head == Head::Stored || !name.starts_with("classifier."));
    extra.sort();
    let mut problems = stored.problems;
    problems.extend(extra.into_iter().map(|name| Problem::Extra { name }));
    match stored.not_finite {
        _ if !problems.is_empty() => Err(ModelError::Mismatch { path, problems }),
        tensors if !tensors.is_empty() => Err(checkpoint::Error::NotFinite { path, tensors }.into()),
        _ => Ok(model),
    }
}

/// A file's tensors, handed out by name. Notes every disagreement and goes on, so that all are told
/// at once.
struct Stored<'a> {
    unread: HashMap<String, TensorView<'a>>,
    /// Where the head comes from, unless from the file.
    draw: Option<Draw>,
    problems: Vec<Problem>,
    not_finite: Vec<NotFinite>,
}

impl Source for Stored<'_> {
    type Error = std::convert::Infallible;

    fn tensor(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, Self::Error> {
        if let Some(draw) = self.draw.as_mut().filter(|_| name.starts_with("classifier.")) {
            return draw.tensor(name, shape);
        }
        let stand_in = || Tensor::zeros(shape, (Kind::Float, Device::Cpu));
        let Some(view) = self.unread.remove(name) else {
            self.problems.push(Problem::Missing { name: name.to_owned(), shape: shape.to_vec() });
            return Ok(stand_in());
        };
        let found: Vec<i64> = view.shape().iter().map(|&size| size as i64).collect();
        if found != shape {
            self.problems.push(Problem::Shape { name: name.to_owned(), wanted: shape.to_vec(), found });
            return Ok(stand_in());
        }
        let kind = match view.dtype() {
            Dtype::F32 => Kind::Float,
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            other => {
                self.problems.push(Problem::Type { name: name.to_owned(), found: format!("{other:?}") });
                return Ok(stand_in());
            }
        };
        // safetensors checked that the data have the length that shape and type ask for.
        let tensor = Tensor::from_data_size(view.data(), shape, kind).to_kind(Kind::Float);
        let values = tensor.isfinite().logical_not().sum(Kind::Int64).int64_value(&[]);
        if values > 0 {
            self.not_finite.push(NotFinite { name: name.to_owned(), values: values as usize, of: tensor.numel() });
        }
        Ok(tensor)
    }

    fn frequencies(&mut self, name: &str, head_size: i64) -> Frequencies {
        if !self.unread.contains_key(name) {
            return Frequencies::inverse(head_size);
        }
        let Ok(stored) = self.tensor(name, &[head_size / 2]);
        let read = stored.iter::<f64>().map(|values| Frequencies::new(values.map(|value| value as f32).collect()));
        read.unwrap_or_else(|_| Frequencies::inverse(head_size))
    }
}

/// Writes `model.safetensors` (fp32, the names of `transformers`) to a path.
pub fn save(model: &Classifier, path: &Path) -> Result<(), SafeTensorError> {
    let frequencies: Vec<Tensor> = model.layers.iter().map(|layer| layer.frequencies.on_host()).collect();
    let named = (0..).zip(&frequencies).map(|(index, tensor)| (frequencies_name(index), tensor));
    // `transformers` refuses a file without this.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let views = model.named().into_iter().chain(named).map(|(name, tensor)| (name, Bytes::of(tensor)));
    safetensors::serialize_to_file(views, Some(metadata), path)
}

/// A tensor as safetensors writes it: brought to the host one at a time, when its turn comes.
pub struct Bytes<'a> {
    tensor: &'a Tensor,
    shape: Vec<usize>,
}

impl<'a> Bytes<'a> {
    #[must_use]
    pub fn of(tensor: &'a Tensor) -> Self {
        Self { tensor, shape: tensor.size().into_iter().map(|size| size as usize).collect() }
    }
}

impl View for Bytes<'_> {
    fn dtype(&self) -> Dtype {
        match self.tensor.kind() {
            Kind::Float => Dtype::F32,
            Kind::Double => Dtype::F64,
            other => unreachable!("no checkpoint holds {other:?}"),
        }
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let mut bytes = vec![0; self.data_len()];
        self.tensor.detach().to_device(Device::Cpu).contiguous().copy_data_u8(&mut bytes, self.tensor.numel());
        bytes.into()
    }

    fn data_len(&self) -> usize {
        self.tensor.numel() * self.tensor.kind().elt_size_in_bytes()
    }
}
