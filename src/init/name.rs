//! The experiment's name and its file, which is never written over another.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::Error;
use titer_core::{experiment::ExperimentName, results};

/// Letters of a name that is made.
const LONGEST: usize = 60;

/// Makes a name of the data's: that of one file, or of the folder that several lie in.
pub fn of(data: &[PathBuf], project: &Path) -> String {
    let text = |name: Option<&std::ffi::OsStr>| name.map(|name| name.to_string_lossy().into_owned());
    let file = |path: &PathBuf| text(path.file_name());
    let folder = |path: &PathBuf| text(std::path::absolute(project.join(path)).ok()?.parent()?.file_name());
    let named = match data {
        [one] => file(one),
        [first, ..] => folder(first).or_else(|| file(first)),
        [] => None,
    };
    safe(named.as_deref().unwrap_or_default())
}

/// The name without its extensions, of signs that a folder's name may have.
fn safe(name: &str) -> String {
    const EXTENSIONS: [&str; 13] =
        ["gz", "zst", "csv", "tsv", "tab", "txt", "parquet", "fasta", "fa", "faa", "fas", "pep", "seq"];
    let mut stem = name;
    while let Some((before, end)) = stem.rsplit_once('.') {
        if before.is_empty() || !EXTENSIONS.contains(&&*end.to_ascii_lowercase()) {
            break;
        }
        stem = before;
    }
    // Letters of other scripts stay where a name may have them.
    let of = |keeps: fn(char) -> bool| {
        let mut made = String::new();
        for letter in stem.chars().take(LONGEST) {
            let letter = if keeps(letter) { letter } else { '-' };
            if !(letter == '-' && made.ends_with('-')) {
                made.push(letter);
            }
        }
        made.trim_matches(['-', '.']).to_owned()
    };
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let is_letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    [of(is_letter), of(is_plain)]
        .into_iter()
        .find(|name| name.parse::<ExperimentName>().is_ok())
        .unwrap_or_else(|| "experiment".to_owned())
}

/// Refuses a file that is there, and a name that is no experiment's.
pub fn require_new(path: &Path, project: &Path) -> Result<(), Error> {
    if path.extension().is_none_or(|extension| extension != "toml") {
        return Err(Error::Name { path: path.to_owned() });
    }
    // Also a link that leads nowhere is there.
    if project.join(path).symlink_metadata().is_ok() {
        return Err(Error::Exists { path: path.to_owned() });
    }
    Ok(())
}

/// Writes a file that is not there; its folder is made.
pub fn save(path: &Path, text: &str) -> Result<(), Error> {
    let unwritable = |source: io::Error| results::Error::write(path, source);
    let folder = path.parent().unwrap_or(Path::new("."));
    fs_err::create_dir_all(folder).map_err(unwritable)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(unwritable)?;
    file.write_all(text.as_bytes()).map_err(unwritable)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(Error::Exists { path: path.to_owned() }),
        Err(error) => Err(unwritable(error.error).into()),
    }
}

/// The way from an experiment's folder to a file of the project, where there is one without leaving
/// the project.
pub fn way_up(path: &Path, to: &str) -> Option<String> {
    let folder = path.parent()?;
    let is_plain = |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_));
    let inside = folder.components().all(|part| is_plain(part) || part == std::path::Component::CurDir);
    let depth = folder.components().filter(|part| is_plain(*part)).count();
    inside.then(|| "../".repeat(depth) + if depth == 0 { "./" } else { "" } + to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_safe() {
        for (name, made) in [
            ("proteins.csv", "proteins"),
            ("a.b.csv.gz", "a.b"),
            ("my data (1).TSV", "my-data-1"),
            (".hidden.csv", "hidden"),
            ("v1.2", "v1.2"),
            ("../;rm -rf.csv", "rm-rf"),
            ("csv", "csv"),
            (".csv", "csv"),
            ("???.csv", "experiment"),
            ("", "experiment"),
        ] {
            assert_eq!(safe(name), made, "{name}");
        }
        assert!(safe(&"é".repeat(400)).parse::<ExperimentName>().is_ok());
        let several = ["/data/flip/train.csv".into(), "/data/flip/test.csv".into()];
        assert_eq!(of(&several, Path::new("/p")), "flip");
        assert_eq!(of(&several.map(|path: PathBuf| path.file_name().unwrap().into()), Path::new("/p")), "p");
    }

    #[test]
    fn a_file_that_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("experiments/a.toml");
        assert!(require_new(Path::new("experiments/a.toml"), folder.path()).is_ok());
        save(&path, "one").unwrap();
        assert!(matches!(save(&path, "two"), Err(Error::Exists { .. })));
        assert!(matches!(require_new(Path::new("experiments/a.toml"), folder.path()), Err(Error::Exists { .. })));
        assert!(matches!(require_new(Path::new("a.csv"), folder.path()), Err(Error::Name { .. })));
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "one");
        assert_eq!(fs_err::read_dir(folder.path().join("experiments")).unwrap().count(), 1);
    }

    #[test]
    fn the_schema_is_found_from_the_experiment() {
        let way = |path| way_up(Path::new(path), "schema/x.json");
        assert_eq!(way("experiments/a.toml").as_deref(), Some("../schema/x.json"));
        assert_eq!(way("a.toml").as_deref(), Some("./schema/x.json"));
        assert_eq!(way("./e/f/a.toml").as_deref(), Some("../../schema/x.json"));
        assert_eq!(way("/tmp/a.toml"), None);
        assert_eq!(way("../a.toml"), None);
    }
}
