//! Rows as their source writes them → rows as they are used: words for a missing value, gaps, stop
//! codons, lower case. One rule for every kind of source, and everything that is changed is
//! counted.

use std::collections::{BTreeMap, HashSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Error,
    rows::{Row, Rows},
};
use crate::{
    experiment::{DataSettings, LowerCase, Strip},
    text::short,
};

/// What `pandas.read_csv` takes for a missing value by default, the empty field aside: here each is
/// a value like any other, unless the experiment names it. "NA" is neuraminidase and sodium too.
const USUAL: [&str; 18] = [
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN",
    "None", "n/a", "nan", "null",
];

/// Longer lists of words are not told.
const MOST_WORDS: usize = 100;

/// What was found and changed. The counts are of rows that miss nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cleaned {
    pub missing_values: Vec<Word>,
    pub like_missing: Vec<Word>,
    pub lower_case: usize,
    pub gaps: usize,
    pub stops: usize,
}

/// A word of the data, and in how many rows it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// `id`, `sequence` or `label`.
    pub field: String,
    pub value: String,
    pub count: usize,
}

/// Empties what the experiment calls missing, takes out of sequences what it says, and has their
/// letters in one case.
///
/// # Errors
///
/// Values of several lines, and sequences that hold anything but letters and gaps afterwards.
pub(super) fn clean(rows: &mut Rows, settings: &DataSettings) -> Result<Cleaned, Error> {
    let missing_values = empty_words(&mut rows.all, settings);
    require_one_line(rows)?;
    let strips = |what: Strip| settings.cleaning.strip.contains(&what);
    let (gaps, stop, mask) = (strips(Strip::Gaps), strips(Strip::Stop), settings.cleaning.lower_case == LowerCase::Mask);
    let found: Vec<[bool; 3]> = rows.all.par_iter_mut().map(|row| tidy(row, gaps, stop, mask)).collect();
    require_letters(rows)?;
    let count = |what: usize| rows.all.iter().zip(&found).filter(|(row, found)| !row.is_missing() && found[what]).count();
    Ok(Cleaned {
        missing_values,
        like_missing: like_missing(&rows.all, settings),
        gaps: count(0),
        stops: count(1),
        lower_case: count(2),
    })
}

/// The fields that a missing value leaves a row without use.
fn fields(row: &mut Row) -> [(&'static str, &mut String); 3] {
    [("id", &mut row.id), ("sequence", &mut row.sequence), ("label", &mut row.label)]
}

fn empty_words(rows: &mut [Row], settings: &DataSettings) -> Vec<Word> {
    let words: HashSet<&str> = settings.cleaning.missing_values.iter().map(String::as_str).collect();
    // The number of a row is no value of the data.
    let from = usize::from(settings.source.numbers_rows());
    if words.is_empty() {
        return Vec::new();
    }
    let mut found = BTreeMap::new();
    for row in rows {
        for (field, text) in fields(row).into_iter().skip(from) {
            if let Some(&word) = words.get(text.as_str()) {
                *found.entry((field, word.to_owned())).or_default() += 1;
                text.clear();
            }
        }
    }
    listed(found)
}

/// Words that stand for a missing value elsewhere and are read as they are, those aside that the
/// experiment gives a class.
fn like_missing(rows: &[Row], settings: &DataSettings) -> Vec<Word> {
    let mut found = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.is_missing()) {
        let meant = settings.classes.iter().any(|class| class.label == row.label);
        for (field, text) in [("id", &row.id), ("sequence", &row.sequence), ("label", &row.label)] {
            // The case of a sequence is gone.
            let is_usual = |word: &&str| **word == *text || field == "sequence" && word.eq_ignore_ascii_case(text);
            if !(field == "label" && meant) && USUAL.iter().any(is_usual) {
                *found.entry((field, text.clone())).or_default() += 1;
            }
        }
    }
    listed(found)
}

fn listed(found: BTreeMap<(&str, String), usize>) -> Vec<Word> {
    let word = |((field, value), count): ((&str, String), usize)| Word { field: field.to_owned(), value, count };
    found.into_iter().map(word).take(MOST_WORDS).collect()
}

/// Whether the sequence had gaps, a stop codon at its end that was taken off, and lower-case
/// letters.
fn tidy(row: &mut Row, gaps: bool, stop: bool, mask: bool) -> [bool; 3] {
    let is_gap = |letter: char| matches!(letter, '-' | '.');
    let had_gaps = row.sequence.contains(is_gap);
    if had_gaps && gaps {
        row.sequence.retain(|letter| !is_gap(letter));
    }
    let had_stop = stop && row.sequence.ends_with('*');
    if had_stop {
        row.sequence.truncate(row.sequence.trim_end_matches('*').len());
    }
    let had_lower = row.sequence.bytes().any(|byte| byte.is_ascii_lowercase());
    if had_lower && mask {
        row.sequence = row.sequence.replace(|letter: char| letter.is_ascii_lowercase(), "X");
    } else if had_lower {
        row.sequence.make_ascii_uppercase();
    }
    [had_gaps, had_stop, had_lower]
}

/// Refuses a value that a line break runs through: a quote was opened and not closed, and the lines
/// behind it were swallowed.
fn require_one_line(rows: &Rows) -> Result<(), Error> {
    for row in &rows.all {
        let given = [("id", &row.id), ("sequence", &row.sequence), ("label", &row.label)];
        for (what, text) in given.into_iter().chain(row.split.iter().map(|text| ("split", text))) {
            if text.contains(['\n', '\r']) {
                return Err(Error::SeveralLines { place: rows.place_in_file(row), what, begins: short(first_line(text)) });
            }
        }
    }
    Ok(())
}

fn first_line(text: &str) -> &str {
    text.split(['\n', '\r']).next().unwrap_or_default()
}

/// Refuses sequences that hold anything but letters and gaps: digits, white space and the like are
/// damage, not residues.
fn require_letters(rows: &Rows) -> Result<(), Error> {
    let bad: Vec<(usize, usize, char)> = rows
        .all
        .par_iter()
        .enumerate()
        .filter(|(_, row)| !row.is_missing())
        .filter_map(|(index, row)| {
            let is_letter = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'.');
            let start = row.sequence.bytes().position(|byte| !is_letter(byte))?;
            let (position, letter) = row.sequence.chars().enumerate().nth(start)?;
            Some((index, position + 1, letter))
        })
        .collect();
    let Some(&(index, position, letter)) = bad.first() else { return Ok(()) };
    let row = &rows.all[index];
    let help = match letter {
        '*' if row.sequence[position - 1..].bytes().all(|byte| byte == b'*') => {
            "a `*` at the end is a stop codon: `data.strip = [\"stop\"]` takes it off"
        }
        '*' => {
            "a `*` within is a stop codon: such a protein ends there, or was translated in another frame; correct it or leave it out"
        }
        '"' if position == 1 => {
            "white space before a quote makes the quote a part of the text: write `P1,\"MKT\"`, without a space behind the separator"
        }
        _ => "a sequence is letters, one a residue (`-` and `.` are gaps); take out digits, white space and other signs",
    };
    Err(Error::BadSequence {
        place: rows.place_in_file(row),
        column: rows.column.clone(),
        id: short(&row.id),
        letter,
        position,
        more: bad.len() - 1,
        help,
    })
}
