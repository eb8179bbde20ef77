//! The bytes of a file of the Hub: whole, and what was promised.

use std::{
    io::{Read, Seek, SeekFrom, Write},
    path::Path,
};

use ureq::{
    Body,
    http::{Response, StatusCode},
};

use super::{
    look::Entry,
    remote::{HUB, Remote},
};
use crate::fetch::{
    Error,
    digest::sha256,
    files,
    http::{self, Failure, header},
    progress::{Progress, Unit},
};

impl Remote<'_> {
    /// Brings a file to `path`, going on with what is there already, and checks it; `path` is gone
    /// where it is not what it should be.
    pub(super) fn download(&self, entry: &Entry, file: &str, pin: Option<&str>, path: &Path) -> Result<(), Error> {
        // The Hub names large files by their SHA-256: what is not pinned is checked against that.
        let promised = Some(entry.etag.as_str()).filter(|etag| etag.len() == 64);
        if let (Some(expected), Some(promised)) = (pin, promised)
            && !expected.eq_ignore_ascii_case(promised)
        {
            return Err(self.wrong(file, expected, promised));
        }
        self.patience.attempt(|| self.transfer(entry, file, path))?;
        if let Some(expected) = pin.or(promised) {
            let found = sha256(path)?;
            if !expected.eq_ignore_ascii_case(&found) {
                files::remove(path)?;
                return Err(self.wrong(file, expected, &found));
            }
        }
        Ok(())
    }

    /// One request for the bytes that are still missing.
    fn transfer(&self, entry: &Entry, file: &str, path: &Path) -> Result<(), Failure> {
        let write = |source| Error::Write { path: path.to_owned(), source };
        let mut part = fs_err::OpenOptions::new().create(true).append(true).open(path).map_err(write)?;
        let mut start = part.metadata().map_err(write)?.len();
        if entry.size.is_some_and(|size| start > size) {
            part.set_len(0).map_err(write)?;
            start = 0;
        }
        if start > 0 && entry.size == Some(start) {
            return Ok(());
        }
        let mut request = self.signed(self.following.get(&entry.url));
        if start > 0 {
            request = request.header("range", format!("bytes={start}-"));
        }
        let mut response = http::settle(HUB, &entry.url, request.call())?;
        self.refuse(&response, &entry.commit, file)?;
        match response.status() {
            StatusCode::PARTIAL_CONTENT if resumes_at(&response, start) => {}
            // Not the part that was asked for: from the beginning.
            StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if start > 0 => {
                part.set_len(0).map_err(write)?;
                start = 0;
                if response.status() != StatusCode::OK {
                    return Err(Failure::passing(truncated(entry, 0)));
                }
            }
            StatusCode::OK => {}
            _ => return Err(http::status(HUB, &entry.url, response).into()),
        }
        let length = response.body().content_length().map(|length| start + length);
        let expected = entry.size.or(length);
        part.seek(SeekFrom::End(0)).map_err(write)?;
        let mut progress = Progress::new(&format!("{}/{file}", self.model.name), Unit::Bytes, start, expected.unwrap_or(0));
        let mut body = response.body_mut().as_reader();
        let mut buffer = vec![0; 256 << 10];
        let mut received = start;
        let broken = loop {
            match body.read(&mut buffer) {
                Ok(0) => break false,
                Ok(n) => {
                    part.write_all(&buffer[..n]).map_err(write)?;
                    received += n as u64;
                    progress.at(received);
                }
                Err(error) => {
                    tracing::debug!("{}/{file}: {error}", self.model.name);
                    break true;
                }
            }
        };
        part.sync_all().map_err(write)?;
        if broken || expected.is_some_and(|expected| expected != received) {
            return Err(Failure::passing(truncated(entry, received)));
        }
        Ok(())
    }

    fn wrong(&self, file: &str, expected: &str, found: &str) -> Error {
        Error::WrongSha256 {
            path: Path::new(self.model.name).join(file),
            expected: expected.to_owned(),
            found: found.to_owned(),
            advice:
                "nothing was kept: correct model.revision or model.sha256, or try again where the line may have changed the file"
                    .into(),
        }
    }
}

fn truncated(entry: &Entry, received: u64) -> Error {
    Error::Truncated { url: entry.url.clone(), received, expected: entry.size }
}

/// Whether the answer is the part from `start` on.
fn resumes_at(response: &Response<Body>, start: u64) -> bool {
    let range = header(response.headers(), "content-range").and_then(|range| range.strip_prefix("bytes "));
    range.and_then(|range| range.split('-').next()).and_then(|first| first.parse().ok()) == Some(start)
}
