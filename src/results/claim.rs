//! Several sweeps share an experiment's folder, on one machine or over a shared file system: each run is claimed by one of them.
//!
//! A claim is a lock on a file, which the system takes back when its holder ends, however it ends: there is nothing to clean up
//! after a crash, and no clock takes part.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    thread,
    time::Duration,
};

use super::{Error, ExperimentFolder, RunFolder};
use crate::input;

/// The right to work on a run, until it is dropped and every process that was given [`Claim::log`] has ended.
///
/// It is the lock on the run's `log.txt`. A worker has that file open as its standard error: a run stays claimed as long as
/// its worker lives, even where the sweep that started it was killed. The file is never removed, for a lock goes with it.
#[derive(Debug)]
pub struct Claim {
    log: File,
}

impl Claim {
    /// Makes the run's folder where it is missing, and claims the run; `None` where someone else has it.
    pub fn take(folder: &RunFolder) -> Result<Option<Self>, Error> {
        let path = folder.log();
        fs_err::create_dir_all(folder.path()).map_err(|source| Error::write(folder.path(), source))?;
        // Whoever has the claim may clear the folder: never someone else's.
        refuse_link(folder.path())?;
        let log = open(&path)?;
        Ok(if patiently(|| supported(log.try_lock(), &path))? { Some(Self { log }) } else { None })
    }

    /// Whether someone works on the run now.
    #[must_use]
    pub fn is_taken(folder: &RunFolder) -> bool {
        let Ok(log) = input::open(folder.log()) else { return false };
        matches!(log.file().try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// A handle of the log, to append to, that carries the claim.
    pub fn log(&self) -> io::Result<File> {
        self.log.try_clone()
    }
}

/// Says that a sweep of the experiment goes on, until it is dropped or the process ends.
#[derive(Debug)]
pub struct Sweeping {
    _file: File,
}

impl Sweeping {
    /// Makes the experiment's folder where it is missing.
    pub fn begin(folder: &ExperimentFolder) -> Result<Self, Error> {
        fs_err::create_dir_all(folder.runs()).map_err(|source| Error::write(folder.runs(), source))?;
        let path = folder.sweeping();
        let file = open(&path)?;
        // It waits for an instant where `is_on` is just looking.
        supported(file.lock_shared().map_err(TryLockError::Error), &path)?;
        Ok(Self { _file: file })
    }

    /// Whether a sweep of the experiment goes on now.
    #[must_use]
    pub fn is_on(folder: &ExperimentFolder) -> bool {
        let path = folder.sweeping();
        // Some file systems lock only what may be written; on one that is read-only nobody sweeps.
        let Some(file) = path.is_file().then(|| open(&path).ok()).flatten() else { return false };
        let is_free = patiently(|| Ok(!matches!(file.try_lock(), Err(TryLockError::WouldBlock))));
        !is_free.unwrap_or(true)
    }
}

/// Does `write` while no other sweep writes the experiment's shared files: of two that write what they see, the later one has
/// then seen more.
pub fn alone<T, E: From<Error>>(folder: &ExperimentFolder, write: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let path = folder.writing();
    let file = open(&path)?;
    supported(file.lock().map_err(TryLockError::Error), &path)?;
    write()
}

/// titer makes no links here, and what one points at is not titer's: two of them may even point at one file, and one process
/// wait for itself.
fn refuse_link(path: &Path) -> Result<(), Error> {
    if path.is_symlink() {
        return Err(Error::write(path, io::Error::new(io::ErrorKind::InvalidInput, "it is a link")));
    }
    Ok(())
}

/// Opens a file to be locked.
pub(super) fn open(path: &Path) -> Result<File, Error> {
    refuse_link(path)?;
    input::require_file(path).map_err(|source| Error::write(path, source))?;
    let opened = fs_err::OpenOptions::new().append(true).create(true).open(path);
    Ok(opened.map_err(|source| Error::write(path, source))?.into_parts().0)
}

/// Tries once more after a moment: a `titer status` that looks holds a lock for an instant.
fn patiently(attempt: impl Fn() -> Result<bool, Error>) -> Result<bool, Error> {
    if attempt()? {
        return Ok(true);
    }
    thread::sleep(Duration::from_millis(20));
    attempt()
}

/// Whether a lock was taken. Some network file systems have none: then nothing guards against a second sweep.
pub(super) fn supported(locked: Result<(), TryLockError>, path: &Path) -> Result<bool, Error> {
    match locked {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported || has_no_locks(&error) => {
            tracing::warn!("{} cannot be locked: do not start a second sweep of this experiment", path.display());
            Ok(true)
        }
        Err(TryLockError::Error(source)) => Err(Error::write(path, source)),
    }
}

/// What NFS says where its lock service is not there.
#[cfg(unix)]
fn has_no_locks(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ENOLCK)
}

#[cfg(not(unix))]
fn has_no_locks(_: &io::Error) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(results: &tempfile::TempDir) -> ExperimentFolder {
        ExperimentFolder::new(results.path(), &"lr".parse().unwrap())
    }

    #[test]
    fn a_run_is_claimed_by_one_until_the_last_handle_of_its_log_is_closed() {
        let results = tempfile::tempdir().unwrap();
        let run = folder(&results).run(&"0123456789abcdef".parse().unwrap());
        assert!(!Claim::is_taken(&run));
        let claim = Claim::take(&run).unwrap().unwrap();
        assert!(Claim::is_taken(&run) && Claim::take(&run).unwrap().is_none());
        let log = claim.log().unwrap();
        drop(claim);
        assert!(Claim::is_taken(&run), "a worker lives on");
        drop(log);
        assert!(!Claim::is_taken(&run));
        Claim::take(&run).unwrap().unwrap();
    }

    #[test]
    fn sweeps_go_on_beside_one_another() {
        let results = tempfile::tempdir().unwrap();
        let folder = folder(&results);
        assert!(!Sweeping::is_on(&folder));
        let first = Sweeping::begin(&folder).unwrap();
        let second = Sweeping::begin(&folder).unwrap();
        drop(first);
        assert!(Sweeping::is_on(&folder));
        drop(second);
        assert!(!Sweeping::is_on(&folder));
    }

    #[test]
    fn one_at_a_time_writes_what_sweeps_share() {
        let results = tempfile::tempdir().unwrap();
        let folder = folder(&results);
        let _sweep = Sweeping::begin(&folder).unwrap();
        let (count, most) = (std::sync::atomic::AtomicUsize::new(0), std::sync::atomic::AtomicUsize::new(0));
        let write = || {
            use std::sync::atomic::Ordering::SeqCst;
            alone(&folder, || {
                most.fetch_max(count.fetch_add(1, SeqCst) + 1, SeqCst);
                std::thread::sleep(std::time::Duration::from_millis(5));
                count.fetch_sub(1, SeqCst);
                Ok::<(), Error>(())
            })
            .unwrap();
        };
        std::thread::scope(|scope| (0..4).for_each(|_| _ = scope.spawn(write)));
        assert_eq!(most.into_inner(), 1);
    }
}
