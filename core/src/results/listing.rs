//! What became of a run, by the files in its folder alone: every command and table uses these words
//! for it.

use serde_json::{Map, Value};

use super::{
    Claim, Failure, Manifest, RunFolder, RunKey, manifest,
    tables::{RunRow, RunStatus},
};

/// What became of a run, with the evidence.
#[derive(Debug, Clone, PartialEq)]
pub enum RunState {
    /// `run.json` is there: everything else is whole. The run finished, or diverged.
    Ended(Box<Manifest>),
    Failed(Failure),
    /// What lies there cannot be used: another titer wrote it, or it is broken. Nothing of it is
    /// overwritten.
    Unusable {
        message: String,
        hint: Option<String>,
    },
    /// Someone works on it now.
    Running,
    /// Begun and not ended, and nobody works on it: it goes on from its last checkpoint.
    Interrupted,
    /// No such folder.
    Pending,
}

impl RunState {
    #[must_use]
    pub fn status(&self) -> RunStatus {
        match self {
            Self::Ended(manifest) => manifest.status.into(),
            Self::Failed(_) | Self::Unusable { .. } => RunStatus::Failed,
            Self::Running => RunStatus::Running,
            Self::Interrupted => RunStatus::Interrupted,
            Self::Pending => RunStatus::Pending,
        }
    }

    /// The row of `runs.parquet`. `point` names the grid keys of the plan, which may be others than
    /// when the run was made: the key says that its settings are the same.
    #[must_use]
    pub fn row(&self, key: &RunKey, point: &Map<String, Value>) -> RunRow {
        let without = |failure| RunRow::without_manifest(key.clone(), self.status(), point.clone(), failure);
        match self {
            Self::Ended(manifest) => RunRow { point: point.clone(), ..RunRow::finished(manifest) },
            Self::Failed(Failure { message, .. }) | Self::Unusable { message, .. } => without(Some(message.clone())),
            Self::Running | Self::Interrupted | Self::Pending => without(None),
        }
    }
}

impl RunFolder {
    /// What became of the run.
    #[must_use]
    pub fn state(&self) -> RunState {
        match manifest::read(self) {
            Ok(Some(manifest)) => return RunState::Ended(Box::new(manifest)),
            Ok(None) => {}
            Err(error) => {
                let hint = miette::Diagnostic::help(&error).map(|help| help.to_string());
                // What is said of a run is part of the results: it does not tell where on a machine they lie.
                let message = error.to_string().replace(&format!("{}/", self.path().display()), "");
                return RunState::Unusable { message, hint };
            }
        }
        match Failure::read(self) {
            Ok(Some(failure)) => RunState::Failed(failure),
            // It was a failure, whatever its words were.
            Ok(None) | Err(_) if Claim::is_taken(self) => RunState::Running,
            Ok(None) | Err(_) if self.path().is_dir() => RunState::Interrupted,
            Ok(None) | Err(_) => RunState::Pending,
        }
    }
}
