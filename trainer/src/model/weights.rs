//! Strict reading of a checkpoint's tensors, and writing of `model.safetensors`.
//!
//! `tch` reads weights leniently: it skips names that are missing or too many, takes over the
//! file's type, and broadcasts. Here the names and shapes of files and model must agree
//! ([`checkpoint::Stored`]); only what is listed in [`checkpoint::LeftOut`] may be there unused.

use std::{borrow::Cow, collections::HashMap, path::Path};

use safetensors::{Dtype, SafeTensorError, View};
use tch::{Device, Kind, Tensor};
use titer_core::{
    checkpoint::{self, NotFinite, StoredTensor},
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
    let config = Config::read(&folder.join(checkpoint::CONFIG))?;
    checkpoint::require_vocabulary(folder)?;
    let stored = checkpoint::Stored::open(folder)?;
    let hidden = config.hidden_size;
    let shapes = match head {
        Head::New => Vec::new(),
        Head::Stored => vec![
            ("classifier.dense.weight".to_owned(), vec![hidden, hidden]),
            ("classifier.dense.bias".to_owned(), vec![hidden]),
            ("classifier.out_proj.weight".to_owned(), vec![classes, hidden]),
            ("classifier.out_proj.bias".to_owned(), vec![classes]),
        ],
    };
    stored.require(&config, &shapes)?;
    let draw = (head == Head::New).then(|| Draw::new(&config));
    let mut source = FromFiles { stored: &stored, draw, not_finite: Vec::new() };
    let model = Classifier::assemble(config, classes, &mut source)?;
    if !source.not_finite.is_empty() {
        return Err(ModelError::NotFinite { path: stored.path().to_owned(), tensors: source.not_finite });
    }
    if let Some(remark) = stored.remark().filter(|_| head == Head::New) {
        tracing::info!("the weights: {remark}");
    }
    Ok(model)
}

/// The tensors of files that hold the whole model, handed out by name. Notes all that hold no
/// numbers, so that they are told at once.
struct FromFiles<'a> {
    stored: &'a checkpoint::Stored,
    /// Where the head comes from, unless from the files.
    draw: Option<Draw>,
    not_finite: Vec<NotFinite>,
}

impl FromFiles<'_> {
    fn read(&mut self, name: &str, shape: &[i64], tensor: &StoredTensor) -> Result<Tensor, ModelError> {
        let kind = match tensor.info.dtype {
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            // Others were refused.
            _ => Kind::Float,
        };
        // The header says that the data have the length that shape and type ask for.
        let tensor = Tensor::from_data_size(&self.stored.read(tensor)?, shape, kind).to_kind(Kind::Float);
        let values = tensor.isfinite().logical_not().sum(Kind::Int64).int64_value(&[]);
        if values > 0 {
            self.not_finite.push(NotFinite { name: name.to_owned(), values: values as usize, of: tensor.numel() });
        }
        Ok(tensor)
    }
}

impl Source for FromFiles<'_> {
    type Error = ModelError;

    fn tensor(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, Self::Error> {
        if let Some(draw) = self.draw.as_mut().filter(|_| name.starts_with("classifier.")) {
            let Ok(drawn) = draw.tensor(name, shape);
            return Ok(drawn);
        }
        match self.stored.tensor(name) {
            Some(tensor) => self.read(name, shape, tensor),
            // A contact head that is missing: counted, and neither used nor trained.
            None => Ok(Tensor::zeros(shape, (Kind::Float, Device::Cpu))),
        }
    }

    fn frequencies(&mut self, name: &str, head_size: i64) -> Result<Frequencies, Self::Error> {
        let Some(tensor) = self.stored.tensor(name) else { return Ok(Frequencies::inverse(head_size)) };
        let stored = self.read(name, &[head_size / 2], tensor)?;
        let values = stored.iter::<f64>().map(|values| Frequencies::new(values.map(|value| value as f32).collect()));
        Ok(values.unwrap_or_else(|_| Frequencies::inverse(head_size)))
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
