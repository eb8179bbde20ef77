//! The way to a whole answer: one stream where it holds, pages where it does not.

use std::{io::BufRead, path::Path};

use super::{
    partial::{Break, Next, Partial},
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

impl Service {
    /// Fetches all that a request finds, going on where an earlier call was broken off.
    pub(super) fn download(&self, request: &Request, target: &Path) -> Result<Partial, Error> {
        let mut partial = Partial::open(target, request, || self.summary(request))?;
        let mut restarts = 0..RESTARTS;
        loop {
            match self.go_on(request, &mut partial) {
                Ok(()) => return Ok(partial),
                Err(Break::Failed(error)) => return Err(error),
                Err(Break::Stale(why)) if restarts.next().is_none() => return Err(unexpected(&self.url("search"), &why)),
                Err(Break::Stale(why)) => {
                    tracing::warn!("{why}: beginning again, page by page");
                    partial.restart(self.summary(request)?)?;
                }
            }
        }
    }

    fn go_on(&self, request: &Request, partial: &mut Partial) -> Result<(), Break> {
        if *partial.next() == Next::Nothing {
            return Ok(());
        }
        let what = format!("UniProt {}", partial.release());
        let mut progress = Progress::new(&what, Unit::Proteins, partial.rows(), partial.total());
        if *partial.next() == Next::Stream {
            self.all_at_once(request, partial, &mut progress)
        } else {
            self.page_by_page(request, partial, &mut progress)
        }
    }

    fn all_at_once(&self, request: &Request, partial: &mut Partial, progress: &mut Progress) -> Result<(), Break> {
        // Whatever is wrong with the stream, the pages may be better.
        let broke = |why: &dyn std::fmt::Display| Break::Stale(format!("UniProt's stream broke off ({why})"));
        let (release, mut lines) = self.stream(request).map_err(|error| broke(&error))?;
        check_release(partial, &release)?;
        let mut headed = true;
        loop {
            let mut chunk = String::new();
            while chunk.len() < CHUNK && lines.read_line(&mut chunk).map_err(|error| broke(&error))? > 0 {}
            if chunk.is_empty() {
                break;
            }
            partial.append(&chunk, headed)?;
            headed = false;
            progress.at(partial.rows());
        }
        check_count(partial)?;
        Ok(partial.advance(Next::Nothing)?)
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
            check_release(partial, &page.release)?;
            let before = partial.rows();
            partial.append(&page.text, true)?;
            progress.at(partial.rows());
            if page.next.is_none() || partial.rows() == before || partial.rows() > partial.total() {
                check_count(partial)?;
            }
            partial.advance(page.next.map_or(Next::Nothing, Next::Page))?;
        }
        Ok(())
    }
}

fn check_release(partial: &Partial, release: &str) -> Result<(), Break> {
    if release == partial.release() {
        return Ok(());
    }
    Err(Break::Stale(format!("UniProt's release changed from {} to {release}", partial.release())))
}

fn check_count(partial: &Partial) -> Result<(), Break> {
    if partial.rows() == partial.total() {
        return Ok(());
    }
    Err(Break::Stale(format!("UniProt sent {} proteins where it had announced {}", partial.rows(), partial.total())))
}
