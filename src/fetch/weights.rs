//! The folder a run's weights lie in, wherever they come from.

use std::path::{Path, PathBuf};

use super::{
    Error,
    digest::sha256,
    folders,
    hub::{Hub, Model},
};
use titer_core::{checkpoint::FILES, experiment::Weights};

/// Gives the folder with `config.json` and `model.safetensors`, fetched from the Hub where it is
/// not in the cache; `None` for random weights. What is pinned by sha256 is checked every time.
///
/// Paths are relative to `project`; nothing in them is expanded.
pub fn weights(weights: &Weights, project: &Path) -> Result<Option<PathBuf>, Error> {
    match weights {
        Weights::Hub { name, revision, sha256 } => {
            Hub::from_env()?.fetch(&Model { name, revision, sha256: sha256.as_deref() }).map(Some)
        }
        Weights::Folder { path, sha256 } => local(project.join(path).components().collect(), sha256.as_deref()).map(Some),
        Weights::Random { .. } => Ok(None),
    }
}

/// As [`weights`], without the network: weights of the Hub that are not in the cache are an
/// [`Error::NotCached`].
pub fn cached_weights(weights: &Weights, project: &Path) -> Result<Option<PathBuf>, Error> {
    match weights {
        Weights::Hub { name, revision, sha256 } => {
            let cached = Hub::from_env()?.cached(&Model { name, revision, sha256: sha256.as_deref() })?;
            cached.map(Some).ok_or_else(|| Error::NotCached { name: name.clone(), revision: revision.clone() })
        }
        Weights::Folder { .. } | Weights::Random { .. } => self::weights(weights, project),
    }
}

fn local(path: PathBuf, pin: Option<&str>) -> Result<PathBuf, Error> {
    if !path.is_dir() {
        return Err(Error::no_folder(path));
    }
    if let Some(file) = FILES.into_iter().find(|file| !path.join(file).is_file()) {
        let help = folders::instead(&path);
        return Err(Error::IncompleteFolder { path, file, help });
    }
    check_pin(&path, pin)?;
    Ok(path)
}

/// Whether a folder's tensors are the pinned ones.
pub(super) fn check_pin(folder: &Path, pin: Option<&str>) -> Result<(), Error> {
    let Some(expected) = pin else { return Ok(()) };
    let path = folder.join("model.safetensors");
    let found = sha256(&path)?;
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(Error::WrongSha256 {
        advice:
            "delete the file and fetch it again if it is damaged; correct the sha256 in the experiment if the weights are meant"
                .into(),
        path,
        expected: expected.to_owned(),
        found,
    })
}
