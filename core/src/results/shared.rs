//! What several runs need and one of them computes: kept in the results folder beside the
//! experiments, by a key that says all that it depends on. It may be deleted at any time; whoever
//! needs it computes it again.

use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{Error, atomic, claim};

/// How often is looked whether another process is done.
const TICK: Duration = Duration::from_millis(100);

/// `results/.cache/`.
#[must_use]
pub fn cache(results: &Path) -> PathBuf {
    // No experiment's name begins with a dot.
    results.join(".cache")
}

/// `results/.cache/<key>/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedFolder {
    root: PathBuf,
}

/// The right to write what the folder holds, until it is dropped or the process ends.
#[derive(Debug)]
pub struct Writing {
    _lock: claim::Lock,
}

impl SharedFolder {
    #[must_use]
    pub fn new(cache: &Path, key: &blake3::Hash) -> Self {
        Self { root: cache.join(key.to_hex().as_str()) }
    }

    /// What comes out of the frozen part of a model.
    #[must_use]
    pub fn frozen(&self) -> PathBuf {
        self.root.join("frozen.safetensors")
    }

    /// Makes the folder where it is missing, and waits for the right to write there. `goes_on` is
    /// asked again and again meanwhile: `None` where it says no.
    pub fn claim(&self, mut goes_on: impl FnMut() -> bool) -> Result<Option<Writing>, Error> {
        fs_err::create_dir_all(&self.root).map_err(|source| Error::write(&self.root, source))?;
        let path = self.root.join(".writing");
        let file = claim::open(&path)?;
        while !claim::supported(file.try_lock(), &path)? {
            if !goes_on() {
                return Ok(None);
            }
            thread::sleep(TICK);
        }
        atomic::sweep_up(&self.root);
        Ok(Some(Writing { _lock: claim::Lock::new(file) }))
    }
}
