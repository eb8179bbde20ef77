//! The training protein most like each protein that is asked about.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::{AtomicBool, Ordering},
};

use crate::mmseqs;
use titer_core::results::tables::ProteinRow;

/// Below this share of identical residues a protein is called far, though a search found it: what
/// relatives so distant have in common is often the fold alone.
const FAR: f64 = 0.3;

/// No hit of fewer residues has an expected number of chance hits small enough to be one.
const SHORTEST: usize = 20;

/// Training proteins to search among.
#[derive(Debug)]
pub struct Nearest {
    ids: Vec<String>,
    sequences: Vec<String>,
    /// The first of each sequence.
    of_sequence: HashMap<String, usize>,
    /// Sequences that validated the runs.
    validated: HashSet<String>,
    /// A search failed: there are no more of them.
    failed: AtomicBool,
    /// `MMseqs2`'s version; `None` where it is not searched.
    pub tool: Option<String>,
}

/// What is known of a protein's relatives.
#[derive(Debug, Clone, PartialEq)]
pub enum Relative<'a> {
    /// The id of the most similar training protein, and the share of identical residues of the
    /// aligned ones.
    Found { id: &'a str, identity: f64 },
    /// None is similar.
    None,
    /// Nobody searched.
    Unknown,
}

impl Nearest {
    /// Without `search` only equal sequences are found.
    #[must_use]
    pub fn new(trained_on: &[&ProteinRow], validated: &HashSet<&str>, search: bool) -> Self {
        let sequences: Vec<String> = trained_on.iter().map(|protein| protein.sequence.clone()).collect();
        let mut of_sequence = HashMap::new();
        for (place, sequence) in sequences.iter().enumerate() {
            of_sequence.entry(sequence.clone()).or_insert(place);
        }
        Self {
            ids: trained_on.iter().map(|protein| protein.id.clone()).collect(),
            of_sequence,
            validated: validated.iter().map(|&sequence| sequence.to_owned()).collect(),
            failed: AtomicBool::new(false),
            tool: if search && !sequences.is_empty() { mmseqs::version() } else { None },
            sequences,
        }
    }

    /// How many training proteins there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.sequences.len()
    }

    /// Whether a sequence is that of a protein that trained or validated the runs.
    #[must_use]
    pub fn is_known(&self, sequence: &str) -> bool {
        self.of_sequence.contains_key(sequence) || self.validated.contains(sequence)
    }

    /// The best hit of each sequence; `None` where nobody searches. A search that fails is the
    /// last: predictions do not depend on it.
    pub fn find(&self, asked: &[&str], goes_on: &dyn Fn() -> bool) -> Option<Vec<Option<mmseqs::Hit>>> {
        if self.tool.is_none() || self.failed.load(Ordering::Relaxed) {
            return None;
        }
        if asked.is_empty() {
            return Some(Vec::new());
        }
        match mmseqs::search(asked.iter().copied(), self.sequences.iter().map(String::as_str), goes_on) {
            Ok(hits) => Some(hits),
            Err(error) => {
                self.failed.store(true, Ordering::Relaxed);
                if !matches!(error, mmseqs::Error::Interrupted) {
                    tracing::warn!("`nearest` stays empty from here on: {error}");
                }
                None
            }
        }
    }

    /// What hits say of their sequences.
    #[must_use]
    pub fn relatives(&self, asked: &[&str], hits: Option<&[Option<mmseqs::Hit>]>) -> Vec<Relative<'_>> {
        let of = |(place, sequence): (usize, &&str)| match (self.of_sequence.get(*sequence), hits) {
            (Some(&same), _) => Relative::Found { id: &self.ids[same], identity: 1.0 },
            (None, Some(hits)) => self.relative(sequence, hits[place]),
            (None, None) => Relative::Unknown,
        };
        asked.iter().enumerate().map(of).collect()
    }

    /// What a search says of a sequence.
    fn relative(&self, sequence: &str, hit: Option<mmseqs::Hit>) -> Relative<'_> {
        match hit {
            Some(hit) => Relative::Found { id: &self.ids[hit.known], identity: hit.identity },
            None if sequence.len() >= SHORTEST => Relative::None,
            None => Relative::Unknown,
        }
    }
}

impl Relative<'_> {
    /// Why a prediction is to be taken with care: a clause.
    #[must_use]
    pub fn caution(&self) -> Option<String> {
        match self {
            Self::None => Some("far: no training protein is similar".to_owned()),
            Self::Found { identity, .. } if *identity < FAR => {
                Some(format!("far: the nearest training protein is {:.0} % identical", 100.0 * identity))
            }
            Self::Found { .. } | Self::Unknown => None,
        }
    }
}
