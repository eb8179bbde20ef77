//! What an attempt at a run finds in its folder, and what it leaves there.

use std::{io, path::Path};

use crate::results::{Claim, Error, RunFolder};

/// Makes the folder ready. Where there is a checkpoint everything stays, for the worker goes on from it; otherwise what an
/// earlier attempt left goes, but for the log, which is the claim.
pub(super) fn before_an_attempt(folder: &RunFolder, claim: &Claim) -> Result<(), Error> {
    let goes_on = folder.checkpoint().exists();
    let entries = fs_err::read_dir(folder.path()).map_err(|source| Error::read(folder.path(), source))?;
    for entry in entries {
        let path = entry.map_err(|source| Error::read(folder.path(), source))?.path();
        let goes = if goes_on { path == folder.failure() } else { path != folder.log() };
        if goes {
            remove(&path).map_err(|source| Error::write(&path, source))?;
        }
    }
    if goes_on {
        return Ok(());
    }
    let log = claim.log().and_then(|log| log.set_len(0));
    log.map_err(|source| Error::write(folder.log(), source))
}

/// Removes what is of use only while a run goes on, and the checkpoint where it has ended. What cannot be removed does no harm.
pub(super) fn after_an_attempt(folder: &RunFolder, ended: bool) {
    let checkpoint = ended.then(|| folder.checkpoint());
    for path in [Some(folder.live()), checkpoint].into_iter().flatten() {
        if let Err(error) = remove(&path) {
            tracing::debug!("{error}");
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() && !path.is_symlink() { fs_err::remove_dir_all(path) } else { fs_err::remove_file(path) };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
