//! What an attempt at a run finds in its folder, and what it leaves there.

use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use titer_core::{
    clock,
    results::{Claim, Error, RunFolder},
};

/// Makes the folder ready. Where there is a checkpoint everything stays, for the worker goes on
/// from it; otherwise what an earlier attempt left goes, but for the log, which is the claim.
pub(super) fn before_an_attempt(folder: &RunFolder, claim: &Claim) -> Result<(), Error> {
    // Where this cannot be told, nothing is removed.
    let checkpoint = folder.checkpoint();
    let goes_on = checkpoint.try_exists().map_err(|source| Error::read(&checkpoint, source))?;
    let stays = [folder.log(), folder.manifest()];
    let goes = |path: &Path| {
        if goes_on { path == folder.failure() || is_half_written(path) } else { !stays.iter().any(|stays| stays == path) }
    };
    for path in listed(folder)?.into_iter().filter(|path| goes(path)) {
        remove(&path).map_err(|source| Error::write(&path, source))?;
    }
    claim.log().and_then(|log| part(&log)).map_err(|source| Error::write(folder.log(), source))
}

/// Tells this attempt's words from those of the ones before it.
fn part(mut log: &File) -> io::Result<()> {
    if log.metadata()?.len() > 0 { writeln!(log, "--- another attempt, {} ---", clock::now()) } else { Ok(()) }
}

/// Removes what is of use only while someone works on the run, and what was left half written: the
/// disk may be full of it. The run must be claimed.
pub(super) fn after_an_attempt(folder: &RunFolder) {
    remove_where(folder, |path| path == folder.live() || is_half_written(path));
}

/// Removes what an unfinished run needs and one that has ended does not.
pub fn after_the_end(folder: &RunFolder) {
    let goes = [folder.live(), folder.checkpoint(), folder.failure()];
    let is_best = |path: &Path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("best-"));
    // A sweep that was killed while it removed the best checkpoint.
    let is_removed = |path: &Path| path == folder.best() && folder.removed().exists();
    remove_where(folder, |path| {
        is_best(path) || is_half_written(path) || is_removed(path) || goes.iter().any(|goes| goes == path)
    });
}

/// A name that a file or folder has only until it is whole.
fn is_half_written(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tmp" || extension == "partial")
}

/// What cannot be removed does no harm.
fn remove_where(folder: &RunFolder, goes: impl Fn(&Path) -> bool) {
    for path in listed(folder).unwrap_or_default().into_iter().filter(|path| goes(path)) {
        if let Err(error) = remove(&path) {
            tracing::debug!("{error}");
        }
    }
}

fn listed(folder: &RunFolder) -> Result<Vec<PathBuf>, Error> {
    let entries = fs_err::read_dir(folder.path()).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    entries.map_err(|source| Error::read(folder.path(), source))
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() && !path.is_symlink() { fs_err::remove_dir_all(path) } else { fs_err::remove_file(path) };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
