//! What comes out of the frozen part of a model, computed once for all runs that agree on it.
//!
//! It lies in the results folder as one safetensors file of one tensor, `frozen`, fp32
//! `[rows, hidden]`: the proteins in the order of the data, a row for each token where layers are
//! frozen, a row for each `<cls>` where all but the head is. Where it cannot be had, a run does
//! without and computes it in every step.

use std::{
    collections::HashMap,
    io::{self, Write},
    ops::Range,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use safetensors::{
    Dtype, View as _,
    tensor::{Metadata, TensorInfo},
};
use serde_json::json;
use tch::{Kind, Tensor};
use titer_core::{
    data::{Dataset, Split},
    experiment::{Precision, Weights},
    protocol::{Device, Event, Job},
    results::{self, SharedFolder, atomic},
    text::with_causes,
};

use super::RunError;
use crate::{
    machine,
    model::{Batch, Classifier, Frozen, Pass, pass::Queries, weights::Bytes},
    native,
    tensors::{Damaged, TensorFile},
    train::{
        self, Examples,
        features::{Features, Matrix},
    },
};

/// The version of what is computed and how it is stored.
///
/// - 1: the first.
const FORMAT: u32 = 1;

/// The name of the tensor, and the key of the cache's key in the file's metadata.
const NAME: &str = "frozen";

/// The most tokens that are computed at once, unless one protein alone has more: a CPU is no faster
/// with more of them.
const TOKENS: usize = 4_096;

/// How often the runner hears that another run is at it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The frozen part of a run's model, and the proteins it is applied to.
pub(super) struct FrozenPart<'a> {
    pub(super) job: &'a Job,
    pub(super) model: &'a Classifier,
    pub(super) precision: Precision,
    pub(super) threads: usize,
    /// Steps the run has behind it.
    pub(super) step: u64,
    pub(super) stop: &'a AtomicBool,
}

