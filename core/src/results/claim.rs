//! Several sweeps share an experiment's folder, on one machine or over a shared file system: each
//! run is claimed by one of them.
//!
//! A claim is a lock on a file, which the system takes back when its holder ends, however it ends:
//! there is nothing to clean up after a crash, and no clock takes part.

use std::{
    fs::{File, TryLockError},
    io::{self, Write as _},
    path::Path,
    thread,
    time::Duration,
};

use super::{Error, ExperimentFolder, RunFolder};
use crate::input;

/// The right to work on a run, until it is released, or dropped and every process that was given
/// [`Claim::log`] has ended.
///
/// It is the lock on the run's `log.txt`. A worker has that file open too: a run stays claimed as
/// long as its worker lives, even where the sweep that started it was killed. The file is never
/// removed, for a lock goes with it.
#[derive(Debug)]
pub struct Claim {
    log: File,
}

/// A lock that nobody else is given a part in: it is gone when this is dropped.
///
/// Closing the file alone would not do. A lock belongs to the open file, and a child that another
/// thread is just starting has a copy of every descriptor until it executes its program, which
/// takes its time on a busy machine.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Of a file that is locked.
    pub(super) const fn new(file: File) -> Self {
        Self(file)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        unlock(&self.0);
    }
}

fn unlock(file: &File) {
    // Where it fails there was no lock, or it goes with the file.
    if let Err(error) = file.unlock() {
        tracing::debug!("a lock is left to the closing of its file: {error}");
    }
}

impl Claim {
    /// Makes the run's folder where it is missing, and claims the run; `None` where someone else
    /// has it.
    pub fn take(folder: &RunFolder) -> Result<Option<Self>, Error> {
        let path = folder.log();
        fs_err::create_dir_all(folder.path()).map_err(|source| Error::write(folder.path(), source))?;
        // Whoever has the claim may clear the folder: never someone else's.
        refuse_link(folder.path())?;
        let log = open(&path)?;
        Ok(if patiently(|| supported(log.try_lock(), &path))? { Some(Self { log }) } else { None })
    }

    /// Writes a line to the log; the run does without where that fails.
    pub fn note(&self, line: &str) {
        if let Err(error) = writeln!(&self.log, "{line}") {
            tracing::debug!("a line is missing in a log: {error}");
        }
    }

    /// Gives the run back at once, whoever else still has its log open: nobody works on it any
    /// more.
    pub fn release(self) {
        unlock(&self.log);
    }

    /// Whether someone works on the run now.
    #[must_use]
    pub fn is_taken(folder: &RunFolder) -> bool {
        let Ok(log) = input::open(folder.log()) else { return false };
        let looked = log.file().try_lock_shared();
        if looked.is_ok() {
            unlock(log.file());
        }
        matches!(looked, Err(TryLockError::WouldBlock))
    }

    /// A handle of the log, to append to, that carries the claim.
    pub fn log(&self) -> io::Result<File> {
        self.log.try_clone()
    }
}

/// No sweep of the experiment goes on or begins, until this is dropped or the process ends.
#[derive(Debug)]
pub struct Alone {
    _lock: Lock,
}

/// Says that a sweep of the experiment goes on, until it is dropped or the process ends.
#[derive(Debug)]
pub struct Sweeping {
    _lock: Lock,
}

impl Sweeping {
    /// Makes the experiment's folder where it is missing.
    pub fn begin(folder: &ExperimentFolder) -> Result<Self, Error> {
        fs_err::create_dir_all(folder.runs()).map_err(|source| Error::write(folder.runs(), source))?;
        let path = folder.sweeping();
        let file = open(&path)?;
        // It waits for an instant where `is_on` is just looking.
        supported(file.lock_shared().map_err(TryLockError::Error), &path)?;
        Ok(Self { _lock: Lock::new(file) })
    }

    /// Ends the sweep, and gives the right to take away what others may count on; `None` where
    /// another sweep of the experiment goes on.
    pub fn end_alone(self, folder: &ExperimentFolder) -> Result<Option<Alone>, Error> {
        drop(self);
        let path = folder.sweeping();
        let file = open(&path)?;
        Ok(if patiently(|| supported(file.try_lock(), &path))? { Some(Alone { _lock: Lock::new(file) }) } else { None })
    }

    /// Whether a sweep of the experiment goes on now.
    #[must_use]
    pub fn is_on(folder: &ExperimentFolder) -> bool {
        let path = folder.sweeping();
        // Some file systems lock only what may be written; on one that is read-only nobody sweeps.
        let Some(file) = path.is_file().then(|| open(&path).ok()).flatten() else { return false };
        let is_free = patiently(|| Ok(!matches!(file.try_lock(), Err(TryLockError::WouldBlock)))).unwrap_or(true);
        if is_free {
            unlock(&file);
        }
        !is_free
    }
}

/// Does `write` while no other sweep writes the experiment's shared files: of two that write what
/// they see, the later one has then seen more.
pub fn alone<T, E: From<Error>>(folder: &ExperimentFolder, write: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let path = folder.writing();
    let file = open(&path)?;
    supported(file.lock().map_err(TryLockError::Error), &path)?;
    let _lock = Lock::new(file);
    write()
}

/// titer makes no links here, and what one points at is not titer's: two of them may even point at
/// one file, and one process wait for itself.
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

/// Whether a lock was taken. Some network file systems have none: then nothing guards against a
/// second sweep.
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
        // A child that another test is just starting has a copy for a moment.
        while Claim::is_taken(&run) {
            thread::yield_now();
        }
        Claim::take(&run).unwrap().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn what_is_given_back_is_free_though_a_child_just_being_started_still_has_its_files() {
        use std::os::unix::process::CommandExt as _;

        let results = tempfile::tempdir().unwrap();
        let folder = folder(&results);
        let run = folder.run(&"0123456789abcdef".parse().unwrap());
        let (claim, sweeping) = (Claim::take(&run).unwrap().unwrap(), Sweeping::begin(&folder).unwrap());
        let cache = super::super::shared::SharedFolder::new(results.path(), &blake3::hash(b"shared"));
        let writing = cache.claim(|| true).unwrap().unwrap();
        // A child that stays between fork and exec until it is told to go on, as it may on a busy machine.
        let (begun, go_on) = (results.path().join("begun"), results.path().join("go-on"));
        let mut command = std::process::Command::new("true");
        let (mark, wait) = (begun.clone(), go_on.clone());
        let stay = move || {
            fs_err::write(&mark, "")?;
            while !wait.exists() {
                thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        };
        // SAFETY: the child has one thread, and what it calls takes no lock that another thread of its parent may hold but the
        // allocator's, which the C library makes ready for a child.
        unsafe { command.pre_exec(stay) };
        let starts = thread::spawn(move || command.status().unwrap());
        while !begun.exists() {
            thread::sleep(Duration::from_millis(1));
        }
        claim.release();
        let was_taken = Claim::is_taken(&run);
        drop((sweeping, writing));
        let (was_sweeping, is_free) = (Sweeping::is_on(&folder), cache.claim(|| false).unwrap().is_some());
        fs_err::write(&go_on, "").unwrap();
        assert!(starts.join().unwrap().success());
        assert_eq!((was_taken, was_sweeping, is_free), (false, false, true));
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
