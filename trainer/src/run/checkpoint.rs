//! Where a run stands, on disk: one safetensors file with everything that the next step depends on.
//!
//! Tensors: `model.<name>`, the optimiser's `mean.<i>`, `square.<i>` and `count.<i>`, `steps` (the
//! rows of `steps.parquet`) and `best_logits`. The rest is JSON in the file's metadata. The file
//! appears whole ([`titer_core::results::atomic`]).

use std::{collections::HashMap, path::Path};

use safetensors::{Dtype, tensor::TensorInfo};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};
use titer_core::{
    experiment::Precision,
    results::{
        self, RunFolder, RunKey, atomic,
        manifest::Attempt,
        tables::{EpochRow, StepRow},
    },
};

use super::RunError;
use crate::{
    machine::DeviceError,
    model::weights::Bytes,
    tensors::{Damaged, TensorFile},
    train::{Position, Trained, Training},
};

/// The version of the file.
///
/// - 1: the first.
pub const FORMAT: u32 = 1;

/// The key of the state in the file's metadata.
const KEY: &str = "titer";

/// What a checkpoint holds beside its tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub format: u32,
    pub key: RunKey,
    pub precision: Precision,
    /// The process that wrote it is the last one.
    pub attempts: Vec<Attempt>,
    /// Of all attempts together.
    pub seconds: f64,
    /// Of all attempts the highest.
    pub peak_memory: u64,
    pub position: Position,
    pub epochs: Vec<EpochRow>,
    pub selected_epoch: Option<u32>,
    pub best: Option<f64>,
    pub skipped_steps: u64,
    pub scale: Option<(f64, u32)>,
    pub train_seconds: f64,
    pub eval_seconds: f64,
}

/// A checkpoint whose state is read, and whose tensors are still on disk: they are read one at a
/// time, into their places.
#[derive(Debug)]
pub struct Checkpoint {
    pub state: State,
    file: TensorFile,
}

