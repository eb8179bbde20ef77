//! Which column holds the proteins' sequences, by its letters.

use crate::init::column::Column;

/// What the letters of texts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alphabet {
    Protein,
    Dna,
    Rna,
    /// So few different signs that they are labels of residues, not residues.
    Few(String),
}

/// Letters of a text that is long enough to say that its alphabet is a small one.
const LONG: usize = 12;

/// Letters of the shortest peptides that are recognised.
const SHORT: usize = 5;

/// Signs that labels of residues are made of, at most.
const FEW: usize = 8;

/// Names of columns that hold sequences, as [`Column::plain`] has them.
const NAMES: [&str; 15] = [
    "sequence",
    "seq",
    "proteinsequence",
    "aasequence",
    "aaseq",
    "aminoacidsequence",
    "mutatedsequence",
    "mutantsequence",
    "variantsequence",
    "fullsequence",
    "primary",
    "primarysequence",
    "peptidesequence",
    "peptide",
    "protein",
];

/// The alphabet of texts that are sequences, nine of ten of them at least.
pub fn alphabet<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Alphabet> {
    let (mut counts, mut lengths, mut all, mut digits) = ([0_usize; 256], Vec::new(), 0, 0);
    for text in texts {
        all += 1;
        let letters: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let residues = letters.iter().filter(|byte| !b"-.*".contains(byte));
        let is_digits = letters.len() >= LONG && residues.clone().all(u8::is_ascii_digit);
        if is_digits || residues.clone().all(u8::is_ascii_alphabetic) && !is_title(&letters) {
            digits += usize::from(is_digits);
            lengths.push(letters.len());
            residues.for_each(|byte| counts[usize::from(byte.to_ascii_uppercase())] += 1);
        }
    }
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or(0);
    if lengths.len() * 10 < all * 9 || median < SHORT {
        return None;
    }
    let total: usize = counts.iter().sum();
    let mostly = |letters: &[u8]| letters.iter().map(|letter| counts[usize::from(*letter)]).sum::<usize>() * 20 >= total * 19;
    let kinds: Vec<u8> = (0..=255).filter(|byte| counts[usize::from(*byte)] > 0).collect();
    let few = || Alphabet::Few(kinds.iter().map(|byte| char::from(*byte)).collect());
    Some(match () {
        () if digits > 0 => few(),
        () if median < LONG => Alphabet::Protein,
        () if kinds.len() >= 3 && mostly(b"ACGTN") => Alphabet::Dna,
        () if kinds.len() >= 3 && mostly(b"ACGUN") => Alphabet::Rna,
        () if kinds.len() <= FEW => few(),
        () => Alphabet::Protein,
    })
}

/// A word: a capital before small letters.
fn is_title(letters: &[u8]) -> bool {
    letters.split_first().is_some_and(|(first, rest)| first.is_ascii_uppercase() && rest.iter().all(u8::is_ascii_lowercase))
}

/// Columns of sequences: the one that was chosen, and others that may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub column: usize,
    pub others: Vec<usize>,
    /// Columns of DNA or RNA.
    pub nucleotides: Vec<usize>,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfound {
    /// The column's letters are others than those of proteins.
    Other(usize, Alphabet),
    Nothing,
}

