//! What is changed in rows before anything is made of them: one rule for every kind of file, and
//! all of it counted.

use std::path::Path;

use polars::prelude::{Column, DataFrame, NamedFrom, ParquetWriter, Series};
use titer_core::{
    data::{self, Dataset, Dropped, Error, Word},
    exit::Exit,
    experiment::{Conflicts, DataSettings, LowerCase, Source, Strip},
};

use super::{all_tokens, class, dropped, ordinary, prepare_csv, seed_split, settings, table, write};

/// Proteins of the classes `x` and `y`, their sequences long enough to tell apart in any case.
fn rows() -> Vec<[String; 3]> {
    let residues = b"ACDEFGHIKLMNPQRSTVWY";
    let letter = |number: usize| char::from(residues[number % 20]);
    let rest = |row: usize| (2..24).map(move |at| letter(row * 7 + at * (row + 3)));
    let sequence = |row: usize| [letter(row / 20), letter(row)].into_iter().chain(rest(row)).collect();
    (0..24).map(|row| [format!("P{row}"), sequence(row), ["x", "y"][row % 2].to_owned()]).collect()
}

fn parquet(folder: &Path, rows: &[[String; 3]]) {
    let column = |index: usize, name: &str| {
        let texts: Vec<&str> = rows.iter().map(|row| row[index].as_str()).collect();
        Column::from(Series::new(name.into(), texts))
    };
    let columns = vec![column(0, "id"), column(1, "sequence"), column(2, "label")];
    let mut frame = DataFrame::new(rows.len(), columns).unwrap();
    let file = fs_err::File::create(folder.join("proteins.parquet")).unwrap();
    ParquetWriter::new(file.into_parts().0).finish(&mut frame).unwrap();
}

/// The same rows from every kind of file.
fn from_everywhere(rows: &[[String; 3]], change: impl Fn(&mut DataSettings)) -> Vec<(&'static str, Result<Dataset, Error>)> {
    let folder = tempfile::tempdir().unwrap();
    let delimited = |by: &str| {
        let lines = rows.iter().map(|row| row.join(by) + "\n");
        ["id", "sequence", "label"].join(by) + "\n" + &lines.collect::<String>()
    };
    write(folder.path(), "proteins.csv", &delimited(","));
    write(folder.path(), "proteins.tsv", &delimited("\t"));
    let records = rows.iter().map(|[id, sequence, label]| format!(">{id} {label}\n{sequence}\n"));
    write(folder.path(), "proteins.fasta", &records.collect::<String>());
    parquet(folder.path(), rows);
    let fasta = settings(Source::Fasta { path: "proteins.fasta".into(), label: r"^\S+ (\S+)$".to_owned() });
    let sources = [
        ("csv", table("proteins.csv")),
        ("tsv", table("proteins.tsv")),
        ("fasta", fasta),
        ("parquet", table("proteins.parquet")),
    ];
    let prepare = |(name, mut settings)| {
        change(&mut settings);
        (
            name,
            data::prepare(
                &titer_core::experiment::TaskSettings::default(),
                &settings,
                &seed_split(),
                &all_tokens(),
                folder.path(),
            ),
        )
    };
    sources.map(prepare).into()
}

fn word(field: &str, value: &str, count: usize) -> Word {
    Word { field: field.to_owned(), value: value.to_owned(), count }
}

#[test]
fn lower_case_is_read_as_capitals_everywhere_and_counted() {
    let expected: Vec<String> = rows().into_iter().map(|row| row[1].clone()).collect();
    let mut lower = rows();
    for row in &mut lower[..20] {
        row[1] = row[1].to_lowercase();
    }
    // One half in lower case, as where it marks a domain.
    lower[20][1] = lower[20][1][..12].to_lowercase() + &lower[20][1][12..];
    for (file, dataset) in from_everywhere(&lower, |_| {}) {
        let dataset = dataset.unwrap();
        assert_eq!((dataset.card.lower_case, dataset.card.counts.unknown_residues, dataset.card.kept), (21, 0, 24), "{file}");
        assert_eq!(
            dataset.proteins.iter().map(|protein| &protein.sequence).collect::<Vec<_>>(),
            expected.iter().collect::<Vec<_>>()
        );
        assert!(dataset.remarks(&table("a.csv")).unwrap().contains("21 in lower case, read as capitals"), "{file}");
    }
}

