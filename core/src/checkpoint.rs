//! A folder of weights: whether what lies in it is an ESM-2 that can be fine-tuned.
//!
//! A configuration and the header of `model.safetensors` say which tensors there are, of which
//! shapes; a pass over their bytes says whether they are numbers. No libtorch takes part: it is
//! known before any run begins, and in the runner.

mod config;
mod digest;
mod error;
mod finite;
mod tensors;

use std::{io, path::Path};

pub use self::{
    config::Config,
    digest::{FILES, digest},
    error::Error,
    finite::NotFinite,
    tensors::{Problem, encoder, is_ignored, list},
};
use crate::{data::tokens, input};

/// Far above any protein model's `vocab.txt`.
const LARGEST_VOCABULARY: u64 = 1 << 20;

/// Examines the folder as a run would load it. Gives the model's configuration, or why no run can
/// begin from it.
pub fn examine(folder: &Path) -> Result<Config, Error> {
    let config = Config::read(&folder.join("config.json"))?;
    let path = folder.join("model.safetensors");
    let header = tensors::Header::read(&path)?;
    let problems = header.problems(&config);
    if !problems.is_empty() {
        return Err(Error::Mismatch { path, problems });
    }
    require_vocabulary(folder)?;
    finite::require(&path, &header)?;
    Ok(config)
}

/// Refuses a checkpoint whose tokens are others than ESM-2's; one that names none is taken to have
/// them.
pub fn require_vocabulary(folder: &Path) -> Result<(), Error> {
    let path = folder.join("vocab.txt");
    let text = match input::read(&path, LARGEST_VOCABULARY) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(Error::Unreadable { path, source }),
    };
    tokens::check_vocabulary(&text).map_err(|source| Error::Vocabulary { path, source })
}
