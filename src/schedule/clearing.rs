//! What an attempt at a run finds in its folder, and what it leaves there.

use std::{io, path::Path};

use crate::results::{Claim, Error, RunFolder};

/// Makes the folder ready. Where there is a checkpoint everything stays, for the worker goes on from it; otherwise what an
/// earlier attempt left goes, but for the log, which is the claim.
pub(super) fn before_an_attempt(folder: &RunFolder, claim: &Claim) -> Result<(), Error> {
    let goes_on = folder.checkpoint().exists();
    let goes = |path: &Path| if goes_on { path == folder.failure() || is_half_written(path) } else { path != folder.log() };
    remove_where(folder, goes)?;
    if goes_on {
        return Ok(());
    }
    let log = claim.log().and_then(|log| log.set_len(0));
    log.map_err(|source| Error::write(folder.log(), source))
}

/// Removes what is of use only while someone works on the run. What cannot be removed does no harm.
pub(super) fn after_an_attempt(folder: &RunFolder) {
    if let Err(error) = remove(&folder.live()) {
        tracing::debug!("{error}");
    }
}

/// Removes what an unfinished run needs and one that has ended does not: its checkpoint, and what a killed process left half written.
/// What cannot be removed does no harm.
pub fn after_the_end(folder: &RunFolder) {
    let is_kept = |path: &Path| file_name(path).starts_with("kept-");
    let goes =
        |path: &Path| is_kept(path) || is_half_written(path) || [folder.live(), folder.checkpoint()].contains(&path.to_owned());
    if let Err(error) = remove_where(folder, goes) {
        tracing::debug!("{error}");
    }
}

/// A name that a file or folder has only until it is whole.
fn is_half_written(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tmp" || extension == "partial")
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn remove_where(folder: &RunFolder, goes: impl Fn(&Path) -> bool) -> Result<(), Error> {
    for entry in fs_err::read_dir(folder.path()).map_err(|source| Error::read(folder.path(), source))? {
        let path = entry.map_err(|source| Error::read(folder.path(), source))?.path();
        if goes(&path) {
            remove(&path).map_err(|source| Error::write(&path, source))?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() && !path.is_symlink() { fs_err::remove_dir_all(path) } else { fs_err::remove_file(path) };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