/// Finds the sequences: by name, otherwise the longest texts that are mostly different.
pub fn find(columns: &[Column]) -> Result<Found, Unfound> {
    let kinds: Vec<Option<Alphabet>> = columns.iter().map(|column| alphabet(column.texts())).collect();
    let named = |index: usize| NAMES.iter().position(|name| *name == columns[index].plain());
    let differ = |index: usize| columns[index].differs();
    let length = |index: usize| columns[index].texts().map(str::len).sum::<usize>();
    let of = |wanted: &dyn Fn(&Alphabet) -> bool| -> Vec<usize> {
        let is_wanted = |index: &usize| kinds[*index].as_ref().is_some_and(wanted);
        (0..columns.len()).filter(is_wanted).filter(|index| differ(*index) || named(*index).is_some()).collect()
    };
    let nucleotides = of(&|kind| matches!(kind, Alphabet::Dna | Alphabet::Rna));
    let mut proteins = of(&|kind| *kind == Alphabet::Protein);
    proteins.sort_by_key(|index| (named(*index).unwrap_or(NAMES.len()), std::cmp::Reverse(length(*index))));
    // A short text beside long DNA is no protein, unless its name says so.
    let longest = nucleotides.iter().map(|index| length(*index)).max().unwrap_or(0);
    proteins.retain(|index| named(*index).is_some() || length(*index) * 10 > longest);
    if let Some((&column, rest)) = proteins.split_first() {
        let others =
            rest.iter().copied().filter(|other| named(*other).is_some() || length(*other) * 2 > length(column)).collect();
        return Ok(Found { column, others, nucleotides });
    }
    let other = nucleotides.first().copied().or_else(|| of(&|kind| matches!(kind, Alphabet::Few(_))).first().copied());
    Err(match other {
        Some(column) => Unfound::Other(column, kinds[column].clone().expect("it has an alphabet")),
        None => Unfound::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTEINS: [&str; 3] = ["MKTAYIAKQRQISFVKSHFSRQ", "MCHDVPGQNWPWHYCASYHTYF", "MTYQIFFKSFWYDQTCIICQAW"];

    fn of(texts: &[&str]) -> Option<Alphabet> {
        alphabet(texts.iter().copied())
    }

    #[test]
    fn letters_say_what_a_sequence_is_of() {
        assert_eq!(of(&PROTEINS), Some(Alphabet::Protein));
        assert_eq!(of(&["mktayiakqrqisfvkshfsrq*", "MCHD-PGQNWPW..CASYHTYF"]), Some(Alphabet::Protein));
        assert_eq!(of(&["ATGGCCAAATTTGGGTAA", "ATGNNCAAATTTGGGTAG"]), Some(Alphabet::Dna));
        assert_eq!(of(&["AUGGCCAAAUUUGGGUAA"]), Some(Alphabet::Rna));
        assert_eq!(of(&["CCCHHHHHHHEEEEECCC"]), Some(Alphabet::Few("CEH".to_owned())));
        assert_eq!(of(&["001111111111111100"]), Some(Alphabet::Few("01".to_owned())));
        assert_eq!(of(&["SIINFEKL", "GILGFVFTL"]), Some(Alphabet::Protein));
        for words in [&["Cytoplasm", "Nucleus"][..], &["Cyt", "Nuc"], &["P12345", "Q9Y4C2"], &["12", "34"], &[]] {
            assert_eq!(of(words), None, "{words:?}");
        }
    }

    #[test]
    fn the_sequences_are_found_by_name_and_then_by_length() {
        let short = Column::of("tag", ["GSHMA", "GSHMC", "GSHMD"]);
        let long = Column::of("x", PROTEINS);
        let found = |columns: &[Column]| find(columns).map(|found| found.column);
        assert_eq!(found(&[short.clone(), long.clone()]), Ok(1));
        assert_eq!(found(&[Column::of("Sequence", ["GSHMA", "GSHMC", "GSHMD"]), long.clone()]), Ok(0));
        // Capitals that repeat are names of classes.
        let classes = Column::of("compartment", ["NUCLEUS"; 9]);
        assert_eq!(found(std::slice::from_ref(&classes)), Err(Unfound::Nothing));
        let dna = Column::of("cds", ["ATGGCCAAATTTGGGTAA".repeat(9), "ATGNNCAAATTTGGGTAG".repeat(9)]);
        assert_eq!(found(&[dna.clone(), classes]), Err(Unfound::Other(0, Alphabet::Dna)));
        assert_eq!(find(&[dna, Column::of("protein", &PROTEINS[..2])]).unwrap().nucleotides, [0]);
    }
}