#[test]
fn lower_case_may_be_read_as_masked() {
    let mut masked = rows();
    masked[0][1] = "MKTaykVv".to_owned();
    for (file, dataset) in from_everywhere(&masked, |settings| settings.cleaning.lower_case = LowerCase::Mask) {
        let dataset = dataset.unwrap();
        assert_eq!(dataset.proteins[0].sequence, "MKTXXXVX", "{file}");
        assert_eq!(dataset.card.lower_case, 1);
    }
}

#[test]
fn repeats_are_found_whatever_their_case() {
    let dataset = prepare_csv(&(ordinary() + "d,mka,x\n"), |_| {}).unwrap();
    assert_eq!(dropped(&dataset), [("d", Dropped::Duplicate)]);
}

#[test]
fn data_that_is_mostly_unknown_residues_is_refused() {
    let mut lower = rows();
    for row in &mut lower {
        row[1] = row[1].to_lowercase();
    }
    for (file, dataset) in from_everywhere(&lower, |settings| settings.cleaning.lower_case = LowerCase::Mask) {
        let error = dataset.unwrap_err();
        assert!(error.to_string().starts_with("576 of the 576 residues are unknown"), "{file}: {error}");
        assert!(matches!(error, Error::MostlyUnknown { help, .. } if help.contains("data.lower-case = \"upper\"")));
    }
    // All alike, and of two classes: none would be kept.
    let masked = |settings: &mut DataSettings| {
        (settings.cleaning.lower_case, settings.cleaning.conflicts) = (LowerCase::Mask, Conflicts::Drop);
    };
    assert!(from_everywhere(&lower, masked).iter().all(|(_, dataset)| matches!(dataset, Err(Error::MostlyUnknown { .. }))));
    let cut = |with: &str| ordinary().replace("MK", with);
    assert!(prepare_csv(&cut("MJ"), |_| {}).is_ok());
    for mostly in ["JJ", "XX", "JX"] {
        let error = prepare_csv(&cut(mostly), |_| {}).unwrap_err();
        assert!(matches!(error, Error::MostlyUnknown { unknown: 40, residues: 60, .. }), "{error:?}");
        assert_eq!(error.exit(), Exit::Input);
    }
}

#[test]
fn no_word_is_missing_unless_the_experiment_says_so() {
    let mut flu = rows();
    flu.iter_mut().enumerate().for_each(|(index, row)| row[2] = ["HA", "NA", "null"][index % 3].to_owned());
    for (file, dataset) in from_everywhere(&flu, |_| {}) {
        let dataset = dataset.unwrap();
        assert_eq!(
            (dataset.classes.as_slice(), dataset.card.counts.missing),
            (["HA", "NA", "null"].map(str::to_owned).as_slice(), 0),
            "{file}"
        );
        assert_eq!(dataset.card.like_missing, [word("label", "NA", 8), word("label", "null", 8)]);
        let remarks = dataset.remarks(&table("a.csv")).unwrap();
        assert!(remarks.contains("read as they are: label \"NA\" 8, label \"null\" 8"), "{remarks}");
    }
    flu[0][0] = "null".to_owned();
    for (file, dataset) in from_everywhere(&flu, |settings| settings.cleaning.missing_values = vec!["null".to_owned()]) {
        let dataset = dataset.unwrap();
        assert_eq!(dataset.classes, ["HA", "NA"], "{file}");
        assert_eq!((dataset.card.counts.missing, dataset.card.kept), (9, 15));
        assert_eq!(dataset.card.missing_values, [word("id", "null", 1), word("label", "null", 8)]);
        assert_eq!(dataset.card.like_missing, [word("label", "NA", 8)]);
        assert!(
            dataset
                .remarks(&table("a.csv"))
                .unwrap()
                .contains("9 left out for a missing value (id \"null\" 1, label \"null\" 8; ")
        );
    }
}

#[test]
fn a_class_that_the_experiment_names_is_no_word_to_wonder_about() {
    let csv = ordinary().replace(",x\n", ",NA\n");
    let dataset = prepare_csv(&csv, |settings| settings.classes = vec![class("NA", "Neuraminidase"), class("y", "Y")]).unwrap();
    assert_eq!((dataset.card.kept, dataset.card.like_missing.len()), (20, 0));
}

