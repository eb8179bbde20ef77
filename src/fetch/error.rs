//! What can go wrong between here and a server, and with the folders that stand in for one.

use std::{fmt, io, path::PathBuf};

use miette::Diagnostic;

use titer_core::{checkpoint, exit::Exit};

/// Weights or data that cannot be had, or are not what they should be.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    #[error("{remote} cannot be reached at {}", public(url))]
    #[diagnostic(help("{}", remote.without_network()))]
    Unreachable { remote: Remote, url: String, source: Box<ureq::Error> },

    #[error("{remote} answers {} with HTTP {status}{}", public(url), because(message.as_deref()))]
    #[diagnostic(help("try again later; {}", remote.without_network()))]
    Status { remote: Remote, url: String, status: u16, message: Option<String> },

    #[error("{} broke off after {received} bytes{}", public(url), of(*expected))]
    #[diagnostic(help("run the same command again: it resumes where it stopped"))]
    Truncated { url: String, received: u64, expected: Option<u64> },

    #[error("{remote} does not answer as it should at {}: {problem}", public(url))]
    #[diagnostic(help("{}", remote.elsewhere()))]
    Unexpected { remote: Remote, url: String, problem: String },

    #[error("{name} at revision {revision} is not in the cache, and HF_HUB_OFFLINE forbids fetching it")]
    #[diagnostic(help("unset HF_HUB_OFFLINE, or run `titer fetch FILE` where there is a network and bring the cache here"))]
    Offline { name: String, revision: String },

    #[error("{name} at revision {revision} is not in the cache")]
    #[diagnostic(help("run `titer fetch FILE`"))]
    NotCached { name: String, revision: String },

    #[error("{name:?} cannot name a model of the Hub")]
    #[diagnostic(help("a name is `model` or `owner/model` in letters, digits, '-', '_' and '.'"))]
    BadName { name: String },

    #[error("{revision:?} cannot name a revision")]
    #[diagnostic(help("give the commit: 40 hexadecimal digits, shown on the model's page under \"Files\""))]
    BadRevision { revision: String },

    #[error("the Hub does not give {name} to everyone: it is gated, private, or does not exist (HTTP {status})")]
    #[diagnostic(help("check the name; where the model asks for it, accept its terms on its page and set HF_TOKEN"))]
    Refused { name: String, status: u16 },

    #[error("the Hub has no {file} in {name} at revision {revision}")]
    #[diagnostic(help(
        "check the name and the revision; titer reads models that have config.json and model.safetensors, in one file or several: a model with pickled weights alone (pytorch_model.bin), or an adapter, is converted or merged in Python first"
    ))]
    NotFound { name: String, revision: String, file: String },

    #[error("{}: its sha256 is {found}, not {expected}", path.display())]
    #[diagnostic(help("{advice}"))]
    WrongSha256 { path: PathBuf, expected: String, found: String, advice: String },

    #[error("there is no weights folder {}", path.display())]
    NoFolder {
        path: PathBuf,
        #[help]
        help: String,
    },

    #[error("the weights folder {} has no {file}", path.display())]
    IncompleteFolder {
        path: PathBuf,
        file: String,
        #[help]
        help: String,
    },

    #[error("{} is a model of the Hub's cache, of which {} commits lie there", path.display(), commits.len())]
    #[diagnostic(help("name the one that is meant: {}", commits.join(", ")))]
    SeveralSnapshots {
        path: PathBuf,
        /// The folder of each.
        commits: Vec<String>,
    },

    #[error(transparent)]
    #[diagnostic(transparent)]
    Checkpoint(#[from] checkpoint::Error),

    #[error("no folder for the Hub's cache is known")]
    #[diagnostic(help("set HF_HOME"))]
    NoHome,

    #[error("UniProt does not understand the query {query:?}: {message}")]
    #[diagnostic(help("try it on https://www.uniprot.org, then copy it into [data.fetch]"))]
    BadQuery { query: String, message: String },

    #[error("UniProt finds nothing for {query:?}")]
    #[diagnostic(help("try the query on https://www.uniprot.org"))]
    NothingFound { query: String },

    #[error("UniProt's answer has no column {column:?}; it has {columns}")]
    #[diagnostic(help(
        "add the field that gives this column to `fields` under [data.fetch], or correct the column of the label rule"
    ))]
    NoColumn { column: String, columns: String },

    #[error("none of {fetched} proteins gets a label from their {column:?}")]
    #[diagnostic(help("check the label rule under [data.fetch]: upper and lower case count"))]
    NothingLabelled { fetched: u64, column: String },

    #[error("there is no data file {}, and the experiment does not say how to fetch it", path.display())]
    #[diagnostic(help("put the file there, or add [data.fetch] with a UniProt query"))]
    NoRecipe { path: PathBuf },

    #[error("a table from UniProt is a CSV file: {} is named otherwise", path.display())]
    #[diagnostic(help("let data.path end in .csv"))]
    NotCsv { path: PathBuf },

    #[error("{} was changed after titer had written it", path.display())]
    #[diagnostic(help("move it away to fetch it again; or delete the .source.json beside it, and titer uses it as it is"))]
    Changed { path: PathBuf },

    #[error("another titer is fetching {}", path.display())]
    #[diagnostic(help("wait for it"))]
    Busy { path: PathBuf },

    #[error("{} cannot be read", path.display())]
    Read { path: PathBuf, source: io::Error },

    #[error("{} cannot be written", path.display())]
    #[diagnostic(help("is there space on the disk, and is the folder yours to write to?"))]
    Write { path: PathBuf, source: io::Error },
}

