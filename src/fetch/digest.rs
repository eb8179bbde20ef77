//! SHA-256, where a file is pinned.

use std::{
    io::{self, Read},
    path::Path,
};

use sha2::{Digest, Sha256};
use titer_core::input;

use super::Error;

/// The SHA-256 of a file, in hexadecimal.
pub fn sha256(path: &Path) -> Result<String, Error> {
    let digest = || -> io::Result<String> {
        let mut file = input::open(path)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(hex(&hasher.finalize())),
                n => hasher.update(&buffer[..n]),
            }
        }
    };
    digest().map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// Bytes in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_is_the_known_one() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("abc"), "abc").unwrap();
        fs_err::write(folder.path().join("empty"), "").unwrap();
        let of = |file: &str| sha256(&folder.path().join(file)).unwrap();
        assert_eq!(of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(of("empty"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
