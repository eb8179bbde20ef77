//! The folder a run's weights lie in, wherever they come from.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{
    Error,
    digest::{hex, sha256},
    folders,
    hub::{Hub, Model},
};
use titer_core::{
    checkpoint::{self, CONFIG},
    experiment::Weights,
};

/// Gives the folder with `config.json` and the tensors, fetched from the Hub where it is not in the
/// cache; `None` for random weights. What is pinned by sha256 is checked every time.
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
    let path = folders::meant(path)?;
    let is_missing = |file: &String| !path.join(file).is_file();
    let files = std::iter::once(CONFIG.to_owned()).chain(checkpoint::tensor_files(&path)?);
    if let Some(file) = files.into_iter().find(is_missing) {
        let help = folders::instead(&path);
        return Err(Error::IncompleteFolder { path, file, help });
    }
    check_pin(&path, pin)?;
    Ok(path)
}

/// What `model.sha256` pins: the SHA-256 of `model.safetensors`; where the tensors lie in several
/// files, that of what `sha256sum` prints for the index and then the files in order of their names.
pub fn tensors_sha256(folder: &Path) -> Result<String, Error> {
    let files = checkpoint::tensor_files(folder)?;
    if let [only] = files.as_slice() {
        return sha256(&folder.join(only));
    }
    let mut printed = String::new();
    for file in files {
        // Writing into a String cannot fail.
        let _ = writeln!(printed, "{}  {file}", sha256(&folder.join(&file))?);
    }
    Ok(hex(&Sha256::digest(printed)))
}

/// Whether a folder's tensors are the pinned ones.
pub(super) fn check_pin(folder: &Path, pin: Option<&str>) -> Result<(), Error> {
    let Some(expected) = pin else { return Ok(()) };
    let found = tensors_sha256(folder)?;
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    let files = checkpoint::tensor_files(folder)?;
    let advice = if files.len() == 1 {
        "delete the file and fetch it again if it is damaged; correct the sha256 in the experiment if the weights are meant"
    } else {
        "for weights in several files model.sha256 pins them all: `sha256sum model.safetensors.index.json model-*.safetensors | sha256sum`, called in the folder, prints it"
    };
    Err(Error::WrongSha256 { path: folder.join(&files[0]), expected: expected.to_owned(), found, advice: advice.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_in_several_files_have_the_digest_that_sha256sum_prints() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).unwrap();
        write("model.safetensors.index.json", r#"{"weight_map": {"a": "model-2.safetensors", "b": "model-1.safetensors"}}"#);
        write("model-1.safetensors", "one");
        write("model-2.safetensors", "two");
        // sha256sum model.safetensors.index.json model-*.safetensors | sha256sum
        let expected = "e68646893420869a0ad2a87c5db5b92de51d6e48ab52ca2e7bd4935035e64c07";
        assert_eq!(tensors_sha256(folder.path()).unwrap(), expected);
        check_pin(folder.path(), Some(expected)).unwrap();
        assert!(matches!(check_pin(folder.path(), Some("0")), Err(Error::WrongSha256 { .. })));
        write("model.safetensors", "whole");
        assert_eq!(tensors_sha256(folder.path()).unwrap(), sha256(&folder.path().join("model.safetensors")).unwrap());
    }
}
