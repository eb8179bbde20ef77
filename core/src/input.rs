//! Files that others wrote: what is no file is not opened, what cannot be meant is not read, and
//! what breaks a reader breaks no more.

pub mod compressed;
pub mod parquet;

use std::{
    cell::Cell,
    io::{self, Read as _},
    panic::{self, AssertUnwindSafe},
    path::Path,
    sync::Once,
};

/// Opens a file. A pipe would block for ever, a device such as `/dev/zero` never end: neither is
/// opened.
pub fn open(path: impl AsRef<Path>) -> io::Result<fs_err::File> {
    require_file(path.as_ref())?;
    fs_err::File::open(path.as_ref())
}

/// Refuses what is there and is no file.
pub fn require_file(path: &Path) -> io::Result<()> {
    // What is not there at all is told by whatever opens it.
    match path.metadata() {
        Ok(there) if there.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, not a file")),
        Ok(there) if !there.is_file() => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a device or a pipe, not a file")),
        _ => Ok(()),
    }
}

/// Reads a file of at most so many bytes.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {most} bytes")));
    }
    Ok(bytes)
}

/// Reads a text of at most so many bytes.
pub fn read_to_string(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
        io::Error::new(io::ErrorKind::InvalidData, format!("it is not UTF-8 in line {line}"))
    })
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Calls a reader that panics on some damaged files; a panic is told in its own words and not on
/// standard error.
pub fn guarded<T>(read: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                hook(info);
            }
        }));
    });
    let before = GUARDED.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(before);
    done.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        text.unwrap_or("the reader gave up").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs_err::write(&path, "abc").unwrap();
        assert_eq!(read(&path, 3).unwrap(), b"abc");
        assert_eq!(read(&path, 2).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(open(folder.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(open(folder.path().join("b")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_text_that_is_not_utf8_is_told_by_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs_err::write(&path, b"a\nb\n\xff\n").unwrap();
        assert_eq!(read_to_string(&path, 9).unwrap_err().to_string(), "it is not UTF-8 in line 3");
    }

    #[test]
    fn a_panic_of_a_reader_is_an_error() {
        assert_eq!(guarded(|| 1), Ok(1));
        assert_eq!(guarded(|| panic!("row {} is torn", 7)), Err::<(), _>("row 7 is torn".to_owned()));
        assert!(!GUARDED.get());
    }
}
