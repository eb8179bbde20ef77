//! One run as a folder that the Hugging Face Hub and `transformers` take as it is, with a model
//! card.

mod weights;

use std::{
    io,
    path::{Path, PathBuf},
};

use miette::Diagnostic;
use serde_json::{Map, Value};

use crate::predict::{self, Ensemble};
use titer_core::{exit::Exit, results};
use titer_report::{self as report, Inputs};

/// The config's key for how labels were scaled, which an exported model has no need of.
const SCALING: &str = "titer_scaling";

#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    #[error("{} exists", path.display())]
    #[diagnostic(help("name a folder that does not exist, or an empty one: nothing is overwritten"))]
    Exists { path: PathBuf },

    #[error("{} is not the model that its run left", path.display())]
    #[diagnostic(help("delete the run's folder and sweep again"))]
    Model { path: PathBuf, source: safetensors::SafeTensorError },

    #[error(transparent)]
    #[diagnostic(transparent)]
    Predict(#[from] predict::Error),

    #[error(transparent)]
    #[diagnostic(transparent)]
    Results(#[from] results::Error),
}

impl Error {
    /// The code the process ends with.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Exists { .. } => Exit::Usage,
            Self::Model { .. } => Exit::Input,
            Self::Predict(error) => error.exit(),
            Self::Results(error) => error.exit(),
        }
    }
}

/// Writes the one run of an ensemble to a folder, which appears whole or not at all.
pub fn export(ensemble: &Ensemble, inputs: &Inputs, folder: &Path) -> Result<(), Error> {
    // A name that ends in no name, such as `.`, and a link are what they lead to.
    let real = fs_err::canonicalize(folder);
    let folder = real.as_deref().unwrap_or(folder);
    let is_empty = || fs_err::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if folder.symlink_metadata().is_ok() && !is_empty() {
        return Err(Error::Exists { path: folder.to_owned() });
    }
    let checkpoints = ensemble.weights()?;
    let (best, manifest) = (&checkpoints[0], &ensemble.runs[0].manifest);
    let write = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| results::Error::write(path, source)
    };
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs_err::create_dir_all(parent).map_err(write(parent))?;
    let partial = tempfile::Builder::new().prefix(".export").tempdir_in(parent).map_err(write(folder))?;
    for (name, _) in manifest.files.iter().filter(|(name, _)| name.starts_with("best/")) {
        let name = name.trim_start_matches("best/");
        let (from, to) = (best.join(name), partial.path().join(name));
        match (name, manifest.outcome.scaling) {
            ("config.json", Some(_)) => config(&from, &to)?,
            ("model.safetensors", Some(scaling)) => weights::unscaled(&from, &to, scaling)?,
            _ => fs_err::copy(&from, &to).map(|_| ()).map_err(write(&to))?,
        }
    }
    let run = inputs.runs.iter().position(|run| run.manifest.key == manifest.key).unwrap_or_default();
    let card = partial.path().join("README.md");
    fs_err::write(&card, report::model_card(inputs, run)).map_err(write(&card))?;
    readable(partial.path()).map_err(write(folder))?;
    fs_err::rename(partial.path(), folder).map_err(write(folder))?;
    // Its name is another now: there is nothing to remove.
    let _ = partial.keep();
    Ok(())
}

/// The config without the scale: the model gives numbers in the data's unit.
fn config(from: &Path, to: &Path) -> Result<(), Error> {
    let text = fs_err::read(from).map_err(|source| results::Error::read(from, source))?;
    let mut config: Map<String, Value> =
        serde_json::from_slice(&text).map_err(|source| results::Error::Json { path: from.to_owned(), source })?;
    config.remove(SCALING);
    let text = format!("{:#}\n", Value::Object(config));
    Ok(fs_err::write(to, text).map_err(|source| results::Error::write(to, source))?)
}

/// A temporary folder is its owner's alone: this one is as any other.
fn readable(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let plain = tempfile::Builder::new().permissions(PermissionsExt::from_mode(0o777)).tempdir_in(folder)?;
        let mode = fs_err::metadata(plain.path())?.permissions();
        plain.close()?;
        fs_err::set_permissions(folder, mode)?;
    }
    Ok(())
}
