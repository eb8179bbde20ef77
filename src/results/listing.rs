//! What became of a run, by the files in its folder alone.

use serde_json::{Map, Value};

use super::{
    Error, Failure, Manifest, RunFolder, RunKey, manifest,
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
