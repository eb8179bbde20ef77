//! What UniProt has sent so far, on disk: a call that was broken off goes on from here.

use std::{
    fs::TryLockError,
    io::{BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use fs_err::File;
use serde::{Deserialize, Serialize};

use super::{request::Request, service::Summary};
use crate::fetch::{Error, files};
use titer_core::input;

/// The version of the state beside a partial answer; one of another version is started anew.
///
/// - 1: the first.
const FORMAT: u32 = 1;

/// Far above what a state takes.
const MOST_BYTES: u64 = 1 << 20;

/// UniProt's answer as far as it has come: tab-separated lines, the header first. No other program
/// can have it open.
pub(super) struct Partial {
    path: PathBuf,
    file: File,
    state: State,
}

/// How far an answer has come. Bytes of the file past `bytes` are from a write that was broken off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    format: u32,
    request: Request,
    release: String,
    release_date: Option<String>,
    /// Proteins the query finds.
    total: u64,
    /// Proteins that are there.
    rows: u64,
    bytes: u64,
    /// The first line.
    header: Option<String>,
    next: Next,
}

/// What to ask for next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Next {
    /// Everything at once.
    Stream,
    /// Pages, from the first on.
    FirstPage,
    /// The page at this cursor.
    Page(String),
    Nothing,
}

/// Why an answer cannot be gone on with.
pub(super) enum Break {
    /// What is there does not fit what comes, or what comes is no answer: begin again.
    Stale(String),
    Failed(Error),
}

impl From<Error> for Break {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl State {
    fn new(request: &Request, summary: Summary, next: Next) -> Self {
        let Summary { release, release_date, total } = summary;
        Self { format: FORMAT, request: request.clone(), release, release_date, total, rows: 0, bytes: 0, header: None, next }
    }
}

impl Partial {
    /// Opens the answer to `request` beside `target`, or begins it with what `summary` says.
    pub(super) fn open(
        target: &Path,
        request: &Request,
        summary: impl FnOnce() -> Result<Summary, Error>,
    ) -> Result<Self, Error> {
        let path = files::beside(target, "part");
        files::create_parent(&path)?;
        let write = |source| Error::Write { path: path.clone(), source };
        let file = fs_err::OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(write)?;
        match file.file().try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy { path: target.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(write(source)),
        }
        let length = file.metadata().map_err(write)?.len();
        let found = input::read(&state_path(&path), MOST_BYTES).ok().and_then(|text| serde_json::from_slice::<State>(&text).ok());
        let state = match found.filter(|state| state.format == FORMAT && state.request == *request && state.bytes <= length) {
            // A stream cannot be taken up again, pages can.
            Some(state) if state.next == Next::Stream => State { next: Next::FirstPage, ..state },
            Some(state) => state,
            None => match summary() {
                Ok(summary) => State::new(request, summary, Next::Stream),
                // Nothing has begun: nothing is left.
                Err(error) => return files::remove(&path).and(Err(error)),
            },
        };
        let mut partial = Self { path, file, state };
        partial.rewind()?;
        partial.save()?;
        Ok(partial)
    }

    /// Forgets what is there and begins again with pages.
    pub(super) fn restart(&mut self, summary: Summary) -> Result<(), Error> {
        self.state = State::new(&self.state.request, summary, Next::FirstPage);
        self.rewind()?;
        self.save()
    }

    /// Adds lines of UniProt's answer, which begin with the header where `headed`. They count once
    /// [`Partial::advance`] is called.
    pub(super) fn append(&mut self, text: &str, headed: bool) -> Result<(), Break> {
        let mut rows = text;
        if headed {
            let (first_line, rest) = text.split_once('\n').unwrap_or((text, ""));
            match &self.state.header {
                Some(known) if known != first_line => return Err(Break::Stale("UniProt changed the columns under way".into())),
                Some(_) => rows = rest,
                None => self.state.header = Some(first_line.to_owned()),
            }
        }
        let tabs = self.state.header.as_ref().map_or(0, |header| header.matches('\t').count());
        if rows.lines().any(|line| line.matches('\t').count() != tabs) {
            return Err(Break::Stale("UniProt sent a line with too few or too many columns".into()));
        }
        let heads = u64::from(headed && rows.len() == text.len());
        self.file.write_all(rows.as_bytes()).map_err(|source| Error::Write { path: self.path.clone(), source })?;
        self.state.bytes += rows.len() as u64;
        self.state.rows += rows.lines().count() as u64 - heads;
        Ok(())
    }

    /// Makes what was added count.
    pub(super) fn advance(&mut self, next: Next) -> Result<(), Error> {
        self.file.sync_data().map_err(|source| Error::Write { path: self.path.clone(), source })?;
        self.state.next = next;
        self.save()
    }

    pub(super) fn release(&self) -> &str {
        &self.state.release
    }

    pub(super) fn release_date(&self) -> Option<&str> {
        self.state.release_date.as_deref()
    }

    pub(super) const fn rows(&self) -> u64 {
        self.state.rows
    }

    pub(super) const fn total(&self) -> u64 {
        self.state.total
    }

    pub(super) const fn next(&self) -> &Next {
        &self.state.next
    }

    /// Every line, the header first.
    pub(super) fn lines(&self) -> Result<impl Iterator<Item = Result<String, Error>> + use<>, Error> {
        let path = self.path.clone();
        let read = move |source| Error::Read { path: path.clone(), source };
        let file = File::open(&self.path).map_err(&read)?;
        Ok(BufReader::new(file).lines().map(move |line| line.map_err(&read)))
    }

    /// Removes what is no longer needed: the table is made.
    pub(super) fn remove(self) -> Result<(), Error> {
        files::remove(&state_path(&self.path))?;
        files::remove(&self.path)
    }

    /// Cuts off what does not count.
    fn rewind(&mut self) -> Result<(), Error> {
        let bytes = self.state.bytes;
        let cut = self.file.set_len(bytes).and_then(|()| self.file.seek(SeekFrom::Start(bytes)));
        cut.map(drop).map_err(|source| Error::Write { path: self.path.clone(), source })
    }

    fn save(&self) -> Result<(), Error> {
        let path = state_path(&self.path);
        let text =
            serde_json::to_vec_pretty(&self.state).map_err(|error| Error::Write { path: path.clone(), source: error.into() })?;
        files::write(&path, &text)
    }
}

fn state_path(path: &Path) -> PathBuf {
    files::beside(path, "json")
}
