//! What lies in a results folder: the state of each run, by its files alone.

use std::io;

use serde_json::{Map, Value};

use super::{
    Error, ExperimentFolder, Failure, Manifest, RunFolder, RunKey, manifest,
    tables::{RunRow, RunStatus},
};

/// What became of a run, with the evidence.
#[derive(Debug, Clone, PartialEq)]
pub enum RunState {
    /// `run.json` is there: everything else is whole. The run finished, or diverged.
    Ended(Box<Manifest>),
    Failed(Failure),
    /// Begun and not ended: running now, or interrupted.
    Unfinished,
    /// No such folder.
    Pending,
}

impl RunState {
    #[must_use]
    pub fn status(&self) -> RunStatus {
        match self {
            Self::Ended(manifest) => manifest.status.into(),
            Self::Failed(_) => RunStatus::Failed,
            Self::Unfinished => RunStatus::Unfinished,
            Self::Pending => RunStatus::Pending,
        }
    }

    /// The row of `runs.parquet`. `point` names the grid keys of the plan, which may be others than when the run was made: the
    /// key says that its settings are the same.
    #[must_use]
    pub fn row(&self, key: &RunKey, point: &Map<String, Value>) -> RunRow {
        let without = |failure| RunRow::without_manifest(key.clone(), self.status(), point.clone(), failure);
        match self {
            Self::Ended(manifest) => RunRow { point: point.clone(), ..RunRow::finished(manifest) },
            Self::Failed(failure) => without(Some(failure.message.clone())),
            Self::Unfinished | Self::Pending => without(None),
        }
    }
}

/// One folder under `runs/`.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRun {
    pub key: RunKey,
    pub folder: RunFolder,
    pub state: RunState,
}

impl RunFolder {
    /// What became of the run.
    pub fn state(&self) -> Result<RunState, Error> {
        if let Some(manifest) = manifest::read(self)? {
            return Ok(RunState::Ended(Box::new(manifest)));
        }
        if let Some(failure) = Failure::read(self)? {
            return Ok(RunState::Failed(failure));
        }
        Ok(if self.path().is_dir() { RunState::Unfinished } else { RunState::Pending })
    }
}

impl ExperimentFolder {
    /// Every run that has a folder, in the order of the keys; none where the experiment was never run.
    ///
    /// A name that is no run key, and a link that might lead elsewhere, is not a run.
    pub fn load_runs(&self) -> Result<Vec<StoredRun>, Error> {
        let path = self.runs();
        let unreadable = |source| Error::read(&path, source);
        let entries = match fs_err::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut keys: Vec<RunKey> = Vec::new();
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            let key = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if let Some(key) = key
                && entry.file_type().map_err(unreadable)?.is_dir()
            {
                keys.push(key);
            }
        }
        keys.sort();
        keys.into_iter()
            .map(|key| {
                let folder = self.run(&key);
                Ok(StoredRun { state: folder.state()?, key, folder })
            })
            .collect()
    }
}