impl Error {
    /// The code the process ends with.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Checkpoint(error) => error.exit(),
            Self::BadName { .. }
            | Self::BadRevision { .. }
            | Self::BadQuery { .. }
            | Self::NothingFound { .. }
            | Self::NoColumn { .. }
            | Self::NotCsv { .. }
            | Self::NothingLabelled { .. } => Exit::Usage,
            Self::Write { .. } => Exit::Failed,
            Self::Unreachable { .. }
            | Self::Status { .. }
            | Self::Truncated { .. }
            | Self::Unexpected { .. }
            | Self::Offline { .. }
            | Self::NotCached { .. }
            | Self::Refused { .. }
            | Self::NotFound { .. }
            | Self::WrongSha256 { .. }
            | Self::NoFolder { .. }
            | Self::IncompleteFolder { .. }
            | Self::SeveralSnapshots { .. }
            | Self::NoHome
            | Self::NoRecipe { .. }
            | Self::Changed { .. }
            | Self::Busy { .. }
            | Self::Read { .. } => Exit::Input,
        }
    }
}

/// A URL without the name and the password that a mirror's may hold.
fn public(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

fn because(message: Option<&str>) -> String {
    message.map(|message| format!(": {message}")).unwrap_or_default()
}

fn of(expected: Option<u64>) -> String {
    expected.map(|expected| format!(" of {expected}")).unwrap_or_default()
}

/// Whom a request went to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remote {
    Hub,
    UniProt,
}

impl Remote {
    const fn without_network(self) -> &'static str {
        match self {
            Self::Hub => {
                "run `titer fetch FILE` where there is a network and bring the cache here, or give model.weights a local folder"
            }
            Self::UniProt => "run `titer fetch FILE` where there is a network and bring the file here",
        }
    }

    const fn elsewhere(self) -> &'static str {
        match self {
            Self::Hub => "is HF_ENDPOINT a mirror of the Hub?",
            Self::UniProt => "is TITER_UNIPROT a mirror of https://rest.uniprot.org?",
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hub => "the Hugging Face Hub",
            Self::UniProt => "UniProt",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        assert_eq!(public("https://me:secret@mirror:80/a@b?c@d"), "https://mirror:80/a@b?c@d");
        assert_eq!(public("https://me:p@ss@mirror?x"), "https://mirror?x");
        assert_eq!(public("https://mirror/a"), "https://mirror/a");
    }
}
