//! Which model of the Hub, which revision, which bytes.

use crate::fetch::Error;

/// A model of the Hub.
#[derive(Debug, Clone, Copy)]
pub struct Model<'a> {
    /// `owner/name`, or `name`.
    pub name: &'a str,
    /// A commit, or the name of a branch or tag.
    pub revision: &'a str,
    /// What [`crate::fetch::tensors_sha256`] of the folder must be.
    pub sha256: Option<&'a str>,
}

impl Model<'_> {
    /// Refuses names that would lead out of the cache or to another page of the Hub.
    pub(super) fn check(&self) -> Result<(), Error> {
        let parts = self.name.split('/').count();
        if parts > 2 || !self.name.split('/').all(is_plain) {
            return Err(Error::BadName { name: self.name.to_owned() });
        }
        if !self.revision.split('/').all(is_plain) {
            return Err(Error::BadRevision { revision: self.revision.to_owned() });
        }
        Ok(())
    }
}

/// A commit never moves; a branch does.
pub(super) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Letters, digits, `-`, `_` and `.`, with something beside dots.
pub(super) fn is_plain(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && part.bytes().any(|byte| byte != b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str, revision: &str) -> Result<(), Error> {
        Model { name, revision, sha256: None }.check()
    }

    #[test]
    fn names_stay_inside_the_cache() {
        checked("facebook/esm2_t6_8M_UR50D", "c731040fcd8d73dceaa04b0a8e6329b345b0f5df").unwrap();
        checked("gpt2", "refs/pr/5").unwrap();
        for name in ["", "/", "../x", "a/..", "a/b/c", "a b", "a/b?x", "a//b", "/etc/passwd", "a\\b"] {
            assert!(matches!(checked(name, "main"), Err(Error::BadName { .. })), "{name}");
        }
        for revision in ["", "..", "../../x", "a/../b", "main?x", "main "] {
            assert!(matches!(checked("a/b", revision), Err(Error::BadRevision { .. })), "{revision}");
        }
    }
}
