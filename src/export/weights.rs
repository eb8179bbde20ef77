//! The head of a regression, moved to the unit of the data: what it was trained to give is scaled
//! and shifted, which its last layer can do itself.

use std::{borrow::Cow, collections::HashMap, path::Path};

use safetensors::{Dtype, SafeTensorError, SafeTensors, View, tensor::TensorView};

use super::Error;
use titer_core::{results, task::Scaling};

/// The layer that gives the number.
const WEIGHT: &str = "classifier.out_proj.weight";
const BIAS: &str = "classifier.out_proj.bias";

/// Copies a model whose last layer then gives numbers in the data's unit.
pub(super) fn unscaled(from: &Path, to: &Path, scaling: Scaling) -> Result<(), Error> {
    let refused = |source| Error::Model { path: from.to_owned(), source };
    let bytes = fs_err::read(from).map_err(|source| results::Error::read(from, source))?;
    let file = SafeTensors::deserialize(&bytes).map_err(refused)?;
    let tensors = file.tensors().into_iter().map(|(name, view)| {
        let data = data(&name, &view, scaling)?;
        Ok((name, Copied { dtype: view.dtype(), shape: view.shape().to_vec(), data }))
    });
    let tensors = tensors.collect::<Result<Vec<_>, SafeTensorError>>().map_err(refused)?;
    // `transformers` refuses a file without this.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize_to_file(tensors, Some(metadata), to).map_err(|source| match source {
        SafeTensorError::IoError(source) => results::Error::write(to, source).into(),
        source => refused(source),
    })
}

fn data<'a>(name: &str, view: &TensorView<'a>, scaling: Scaling) -> Result<Cow<'a, [u8]>, SafeTensorError> {
    Ok(match name {
        WEIGHT => Cow::Owned(mapped(view, |value| value * scaling.deviation)?),
        BIAS => Cow::Owned(mapped(view, |value| value * scaling.deviation + scaling.mean)?),
        _ => Cow::Borrowed(view.data()),
    })
}

fn mapped(view: &TensorView<'_>, map: impl Fn(f64) -> f64) -> Result<Vec<u8>, SafeTensorError> {
    if view.dtype() != Dtype::F32 {
        return Err(SafeTensorError::InvalidTensorView(view.dtype(), view.shape().to_vec(), view.data().len()));
    }
    let value = |bytes: &[u8]| f64::from(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    Ok(view.data().chunks_exact(4).flat_map(|bytes| (map(value(bytes)) as f32).to_le_bytes()).collect())
}

struct Copied<'a> {
    dtype: Dtype,
    shape: Vec<usize>,
    data: Cow<'a, [u8]>,
}

impl View for Copied<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.data)
    }

    fn data_len(&self) -> usize {
        self.data.len()
    }
}
