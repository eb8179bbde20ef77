//! Runs that ended before, read only as far as it takes to compare them with others: those of
//! another format too.

use std::{io::Read as _, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Error, ExperimentFolder, FORMAT, Format, RunFolder, manifest::read_if_there};

/// What a `run.json` of any format says of a run's identity.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct EarlierRun {
    pub format: Format,
    /// Absent in what titers before 4.0 wrote.
    #[serde(default)]
    pub semantics: Option<u64>,
    pub key: String,
    #[serde(default)]
    pub point: Map<String, Value>,
    pub settings: Map<String, Value>,
    pub inputs: Map<String, Value>,
    #[serde(default)]
    pub outcome: End,
}

/// When a run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct End {
    /// RFC 3339, UTC.
    #[serde(default)]
    pub finished: String,
}

/// Runs that an older titer left, which this one does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OlderRuns {
    pub count: usize,
    /// The newest format among them.
    pub format: Format,
}

impl ExperimentFolder {
    /// The ended runs of formats before this titer's, where there are any. They have keys of their
    /// own: nothing touches them.
    #[must_use]
    pub fn older_runs(&self) -> Option<OlderRuns> {
        let entries = fs_err::read_dir(self.runs()).into_iter().flatten();
        let formats = entries.filter_map(|entry| format_of(&RunFolder::at(entry.ok()?.path()).manifest()));
        let older: Vec<Format> = formats.filter(|format| format.major < FORMAT.major).collect();
        older.iter().max().map(|&format| OlderRuns { count: older.len(), format })
    }

    /// The runs that ended, by key, whatever plan they were made for. What is no `run.json` of any
    /// format is passed over.
    pub fn earlier_runs(&self) -> Result<Vec<EarlierRun>, Error> {
        let entries = match fs_err::read_dir(self.runs()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(Error::read(self.runs(), source)),
        };
        let mut runs: Vec<EarlierRun> = entries
            .filter_map(|entry| read_if_there(&RunFolder::at(entry.ok()?.path()).manifest()).ok()?)
            .filter_map(|text| serde_json::from_slice(&text).ok())
            .collect();
        runs.sort_by(|one, two| one.key.cmp(&two.key));
        Ok(runs)
    }
}

/// The format of a `run.json`, by its beginning: there may be thousands.
fn format_of(manifest: &Path) -> Option<Format> {
    let mut start = String::new();
    fs_err::File::open(manifest).ok()?.take(64).read_to_string(&mut start).ok()?;
    let (_, rest) = start.split_once("\"format\":")?;
    Format::of(&serde_json::from_str(rest.split(',').next()?.trim()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_that_ended_is_found_and_invalid_files_are_passed_over() {
        let results = tempfile::tempdir().unwrap();
        let folder = ExperimentFolder::new(results.path(), &"lr".parse().unwrap());
        assert_eq!(folder.earlier_runs().unwrap(), []);
        let files = [
            ("b", r#"{ "format": "99.0", "key": "b", "settings": {}, "inputs": {}, "more": 1 }"#),
            ("a", r#"{ "format": 1, "key": "a", "settings": {}, "inputs": {}, "outcome": { "finished": "2026" } }"#),
            ("c", "no JSON"),
            ("d", "[]"),
        ];
        for (name, text) in files {
            fs_err::create_dir_all(folder.runs().join(name)).unwrap();
            fs_err::write(folder.runs().join(name).join("run.json"), text).unwrap();
        }
        fs_err::create_dir_all(folder.runs().join("unfinished")).unwrap();
        assert_eq!(folder.older_runs(), Some(OlderRuns { count: 1, format: "1".parse().unwrap() }));
        let found: Vec<(String, String)> =
            folder.earlier_runs().unwrap().into_iter().map(|run| (run.format.to_string(), run.outcome.finished)).collect();
        assert_eq!(found, [("1".to_owned(), "2026".to_owned()), ("99.0".to_owned(), String::new())]);
    }
}
