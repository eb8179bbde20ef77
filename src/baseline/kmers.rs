//! The nearest training protein by the short words the two share.

use rayon::prelude::*;

use super::{Baseline, Kind, Outcome, Question};

/// Letters of a word. Unrelated proteins of 300 residues share a tenth of a word of five by chance,
/// and eleven words of three; proteins with a third of their residues in common still share some of
/// five. Longer words find close relatives alone.
const LENGTH: u32 = 5;

const LETTERS: u32 = 20;
const WORDS: u32 = LETTERS.pow(LENGTH);

pub const BASELINE: Baseline =
    Baseline { id: "k-mers", version: 1, name: "nearest by k-mers", tasks: Kind::ALL, tool: None, predict };

fn predict(question: &Question<'_>, _: &dyn Fn() -> bool) -> Outcome {
    let index = Index::new(&question.known);
    let nearest: Vec<Option<usize>> = question
        .asked
        .par_iter()
        .map_init(|| Counts::new(question.known.len()), |counts, sequence| index.nearest(&words(sequence), counts))
        .collect();
    let [label, most] = question.words();
    let lonely = nearest.iter().filter(|nearest| nearest.is_none()).count();
    let rest = match lonely {
        0 => String::new(),
        1 => format!("; the {most} for the 1 protein that shares none"),
        n => format!("; the {most} for the {n} proteins that share none"),
    };
    let made = format!("The {label} of the training protein with the most similar set of {LENGTH}-mers (cosine){rest}.");
    Outcome::made(made, question.labels_of(&nearest))
}

/// The words of a sequence, each once, in order. A word with a letter that is no amino acid is
/// none.
fn words(sequence: &str) -> Vec<u32> {
    let (mut words, mut word, mut length) = (Vec::with_capacity(sequence.len()), 0, 0);
    for letter in sequence.bytes() {
        let Some(number) = number(letter) else {
            length = 0;
            continue;
        };
        word = (word * LETTERS + number) % WORDS;
        length += 1;
        if length >= LENGTH {
            words.push(word);
        }
    }
    words.sort_unstable();
    words.dedup();
    words
}

/// 0 to 19 for the amino acids.
const fn number(letter: u8) -> Option<u32> {
    const NUMBERS: [Option<u32>; 26] = {
        let mut numbers = [None; 26];
        let (letters, mut number) = (b"ACDEFGHIKLMNPQRSTVWY", 0);
        while number < letters.len() {
            numbers[(letters[number] - b'A') as usize] = Some(number as u32);
            number += 1;
        }
        numbers
    };
    if letter.is_ascii_alphabetic() { NUMBERS[(letter.to_ascii_uppercase() - b'A') as usize] } else { None }
}

/// The known proteins by the words they hold.
struct Index {
    /// Where in `holders` each word's begin; one more than there are words.
    starts: Vec<usize>,
    holders: Vec<u32>,
    /// How many words each protein has.
    sizes: Vec<u64>,
}

/// How many words each known protein shares with one that is asked about.
struct Counts {
    shared: Vec<u64>,
    met: Vec<u32>,
}

impl Counts {
    fn new(known: usize) -> Self {
        Self { shared: vec![0; known], met: Vec::new() }
    }
}

impl Index {
    fn new<T: Sync>(known: &[(&str, T)]) -> Self {
        let of_proteins: Vec<Vec<u32>> = known.par_iter().map(|(sequence, _)| words(sequence)).collect();
        let mut starts = vec![0; WORDS as usize + 1];
        for word in of_proteins.iter().flatten() {
            starts[*word as usize + 1] += 1;
        }
        for word in 0..WORDS as usize {
            starts[word + 1] += starts[word];
        }
        let mut next = starts.clone();
        let mut holders = vec![0; starts[WORDS as usize]];
        for (protein, words) in of_proteins.iter().enumerate() {
            for word in words {
                holders[next[*word as usize]] = protein as u32;
                next[*word as usize] += 1;
            }
        }
        Self { starts, holders, sizes: of_proteins.iter().map(|words| words.len() as u64).collect() }
    }

    /// The protein of the highest cosine between the sets of words; of equals the first, `None`
    /// where none shares a word.
    fn nearest(&self, words: &[u32], counts: &mut Counts) -> Option<usize> {
        for word in words {
            for &holder in &self.holders[self.starts[*word as usize]..self.starts[*word as usize + 1]] {
                let shared = &mut counts.shared[holder as usize];
                if *shared == 0 {
                    counts.met.push(holder);
                }
                *shared += 1;
            }
        }
        // shared / √(words here · words there): the first factor is the same for all, and squares compare exactly.
        let nearer = |one: u32, other: u32| {
            let likeness = |this: u32, that: u32| counts.shared[this as usize].pow(2) * self.sizes[that as usize];
            likeness(one, other).cmp(&likeness(other, one)).then(other.cmp(&one))
        };
        let nearest = counts.met.iter().copied().max_by(|one, other| nearer(*one, *other));
        for holder in counts.met.drain(..) {
            counts.shared[holder as usize] = 0;
        }
        nearest.map(|protein| protein as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(known: &[&str], asked: &str) -> Option<usize> {
        let known: Vec<(&str, usize)> = known.iter().map(|sequence| (*sequence, 0)).collect();
        Index::new(&known).nearest(&words(asked), &mut Counts::new(known.len()))
    }

    #[test]
    fn words_are_a_set_and_end_at_what_is_no_residue() {
        assert_eq!(words("AAAAAA"), [0]);
        assert_eq!(words("AAAAC"), [1]);
        assert_eq!(words("aaaac"), [1]);
        assert_eq!(words("AAAAXC"), [] as [u32; 0]);
        assert_eq!(words("YYYYYA-ACDEF"), [8_864, WORDS - 20, WORDS - 1]);
    }

    #[test]
    fn the_nearest_shares_most_for_its_size() {
        // Both hold the three words of what is asked; the second is longer.
        assert_eq!(nearest(&["WWWWW", "ACDEFGHIKLMN", "MACDEFGHI"], "ACDEFGH"), Some(2));
        assert_eq!(nearest(&["ACDEFGH", "ACDEFGH"], "ACDEFGH"), Some(0), "of equals the first");
        assert_eq!(nearest(&["ACDEFGH"], "WWWWWWW"), None);
        assert_eq!(nearest(&["ACDEFGH"], "ACD"), None);
    }

    #[test]
    fn one_question_leaves_nothing_behind_for_the_next() {
        let index = Index::new(&[("ACDEFGH", 0), ("KLMNPQR", 0)]);
        let mut counts = Counts::new(2);
        assert_eq!(index.nearest(&words("ACDEFGH"), &mut counts), Some(0));
        assert_eq!(index.nearest(&words("KLMNPQR"), &mut counts), Some(1));
        assert_eq!((counts.met.len(), counts.shared), (0, vec![0, 0]));
    }
}
