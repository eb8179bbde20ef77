//! `sweep.json`: which experiment file a results folder belongs to, and how its last sweep was
//! called.
//!
//! A folder bears its file's name, and two files may have one name. The first that is swept has the
//! folder; a file that was edited is still the same file, and one that was moved still has its
//! results where nothing lies in its old place.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Error, ExperimentFolder, manifest};
use crate::experiment::{Precision, set_without_absolute_paths};

/// What the last sweep noted of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSweep {
    pub file: ExperimentFile,
    pub call: Call,
    /// What `train.precision = "auto"` was, where a run left it to the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
}

/// An experiment file, as results know it again on any machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExperimentFile {
    /// From the folder that the results folder lies in; the name alone where the file lies
    /// elsewhere.
    path: String,
    /// The digest of the place of a file elsewhere: results name no folders of a machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

/// The call that makes the results again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The experiment file, as it was given.
    pub file: String,
    /// The folder of all results, where it was not `results`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<String>,
    /// Each `--set`.
    #[serde(default)]
    pub set: Vec<String>,
    /// Absolute paths were cut out of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub abridged: bool,
}

impl LastSweep {
    /// Of a sweep of `file` into a folder of `results`, called from `project`.
    #[must_use]
    pub fn new(file: &Path, results: &Path, set: &[String], project: &Path) -> Self {
        let (file, call) = (ExperimentFile::new(file, results, project), Call::new(file, results, set, project));
        Self { file, call, precision: None }
    }

    /// What was noted in the folder; `None` where no sweep has noted anything.
    pub fn read(folder: &ExperimentFolder) -> Result<Option<Self>, Error> {
        let path = folder.last_sweep();
        // Nor is there one where the results lie in what is no folder: whoever writes there says so.
        if !path.exists() {
            return Ok(None);
        }
        let Some(text) = manifest::read_if_there(&path)? else { return Ok(None) };
        serde_json::from_slice(&text).map(Some).map_err(|source| Error::Note { path, source })
    }

    pub fn write(&self, folder: &ExperimentFolder) -> Result<(), Error> {
        manifest::write_json(&folder.last_sweep(), self)
    }
}

impl Call {
    fn new(file: &Path, results: &Path, set: &[String], project: &Path) -> Self {
        let (written, mut abridged) = from_here(file, project);
        let (results, cut) = from_here(results, project);
        abridged |= cut;
        let cut_set: Vec<String> = set.iter().map(|set| set_without_absolute_paths(set)).collect();
        abridged |= cut_set != set;
        let results = Some(results).filter(|results| !cut && results.trim_end_matches('/') != "results");
        Self { file: written, results, set: cut_set, abridged }
    }
}

impl ExperimentFile {
    /// `file` and `results` are as they were given, or absolute.
    fn new(file: &Path, results: &Path, project: &Path) -> Self {
        let (file, base) = (real(file, project), beside(results, project));
        let path = between(&base, &file);
        // A way up is told only inside the project: above it are the folders of a machine.
        let up = path.components().filter(|step| *step == Component::ParentDir).count();
        let shared = base.ancestors().nth(up).unwrap_or(&base);
        if up == 0 || shared.starts_with(real(Path::new(""), project)) {
            return Self { path: text(&path), place: None };
        }
        Self { path: text(Path::new(file.file_name().unwrap_or_default())), place: Some(digest(&file)) }
    }

