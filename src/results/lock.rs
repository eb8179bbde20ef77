//! One sweep at a time writes into an experiment's folder.

use std::{
    fs::{File, TryLockError},
    io,
    thread::sleep,
    time::{Duration, Instant},
};

use super::{Error, ExperimentFolder};
use crate::input;

/// How long [`Lock::take`] waits: a `titer status` that looks at this moment holds the lock for an instant.
const PATIENCE: Duration = Duration::from_secs(1);

/// The right to write into an experiment's folder, until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Makes the experiment's folder where it is missing, and takes its lock.
    pub fn take(folder: &ExperimentFolder) -> Result<Self, Error> {
        fs_err::create_dir_all(folder.runs()).map_err(|source| Error::write(folder.runs(), source))?;
        let path = folder.lock();
        // Not truncated: whatever a link of that name points at stays what it is.
        input::require_file(&path).map_err(|source| Error::write(&path, source))?;
        let mut options = fs_err::OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(&path).map_err(|source| Error::write(&path, source))?;
        let file = file.into_parts().0;
        let patience = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < patience => sleep(Duration::from_millis(20)),
                Err(TryLockError::WouldBlock) => return Err(Error::Locked { path: folder.path().to_owned() }),
                // Some network file systems have no locks: then nothing guards against a second sweep.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    tracing::warn!("{} cannot be locked: do not start a second sweep of this experiment", path.display());
                    return Ok(Self { _file: file });
                }
                Err(TryLockError::Error(source)) => return Err(Error::write(path, source)),
            }
        }
    }

    /// Whether a sweep is writing into the folder now.
    #[must_use]
    pub fn is_taken(folder: &ExperimentFolder) -> bool {
        let Ok(file) = input::open(folder.lock()) else { return false };
        matches!(file.file().try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_sweep_of_an_experiment_is_refused_while_the_first_goes_on() {
        let results = tempfile::tempdir().unwrap();
        let folder = ExperimentFolder::new(results.path(), &"lr".parse().unwrap());
        assert!(!Lock::is_taken(&folder));
        let first = Lock::take(&folder).unwrap();
        assert!(Lock::is_taken(&folder));
        let error = Lock::take(&folder).unwrap_err();
        assert!(matches!(error, Error::Locked { .. }), "{error:?}");
        drop(first);
        assert!(!Lock::is_taken(&folder));
        Lock::take(&folder).unwrap();
    }
}
