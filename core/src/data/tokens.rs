//! Sequences → token ids, as `transformers.EsmTokenizer` makes them.

use std::sync::LazyLock;

use rayon::prelude::*;
use tokenizers::{
    AddedToken, SplitDelimiterBehavior,
    models::wordlevel::WordLevel,
    pre_tokenizers::{
        sequence::Sequence,
        split::{Split, SplitPattern},
    },
};

use super::Dataset;
use crate::experiment::Truncate;

/// ESM-2's `vocab.txt`: a token a line, its id the line's index.
pub const VOCAB_TXT: &str = include_str!("vocab.txt");

/// A vocabulary that is not ESM-2's: titer's token ids mean something else to the model that comes
/// with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is {}, where ESM-2's vocabulary has {}", token(found.as_deref(), "missing"), token(*expected, "ended"))]
pub struct OtherVocabulary {
    /// The first that differs, from 1.
    pub line: usize,
    /// `None` beyond the last line.
    pub found: Option<String>,
    pub expected: Option<&'static str>,
}

fn token(token: Option<&str>, none: &str) -> String {
    token.map_or_else(|| none.to_owned(), |token| format!("{token:?}"))
}

/// Compares the text of a checkpoint's `vocab.txt` with ESM-2's. White space around a token and
/// blank lines at the end do not count, as they do not for `transformers`.
pub fn check_vocabulary(text: &str) -> Result<(), OtherVocabulary> {
    let (mut theirs, mut ours) = (text.trim_end().lines().map(str::trim), VOCAB_TXT.lines());
    for line in 1.. {
        match (theirs.next(), ours.next()) {
            (None, None) => break,
            (found, expected) if found == expected => {}
            (found, expected) => return Err(OtherVocabulary { line, found: found.map(str::to_owned), expected }),
        }
    }
    Ok(())
}

/// Starts every protein; the classification head reads its hidden state.
pub const CLS: u8 = 0;
/// Fills batches; its embedding is zero.
pub const PAD: u8 = 1;
/// Ends every protein.
pub const EOS: u8 = 2;
/// Stands for whatever the vocabulary does not hold.
pub const UNK: u8 = 3;
/// Hides a residue.
pub const MASK: u8 = 32;

/// The tokenizer of every ESM-2 model.
///
/// Letters are looked up in a table; a text that holds anything else goes through the `tokenizers`
/// pipeline, which takes hundreds of bytes a letter and behaves as the reference does to the
/// letter: special tokens written out are those tokens, white space vanishes, and neighbouring
/// letters outside the vocabulary become *one* `<unk>`. A token is a byte: the vocabulary has 33,
/// and a million proteins are kept in memory.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    vocabulary: Vec<&'static str>,
    /// Ids of the one-letter tokens; `<unk>` for every other byte.
    letters: [u8; 256],
}

/// Built for the first text that needs it.
static PIPELINE: LazyLock<tokenizers::Tokenizer> = LazyLock::new(|| pipeline(&VOCAB_TXT.lines().collect::<Vec<_>>()));

impl Tokenizer {
    #[must_use]
    pub fn esm2() -> Self {
        let vocabulary: Vec<&str> = VOCAB_TXT.lines().collect();
        let mut letters = [UNK; 256];
        for (id, token) in (0..).zip(&vocabulary) {
            if let [letter] = token.as_bytes() {
                letters[usize::from(*letter)] = id;
            }
        }
        Self { vocabulary, letters }
    }

    /// The tokens by id.
    #[must_use]
    pub fn vocabulary(&self) -> &[&'static str] {
        &self.vocabulary
    }