    /// Whether it is this file; where it is not, whether it is known to be there still.
    fn is(&self, file: &Path, results: &Path, project: &Path) -> Same {
        let (file, base) = (real(file, project), beside(results, project));
        match &self.place {
            None if Path::new(&self.path) == between(&base, &file) => Same::Yes,
            None if real(Path::new(&self.path), &base).is_file() => Same::No,
            Some(place) if *place == digest(&file) => Same::Yes,
            None => Same::Gone,
            Some(_) => Same::Unknown,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Same {
    Yes,
    No,
    /// Nothing lies there any more.
    Gone,
    /// It lay outside the project.
    Unknown,
}

impl ExperimentFolder {
    /// Refuses a folder that belongs to another experiment file. The text is the file's; `results`
    /// is the folder of all results.
    ///
    /// A folder without a note belongs to whoever comes: older titers left none. So does one whose
    /// file is gone, or whose file lay outside the project and was the same to the letter: it was
    /// renamed or moved.
    pub fn require(&self, file: &Path, text: &str, results: &Path, project: &Path) -> Result<(), Error> {
        let Some(LastSweep { file: owner, .. }) = LastSweep::read(self)? else { return Ok(()) };
        let is_free = match owner.is(file, results, project) {
            Same::Yes | Same::Gone => true,
            Same::No => false,
            Same::Unknown => fs_err::read_to_string(self.experiment()).is_ok_and(|swept| swept.starts_with(text)),
        };
        if is_free {
            return Ok(());
        }
        Err(Error::OtherFile {
            folder: self.path().to_owned(),
            owner: owner.path,
            file: file.to_owned(),
            note: self.last_sweep(),
        })
    }
}

/// The folder that the folder of all results lies in.
fn beside(results: &Path, project: &Path) -> PathBuf {
    let results = real(results, project);
    results.parent().map_or_else(|| results.clone(), Path::to_owned)
}

/// Where a path leads, links followed as far as anything is there.
fn real(path: &Path, project: &Path) -> PathBuf {
    let path = lexical(&project.join(path));
    let there = path.ancestors().find_map(|above| Some((above, fs_err::canonicalize(above).ok()?)));
    match there {
        Some((above, real)) => path
            .strip_prefix(above)
            .map_or_else(|_| path.clone(), |rest| if rest.as_os_str().is_empty() { real } else { real.join(rest) }),
        None => path,
    }
}

/// Without `.` and, as far as it goes, without `..`.
fn lexical(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for step in path.components() {
        match step {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => _ = plain.pop(),
            other => plain.push(other),
        }
    }
    plain
}

/// The way from a folder to a file.
fn between(folder: &Path, file: &Path) -> PathBuf {
    let shared = folder.components().zip(file.components()).take_while(|(one, other)| one == other).count();
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(file.components().skip(shared)).collect()
}

/// A path as a caller in `project` writes it, and whether it was cut to its name.
fn from_here(path: &Path, project: &Path) -> (String, bool) {
    if path.is_relative() {
        return (text(path), false);
    }
    match path.strip_prefix(project) {
        Ok(inside) => (text(inside), false),
        Err(_) => (text(Path::new(path.file_name().unwrap_or_default())), true),
    }
}

fn digest(file: &Path) -> String {
    blake3::hash(file.as_os_str().as_encoded_bytes()).to_hex()[..16].to_owned()
}

fn text(path: &Path) -> String {
    let steps: Vec<_> = path.components().map(|step| step.as_os_str().to_string_lossy()).collect();
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A project with files, and its path with links followed.
    fn project(files: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = fs_err::canonicalize(folder.path()).unwrap();
        for file in files {
            let file = path.join(file);
            fs_err::create_dir_all(file.parent().unwrap()).unwrap();
            fs_err::write(file, "text").unwrap();
        }
        (folder, path)
    }

    fn sweep(project: &Path, results: &str, file: &str) -> ExperimentFolder {
        let results = Path::new(results);
        let folder = ExperimentFolder::new(&project.join(results), &"x".parse().unwrap());
        fs_err::create_dir_all(folder.path()).unwrap();
        fs_err::write(folder.experiment(), "text").unwrap();
        LastSweep::new(Path::new(file), results, &[], project).write(&folder).unwrap();
        folder
    }

    fn may(folder: &ExperimentFolder, results: &str, file: &str, project: &Path) -> bool {
        folder.require(Path::new(file), "text", Path::new(results), project).is_ok()
    }

    #[test]
    fn a_folder_belongs_to_the_file_that_was_swept_however_it_is_named() {
        let (_keep, project) = project(&["a/x.toml", "b/x.toml"]);
        let folder = sweep(&project, "results", "a/x.toml");
        let absolute = project.join("a/x.toml").display().to_string();
        for same in ["a/x.toml", "./a/../a/x.toml", &absolute] {
            assert!(may(&folder, "results", same, &project), "{same}");
        }
        // The same file and the same results, called from beside the file.
        assert!(may(&folder, "../results", "x.toml", &project.join("a")));
        assert!(!may(&folder, "results", "b/x.toml", &project));
        assert!(!may(&folder, "../results", "x.toml", &project.join("b")));
        // An edited file is the same file.
        assert!(folder.require(Path::new("a/x.toml"), "other", Path::new("results"), &project).is_ok());
    }

    #[test]
    fn a_file_that_was_moved_keeps_its_results() {
        let (_keep, project) = project(&["a/x.toml"]);
        let folder = sweep(&project, "results", "a/x.toml");
        fs_err::create_dir(project.join("b")).unwrap();
        fs_err::rename(project.join("a/x.toml"), project.join("b/x.toml")).unwrap();
        assert!(may(&folder, "results", "b/x.toml", &project));
    }

    #[test]
    fn a_folder_without_a_note_is_anybodys() {
        let (_keep, project) = project(&["a/x.toml"]);
        let folder = ExperimentFolder::new(&project.join("results"), &"x".parse().unwrap());
        assert!(may(&folder, "results", "a/x.toml", &project));
    }

    #[test]
    fn of_a_file_outside_the_project_no_folder_is_told_and_another_is_refused_all_the_same() {
        let (_keep, project) = project(&["here/y.toml", "one/x.toml", "two/x.toml"]);
        let (here, one) = (project.join("here"), project.join("one/x.toml").display().to_string());
        let folder = sweep(&here, "results", &one);
        let noted = fs_err::read_to_string(folder.last_sweep()).unwrap();
        assert!(noted.contains("\"x.toml\"") && !noted.contains("one") && !noted.contains("here"), "{noted}");
        assert!(may(&folder, "results", "../one/x.toml", &here));
        fs_err::write(project.join("two/x.toml"), "another").unwrap();
        assert!(folder.require(Path::new("../two/x.toml"), "another", Path::new("results"), &here).is_err());
        // Moved, and the same to the letter.
        assert!(folder.require(Path::new("../two/x.toml"), "text", Path::new("results"), &here).is_ok());
    }

    #[test]
    fn a_call_is_noted_as_it_was_given_without_the_folders_of_the_machine() {
        let project = Path::new("/home/me/project");
        let call = |file: &str, results: &str, set: &[&str]| {
            let set: Vec<String> = set.iter().map(|&set| set.to_owned()).collect();
            Call::new(Path::new(file), Path::new(results), &set, project)
        };
        let plain = call("experiments/lr.toml", "results", &[]);
        assert_eq!(plain, Call { file: "experiments/lr.toml".into(), results: None, set: Vec::new(), abridged: false });
        let given = call("/home/me/project/lr.toml", "out/all", &["train.seed=1"]);
        assert_eq!((given.file.as_str(), given.results.as_deref(), given.abridged), ("lr.toml", Some("out/all"), false));
        let cut = call("/home/you/lr.toml", "/scratch/results", &["data.path=/home/you/x.csv"]);
        assert_eq!((cut.file.as_str(), cut.results, cut.abridged), ("lr.toml", None, true));
        assert_eq!(cut.set, ["data.path=\"x.csv\""]);
    }
}
