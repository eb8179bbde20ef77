//! Line ends: git and editors change them, and with them a file's digest.

use std::{io, path::Path};

/// Larger files are not looked into.
const LARGEST: u64 = 1 << 30;

/// How the lines of a text end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnds {
    /// `\n`, as Unix has it.
    Lf,
    /// `\r\n`, as Windows has it.
    CrLf,
}

impl LineEnds {
    /// What is said where only they differ: these here, the others `there`.
    #[must_use]
    pub fn note(self, there: &str) -> String {
        let (here, other) = match self {
            Self::Lf => ("LF", "CRLF"),
            Self::CrLf => ("CRLF", "LF"),
        };
        format!(
            "only the line ends differ: {here} here, {other} {there}; git changes them where core.autocrlf is set, \
             and `NAME -text` in .gitattributes keeps them"
        )
    }
}

/// A file's bytes with the other line ends, and those that it has; `None` where it is too large, or
/// has no lines.
pub fn swapped(path: &Path) -> io::Result<Option<(LineEnds, Vec<u8>)>> {
    if fs_err::metadata(path)?.len() > LARGEST {
        return Ok(None);
    }
    let bytes = super::read(path, LARGEST)?;
    let mut other = Vec::with_capacity(bytes.len());
    Ok(match (bytes.contains(&b'\n'), bytes.windows(2).any(|pair| pair == b"\r\n")) {
        (false, _) => None,
        (true, false) => {
            for byte in bytes {
                if byte == b'\n' {
                    other.push(b'\r');
                }
                other.push(byte);
            }
            Some((LineEnds::Lf, other))
        }
        (true, true) => {
            let mut rest = bytes.as_slice();
            while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
                other.extend_from_slice(&rest[..at]);
                rest = &rest[at + 1..];
            }
            other.extend_from_slice(rest);
            Some((LineEnds::CrLf, other))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(text: &str) -> Option<(LineEnds, String)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs_err::write(&path, text).unwrap();
        swapped(&path).unwrap().map(|(ends, bytes)| (ends, String::from_utf8(bytes).unwrap()))
    }

    #[test]
    fn a_text_has_the_other_line_ends_and_nothing_else_changes() {
        assert_eq!(other("a,b\n1,2\n"), Some((LineEnds::Lf, "a,b\r\n1,2\r\n".to_owned())));
        assert_eq!(other("a,b\r\n1,2\r\n"), Some((LineEnds::CrLf, "a,b\n1,2\n".to_owned())));
        // A file of both is what somebody made of one of the two.
        assert_eq!(other("a\r\nb\n\r\rc\r\n"), Some((LineEnds::CrLf, "a\nb\n\r\rc\n".to_owned())));
        assert_eq!(other("a"), None);
        assert_eq!(other(""), None);
    }
}