    /// `<cls>`, the sequence, `<eos>`.
    #[must_use]
    pub fn encode(&self, sequence: &str) -> Vec<u8> {
        let mut ids = Vec::with_capacity(sequence.len() + 2);
        ids.push(CLS);
        ids.extend(sequence.bytes().map(|byte| self.letters[usize::from(byte)]));
        if ids.contains(&UNK) {
            if self.reads(sequence) {
                // Of unknown letters side by side, one.
                ids.dedup_by(|next, last| *next == UNK && *last == UNK);
            } else {
                ids.truncate(1);
                ids.extend(encode_anything(sequence));
            }
        }
        ids.push(EOS);
        ids
    }

    /// The length of [`encode`](Self::encode)'s answer.
    #[must_use]
    pub fn count(&self, sequence: &str) -> usize {
        if self.knows(sequence) { sequence.len() + 2 } else { self.encode(sequence).len() }
    }

    /// Whether every letter of the sequence is a token of its own.
    #[must_use]
    pub fn knows(&self, sequence: &str) -> bool {
        sequence.bytes().all(|byte| self.knows_letter(byte))
    }

    /// Whether the letter is a token of its own.
    #[must_use]
    pub fn knows_letter(&self, letter: u8) -> bool {
        self.letters[usize::from(letter)] != UNK
    }

    /// Whether the sequence is letters and gaps alone.
    fn reads(&self, sequence: &str) -> bool {
        sequence.bytes().all(|byte| byte.is_ascii_alphabetic() || self.letters[usize::from(byte)] != UNK)
    }
}

fn encode_anything(sequence: &str) -> impl Iterator<Item = u8> {
    let encoding = PIPELINE.encode_fast(sequence, false).expect("a word-level model with an unknown token takes any text");
    encoding.get_ids().to_owned().into_iter().map(|id| id as u8)
}

/// Cuts an encoded protein to `max_length` tokens; `<cls>` and `<eos>` stay.
#[must_use]
pub fn truncate(mut ids: Vec<u8>, max_length: usize, side: Truncate) -> Vec<u8> {
    let residues = ids.len() - 2;
    let kept = residues.min(max_length.saturating_sub(2));
    // Where the gap begins: `<cls>` stands before the residues.
    let start = 1 + match side {
        Truncate::End => kept,
        Truncate::Start => 0,
        Truncate::Middle => kept.div_ceil(2),
    };
    ids.drain(start..start + residues - kept);
    ids
}

/// Encodes and truncates the proteins of the given indices, in their order, on all cores.
#[must_use]
pub fn encode(dataset: &Dataset, tokenizer: &Tokenizer, side: Truncate, indices: &[usize]) -> Vec<Vec<u8>> {
    indices
        .par_iter()
        .map(|&index| truncate(tokenizer.encode(&dataset.proteins[index].sequence), dataset.max_length, side))
        .collect()
}

/// The reference's tokenizer, built from its vocabulary: the Hub has no `tokenizer.json` for ESM-2.
fn pipeline(vocabulary: &[&str]) -> tokenizers::Tokenizer {
    let (letters, words): (Vec<&str>, Vec<&str>) = vocabulary.iter().partition(|token| token.len() == 1);
    let model = WordLevel::builder()
        .vocab((0..).zip(vocabulary).map(|(id, token)| ((*token).to_owned(), id)).collect())
        .unk_token(vocabulary[usize::from(UNK)].to_owned())
        .build()
        .expect("a vocabulary in memory needs no file");
    let split = |pattern: String, behavior| {
        Split::new(SplitPattern::Regex(pattern), behavior, false).expect("a constant pattern is valid").into()
    };
    // White space is what Python's `str.split` takes for it: Unicode's, and the four ASCII separators.
    let spaces = split(r"[\s\x1c-\x1f]+".to_owned(), SplitDelimiterBehavior::Removed);
    let residues = split(format!("[{}]", letters.concat().replace('-', r"\-")), SplitDelimiterBehavior::Isolated);
    let mut tokenizer = tokenizers::Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(Sequence::new(vec![spaces, residues])));
    let words: Vec<AddedToken> = words.into_iter().map(|word| AddedToken::from(word, true)).collect();
    tokenizer.add_special_tokens(&words);
    tokenizer
}
