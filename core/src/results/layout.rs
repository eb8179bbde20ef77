//! Where each file of an experiment's results lies.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::experiment::ExperimentName;

/// The name of a run's result: the first 16 hexadecimal digits of the BLAKE3 hash of everything
/// that decides it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunKey(String);

impl RunKey {
    pub const LENGTH: usize = 16;

    /// The first digits of a hash.
    #[must_use]
    pub fn from_hash(hash: &blake3::Hash) -> Self {
        Self(hash.to_hex()[..Self::LENGTH].to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunKey {
    type Err = InvalidKey;

    fn from_str(key: &str) -> Result<Self, Self::Err> {
        let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if key.len() == Self::LENGTH && key.chars().all(hex) {
            Ok(Self(key.to_owned()))
        } else {
            Err(InvalidKey { key: key.to_owned() })
        }
    }
}

impl TryFrom<String> for RunKey {
    type Error = InvalidKey;

    fn try_from(key: String) -> Result<Self, Self::Error> {
        key.parse()
    }
}

impl From<RunKey> for String {
    fn from(key: RunKey) -> Self {
        key.0
    }
}

impl fmt::Display for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Clone, thiserror::Error)]
#[error("{key:?} is not a run key: {} hexadecimal digits, in lower case", RunKey::LENGTH)]
pub struct InvalidKey {
    pub key: String,
}

/// `results/<experiment>/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExperimentFolder {
    root: PathBuf,
}

impl ExperimentFolder {
    #[must_use]
    pub fn new(results: &Path, name: &ExperimentName) -> Self {
        Self { root: results.join(name.as_str()) }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The experiment file as it was run.
    #[must_use]
    pub fn experiment(&self) -> PathBuf {
        self.root.join("experiment.toml")
    }

    #[must_use]
    pub fn dataset(&self) -> PathBuf {
        self.root.join("dataset.parquet")
    }

    /// What simple methods predict for the test proteins.
    #[must_use]
    pub fn baselines(&self) -> PathBuf {
        self.root.join("baselines.parquet")
    }

    /// The data card, as `titer describe --json` prints it.
    #[must_use]
    pub fn card(&self) -> PathBuf {
        self.root.join("dataset.json")
    }

    #[must_use]
    pub fn runs_table(&self) -> PathBuf {
        self.root.join("runs.parquet")
    }

    #[must_use]
    pub fn report(&self) -> PathBuf {
        self.root.join("report.html")
    }

    /// Which file the folder belongs to, and how its last sweep was called.
    #[must_use]
    pub fn last_sweep(&self) -> PathBuf {
        self.root.join("sweep.json")
    }

    /// Locked by every sweep that goes on here, shared.
    #[must_use]
    pub fn sweeping(&self) -> PathBuf {
        self.root.join(".sweeping")
    }

    /// Locked while the files that sweeps share are written.
    #[must_use]
    pub fn writing(&self) -> PathBuf {
        self.root.join(".writing")
    }

    /// What the report was made from, as a digest.
    #[must_use]
    pub fn report_origin(&self) -> PathBuf {
        self.root.join(".report")
    }

    #[must_use]
    pub fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    #[must_use]
    pub fn run(&self, key: &RunKey) -> RunFolder {
        RunFolder { root: self.runs().join(key.as_str()) }
    }
}

/// `results/<experiment>/runs/<key>/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    root: PathBuf,
}

impl RunFolder {
    /// A run's folder wherever it lies; the worker is told its own.
    #[must_use]
    pub const fn at(root: PathBuf) -> Self {
        Self { root }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Written last: a folder without it is unfinished.
    #[must_use]
    pub fn manifest(&self) -> PathBuf {
        self.root.join("run.json")
    }

    #[must_use]
    pub fn steps(&self) -> PathBuf {
        self.root.join("steps.parquet")
    }

    #[must_use]
    pub fn epochs(&self) -> PathBuf {
        self.root.join("epochs.parquet")
    }

    #[must_use]
    pub fn metrics(&self) -> PathBuf {
        self.root.join("metrics.parquet")
    }

    #[must_use]
    pub fn predictions(&self) -> PathBuf {
        self.root.join("predictions.parquet")
    }

    /// The best checkpoint, a Hugging Face folder.
    #[must_use]
    pub fn best(&self) -> PathBuf {
        self.root.join("best")
    }

    /// Says that the best checkpoint was removed; absent while it is there.
    #[must_use]
    pub fn removed(&self) -> PathBuf {
        self.root.join("removed.json")
    }

    /// What the workers wrote to their standard error. Its lock is the claim on the run
    /// ([`super::Claim`]).
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.root.join("log.txt")
    }

    /// Where an unfinished run stands; gone once it has ended.
    #[must_use]
    pub fn checkpoint(&self) -> PathBuf {
        self.root.join("checkpoint.safetensors")
    }

    /// The best checkpoint so far, of this epoch, while the run goes on; at its end it becomes
    /// [`Self::best`].
    #[must_use]
    pub fn best_of(&self, epoch: u32) -> PathBuf {
        self.root.join(format!("best-{epoch}"))
    }

    /// How far a run is that goes on.
    #[must_use]
    pub fn live(&self) -> PathBuf {
        self.root.join("live.json")
    }

    /// Why the last attempt failed; absent once the run is finished.
    #[must_use]
    pub fn failure(&self) -> PathBuf {
        self.root.join("failure.json")
    }
}
