//! Digests: SHA-256 where a file is pinned, BLAKE3 where a run's key depends on what it reads.

use std::{
    io::{self, Read},
    path::Path,
};

use sha2::{Digest, Sha256};

use super::Error;
use crate::{experiment::Weights, input};

/// The files of a weights folder that decide what a model computes.
pub(super) const FILES: [&str; 2] = ["config.json", "model.safetensors"];

/// The version of the way random weights are drawn: their digest changes with it.
const RANDOM: &str = "v1";

/// Digests weights for a run's key: BLAKE3, in hexadecimal, over `config.json` and `model.safetensors` with their lengths; over the
/// size's name where the weights are random.
///
/// `folder` is what [`weights`](super::weights) gave for the same weights.
pub fn weights_digest(weights: &Weights, folder: Option<&Path>) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    match (weights, folder) {
        (Weights::Random { size }, _) => {
            let name = serde_json::to_value(size).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
            hasher.update(format!("random:{name}:{RANDOM}").as_bytes());
        }
        (Weights::Hub { name, revision, .. }, None) => {
            return Err(Error::NotCached { name: name.clone(), revision: revision.clone() });
        }
        (Weights::Folder { path, .. }, None) => return Err(Error::no_folder(path.clone())),
        (Weights::Hub { .. } | Weights::Folder { .. }, Some(folder)) => {
            for file in FILES {
                let path = folder.join(file);
                let add = |hasher: &mut blake3::Hasher| -> io::Result<()> {
                    input::require_file(&path)?;
                    hasher.update(&fs_err::metadata(&path)?.len().to_le_bytes());
                    hasher.update_mmap_rayon(&path)?;
                    Ok(())
                };
                add(&mut hasher).map_err(|source| Error::Read { path: path.clone(), source })?;
            }
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// The SHA-256 of a file, in hexadecimal.
pub fn sha256(path: &Path) -> Result<String, Error> {
    let digest = || -> io::Result<String> {
        let mut file = input::open(path)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(hex(&hasher.finalize())),
                n => hasher.update(&buffer[..n]),
            }
        }
    };
    digest().map_err(|source| Error::Read { path: path.to_owned(), source })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::ModelSize;

    fn folder(config: &str, tensors: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("config.json"), config).unwrap();
        fs_err::write(folder.path().join("model.safetensors"), tensors).unwrap();
        folder
    }

    fn digest(config: &str, tensors: &str) -> String {
        let folder = folder(config, tensors);
        let weights = Weights::Folder { path: "anywhere".into(), sha256: None };
        weights_digest(&weights, Some(folder.path())).unwrap()
    }

    #[test]
    fn the_digest_sees_the_content_and_not_the_place() {
        assert_eq!(digest("{}", "tensors"), digest("{}", "tensors"));
        assert_ne!(digest("{}", "tensors"), digest("{}", "tensorz"));
        assert_ne!(digest("{}", "tensors"), digest("{ }", "tensors"));
        assert_ne!(digest("ab", "c"), digest("a", "bc"), "a byte cannot move from one file to the other");
    }

    #[test]
    fn random_weights_are_told_apart_by_size() {
        let of = |size| weights_digest(&Weights::Random { size }, None).unwrap();
        assert_eq!(of(ModelSize::M8), blake3::hash(b"random:esm2-8m:v1").to_hex().to_string());
        assert_ne!(of(ModelSize::M8), of(ModelSize::M35));
    }

    #[test]
    fn sha256_is_the_known_one() {
        let folder = folder("abc", "");
        let of = |file: &str| sha256(&folder.path().join(file)).unwrap();
        assert_eq!(of("config.json"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(of("model.safetensors"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
