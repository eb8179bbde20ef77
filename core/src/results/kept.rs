//! Which runs of a sweep keep the weights of their best checkpoint, and how a run says that its own
//! were removed.

use std::{fmt, io, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Error, RunFolder, manifest};
use crate::clock;

/// The runs of a sweep that keep the weights of their best checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// Every run.
    #[default]
    All,
    /// Of the configuration that the report recommends the best run by validation.
    Best,
    /// No run.
    None,
}

impl Keep {
    pub const WORDS: [&str; 3] = ["all", "best", "none"];
}

impl FromStr for Keep {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "all" => Ok(Self::All),
            "best" => Ok(Self::Best),
            "none" => Ok(Self::None),
            _ => Err(format!("it may be {}", Self::WORDS.join(", "))),
        }
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Best => "best",
            Self::None => "none",
        })
    }
}

/// `removed.json`: a run's best checkpoint was removed, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// What the sweep that removed it was told.
    pub keep: Keep,
    /// RFC 3339, UTC.
    pub when: String,
}

/// What is there of a run's best checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BestCheckpoint {
    /// The folder.
    There(PathBuf),
    Removed(Removed),
    /// Not there, and not removed by a sweep: the run has not come to one, or it is lost.
    Missing,
}

impl RunFolder {
    /// What is there of the run's best checkpoint.
    pub fn best_checkpoint(&self) -> Result<BestCheckpoint, Error> {
        let path = self.removed();
        if let Some(text) = manifest::read_if_there(&path)? {
            let removed = serde_json::from_slice(&text).map_err(|source| Error::Json { path, source })?;
            return Ok(BestCheckpoint::Removed(removed));
        }
        let best = self.best();
        Ok(if best.join("model.safetensors").is_file() { BestCheckpoint::There(best) } else { BestCheckpoint::Missing })
    }

    /// Removes the best checkpoint of a run that has ended, and gives how many bytes that frees. It
    /// is noted first: whoever misses the weights is told why.
    pub fn remove_best(&self, keep: Keep) -> Result<u64, Error> {
        let best = self.best();
        let bytes = match fs_err::read_dir(&best) {
            Ok(files) => files.flatten().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(source) => return Err(Error::read(best, source)),
        };
        if !self.removed().exists() {
            manifest::write_json(&self.removed(), &Removed { keep, when: clock::now() })?;
        }
        fs_err::remove_dir_all(&best).map_err(|source| Error::write(best, source))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_that_was_removed_is_told_from_one_that_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path().to_owned());
        assert_eq!(run.best_checkpoint().unwrap(), BestCheckpoint::Missing);
        assert_eq!(run.remove_best(Keep::None).unwrap(), 0);
        assert!(!run.removed().exists(), "nothing was removed");
        fs_err::create_dir(run.best()).unwrap();
        assert_eq!(run.best_checkpoint().unwrap(), BestCheckpoint::Missing);
        fs_err::write(run.best().join("model.safetensors"), [0; 30]).unwrap();
        fs_err::write(run.best().join("config.json"), "{}").unwrap();
        assert_eq!(run.best_checkpoint().unwrap(), BestCheckpoint::There(run.best()));
        assert_eq!(run.remove_best(Keep::Best).unwrap(), 32);
        let BestCheckpoint::Removed(removed) = run.best_checkpoint().unwrap() else { panic!("it is there") };
        assert_eq!(removed.keep, Keep::Best);
        assert!(!run.best().exists());
        // The first one to remove it counts.
        fs_err::create_dir(run.best()).unwrap();
        run.remove_best(Keep::None).unwrap();
        let BestCheckpoint::Removed(removed) = run.best_checkpoint().unwrap() else { panic!("it is there") };
        assert_eq!(removed.keep, Keep::Best);
    }

    #[test]
    fn every_word_is_read_as_it_is_told() {
        for word in Keep::WORDS {
            assert_eq!(word.parse::<Keep>().unwrap().to_string(), word);
        }
        assert!("some".parse::<Keep>().is_err());
    }
}