#[test]
fn a_sequence_that_reads_nan_is_told() {
    let dataset = prepare_csv(&(ordinary() + "n,NaN,x\n"), |_| {}).unwrap();
    assert_eq!(dataset.card.like_missing, [word("sequence", "NAN", 1)]);
    let dataset =
        prepare_csv(&(ordinary() + "n,NaN,x\n"), |settings| settings.cleaning.missing_values = vec!["NaN".to_owned()]).unwrap();
    assert_eq!((dropped(&dataset), dataset.card.like_missing.len()), (vec![("n", Dropped::Missing)], 0));
}

#[test]
fn gaps_are_counted_and_stay_unless_they_are_taken_out() {
    let mut gapped = rows();
    gapped[0][1] = "-MK..TA-YK".to_owned();
    gapped[1][1] = "MKTAY-".to_owned();
    for (file, dataset) in from_everywhere(&gapped, |_| {}) {
        let dataset = dataset.unwrap();
        assert_eq!((dataset.card.gaps, dataset.card.counts.unknown_residues, dataset.proteins[0].tokens), (2, 0, 12), "{file}");
        assert_eq!(dataset.proteins[0].sequence, "-MK..TA-YK");
        assert!(dataset.remarks(&table("a.csv")).unwrap().contains("2 with gaps, each kept as a token"));
    }
    for (file, dataset) in from_everywhere(&gapped, |settings| settings.cleaning.strip = vec![Strip::Gaps]) {
        let dataset = dataset.unwrap();
        assert_eq!((dataset.card.gaps, dataset.proteins[0].tokens), (2, 8), "{file}");
        assert_eq!((dataset.proteins[0].sequence.as_str(), dataset.proteins[1].sequence.as_str()), ("MKTAYK", "MKTAY"));
    }
}

#[test]
fn repeats_are_found_behind_gaps_and_a_row_of_gaps_misses_its_sequence() {
    let csv = ordinary() + "d,M-KA,x\ng,---,x\n";
    let dataset = prepare_csv(&csv, |settings| settings.cleaning.strip = vec![Strip::Gaps]).unwrap();
    assert_eq!(dropped(&dataset), [("d", Dropped::Duplicate), ("g", Dropped::Missing)]);
    assert_eq!(dropped(&prepare_csv(&csv, |_| {}).unwrap()), []);
}

#[test]
fn a_stop_codon_at_the_end_is_refused_with_the_remedy_or_taken_off() {
    let mut stopped = rows();
    stopped.iter_mut().skip(1).for_each(|row| row[1].push('*'));
    for (file, dataset) in from_everywhere(&stopped, |_| {}) {
        let error = dataset.unwrap_err();
        assert!(error.to_string().contains("the sequence of \"P1\" holds '*' at position 25"), "{file}: {error}");
        assert!(matches!(error, Error::BadSequence { help, more: 22, .. } if help.contains("data.strip = [\"stop\"]")));
    }
    for (file, dataset) in from_everywhere(&stopped, |settings| settings.cleaning.strip = vec![Strip::Stop]) {
        let dataset = dataset.unwrap();
        assert_eq!((dataset.card.stops, dataset.card.kept), (23, 24), "{file}");
        assert!(dataset.proteins.iter().all(|protein| protein.sequence.len() == 24));
    }
}

#[test]
fn a_stop_codon_within_stays_refused() {
    let error = prepare_csv(&(ordinary() + "s,MK*A*,x\n"), |settings| settings.cleaning.strip = vec![Strip::Stop]).unwrap_err();
    assert!(error.to_string().contains("holds '*' at position 3"), "{error}");
    assert!(matches!(error, Error::BadSequence { help, .. } if !help.contains("data.strip")));
}

#[test]
fn gaps_behind_a_stop_codon_do_not_hide_it() {
    let both = vec![Strip::Gaps, Strip::Stop];
    let dataset = prepare_csv(&(ordinary() + "s,M-KAA*--,x\n"), |settings| settings.cleaning.strip = both).unwrap();
    assert_eq!(dataset.proteins[20].sequence, "MKAA");
}
