//! What comes out of a model's frozen part for the proteins of a split, known before training
//! begins.

use std::{
    io,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use safetensors::tensor::TensorInfo;
use tch::{Device, Kind, Tensor};

use crate::{native::sent, tensors::TensorFile};

/// The rows that belong to each protein, in a matrix that splits share.
#[derive(Debug, Clone)]
pub struct Features {
    matrix: Arc<Mutex<Matrix>>,
    /// A protein each: the states of all its tokens, or that of its `<cls>` alone.
    rows: Vec<Range<usize>>,
}

/// fp32 `[rows, hidden]`.
#[derive(Debug)]
pub enum Matrix {
    /// Whole, on the device.
    Held(Tensor),
    /// Too large for that: read as it is asked for.
    Stored { file: TensorFile, tensor: TensorInfo },
}

impl Features {
    #[must_use]
    pub const fn new(matrix: Arc<Mutex<Matrix>>, rows: Vec<Range<usize>>) -> Self {
        Self { matrix, rows }
    }

    /// What comes out of the frozen part for a batch of these proteins, on the device; `None` where
    /// the file fails, and the model has to compute it.
    #[must_use]
    pub fn of(&self, indices: &[usize], device: Device) -> Option<Tensor> {
        let ranges = indices.iter().map(|&index| self.rows[index].clone());
        let matrix = self.matrix.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = match &*matrix {
            Matrix::Held(all) => {
                let rows: Vec<i64> = ranges.flatten().map(|row| row as i64).collect();
                Ok(all.index_select(0, &sent(&Tensor::from_slice(&rows), all.device())))
            }
            Matrix::Stored { file, tensor } => read(file, tensor, ranges),
        };
        match rows {
            Ok(rows) if rows.device() == device => Some(rows),
            Ok(rows) => Some(sent(&rows, device)),
            Err(error) => {
                tracing::warn!("the frozen part is computed again for a batch: its cache cannot be read: {error}");
                None
            }
        }
    }
}

fn read(file: &TensorFile, tensor: &TensorInfo, ranges: impl Iterator<Item = Range<usize>> + Clone) -> io::Result<Tensor> {
    let hidden = tensor.shape[1];
    let row = hidden * Kind::Float.elt_size_in_bytes();
    let count: usize = ranges.clone().map(|range| range.len()).sum();
    let mut bytes = vec![0; count * row];
    let mut rest = bytes.as_mut_slice();
    for range in ranges {
        let (into, behind) = rest.split_at_mut(range.len() * row);
        file.read(tensor, (range.start * row) as u64, into)?;
        rest = behind;
    }
    Ok(Tensor::from_data_size(&bytes, &[count as i64, hidden as i64], Kind::Float))
}
