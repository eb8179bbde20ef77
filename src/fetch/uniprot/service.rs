//! UniProt's REST service: how much a query finds, all of it in one stream, or page by page.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use ureq::{
    Agent, Body,
    http::{HeaderMap, Response, StatusCode},
};

use super::request::Request;
use crate::fetch::{
    Error, Remote,
    http::{self, Failure, Patience, header},
};

/// Proteins a page: the most UniProt gives.
const PAGE: &str = "500";

/// UniProtKB, or a mirror of it.
#[derive(Debug)]
pub struct Service {
    base: String,
    patience: Patience,
    agent: Agent,
}

/// What UniProt says of a query beside its proteins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) release: String,
    pub(super) release_date: Option<String>,
    pub(super) total: u64,
}

/// A page of proteins.
pub(super) struct Page {
    pub(super) release: String,
    /// Tab-separated lines, the header first.
    pub(super) text: String,
    /// What to ask the next page by, in the server's own percent-encoding; `None`: this was the
    /// last.
    pub(super) next: Option<String>,
}

impl Service {
    /// `https://rest.uniprot.org`, or the mirror that `TITER_UNIPROT` names.
    #[must_use]
    pub fn from_env() -> Self {
        let base = std::env::var("TITER_UNIPROT").ok().filter(|base| !base.is_empty());
        Self::new(base.as_deref().unwrap_or("https://rest.uniprot.org"))
    }

    #[must_use]
    pub fn new(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), patience: Patience::default(), agent: http::agent(5) }
    }

    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// How much a query finds, and in which release.
    pub(super) fn summary(&self, request: &Request) -> Result<Summary, Error> {
        let url = self.url("search");
        let query = [("size", "1")];
        let response = self.patience.attempt(|| self.get(&url, request, &query, None)).map_err(|error| match error {
            Error::Status { status: 400, message, .. } => {
                Error::BadQuery { query: request.query.clone(), message: message.unwrap_or_else(|| "it gives no reason".into()) }
            }
            error => error,
        })?;
        let headers = response.headers();
        let total = header(headers, "x-total-results").and_then(|total| total.parse().ok());
        let total = total.ok_or_else(|| unexpected(&url, "its answer has no X-Total-Results"))?;
        if total == 0 {
            return Err(Error::NothingFound { query: request.query.clone() });
        }
        let release_date = header(headers, "x-uniprot-release-date").map(str::to_owned);
        Ok(Summary { release: release(headers, &url)?, release_date, total })
    }

    /// Everything a query finds, line by line, the header first; the release it comes from.
    pub(super) fn stream(&self, request: &Request) -> Result<(String, Box<dyn BufRead>), Error> {
        let url = self.url("stream");
        let response = self.patience.attempt(|| self.get(&url, request, &[("compressed", "true")], None))?;
        let release = release(response.headers(), &url)?;
        let lines = unzipped(response.into_body().into_reader()).map_err(|error| unexpected(&url, &error.to_string()))?;
        Ok((release, lines))
    }

    /// The page at a cursor, the first one without.
    pub(super) fn page(&self, request: &Request, cursor: Option<&str>) -> Result<Page, Error> {
        let url = self.url("search");
        let query = [("size", PAGE), ("compressed", "true")];
        self.patience.attempt(|| {
            let response = self.get(&url, request, &query, cursor)?;
            let release = release(response.headers(), &url)?;
            let next = header(response.headers(), "link").and_then(next_cursor);
            let mut text = String::new();
            let read = unzipped(response.into_body().into_reader()).and_then(|mut body| body.read_to_string(&mut text));
            read.map_err(|error| Failure::passing(unexpected(&url, &format!("the page broke off ({error})"))))?;
            if !text.ends_with('\n') {
                return Err(Failure::passing(unexpected(&url, "the page ends in the middle of a line")));
            }
            Ok(Page { release, text, next })
        })
    }

    pub(super) fn url(&self, endpoint: &str) -> String {
        format!("{}/uniprotkb/{endpoint}", self.base)
    }

    fn get(&self, url: &str, request: &Request, query: &[(&str, &str)], cursor: Option<&str>) -> Result<Response<Body>, Failure> {
        let fields = request.fields.join(",");
        let fixed = [("query", request.query.as_str()), ("fields", &fields), ("format", "tsv")];
        let call = self.agent.get(url).query_pairs(fixed.into_iter().chain(query.iter().copied()));
        let call = call.query_pairs_raw(cursor.map(|cursor| ("cursor", cursor)));
        let response = http::settle(Remote::UniProt, url, call.call())?;
        match response.status() {
            StatusCode::OK => Ok(response),
            _ => Err(http::status(Remote::UniProt, url, response).into()),
        }
    }
}

fn release(headers: &HeaderMap, url: &str) -> Result<String, Error> {
    let release = header(headers, "x-uniprot-release").filter(|release| !release.is_empty());
    release.map(str::to_owned).ok_or_else(|| unexpected(url, "its answer has no X-UniProt-Release"))
}

pub(super) fn unexpected(url: &str, problem: &str) -> Error {
    Error::Unexpected { remote: Remote::UniProt, url: url.to_owned(), problem: problem.to_owned() }
}

/// The text of a body, which is compressed or not as the server sees fit.
fn unzipped(body: impl Read + 'static) -> io::Result<Box<dyn BufRead>> {
    let mut body = BufReader::new(body);
    let zipped = body.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if zipped { Box::new(BufReader::new(MultiGzDecoder::new(body))) } else { Box::new(body) })
}

/// The cursor in `Link: <https://…&cursor=…>; rel="next"`. Only the cursor is taken: the address
/// may be another than ours.
fn next_cursor(link: &str) -> Option<String> {
    let mut rest = link;
    while let Some((_, target)) = rest.split_once('<') {
        let (url, after) = target.split_once('>')?;
        rest = after;
        let parameters = after.split_once('<').map_or(after, |(parameters, _)| parameters);
        if parameters.contains("rel=\"next\"") {
            return url.split(['?', '&']).find_map(|pair| pair.strip_prefix("cursor=")).map(str::to_owned);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_of_the_next_page_is_found_among_links() {
        let next =
            r#"<https://rest.uniprot.org/uniprotkb/search?fields=accession,sequence&cursor=1mvdx%2Fa&size=500>; rel="next""#;
        assert_eq!(next_cursor(next).as_deref(), Some("1mvdx%2Fa"));
        let several = format!(r#"<https://x/?cursor=first>; rel="prev", {next}"#);
        assert_eq!(next_cursor(&several).as_deref(), Some("1mvdx%2Fa"));
        assert_eq!(next_cursor(r#"<https://x/?cursor=first>; rel="prev""#), None);
        assert_eq!(next_cursor("nonsense"), None);
    }
}
