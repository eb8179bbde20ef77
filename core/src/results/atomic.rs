//! Files that are whole or not there: written under another name in the same folder, then renamed.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use tempfile::NamedTempFile;

use super::Error;

/// Writes a file through `fill`, so that a reader, a crash or a full disk never sees half of it.
///
/// A file that is there already is replaced; where `fill` fails it stays as it was. The folder must
/// exist.
pub fn write(path: &Path, fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> Result<(), Error> {
    replace(path, true, fill).map_err(|source| Error::write(path, source))
}

/// The same for what is written every few seconds and may be lost with the machine's power: it does
/// not wait for the disk.
pub fn write_lightly(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, false, |file| file.write_all(bytes)).map_err(|source| Error::write(path, source))
}

/// Gives a file or folder that is written under another name, beside it, its name. A file that is
/// there already is replaced; a folder must not be there.
pub fn rename(written: &Path, path: &Path) -> Result<(), Error> {
    // On disk before its name is.
    let renamed = fs_err::File::open(written).and_then(|file| file.sync_all()).and_then(|()| fs_err::rename(written, path));
    renamed.and_then(|()| sync(parent(path))).map_err(|source| Error::write(path, source))
}

/// Removes the half-written files of this folder that killed processes left. Nobody may be writing
/// there; see [`super::alone`].
pub fn sweep_up(folder: &Path) {
    for entry in fs_err::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "tmp") {
            // It may stay where it cannot be removed.
            let _ = fs_err::remove_file(path);
        }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Without this a rename may be lost when the machine stops.
fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs_err::File::open(folder)?.sync_all() } else { Ok(()) }
}

fn replace(path: &Path, wait: bool, fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> io::Result<()> {
    let temporary = Temporary::beside(path)?;
    let mut writer = BufWriter::new(temporary.file());
    fill(&mut writer)?;
    writer.flush()?;
    drop(writer);
    if wait {
        return temporary.name(path, true);
    }
    temporary.0.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A file under another name in the folder where it is to be. Dropped before it is given its name,
/// it is removed.
pub(super) struct Temporary(NamedTempFile);

impl Temporary {
    pub(super) fn beside(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(name);
        prefix.push(".");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".tmp");
        // What any other program would create: the umask takes its part away.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(parent(path)).map(Self)
    }

    pub(super) fn file(&self) -> &File {
        self.0.as_file()
    }

    /// Gives the file its name once it is on disk. What has that name already is replaced where
    /// `replace` is set, and else stays: an error.
    pub(super) fn name(self, path: &Path, replace: bool) -> io::Result<()> {
        self.file().sync_all()?;
        let named = if replace { self.0.persist(path) } else { self.0.persist_noclobber(path) };
        named.map_err(|error| error.error)?;
        sync(parent(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn the_file_appears_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write(&path, |file| file.write_all(b"first")).unwrap();
        write(&path, |file| file.write_all(b"second")).unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "second");
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn a_failure_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write(&path, |file| file.write_all(b"first")).unwrap();
        let error = write(&path, |file| {
            file.write_all(b"half of the sec")?;
            Err(io::ErrorKind::StorageFull.into())
        })
        .unwrap_err();
        assert!(matches!(&error, Error::DiskFull { path: named, .. } if *named == path), "{error:?}");
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "first");
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none").join("a.json");
        let error = write(&path, |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("a.json"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let [ours, plain] = ["ours", "plain"].map(|name| folder.path().join(name));
        write(&ours, |_| Ok(())).unwrap();
        fs_err::write(&plain, "").unwrap();
        let mode = |path: &Path| fs_err::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
