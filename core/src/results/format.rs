//! The version that every file of the results bears, and which versions are read.

use std::{fmt, path::Path, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use super::Error;

/// The version of `run.json` and of the tables beside it: how they are laid out. What decides
/// what a run gives is [`crate::identity::SEMANTICS`]; the format takes no part in a run's key.
///
/// The minor version rises with what older files do without: they are still read. The major one
/// rises where a file is laid out otherwise: files of another are refused.
///
/// - 1: the first.
/// - 2: the commit, the attempts, whether the run repeats bit for bit, the digests of its files.
/// - 3: data is read by other rules (lower case, missing values, quotes in TSV, duplicate ids).
/// - 4.0: tables and fields have other names (`selected_epoch`, `baselines.parquet`); settings are
///   spelled as in the experiment file; semantics, kernels and GPU architecture.
pub const FORMAT: Format = Format { major: 4, minor: 0 };

/// A version, written `4.0`. Versions up to 3 had one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Format {
    pub major: u32,
    pub minor: u32,
}

impl Format {
    /// Refuses a file of this version where a titer of the version `known` cannot read it.
    pub(super) fn check(found: Option<Self>, known: Self, path: &Path) -> Result<(), Error> {
        let path = path.to_owned();
        match found {
            None => Err(Error::NoFormat { path }),
            Some(found) if found > known => Err(Error::TooNew { path, found, known }),
            Some(found) if found.major < known.major => Err(Error::TooOld { path, found, known }),
            Some(_) => Ok(()),
        }
    }

    /// The version that a value says, a text or the number that it was before.
    pub(super) fn of(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { major, minor } = self;
        if *major < 4 { write!(f, "{major}") } else { write!(f, "{major}.{minor}") }
    }
}

/// A text that is no version.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a version is two numbers, such as {FORMAT}")]
pub struct NoVersion;

impl FromStr for Format {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
        let number = |text: &str| text.parse().map_err(|_| NoVersion);
        Ok(Self { major: number(major)?, minor: number(minor)? })
    }
}

impl Serialize for Format {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => text.parse().map_err(de::Error::custom),
            value => value.to_string().parse().map_err(de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(found: &str) -> Result<(), Error> {
        Format::check(found.parse().ok(), Format { major: 5, minor: 2 }, Path::new("run.json"))
    }

    #[test]
    fn older_minor_versions_are_read_and_all_others_are_refused() {
        for read in ["5.0", "5.1", "5.2"] {
            assert!(checked(read).is_ok(), "{read}");
        }
        for old in ["1", "3", "4.9"] {
            assert!(matches!(checked(old), Err(Error::TooOld { .. })), "{old}");
        }
        for new in ["5.3", "6.0", "6"] {
            assert!(matches!(checked(new), Err(Error::TooNew { .. })), "{new}");
        }
        assert!(matches!(checked("five"), Err(Error::NoFormat { .. })));
    }

    #[test]
    fn a_version_is_written_and_read_as_one_text_and_an_old_one_as_a_number() {
        for (json, text) in [("3", "3"), ("\"4.0\"", "4.0"), ("\"4.10\"", "4.10")] {
            let format: Format = serde_json::from_str(json).unwrap();
            assert_eq!(format.to_string(), text);
            assert_eq!(serde_json::to_value(format).unwrap(), text);
        }
        for none in ["true", "\"\"", "\"4.0.1\"", "-1", "{}"] {
            assert!(serde_json::from_str::<Format>(none).is_err(), "{none}");
        }
    }
}
