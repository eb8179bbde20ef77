//! Requests that do not give up at the first trouble, and do not wait for ever either.

use std::{io, thread, time::Duration};

use ureq::{
    Agent, Body,
    config::RedirectAuthHeaders,
    http::{HeaderMap, Response, StatusCode},
};

use super::{Error, Remote};

/// How often and how long to try.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub attempts: u32,
    /// Doubles with every attempt.
    pub pause: Duration,
    /// The most a server's `Retry-After` is heeded.
    pub longest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempts: 5, pause: Duration::from_millis(500), longest: Duration::from_mins(2) }
    }
}

/// How one attempt failed.
pub(super) enum Failure {
    /// The next attempt may fare better.
    Passing {
        error: Error,
        wait: Option<Duration>,
    },
    Lasting(Error),
}

impl Failure {
    pub(super) const fn passing(error: Error) -> Self {
        Self::Passing { error, wait: None }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Lasting(error)
    }
}

impl Patience {
    /// Attempts something until it succeeds, fails for good, or has been tried often enough.
    pub(super) fn attempt<T>(&self, mut attempt: impl FnMut() -> Result<T, Failure>) -> Result<T, Error> {
        let mut pause = self.pause;
        for _ in 1..self.attempts {
            match attempt() {
                Ok(value) => return Ok(value),
                Err(Failure::Lasting(error)) => return Err(error),
                Err(Failure::Passing { error, wait }) => {
                    let wait = wait.unwrap_or(pause).min(self.longest);
                    tracing::warn!("{error}; trying again in {:.1} s", wait.as_secs_f64());
                    thread::sleep(wait);
                    pause *= 2;
                }
            }
        }
        attempt().map_err(|failure| match failure {
            Failure::Passing { error, .. } | Failure::Lasting(error) => error,
        })
    }
}

/// An agent that lets every status through, reads proxies from the environment, and gives up on a
/// silent line.
pub(super) fn agent(redirects: u32) -> Agent {
    Agent::config_builder()
        .user_agent(concat!("titer/", env!("CARGO_PKG_VERSION")))
        .http_status_as_error(false)
        .max_redirects(redirects)
        .max_redirects_will_error(redirects > 0)
        // A token is for the server it was given for, not for where that server sends us.
        .redirect_auth_headers(RedirectAuthHeaders::SameHost)
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_mins(2)))
        .timeout_per_read(Some(Duration::from_mins(1)))
        .build()
        .new_agent()
}

/// What a call gave: a response of any lasting status, or how it failed.
pub(super) fn settle(remote: Remote, url: &str, called: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, Failure> {
    match called {
        Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS || response.status().is_server_error() => {
            Err(Failure::Passing { wait: retry_after(response.headers()), error: status(remote, url, response) })
        }
        Ok(response) => Ok(response),
        Err(error) => {
            let passing = is_passing(&error);
            let error = Error::Unreachable { remote, url: url.to_owned(), source: Box::new(error) };
            Err(if passing { Failure::passing(error) } else { Failure::Lasting(error) })
        }
    }
}

/// The error for a status that is none of those the caller knows what to do with.
pub(super) fn status(remote: Remote, url: &str, mut response: Response<Body>) -> Error {
    let status = response.status().as_u16();
    // UniProt explains itself in {"messages": […]}; the Hub in X-Error-Message.
    let mut explained = || -> Option<String> {
        if let Some(message) = header(response.headers(), "x-error-message") {
            return Some(message.to_owned());
        }
        let text = response.body_mut().with_config().limit(64 << 10).read_to_string().ok()?;
        let body: serde_json::Value = serde_json::from_str(&text).ok()?;
        let messages: Vec<&str> = body.get("messages")?.as_array()?.iter().filter_map(|message| message.as_str()).collect();
        Some(messages.join("; "))
    };
    Error::Status { remote, url: url.to_owned(), status, message: explained() }
}

/// A header as text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    header(headers, "retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

/// Whether another attempt may fare better: a name that does not resolve and a refused connection
/// mean that there is no network.
fn is_passing(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Timeout(timeout) => !matches!(timeout, ureq::Timeout::Connect | ureq::Timeout::Resolve),
        ureq::Error::Protocol(_) | ureq::Error::BodyStalled | ureq::Error::Decompress(..) => true,
        ureq::Error::Io(error) => is_break(error),
        _ => false,
    }
}

/// Whether a line broke that had been up.
pub(super) fn is_break(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::TimedOut
            | io::ErrorKind::Interrupted
            | io::ErrorKind::InvalidData
            | io::ErrorKind::Other
    )
}