/// Why a checkpoint is of no use. The run then begins anew.
#[derive(Debug, thiserror::Error)]
pub enum Useless {
    #[error(transparent)]
    Damaged(#[from] Damaged),
    #[error("it does not say where the run stands")]
    NoState,
    #[error("what it says is not understood: {0}")]
    State(#[from] serde_json::Error),
    #[error("it has format {found}, this worker's is {FORMAT}")]
    Format { found: u64 },
    #[error("it is of the run {found}")]
    OtherRun { found: RunKey },
    #[error("it cannot be gone on from here: {0}")]
    Precision(#[from] DeviceError),
    #[error("its tensor {name:?} does not fit the model")]
    Tensor { name: String },
    #[error("the weights of epoch {epoch}, which it counts on, are gone")]
    NoBest { epoch: u32 },
}

/// Writes a checkpoint, in the place of the one before it.
pub fn write(path: &Path, state: &State, training: &Training) -> Result<(), RunError> {
    let text = serde_json::to_string(state).map_err(|source| results::Error::Json { path: path.to_owned(), source })?;
    let steps = steps(&training.trained.steps);
    let logits = Tensor::from_slice(&training.trained.best_logits);
    let partial = path.with_extension("partial");
    let tensors = named(training).into_iter().chain([("steps".to_owned(), &steps), ("best_logits".to_owned(), &logits)]);
    let views = tensors.map(|(name, tensor)| (name, Bytes::of(tensor)));
    safetensors::serialize_to_file(views, Some(HashMap::from([(KEY.to_owned(), text)])), &partial)
        .map_err(|source| RunError::unwritten(&partial, source))?;
    Ok(atomic::rename(&partial, path)?)
}

/// Reads the checkpoint of a run; `None` where there is none.
pub fn read(path: &Path, key: &RunKey) -> Result<Option<Checkpoint>, Useless> {
    let Some(file) = TensorFile::open(path)? else { return Ok(None) };
    let text = file.metadata(KEY).ok_or(Useless::NoState)?;
    let value: serde_json::Value = serde_json::from_str(text)?;
    let found = value.get("format").and_then(serde_json::Value::as_u64).ok_or(Useless::NoState)?;
    if found != u64::from(FORMAT) {
        return Err(Useless::Format { found });
    }
    let state: State = serde_json::from_value(value)?;
    if state.key != *key {
        return Err(Useless::OtherRun { found: state.key });
    }
    Ok(Some(Checkpoint { state, file }))
}

impl Checkpoint {
    /// Puts training back to where it stood. Where this fails the training is of no use any more.
    pub fn restore(&self, folder: &RunFolder, training: &mut Training) -> Result<(), Useless> {
        if let Some(epoch) = self.state.selected_epoch
            && !folder.best_of(epoch).exists()
            && !folder.best().exists()
        {
            return Err(Useless::NoBest { epoch });
        }
        for (name, tensor) in named(training) {
            let size = tensor.size();
            let shape: Vec<usize> = size.iter().map(|&size| size as usize).collect();
            let bytes = self.tensor(&name, Dtype::F32, Some(&shape))?;
            tch::no_grad(|| tensor.shallow_clone().copy_(&Tensor::from_data_size(&bytes, &size, Kind::Float)));
        }
        if let Some(scale) = self.state.scale {
            training.optimizer.set_scale(scale);
        }
        let steps = rows(&self.tensor("steps", Dtype::F64, None)?);
        let best_logits = floats(&self.tensor("best_logits", Dtype::F32, None)?);
        let State { position, epochs, selected_epoch, best, skipped_steps, train_seconds, eval_seconds, .. } = self.state.clone();
        training.trained = Trained {
            position,
            steps,
            epochs,
            selected_epoch,
            best,
            best_logits,
            skipped_steps,
            diverged: false,
            train_seconds,
            eval_seconds,
        };
        Ok(())
    }

    /// The bytes of a tensor, which must be of this type, and of this shape where one is given.
    fn tensor(&self, name: &str, dtype: Dtype, shape: Option<&[usize]>) -> Result<Vec<u8>, Useless> {
        let fits = |info: &&TensorInfo| info.dtype == dtype && shape.is_none_or(|shape| info.shape == shape);
        let info = self.file.info(name).filter(fits).ok_or_else(|| Useless::Tensor { name: name.to_owned() })?;
        let mut bytes = vec![0; info.data_offsets.1 - info.data_offsets.0];
        self.file.read(info, 0, &mut bytes).map_err(Damaged::from)?;
        Ok(bytes)
    }
}

/// The tensors that training changes, by their names in the file.
fn named(training: &Training) -> Vec<(String, &Tensor)> {
    let model = training.model.named().into_iter().map(|(name, tensor)| (format!("model.{name}"), tensor));
    model.chain(training.optimizer.state()).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

const COLUMNS: usize = 7;

/// The rows as a tensor `[steps, 7]`: counts are far below 2⁵³, so that f64 holds them exactly.
fn steps(rows: &[StepRow]) -> Tensor {
    let of = |row: &StepRow| {
        let (step, tokens) = (row.step as f64, row.tokens as f64);
        [step, row.epoch.into(), row.loss, row.learning_rate, row.grad_norm, tokens, row.seconds]
    };
    let values: Vec<f64> = rows.iter().flat_map(of).collect();
    Tensor::from_slice(&values).view([rows.len() as i64, COLUMNS as i64])
}

fn rows(bytes: &[u8]) -> Vec<StepRow> {
    let values: Vec<f64> = bytes.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect();
    let row = |&[step, epoch, loss, learning_rate, grad_norm, tokens, seconds]: &[f64; COLUMNS]| StepRow {
        step: step as u64,
        epoch: epoch as u32,
        loss,
        learning_rate,
        grad_norm,
        tokens: tokens as u64,
        seconds,
    };
    values.as_chunks().0.iter().map(row).collect()
}
