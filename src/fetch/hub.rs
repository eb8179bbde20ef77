//! Weights by their Hub name, in the cache that every Hugging Face program shares.
//!
//! ```text
//! HF_HUB_CACHE/models--owner--name/
//!   blobs/<etag>                    the files, by content; <etag>.incomplete while they grow
//!   snapshots/<commit>/<file>       links to them, by revision
//!   refs/<branch>                   the commit a branch pointed to when it was fetched
//! HF_HUB_CACHE/.locks/models--owner--name/<etag>.lock
//! ```
//!
//! The layout is `hf-hub`'s and `huggingface_hub`'s; the transfer is our own, for the reasons in
//! `docs/decisions/0004-hub-transfer.md`.

mod cache;
mod download;
mod environment;
mod look;
mod model;
mod remote;

use std::path::PathBuf;

use titer_core::checkpoint::{self, CONFIG, INDEX, SINGLE};

use super::{Error, http::Patience, weights::check_pin};
use cache::Snapshots;
pub use environment::{Environment, Token};
pub use model::Model;
use remote::Remote;

/// A Hub and the cache in front of it.
#[derive(Debug)]
pub struct Hub {
    environment: Environment,
    patience: Patience,
}

impl Hub {
    /// The Hub that the `HF_*` variables speak of.
    pub fn from_env() -> Result<Self, Error> {
        Ok(Self::new(Environment::read(|name| std::env::var_os(name))?))
    }

    #[must_use]
    pub fn new(environment: Environment) -> Self {
        Self { environment, patience: Patience::default() }
    }

    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The folder of a model that is in the cache, checked against its pin; `None` where it is not
    /// there. Sends nothing.
    pub fn cached(&self, model: &Model) -> Result<Option<PathBuf>, Error> {
        model.check()?;
        let Some(folder) = Snapshots::new(&self.environment.cache, model).complete() else { return Ok(None) };
        check_pin(&folder, model.sha256)?;
        Ok(Some(folder))
    }

    /// The folder of a model, fetched where it is not in the cache.
    pub fn fetch(&self, model: &Model) -> Result<PathBuf, Error> {
        if let Some(folder) = self.cached(model)? {
            return Ok(folder);
        }
        if self.environment.offline {
            return Err(Error::Offline { name: model.name.into(), revision: model.revision.into() });
        }
        let snapshots = Snapshots::new(&self.environment.cache, model);
        let remote = Remote::new(&self.environment, self.patience, model);
        // A branch may move between two requests: all but the first file are asked for by the commit that one came from.
        let mut revision = model.revision.to_owned();
        let mut bring = |file: &str, pin: Option<&str>| -> Result<String, Error> {
            let entry = remote.look(&revision, file)?;
            snapshots.keep(&entry, file, |incomplete| remote.download(&entry, file, pin, incomplete))?;
            revision.clone_from(&entry.commit);
            Ok(entry.commit)
        };
        bring(CONFIG, None)?;
        let commit = match bring(SINGLE, model.sha256) {
            // A large model lies in several files.
            Err(missing @ Error::NotFound { .. }) => match bring(INDEX, None) {
                Err(Error::NotFound { .. }) => return Err(missing),
                commit => {
                    let commit = commit?;
                    for file in checkpoint::tensor_files(&snapshots.folder(&commit))?.iter().filter(|file| *file != INDEX) {
                        bring(file, None)?;
                    }
                    commit
                }
            },
            commit => commit?,
        };
        let folder = snapshots.name(&commit)?;
        if !folder.join(SINGLE).is_file() {
            check_pin(&folder, model.sha256)?;
        }
        Ok(folder)
    }
}
