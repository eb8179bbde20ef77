//! FASTA whose records hold more than a sequence.

use std::path::Path;

use titer_core::{
    data::{self, Dataset, Error},
    exit::Exit,
    experiment::Source,
};

use super::{all_tokens, seed_split, settings, write};

/// Records of a header, a sequence of 30 residues, and what `more` makes of its number.
fn fasta(more: impl Fn(usize, &str) -> String) -> String {
    let residues = b"ACDEFGHIKLMNPQRSTVWY";
    let record = |row: usize| {
        let sequence: String = (0..30).map(|at| residues[(row * 7 + at * (row + 3)) % 20] as char).collect();
        format!(">P{row} {}\n{}\n", ["x", "y"][row % 2], more(row, &sequence))
    };
    (0..24).map(record).collect()
}

fn prepare(folder: &Path, text: &str) -> Result<Dataset, Error> {
    write(folder, "a.fasta", text);
    let settings = settings(Source::Fasta { path: "a.fasta".into(), label: r"^\S+ (\w)$".to_owned() });
    data::prepare(&titer_core::experiment::TaskSettings::default(), &settings, &seed_split(), &all_tokens(), folder)
}

#[test]
fn three_line_fasta_is_refused_and_not_read_as_a_longer_sequence() {
    let folder = tempfile::tempdir().unwrap();
    let annotation = |row: usize| if row.is_multiple_of(2) { "I".repeat(30) } else { "S".repeat(18) + &"O".repeat(12) };
    for text in [
        fasta(|row, sequence| format!("{sequence}\n{}", annotation(row))),
        fasta(|row, sequence| format!("{sequence}\r\n{}\r", annotation(row))),
        // A second annotation below the first, and a blank line behind each record.
        fasta(|row, sequence| format!("{sequence}\n{}\n{}\n", annotation(row), "01".repeat(15))),
        // One record of many that has none.
        fasta(|row, sequence| if row == 3 { sequence.to_owned() } else { format!("{sequence}\n{}", annotation(row)) }),
    ] {
        let error = prepare(folder.path(), &text).unwrap_err();
        assert_eq!(error.to_string(), "a.fasta is three-line FASTA: a line of annotation follows each sequence");
        assert_eq!(error.exit(), Exit::Input);
    }
}

#[test]
fn sequences_wrapped_into_lines_of_one_length_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let wrapped = fasta(|_, sequence| format!("{}\n{}\n{}", &sequence[..10], &sequence[10..20], &sequence[20..]));
    let dataset = prepare(folder.path(), &wrapped).unwrap();
    assert_eq!(dataset.proteins, prepare(folder.path(), &fasta(|_, sequence| sequence.to_owned())).unwrap().proteins);
    assert!(dataset.proteins.iter().all(|protein| protein.sequence.len() == 30));
}
