//! Variants of one protein: how many residues differ from the wild type, and which.

use std::collections::BTreeMap;

use titer_core::{data::Split, results::tables::ProteinRow};

/// The share of a protein's residues up to which it counts as a variant of the wild type.
const SHARE: f64 = 0.3;
/// Differences that are named.
const NAMED: usize = 6;

/// The wild type that the proteins are variants of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variants {
    wild: Vec<u8>,
    given: bool,
}

impl Variants {
    /// `None` where the tested proteins differ in length, or most of them in more residues than
    /// variants do. The wild type has, where none is given, the most frequent residue of the
    /// training proteins at each position.
    pub fn new(all: &[ProteinRow], tested: &[&ProteinRow], given: Option<&str>) -> Option<Self> {
        let length = tested.first()?.sequence.len();
        if tested.iter().any(|protein| protein.sequence.len() != length) {
            return None;
        }
        let train = all.iter().filter(|row| row.split == Some(Split::Train) && row.sequence.len() == length);
        let (wild, given) = match given.filter(|given| given.len() == length) {
            Some(given) => (given.to_uppercase().into_bytes(), true),
            None => (consensus(train.map(|row| row.sequence.as_bytes()), length), false),
        };
        let variants = Self { wild, given };
        let mut differences: Vec<u32> = tested.iter().map(|protein| variants.differences(protein)).collect();
        differences.sort_unstable();
        (f64::from(differences[differences.len() / 2]) <= SHARE * length as f64).then_some(variants)
    }

    /// How many residues of a protein differ from the wild type.
    pub fn differences(&self, protein: &ProteinRow) -> u32 {
        self.wild.iter().zip(protein.sequence.bytes()).filter(|(one, other)| **one != *other).count() as u32
    }

    /// Which they are: `V39A, D40G`.
    pub fn named(&self, protein: &ProteinRow) -> String {
        let pairs = self.wild.iter().zip(protein.sequence.bytes()).enumerate();
        let apart: Vec<String> = pairs
            .filter(|(_, (one, other))| **one != *other)
            .map(|(place, (one, other))| format!("{}{}{}", char::from(*one), place + 1, char::from(other)))
            .collect();
        match apart.len() {
            0 => "none".to_owned(),
            many if many > NAMED => format!("{} and {} more", apart[..NAMED].join(", "), many - NAMED),
            _ => apart.join(", "),
        }
    }

    /// What the proteins are compared with, and how far they are from it.
    pub fn sentence(&self, tested: &[&ProteinRow]) -> String {
        let differences = || tested.iter().map(|protein| self.differences(protein));
        let (least, most) = (differences().min().unwrap_or(0), differences().max().unwrap_or(0));
        let apart = if least == most { least.to_string() } else { format!("{least} to {most}") };
        let wild = if self.given {
            "the wild type that the experiment file names (report.wild-type)"
        } else {
            "the sequence of the most frequent residue at each position of the training proteins (report.wild-type names another)"
        };
        format!("All test proteins have {} residues, and differ in {apart} of them from {wild}.", self.wild.len())
    }
}

/// The most frequent residue at each position; of equally frequent ones the first by letter.
fn consensus<'a>(sequences: impl Iterator<Item = &'a [u8]>, length: usize) -> Vec<u8> {
    let mut counts = vec![BTreeMap::<u8, usize>::new(); length];
    for sequence in sequences {
        for (counts, residue) in counts.iter_mut().zip(sequence) {
            *counts.entry(*residue).or_default() += 1;
        }
    }
    let most = |counts: BTreeMap<u8, usize>| counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b'X', |(of, _)| of);
    counts.into_iter().map(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protein(sequence: &str, split: Split) -> ProteinRow {
        ProteinRow {
            id: sequence.into(),
            sequence: sequence.into(),
            length: sequence.len() as u32,
            tokens: sequence.len() as u32 + 2,
            label: Some("1".into()),
            value: Some(1.0),
            split: Some(split),
            dropped: None,
            text: None,
        }
    }

    #[test]
    fn variants_differ_from_what_most_training_proteins_have() {
        let all: Vec<ProteinRow> =
            ["MKVLAWDE", "MKVLAWDE", "MKVGAWDE", "AKVLAWDE"].map(|sequence| protein(sequence, Split::Train)).to_vec();
        let tested = [protein("MKVLAWDY", Split::Test), protein("GKVLAWDY", Split::Test)];
        let tested: Vec<&ProteinRow> = tested.iter().collect();
        let variants = Variants::new(&all, &tested, None).unwrap();
        assert_eq!(tested.iter().map(|row| variants.differences(row)).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(variants.named(tested[1]), "M1G, E8Y");
        let given = Variants::new(&all, &tested, Some("gkvlawdy")).unwrap();
        assert_eq!((given.differences(tested[1]), given.named(tested[1]).as_str()), (0, "none"));
        assert!(given.sentence(&tested).contains("names"));
        assert_eq!(Variants::new(&all, &tested, Some("MKV")), Some(variants), "a wild type of another length is none");
    }

    #[test]
    fn proteins_of_several_lengths_or_of_nothing_in_common_are_no_variants() {
        let all = [protein("MKVLAWDE", Split::Train)];
        let (short, far) = (protein("MKV", Split::Test), protein("AAAAAAAA", Split::Test));
        let near = protein("MKVLAWDY", Split::Test);
        assert_eq!(Variants::new(&all, &[&near, &short], None), None);
        assert_eq!(Variants::new(&all, &[&far], None), None);
        assert!(Variants::new(&all, &[&near], None).is_some());
    }
}
