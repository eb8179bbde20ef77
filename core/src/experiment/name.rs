//! What an experiment may be called: its name is a folder under `results/`, on any system, and a
//! part of an address.

use std::{fmt, path::Path, str::FromStr};

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The longest name, in letters, and in bytes: no file system takes more than 255.
const MOST_LETTERS: usize = 100;
const MOST_BYTES: usize = 200;

/// What may stand in a name beside letters and digits.
const SIGNS: &str = "-_.+()@,=";

/// Names that Windows keeps for devices, with any extension.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Extensions that editors and people give to copies.
const COPIES: [&str; 11] = ["bak", "backup", "old", "orig", "save", "saved", "copy", "tmp", "rej", "swp", "swo"];

/// The name of an experiment: letters and digits of any language and `-_.+()@,=`, composed as
/// Unicode's NFC has it, so that one name is one folder everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExperimentName(String);

impl ExperimentName {
    /// The name that an experiment file gives.
    pub fn of_file(path: &Path) -> Result<Self, InvalidName> {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default();
        if COPIES.contains(&extension.as_str()) || file.ends_with('~') || (file.starts_with('#') && file.ends_with('#')) {
            let reason = "it is a copy that an editor or somebody put aside; rename it to end in .toml to run it".to_owned();
            return Err(InvalidName { name: file, reason });
        }
        path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default().parse()
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ExperimentName {
    type Err = InvalidName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        // Some systems store a letter and its accent apart.
        let name: String = name.nfc().collect();
        match fault(&name) {
            Some(reason) => Err(InvalidName { name, reason }),
            None => Ok(Self(name)),
        }
    }
}

/// Why a name cannot be one.
fn fault(name: &str) -> Option<String> {
    let Some(first) = name.chars().next() else { return Some("it is empty".to_owned()) };
    let allowed = |letter: &char| letter.is_alphanumeric() || is_combining_mark(*letter) || SIGNS.contains(*letter);
    if let Some(other) = name.chars().find(|letter| !allowed(letter)) {
        let shown = if other == ' ' { "a space".to_owned() } else { format!("{other:?}") };
        return Some(format!("{shown} cannot stand in it: use letters and digits of any language, and {SIGNS}"));
    }
    if matches!(first, '-' | '.') || is_combining_mark(first) {
        return Some(format!("it begins with {first:?}: begin with a letter or a digit"));
    }
    if name.ends_with('.') {
        return Some("it ends with a dot, which Windows takes away".to_owned());
    }
    if name.chars().count() > MOST_LETTERS || name.len() > MOST_BYTES {
        return Some(format!("it is longer than {MOST_LETTERS} letters or {MOST_BYTES} bytes"));
    }
    let stem = name.split('.').next().unwrap_or_default().to_lowercase();
    let numbered = ["com", "lpt"].iter().any(|port| {
        let number = stem.strip_prefix(port).unwrap_or_default();
        number.len() == 1 && number.bytes().all(|digit| digit.is_ascii_digit())
    });
    (numbered || DEVICES.contains(&stem.as_str())).then(|| "Windows keeps that name for a device".to_owned())
}

impl TryFrom<String> for ExperimentName {
    type Error = InvalidName;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<ExperimentName> for String {
    fn from(name: ExperimentName) -> Self {
        name.0
    }
}

impl fmt::Display for ExperimentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name that cannot name a folder under `results/`.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{name:?} cannot name an experiment: {reason}")]
pub struct InvalidName {
    pub name: String,
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(file: &str) -> String {
        ExperimentName::of_file(Path::new(file)).unwrap_err().reason
    }

    #[test]
    fn a_name_has_letters_of_any_language_and_signs_that_are_safe_in_a_folder() {
        for name in [
            "lr",
            "lr_sweep-v1.2",
            "größe",
            "β-sweep",
            "実験",
            "esm2+lora",
            "lr(1)",
            "a@b",
            "exp,final",
            "lr=1e-3",
            "हिन्दी",
            "اختبار",
        ] {
            let parsed = ExperimentName::of_file(Path::new(&format!("experiments/{name}.toml"))).unwrap();
            assert_eq!(parsed.as_str(), name);
        }
    }

    #[test]
    fn one_name_is_one_folder_however_its_letters_are_composed() {
        let (composed, apart): (ExperimentName, ExperimentName) =
            ("gr\u{f6}\u{df}e".parse().unwrap(), "gro\u{308}\u{df}e".parse().unwrap());
        assert_eq!(composed, apart);
        assert_eq!(apart.as_str(), "gr\u{f6}\u{df}e");
    }

    #[test]
    fn what_is_no_safe_folder_is_refused_with_the_reason() {
        for (file, reason) in [
            ("a b.toml", "a space cannot stand in it"),
            ("a\u{a0}b.toml", "'\\u{a0}' cannot stand in it"),
            ("a\u{202e}b.toml", "'\\u{202e}' cannot stand in it"),
            ("a\u{200b}b.toml", "'\\u{200b}' cannot stand in it"),
            ("a\tb.toml", "'\\t' cannot stand in it"),
            ("a:b.toml", "':' cannot stand in it"),
            ("a#b.toml", "'#' cannot stand in it"),
            ("a%20b.toml", "'%' cannot stand in it"),
            ("a'b.toml", "cannot stand in it"),
            ("-lr.toml", "it begins with '-'"),
            ("...toml", "it begins with '.'"),
            ("\u{301}a.toml", "it begins with"),
            ("a..toml", "it ends with a dot"),
            ("CON.toml", "Windows keeps that name"),
            ("nul.v2.toml", "Windows keeps that name"),
            ("com1.toml", "Windows keeps that name"),
            ("lr.toml.bak", "it is a copy"),
            ("lr.toml~", "it is a copy"),
            ("lr.orig", "it is a copy"),
            ("#lr.toml#", "it is a copy"),
            (".lr.toml.swp", "it is a copy"),
            ("", "it is empty"),
        ] {
            assert!(refused(file).contains(reason), "{file}: {}", refused(file));
        }
        assert!(refused(&format!("{}.toml", "n".repeat(101))).contains("longer than"));
        assert!(refused(&format!("{}.toml", "実".repeat(67))).contains("longer than"));
        for fine in ["com.toml", "lpt10.toml", "console.toml", "old.toml", "a.bak2.toml"] {
            assert!(ExperimentName::of_file(Path::new(fine)).is_ok(), "{fine}");
        }
    }
}
