//! The tokens: the vocabulary, an encoded protein, and how many proteins the maximum length
//! truncates.

use serde::Serialize;

use super::{data::kept, format};
use titer_core::{
    data::{Card, tokens::Tokenizer},
    results::tables::ProteinRow,
};

/// Tokens of the example that are shown.
const SHOWN: usize = 20;

/// What is said about the tokens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokensView {
    pub summary: String,
    /// Every token, by id.
    pub vocabulary: Vec<String>,
    pub example: Option<Example>,
    /// The most tokens a protein may have.
    pub max_length: u32,
}

/// A protein before and after the tokenizer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    pub caption: String,
    /// Token and id.
    pub tokens: Vec<(String, u8)>,
}

impl TokensView {
    #[must_use]
    pub fn new(card: &Card, proteins: &[ProteinRow]) -> Self {
        let tokenizer = Tokenizer::esm2();
        Self {
            summary: summary(card, tokenizer.vocabulary().len()),
            vocabulary: tokenizer.vocabulary().iter().map(|token| (*token).to_owned()).collect(),
            example: kept(proteins).next().map(|row| Example::new(&tokenizer, row)),
            max_length: card.max_length as u32,
        }
    }
}

fn summary(card: &Card, vocabulary: usize) -> String {
    format!(
        "Each residue is one token of a vocabulary of {vocabulary}; <cls> opens a protein and <eos> closes it. A protein may have at most {} tokens: \
         {} of {} fit ({}), {} are truncated.",
        format::count(card.max_length as u64),
        format::count(card.covered as u64),
        format::count(card.kept as u64),
        format::share(card.covered as u64, card.kept as u64),
        format::count(card.truncated as u64),
    )
}

impl Example {
    fn new(tokenizer: &Tokenizer, row: &ProteinRow) -> Self {
        let ids = tokenizer.encode(&row.sequence);
        let token = |id: u8| tokenizer.vocabulary()[usize::from(id)].to_owned();
        Self {
            caption: format!(
                "{}: {} become {}; the first {} of them, with their ids.",
                row.id,
                format::counted(u64::from(row.length), "residue"),
                format::counted(ids.len() as u64, "token"),
                SHOWN.min(ids.len()),
            ),
            tokens: ids.iter().take(SHOWN).map(|&id| (token(id), id)).collect(),
        }
    }
}
