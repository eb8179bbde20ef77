//! The training protein most like each protein that is asked about.

use std::collections::HashMap;

use super::Error;
use crate::mmseqs;
use titer_core::results::tables::ProteinRow;

/// Below this share of identical residues two proteins are seldom alike in more than their fold
/// (Rost 1999).
const FAR: f64 = 0.3;

/// Training proteins to search among.
#[derive(Debug)]
pub struct Nearest {
    ids: Vec<String>,
    sequences: Vec<String>,
    /// The first of each sequence.
    of_sequence: HashMap<String, usize>,
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
    pub fn new(trained_on: &[&ProteinRow], search: bool) -> Self {
        let sequences: Vec<String> = trained_on.iter().map(|protein| protein.sequence.clone()).collect();
        let mut of_sequence = HashMap::new();
        for (place, sequence) in sequences.iter().enumerate() {
            of_sequence.entry(sequence.clone()).or_insert(place);
        }
        Self {
            ids: trained_on.iter().map(|protein| protein.id.clone()).collect(),
            of_sequence,
            tool: if search && !sequences.is_empty() { mmseqs::version() } else { None },
            sequences,
        }
    }

    /// How many training proteins there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.sequences.len()
    }

    /// Whether a sequence is that of a training protein.
    #[must_use]
    pub fn trained_on(&self, sequence: &str) -> bool {
        self.of_sequence.contains_key(sequence)
    }

    /// The best hit of each sequence; all `None` where nobody searches.
    pub fn find(&self, asked: &[&str], goes_on: &dyn Fn() -> bool) -> Result<Vec<Option<mmseqs::Hit>>, Error> {
        if self.tool.is_none() || asked.is_empty() {
            return Ok(vec![None; asked.len()]);
        }
        mmseqs::search(asked.iter().copied(), self.sequences.iter().map(String::as_str), goes_on).map_err(|error| match error {
            mmseqs::Error::Interrupted => Error::Interrupted { done: 0 },
            error => Error::Search { message: error.to_string() },
        })
    }

    /// What hits say of their sequences.
    #[must_use]
    pub fn relatives(&self, asked: &[&str], hits: &[Option<mmseqs::Hit>]) -> Vec<Relative<'_>> {
        asked.iter().zip(hits).map(|(sequence, hit)| self.relative(sequence, *hit)).collect()
    }

    fn relative(&self, sequence: &str, hit: Option<mmseqs::Hit>) -> Relative<'_> {
        if let Some(&place) = self.of_sequence.get(sequence) {
            return Relative::Found { id: &self.ids[place], identity: 1.0 };
        }
        match hit {
            Some(hit) => Relative::Found { id: &self.ids[hit.known], identity: hit.identity },
            None if self.tool.is_some() => Relative::None,
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
