//! A sequence that is no part of the data, read as the experiment reads its own.

use super::{clean, rows::Row};
use crate::experiment::{Cleaning, LowerCase, Strip};

/// The sequence as a model of the experiment is to have it, and what was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub sequence: String,
    /// A stop codon at its end was taken off: the experiment may call one an error, and a sequence
    /// without it is the protein's all the same.
    pub had_stop: bool,
}

/// What is no residue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoResidue {
    pub letter: char,
    /// From 1.
    pub position: usize,
}

/// Reads a sequence: white space left out, letters in one case, gaps as the experiment has them.
///
/// # Errors
///
/// Where it holds anything but letters and gaps.
pub fn sequence(text: &str, cleaning: &Cleaning) -> Result<Read, NoResidue> {
    let mut row = Row { sequence: text.split_whitespace().collect(), ..Row::default() };
    let gaps = cleaning.strip.contains(&Strip::Gaps);
    let [_, had_stop, _] = clean::tidy(&mut row, gaps, true, cleaning.lower_case == LowerCase::Mask);
    let is_residue = |letter: char| letter.is_ascii_alphabetic() || matches!(letter, '-' | '.');
    match row.sequence.chars().enumerate().find(|(_, letter)| !is_residue(*letter)) {
        Some((index, letter)) => Err(NoResidue { letter, position: index + 1 }),
        None => Ok(Read { sequence: row.sequence, had_stop }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_read_as_the_experiments_are() {
        let plain = Cleaning::default();
        let strip = Cleaning { strip: vec![Strip::Gaps], lower_case: LowerCase::Mask, ..Cleaning::default() };
        let read = |text: &str, cleaning| sequence(text, cleaning).map(|read| (read.sequence, read.had_stop));
        assert_eq!(read("mk T-a", &plain), Ok(("MKT-A".to_owned(), false)));
        assert_eq!(read("mkT-A*", &strip), Ok(("XXTA".to_owned(), true)));
        assert_eq!(read("MK*T", &plain), Err(NoResidue { letter: '*', position: 3 }));
        assert_eq!(read("MK1T", &plain), Err(NoResidue { letter: '1', position: 3 }));
        assert_eq!(read("", &plain), Ok((String::new(), false)));
    }
}
