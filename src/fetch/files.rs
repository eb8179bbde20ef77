//! Files that are whole or not there, and their neighbours.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::Error;

/// `data/x.csv` → `data/x.csv.part`.
pub(super) fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

pub(super) fn create_parent(path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(parent) => fs_err::create_dir_all(parent).map_err(|source| Error::Write { path: parent.to_owned(), source }),
        None => Ok(()),
    }
}

/// A file in the folder of `path` that can take its place, readable as any other program's.
pub(super) fn temporary(path: &Path) -> Result<NamedTempFile, Error> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".titer-").suffix(".tmp");
    // What any other program would create: the umask takes its part away.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder).map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// Gives a finished temporary file its name.
pub(super) fn persist(file: NamedTempFile, path: &Path) -> Result<(), Error> {
    let persisted = file.as_file().sync_all().and_then(|()| file.persist(path).map_err(|error| error.error));
    persisted.map(drop).map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// Writes a small file in one step.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let mut file = temporary(path)?;
    file.write_all(content).map_err(|source| Error::Write { path: path.to_owned(), source })?;
    persist(file, path)
}

pub(super) fn remove(path: &Path) -> Result<(), Error> {
    fs_err::remove_file(path).map_err(|source| Error::Write { path: path.to_owned(), source })
}
