//! The way to a whole answer: one stream where it holds, pages where it does not.

use std::{io::BufRead, path::Path};

use super::{
    partial::{Next, Partial},
    request::Request,
    service::{Service, unexpected},
};
use crate::fetch::{
    Error,
    progress::{Progress, Unit},
};

/// How often an answer is begun again before it is given up.
const RESTARTS: usize = 3;

/// How much of a stream is checked and written at once, in bytes.
const CHUNK: usize = 1 << 20;

/// Why an answer could not be gone on with.
enum Break {
    /// What is there no longer fits what comes: begin again.
    Stale(String),
    Failed(Error),
}

impl From<Error> for Break {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Service {
    /// Fetches all that a request finds, going on where an earlier call was broken off.
    pub(super) fn download(&self, request: &Request, target: &Path) -> Result<Partial, Error> {
        let mut partial = Partial::open(target, request, || self.summary(request))?;
        for _ in 0..RESTARTS {
            match self.go_on(request, &mut partial) {
                Ok(()) => return Ok(partial),
                Err(Break::Failed(error)) => return Err(error),
                Err(Break::Stale(why)) => {
                    tracing::warn!("{why}: beginning again");
                    partial.restart(self.summary(request)?)?;
                }
            }
        }
        Err(unexpected(&self.url("search"), "what it sends keeps changing under way"))
    }

    fn go_on(&self, request: &Request, partial: &mut Partial) -> Result<(), Break> {
        if *partial.next() == Next::Nothing {
            return Ok(());
        }
        if partial.total() == 0 {
            return Err(Error::NothingFound { query: request.query.clone() }.into());
        }
        let what = format!("UniProt {}", partial.release());
        let mut progress = Progress::new(&what, Unit::Proteins, partial.rows(), partial.total());
        if *partial.next() == Next::Stream {
            match self.all_at_once(request, partial, &mut progress)? {
                None => return Ok(()),
                Some(trouble) => return Err(Break::Stale(format!("UniProt's stream broke off ({trouble}), pages come next"))),
            }
        }
        self.page_by_page(request, partial, &mut progress)
    }

    /// Reads the stream to its end; gives what is wrong with it.
    fn all_at_once(&self, request: &Request, partial: &mut Partial, progress: &mut Progress) -> Result<Option<String>, Error> {
        let (release, mut lines) = match self.stream(request) {
            Ok(stream) => stream,
            Err(error) => return Ok(Some(error.to_string())),
        };
        if release != partial.release() {
            return Ok(Some(format!("it is of release {release}")));
        }
        let mut headed = true;
        loop {
            let mut chunk = String::new();
            while chunk.len() < CHUNK {
                match lines.read_line(&mut chunk) {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) => return Ok(Some(error.to_string())),
                }
            }
            if chunk.is_empty() {
                break;
            }
            if let Err(problem) = partial.append(&chunk, headed)? {
                return Ok(Some(problem.to_owned()));
            }
            headed = false;
            progress.at(partial.rows());
        }
        if partial.rows() != partial.total() {
            return Ok(Some(format!("{} of {} proteins came", partial.rows(), partial.total())));
        }
        partial.advance(Next::Nothing)?;
        Ok(None)
    }

    fn page_by_page(&self, request: &Request, partial: &mut Partial, progress: &mut Progress) -> Result<(), Break> {
        loop {
            let cursor = match partial.next() {
                Next::Nothing => break,
                Next::Page(cursor) => Some(cursor.clone()),
                Next::Stream | Next::FirstPage => None,
            };
            let page = match self.page(request, cursor.as_deref()) {
                // A cursor of an earlier call may have lost its meaning.
                Err(Error::Status { status: 400, .. }) if cursor.is_some() => {
                    return Err(Break::Stale("UniProt no longer knows the page to go on with".into()));
                }
                page => page?,
            };
            if page.release != partial.release() {
                return Err(Break::Stale(format!("UniProt's release changed from {} to {}", partial.release(), page.release)));
            }
            let before = partial.rows();
            if let Err(problem) = partial.append(&page.text, true)? {
                return Err(unexpected(&self.url("search"), problem).into());
            }
            progress.at(partial.rows());
            if partial.rows() > partial.total() || (partial.rows() == before && page.next.is_some()) {
                break;
            }
            partial.advance(page.next.map_or(Next::Nothing, Next::Page))?;
        }
        match (partial.rows(), partial.total()) {
            (rows, total) if rows == total => Ok(()),
            (rows, total) => Err(Break::Stale(format!("UniProt sent {rows} proteins where it had announced {total}"))),
        }
    }
}
