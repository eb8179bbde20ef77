//! The inputs of an experiment as its lock names them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Error;
use crate::fetch::{digest::sha256, uniprot};
use titer_core::{
    data,
    experiment::{self, ModelSize, Paths, Settings},
};

/// A source of proteins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Data {
    File {
        /// As the experiment names it; of an absolute path the file name.
        path: PathBuf,
        rows: usize,
        sha256: String,
        /// UniProt's, where `titer fetch` made the file.
        #[serde(skip_serializing_if = "Option::is_none")]
        release: Option<String>,
    },
    /// Several files, by split where the experiment names those of each.
    Files {
        path: Paths,
        rows: usize,
        /// BLAKE3 of the files' digests and splits.
        digest: String,
    },
    Synthetic {
        rows: usize,
        /// BLAKE3 of the generator's version and settings.
        digest: String,
    },
}

/// What a model starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Weights {
    Hub {
        name: String,
        revision: String,
        /// Of `config.json`.
        config_sha256: String,
        /// Of `model.safetensors`.
        model_sha256: String,
    },
    Folder {
        path: PathBuf,
        config_sha256: String,
        model_sha256: String,
    },
    Random {
        size: ModelSize,
    },
}

impl Data {
    /// Looks at the data of a run; `digest` is the one that its key counts.
    pub fn look(settings: &Settings, digest: &str, project: &Path) -> Result<Self, Error> {
        let rows = data::count(&settings.data, &settings.split, project)?;
        let digest = digest.to_owned();
        let Some(paths) = settings.data.source.paths() else { return Ok(Self::Synthetic { rows, digest }) };
        let Some(path) = paths.one().filter(|path| project.join(path).exists()) else {
            let mut path = paths.clone();
            path.iter_mut().for_each(|path| *path = relative(path));
            return Ok(Self::Files { path, rows, digest });
        };
        let location = project.join(path);
        let sha256 = sha256(&location)?;
        // A file that was changed since is of no release.
        let release = uniprot::Source::read(&location).filter(|source| source.sha256 == sha256).map(|source| source.release);
        Ok(Self::File { path: relative(path), rows, sha256, release })
    }
}

impl Weights {
    /// Looks at the weights of a run; `folder` is where they lie, unless they are random.
    pub fn look(weights: &experiment::Weights, folder: Option<&Path>) -> Result<Self, Error> {
        let of = |file: &str| sha256(&folder.unwrap_or(Path::new("")).join(file));
        Ok(match weights {
            experiment::Weights::Random { size } => Self::Random { size: *size },
            experiment::Weights::Hub { name, revision, .. } => Self::Hub {
                name: name.clone(),
                revision: revision.clone(),
                config_sha256: of("config.json")?,
                model_sha256: of("model.safetensors")?,
            },
            experiment::Weights::Folder { path, .. } => {
                Self::Folder { path: relative(path), config_sha256: of("config.json")?, model_sha256: of("model.safetensors")? }
            }
        })
    }
}

/// A lock says nothing about the folders of the machine that made it.
fn relative(path: &Path) -> PathBuf {
    if path.is_absolute() { path.file_name().map(PathBuf::from).unwrap_or_default() } else { path.to_owned() }
}