/// Why there is no cache.
#[derive(Debug, thiserror::Error)]
enum Missing {
    #[error(transparent)]
    Results(#[from] results::Error),
    #[error("what was written cannot be used: {0}")]
    Useless(#[from] Useless),
    #[error("what was written is gone")]
    Gone,
    #[error("the run is to stop")]
    Stopped,
}

/// Why a file is not taken for what it should be.
#[derive(Debug, thiserror::Error)]
enum Useless {
    #[error(transparent)]
    Damaged(#[from] Damaged),
    #[error("it is of another model, other proteins or another machine")]
    Foreign,
    #[error("it does not hold the {rows} rows of {hidden} that it should")]
    Shape { rows: usize, hidden: i64 },
}

impl FrozenPart<'_> {
    /// The examples with what comes out of the frozen part for each, from the cache, which is
    /// filled where it is empty. `None` without a cache, where it fails, and where nothing is
    /// frozen.
    pub(super) fn apply(
        &self,
        dataset: &Dataset,
        examples: &[Examples; 3],
        emit: &mut dyn FnMut(Event),
    ) -> Result<Option<[Examples; 3]>, RunError> {
        let (Some(cache), false) = (&self.job.cache, matches!(self.model.frozen, Frozen::Nothing | Frozen::Layers(0))) else {
            return Ok(None);
        };
        let splits = Split::ALL.map(|split| dataset.split(split));
        let encoded = splits.iter().zip(examples.iter());
        let mut proteins: Vec<(usize, &[u8])> = encoded
            .flat_map(|(indices, examples)| indices.iter().copied().zip(examples.tokens.iter().map(Vec::as_slice)))
            .collect();
        proteins.sort_unstable_by_key(|&(index, _)| index);
        let mut ranges: Vec<Range<usize>> = vec![0..0; dataset.proteins.len()];
        let mut rows = 0;
        for &(index, tokens) in &proteins {
            ranges[index] = rows..rows + self.rows(tokens);
            rows = ranges[index].end;
        }
        let proteins: Vec<&[u8]> = proteins.into_iter().map(|(_, tokens)| tokens).collect();
        let key = self.key(&proteins);
        let matrix = match self.find_or_make(&SharedFolder::new(cache, &key), &key, &proteins, rows, emit) {
            Ok(matrix) => Arc::new(Mutex::new(matrix)),
            Err(_) if self.stop.load(Ordering::Relaxed) => return Err(RunError::Stopped { step: self.step }),
            Err(missing) => {
                tracing::warn!("the frozen part is computed in every step, its cache is missing: {}", with_causes(&missing));
                return Ok(None);
            }
        };
        let mut featured = examples.clone();
        for (examples, indices) in featured.iter_mut().zip(splits) {
            let rows = indices.iter().map(|&index| ranges[index].clone()).collect();
            examples.features = Some(Features::new(Arc::clone(&matrix), rows));
        }
        Ok(Some(featured))
    }

    /// How many rows belong to a protein.
    fn rows(&self, protein: &[u8]) -> usize {
        if self.model.frozen == Frozen::Backbone { 1 } else { protein.len() }
    }

    /// Everything that decides the bits of the result. The tokens themselves take part rather than
    /// the settings that they come of: runs with other classes or splits share it, and no setting
    /// can be forgotten.
    fn key(&self, proteins: &[&[u8]]) -> blake3::Hash {
        let Job { settings, inputs, device, .. } = self.job;
        let layers = match self.model.frozen {
            Frozen::Backbone => None,
            frozen => Some(frozen.depth(self.model.layers.len())),
        };
        // Random weights are drawn after the head, by the seed.
        let drawn = match settings.model.weights {
            Weights::Random { .. } => Some((settings.train.seed, self.model.out.bias.numel())),
            Weights::Hub { .. } | Weights::Folder { .. } => None,
        };
        // The order of sums depends on the threads, as it does for the run.
        let machine = match device {
            Device::Cpu => json!([machine::cpu_name(), native::ops::kernels(), self.threads]),
            Device::Cuda(index) => json!(native::gpus().into_iter().nth(*index as usize).map(|gpu| gpu.name)),
        };
        // Kernels change between releases: the commit counts too.
        let versions = json!([env!("CARGO_PKG_VERSION"), titer_commit::COMMIT, native::libtorch_version()]);
        let depends = json!([FORMAT, versions, inputs.weights, drawn, layers, self.precision, machine]);
        let mut hasher = blake3::Hasher::new();
        hasher.update(depends.to_string().as_bytes());
        for tokens in proteins {
            hasher.update(&(tokens.len() as u64).to_le_bytes());
            hasher.update(tokens);
        }
        hasher.finalize()
    }

    /// Takes what is there, or computes it; or waits for another run to have done so.
    fn find_or_make(
        &self,
        folder: &SharedFolder,
        key: &blake3::Hash,
        proteins: &[&[u8]],
        rows: usize,
        emit: &mut dyn FnMut(Event),
    ) -> Result<Matrix, Missing> {
        let path = folder.frozen();
        let found = |matrix| {
            tracing::info!("the frozen part comes from the cache ({rows} rows)");
            Ok(matrix)
        };
        if let Ok(Some(matrix)) = self.open(&path, key, rows) {
            return found(matrix);
        }
        let mut told = None::<Instant>;
        let claimed = folder.claim(|| {
            if told.is_none_or(|told| told.elapsed() >= PATIENCE) {
                told = Some(Instant::now());
                emit(Event::Freezing { done: 0, of: proteins.len() });
            }
            !self.stop.load(Ordering::Relaxed)
        })?;
        let _writing = claimed.ok_or(Missing::Stopped)?;
        // Whoever had the claim before may have made it.
        match self.open(&path, key, rows) {
            Ok(Some(matrix)) => return found(matrix),
            Ok(None) => {}
            Err(useless) => tracing::warn!("what the cache holds for the frozen part is made again: {useless}"),
        }
        let began = Instant::now();
        atomic::write(&path, |file| self.write(file, key, proteins, rows, emit))?;
        tracing::info!("the frozen part was computed in {:.1} s ({rows} rows)", began.elapsed().as_secs_f64());
        self.open(&path, key, rows)?.ok_or(Missing::Gone)
    }

    /// Opens a file of the cache; `None` where there is none.
    fn open(&self, path: &Path, key: &blake3::Hash, rows: usize) -> Result<Option<Matrix>, Useless> {
        let Some(file) = TensorFile::open(path)? else { return Ok(None) };
        if file.metadata(NAME) != Some(key.to_hex().as_str()) {
            return Err(Useless::Foreign);
        }
        let hidden = self.model.config.hidden_size;
        let fits = |tensor: &&TensorInfo| tensor.dtype == Dtype::F32 && tensor.shape == [rows, hidden as usize];
        let tensor = file.info(NAME).filter(fits).ok_or(Useless::Shape { rows, hidden })?.clone();
        if self.model.frozen != Frozen::Backbone {
            return Ok(Some(Matrix::Stored { file, tensor }));
        }
        let mut bytes = vec![0; tensor.data_offsets.1 - tensor.data_offsets.0];
        file.read(&tensor, 0, &mut bytes).map_err(Damaged::from)?;
        let held = Tensor::from_data_size(&bytes, &[rows as i64, hidden], Kind::Float).to_device(self.model.device());
        Ok(Some(Matrix::Held(held)))
    }

    /// Computes the rows batch by batch and writes each before the next is begun.
    fn write(
        &self,
        file: &mut impl Write,
        key: &blake3::Hash,
        proteins: &[&[u8]],
        rows: usize,
        emit: &mut dyn FnMut(Event),
    ) -> io::Result<()> {
        let shape = vec![rows, self.model.config.hidden_size as usize];
        let length = shape.iter().product::<usize>() * Kind::Float.elt_size_in_bytes();
        let tensor = TensorInfo { dtype: Dtype::F32, shape, data_offsets: (0, length) };
        let metadata = HashMap::from([(NAME.to_owned(), key.to_hex().to_string())]);
        let header = Metadata::new(Some(metadata), vec![(NAME.to_owned(), tensor)]).map_err(io::Error::other)?;
        let mut header = serde_json::to_vec(&header)?;
        header.resize(header.len().next_multiple_of(8), b' ');
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(&header)?;

        let (compute, device) = (train::kind(self.precision), self.model.device());
        let pass = Pass::new(self.model, compute);
        let mut done = 0;
        while done < proteins.len() {
            let mut tokens = 0;
            let fitting = proteins[done..].iter().take_while(|protein| {
                tokens += protein.len();
                tokens <= TOKENS
            });
            let batch = &proteins[done..done + fitting.count().max(1)];
            let packed = Batch::pack(batch, &[], Batch::align(compute, device), device);
            let states = pass.frozen(&packed, Queries::First);
            // Without the tail.
            let rows = batch.iter().map(|protein| self.rows(protein)).sum::<usize>();
            file.write_all(&Bytes::of(&states.narrow(0, 0, rows as i64)).data())?;
            done += batch.len();
            emit(Event::Freezing { done, of: proteins.len() });
            if self.stop.load(Ordering::Relaxed) {
                return Err(io::Error::other("the run is to stop"));
            }
        }
        Ok(())
    }
}
