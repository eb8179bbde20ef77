//! A folder of weights: whether what lies in it is an ESM-2 that can be fine-tuned.
//!
//! A configuration and the headers of the safetensors files say which tensors there are, of which
//! shapes; a pass over their bytes says whether they are numbers. No libtorch takes part: it is
//! known before any run begins, and in the runner.

mod config;
mod digest;
mod error;
mod finite;
mod names;
mod stored;
mod tensors;

use std::{io, path::Path};

pub use self::{
    config::Config,
    digest::digest,
    error::Error,
    finite::NotFinite,
    names::LeftOut,
    stored::{CONFIG, INDEX, SINGLE, Stored, StoredTensor, tensor_files},
    tensors::{Problem, encoder, list},
};
use crate::{data::tokens, input};

/// Far above any protein model's `vocab.txt`.
const LARGEST_VOCABULARY: u64 = 1 << 20;

/// A folder that a run can begin from.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    pub config: Config,
    /// What of it a run leaves out or replaces, in one line.
    pub remark: Option<String>,
}

/// Examines the folder as a run would load it. Gives the model's configuration, or why no run can
/// begin from it.
pub fn examine(folder: &Path) -> Result<Examined, Error> {
    let config = Config::read(&folder.join(CONFIG))?;
    let stored = Stored::open(folder)?;
    stored.require(&config, &[])?;
    require_vocabulary(folder)?;
    finite::require(&stored)?;
    Ok(Examined { config, remark: stored.remark() })
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
