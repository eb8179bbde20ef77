//! A folder of weights: whether what lies in it is an ESM-2 that can be fine-tuned.
//!
//! A configuration and the header of `model.safetensors` say which tensors there are, of which shapes; a pass over their bytes says
//! whether they are numbers. No libtorch takes part: it is known before any run begins, and in the runner.

mod config;
mod error;
mod finite;
mod tensors;

use std::path::Path;

pub use self::{
    config::Config,
    error::Error,
    tensors::{Problem, encoder, is_ignored, list},
};

/// Examines the folder as a run would load it. Gives the model's configuration, or why no run can begin from it.
pub fn examine(folder: &Path) -> Result<Config, Error> {
    let config = Config::read(&folder.join("config.json"))?;
    let path = folder.join("model.safetensors");
    let header = tensors::Header::read(&path)?;
    let problems = header.problems(&config);
    if !problems.is_empty() {
        return Err(Error::Mismatch { path, problems });
    }
    finite::require(&path, &header)?;
    Ok(config)
}
