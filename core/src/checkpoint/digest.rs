//! What a run's key knows of the weights it begins from.

use std::{io, path::Path};

use super::{
    Error,
    stored::{CONFIG, tensor_files},
};
use crate::{experiment::Weights, input};

/// The version of the way random weights are drawn: their digest changes with it.
const RANDOM: &str = "v1";

/// Digests weights for a run's key: BLAKE3, in hexadecimal, over `config.json` and
/// `model.safetensors` with their lengths, or over `config.json`, the index and every file that it
/// names; over the size's name where the weights are random.
///
/// `folder` is where the weights lie; random ones lie nowhere.
pub fn digest(weights: &Weights, folder: Option<&Path>) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    match (weights, folder) {
        (Weights::Random { size }, _) => {
            let name = serde_json::to_value(size).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
            hasher.update(format!("random:{name}:{RANDOM}").as_bytes());
        }
        (Weights::Hub { name, .. }, None) => return Err(nowhere(Path::new(name))),
        (Weights::Folder { path, .. }, None) => return Err(nowhere(path)),
        (Weights::Hub { .. } | Weights::Folder { .. }, Some(folder)) => {
            for file in std::iter::once(CONFIG.to_owned()).chain(tensor_files(folder)?) {
                let path = folder.join(file);
                let add = |hasher: &mut blake3::Hasher| -> io::Result<()> {
                    input::require_file(&path)?;
                    hasher.update(&fs_err::metadata(&path)?.len().to_le_bytes());
                    hasher.update_mmap_rayon(&path)?;
                    Ok(())
                };
                add(&mut hasher).map_err(|source| Error::Unreadable { path: path.clone(), source })?;
            }
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn nowhere(path: &Path) -> Error {
    Error::Unreadable { path: path.to_owned(), source: io::ErrorKind::NotFound.into() }
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

    fn of(config: &str, tensors: &str) -> String {
        let folder = folder(config, tensors);
        let weights = Weights::Folder { path: "anywhere".into(), sha256: None };
        digest(&weights, Some(folder.path())).unwrap()
    }

    #[test]
    fn the_digest_sees_the_content_and_not_the_place() {
        assert_eq!(of("{}", "tensors"), of("{}", "tensors"));
        assert_ne!(of("{}", "tensors"), of("{}", "tensorz"));
        assert_ne!(of("{}", "tensors"), of("{ }", "tensors"));
        assert_ne!(of("ab", "c"), of("a", "bc"), "a byte cannot move from one file to the other");
    }

    #[test]
    fn of_weights_in_several_files_the_digest_sees_index_and_files() {
        let write = |folder: &Path, name: &str, text: &str| fs_err::write(folder.join(name), text).unwrap();
        let of = |changed: &str| {
            let folder = tempfile::tempdir().unwrap();
            let index = r#"{"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}}"#;
            for (name, text) in [
                ("config.json", "{}"),
                ("model.safetensors.index.json", index),
                ("m-1.safetensors", "1"),
                ("m-2.safetensors", "2"),
            ] {
                let text = if name == changed { format!("{text} ") } else { text.to_owned() };
                write(folder.path(), name, &text);
            }
            write(folder.path(), "other.safetensors", changed);
            digest(&Weights::Folder { path: "anywhere".into(), sha256: None }, Some(folder.path())).unwrap()
        };
        let whole = of("");
        assert_eq!(of("other"), whole);
        for part in ["config.json", "model.safetensors.index.json", "m-1.safetensors", "m-2.safetensors"] {
            assert_ne!(of(part), whole, "{part}");
        }
    }

    #[test]
    fn random_weights_are_told_apart_by_size() {
        let of = |size| digest(&Weights::Random { size }, None).unwrap();
        assert_eq!(of(ModelSize::M8), blake3::hash(b"random:esm2-8m:v1").to_hex().to_string());
        assert_ne!(of(ModelSize::M8), of(ModelSize::M35));
    }
}
