//! What the Hub says of a file before it sends it.

use hf_hub::{Repo, RepoType};
use ureq::http::StatusCode;

use super::{
    model::{is_commit, is_plain},
    remote::{HUB, Remote},
};
use crate::fetch::{
    Error,
    http::{self, Failure, header},
};

/// A file of the Hub.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) url: String,
    pub(super) commit: String,
    /// The blob's name: the content's SHA-256 for large files, its git hash for small ones.
    pub(super) etag: String,
    pub(super) size: Option<u64>,
}

impl Remote<'_> {
    /// Asks what a file is at a revision.
    pub(super) fn look(&self, revision: &str, file: &str) -> Result<Entry, Error> {
        let repo = Repo::with_revision(self.model.name.to_owned(), RepoType::Model, revision.to_owned());
        let url = format!("{}/{}/resolve/{}/{file}", self.endpoint, repo.url(), repo.url_revision());
        self.patience.attempt(|| self.look_once(&url, revision, file))
    }

    fn look_once(&self, url: &str, revision: &str, file: &str) -> Result<Entry, Failure> {
        let unexpected = |problem: &str| Error::Unexpected { remote: HUB, url: url.to_owned(), problem: problem.to_owned() };
        let mut asked = url.to_owned();
        let (mut commit, mut linked_etag, mut linked_size) = (None, None, None);
        // A renamed model, or a file from the Hub's own cache: the Hub sends us to another of its pages, by a path alone.
        for _ in 0..5 {
            let response = http::settle(HUB, &asked, self.signed(self.looking.head(&asked)).call())?;
            self.refuse(&response, revision, file)?;
            let headers = response.headers();
            let said = |name: &str| header(headers, name).map(str::to_owned);
            commit = commit.or_else(|| said("x-repo-commit"));
            linked_etag = linked_etag.or_else(|| said("x-linked-etag"));
            linked_size = linked_size.or_else(|| said("x-linked-size"));
            let redirected = response.status().is_redirection();
            if let Some(path) =
                said("location").filter(|location| redirected && location.starts_with('/') && !location.starts_with("//"))
            {
                asked = format!("{}{path}", origin(&asked));
                continue;
            }
            if !redirected && response.status() != StatusCode::OK {
                return Err(http::status(HUB, &asked, response).into());
            }
            let size = linked_size.or_else(|| said("content-length").filter(|_| !redirected));
            let etag = linked_etag.or_else(|| said("etag")).ok_or_else(|| unexpected("the answer has no ETag"))?;
            let etag = etag.trim_start_matches("W/").trim_matches('"').to_owned();
            let commit = commit.ok_or_else(|| unexpected("the answer has no X-Repo-Commit"))?;
            // Both become names in the cache.
            if !is_commit(&commit) || !is_plain(&etag) {
                return Err(unexpected("its X-Repo-Commit or ETag is malformed").into());
            }
            if is_commit(revision) && !commit.eq_ignore_ascii_case(revision) {
                return Err(unexpected("it answers with another revision").into());
            }
            return Ok(Entry { url: url.to_owned(), commit, etag, size: size.and_then(|size| size.parse().ok()) });
        }
        Err(unexpected("it redirects in circles").into())
    }
}

/// `https://host` of a URL.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    url[host..].find('/').map_or(url, |path| &url[..host + path])
}
