//! FASTA with lines that annotate the sequence above them, a letter a residue: three-line FASTA as
//! predictors of signal peptides, membrane topology and secondary structure have it. Read as plain
//! FASTA, the label would become a part of the sequence.

/// Kinds of signs that annotations are made of, at most: eight classes of secondary structure, ten
/// digits of a score.
const MOST_SIGNS: usize = 10;

/// What is seen of the lines of a file's records.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    records: usize,
    /// Records of several lines, all of one length.
    even: usize,
    /// The bytes that occur in the first lines of those records, and in their further lines.
    first: [bool; 256],
    further: [bool; 256],
}

impl Lines {
    pub const fn new() -> Self {
        Self { records: 0, even: 0, first: [false; 256], further: [false; 256] }
    }

    /// Notes a record: its lines one behind the other, and the length of each.
    pub fn note(&mut self, sequence: &[u8], lengths: &[usize]) {
        self.records += 1;
        let [first, _, ..] = lengths else { return };
        if lengths.iter().any(|length| length != first) {
            return;
        }
        self.even += 1;
        let (residues, annotation) = sequence.split_at(*first);
        for byte in residues {
            self.first[usize::from(*byte)] = true;
        }
        for byte in annotation {
            self.further[usize::from(*byte)] = true;
        }
    }

    /// Whether the further lines annotate the first: nearly every record has lines of one length,
    /// and the further ones are made of few signs where the first have the many letters of
    /// proteins. Sequences that are wrapped have all letters in every line.
    pub fn annotate(&self) -> bool {
        let kinds = |seen: &[bool; 256]| seen.iter().filter(|seen| **seen).count();
        let (first, further) = (kinds(&self.first), kinds(&self.further));
        self.records > 0 && self.even * 10 >= self.records * 9 && further <= MOST_SIGNS && further * 2 <= first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTEIN: &str = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVVHSLAKWKR";

    fn annotate(records: &[&[&str]]) -> bool {
        let mut lines = Lines::new();
        for record in records {
            lines.note(record.concat().as_bytes(), &record.iter().map(|line| line.len()).collect::<Vec<_>>());
        }
        lines.annotate()
    }

    #[test]
    fn lines_of_few_signs_annotate() {
        let one = |line: &str| annotate(&[&[PROTEIN, &line.repeat(3)[..PROTEIN.len()]]]);
        // Signal peptides, topology, eight states of secondary structure, disorder, TMbed's mixed case, a score's digits.
        let annotations = [
            "SSSSSSSSSSSSSSSSSOOOOOOOOOOOOOOO",
            "iiiiiiMMMMMMMMMMMMMMMMMooooooooo",
            "CCHHHHGGGTTEEEEBBSSIIICCHHHHHHHH",
            "00000000001111111111110000000000",
            "iiiiiBBBBbbbbHHHHHhhhhSSSSSS....",
        ];
        for annotation in annotations {
            assert!(one(annotation), "{annotation}");
        }
        assert!(annotate(&[&[&PROTEIN[..32], annotations[0], annotations[3]]]));
    }

    #[test]
    fn wrapped_sequences_do_not_annotate_themselves() {
        let (one, two) = PROTEIN.split_at(PROTEIN.len() / 2);
        assert!(!annotate(&[&[one, &two[..one.len()]]]));
        assert!(!annotate(&[&["MKA", "MKV"], &["MKC", "MKW"]]));
        // A record whose second half is of low complexity, among others.
        assert!(!annotate(&[&[one, &"Q".repeat(one.len())], &[one, &two[..one.len()]]]));
    }

    #[test]
    fn a_record_of_one_line_among_few_is_no_annotation() {
        let annotated: &[&str] = &[&PROTEIN[..8], "IIIISSSS"];
        let plain: &[&str] = &[PROTEIN];
        assert!(!annotate(&[annotated, plain]));
        assert!(annotate(&[[annotated; 9].as_slice(), &[plain]].concat()));
        assert!(!annotate(&[]) && !annotate(&[plain]));
    }
}
