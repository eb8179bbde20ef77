//! The data room on files. Here: what all its tests share, and the seed's own figures.

mod annotated;
mod clean;
mod forms;
mod ids;
mod labels;
mod quality;
mod readers;
mod shared;
mod synthetic;
mod tsv;

use std::path::{Path, PathBuf};

use titer_core::experiment::split::Stratified;
use titer_core::{
    data::{self, Dataset, Dropped, Error, Split, Tokenizer},
    experiment::{Class, Cleaning, Conflicts, DataSettings, MaxLength, Source, SplitSettings, TokenSettings, Truncate},
};

use crate::skip::Skip;

/// Writes a file into a folder.
pub fn write(folder: &Path, name: &str, text: &str) {
    fs_err::write(folder.join(name), text).unwrap();
}

/// Settings for a source, everything doubtful treated as the reference treats it.
pub fn settings(source: Source) -> DataSettings {
    DataSettings { source, classes: Vec::new(), cleaning: Cleaning { conflicts: Conflicts::KeepFirst, ..Cleaning::default() } }
}

/// Settings for a table with the columns `id`, `sequence` and `label`.
pub fn table(path: &str) -> DataSettings {
    settings(Source::Table {
        path: path.into(),
        id: Some("id".to_owned()),
        sequence: "sequence".to_owned(),
        label: "label".to_owned(),
        separator: None,
    })
}

pub fn all_tokens() -> TokenSettings {
    TokenSettings { max_length: MaxLength::Longest, truncate: Truncate::End }
}

pub fn seed_split() -> SplitSettings {
    SplitSettings::Stratified(Stratified { train: 0.6, validation: 0.2, test: 0.2, seed: 42 })
}

/// A file of the shared data, or `None` with a message where that folder is missing.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if path.exists() {
        Some(path)
    } else {
        Skip::NoShared.because(&format!("{} is not here", path.display()));
        None
    }
}

pub fn class(label: &str, name: &str) -> Class {
    Class { label: label.to_owned(), name: name.to_owned() }
}

/// The seed's experiment.
pub fn seed_settings(path: PathBuf) -> (DataSettings, SplitSettings, TokenSettings) {
    let source = Source::Table {
        path: path.into(),
        id: Some("Entry".to_owned()),
        sequence: "Sequence".to_owned(),
        label: "label".to_owned(),
        separator: None,
    };
    let classes = vec![class("0", "Cytoplasm"), class("1", "Nucleus")];
    let max_length = MaxLength::Percentile { percentile: 95.0, sample: Some(1000), seed: 42, limit: 1024 };
    (DataSettings { classes, ..settings(source) }, seed_split(), TokenSettings { max_length, truncate: Truncate::End })
}

/// Enough proteins of two classes to split.
pub fn ordinary() -> String {
    let letters = "ACDEFGHIKLMNPQRSTVWY";
    let rows = letters.chars().enumerate().map(|(index, letter)| format!("P{index},MK{letter},{}\n", ["x", "y"][index % 2]));
    format!("id,sequence,label\n{}", rows.collect::<String>())
}

pub fn prepare_csv(text: &str, change: impl FnOnce(&mut DataSettings)) -> Result<Dataset, Error> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "proteins.csv", text);
    let mut settings = table("proteins.csv");
    change(&mut settings);
    data::prepare(&titer_core::experiment::TaskSettings::default(), &settings, &seed_split(), &all_tokens(), folder.path())
}

pub fn dropped(dataset: &Dataset) -> Vec<(&str, Dropped)> {
    dataset.proteins.iter().filter_map(|protein| Some((protein.id.as_str(), protein.dropped?))).collect()
}

#[test]
fn the_seeds_data_gives_every_figure_of_the_seed() {
    let Some(path) = shared("uniprot_cytoplasm_nucleus.csv") else { return };
    let (data, split, tokens) = seed_settings(path);
    let dataset = data::prepare(&titer_core::experiment::TaskSettings::default(), &data, &split, &tokens, Path::new("")).unwrap();
    let card = &dataset.card;

    assert_eq!((card.rows, card.counts.missing), (3585, 0));
    assert_eq!(
        (card.counts.duplicate_rows, card.counts.duplicate_members, card.counts.duplicate_groups, card.counts.conflicting_groups),
        (10, 16, 6, 0)
    );
    assert_eq!((card.counts.unknown_residues, card.counts.no_class, card.counts.no_split), (0, 0, 0));
    assert_eq!(card.kept, 3575);
    let classes: Vec<(&str, usize, f64)> =
        card.classes.iter().map(|class| (class.name.as_str(), class.count, (class.share * 1000.0).round() / 10.0)).collect();
    assert_eq!(classes, [("Cytoplasm", 1924, 53.8), ("Nucleus", 1651, 46.2)]);
    assert_eq!(format!("{:.3}", card.balance.unwrap()), "0.858");

    let length = &card.length;
    assert_eq!((length.min, length.max), (80, 500));
    assert_eq!(format!("{:.1}", length.mean), "305.9");
    assert_eq!((length.median, length.p95, length.p99), (308.0, 480.0, 496.0));

    let tokens = &card.tokens.of;
    assert_eq!((tokens.min, tokens.max, card.tokens.sample), (83, 502, 1000));
    assert_eq!(format!("{:.1}", tokens.mean), "303.6");
    assert_eq!(tokens.median, 300.5);
    assert_eq!(format!("{:.2} {:.0}", tokens.p95, tokens.p99), "482.05 498");
    assert_eq!((card.max_length, dataset.max_length), (482, 482));
    assert_eq!((card.truncated, card.covered), (169, 3575 - 169));

    let counts = |split: &data::SplitCard| (split.count, split.classes.iter().map(|class| class.count).collect::<Vec<_>>());
    assert_eq!(counts(&card.splits.train), (2145, vec![1154, 991]));
    assert_eq!(counts(&card.splits.validation), (715, vec![385, 330]));
    assert_eq!(counts(&card.splits.test), (715, vec![385, 330]));

    let lost: Vec<usize> = dataset
        .proteins
        .iter()
        .filter(|protein| protein.dropped.is_none())
        .map(|protein| protein.tokens.saturating_sub(482))
        .collect();
    assert_eq!(lost.iter().max(), Some(&20));
    let with_u = dataset.proteins.iter().filter(|protein| protein.dropped.is_none() && protein.sequence.contains('U')).count();
    assert_eq!(with_u, 6);
}

#[test]
fn the_seeds_max_length_over_all_rows_is_that_of_the_notes() {
    let Some(path) = shared("uniprot_cytoplasm_nucleus.csv") else { return };
    let (data, split, mut tokens) = seed_settings(path);
    tokens.max_length = MaxLength::Percentile { percentile: 95.0, sample: None, seed: 42, limit: 1024 };
    let dataset = data::prepare(&titer_core::experiment::TaskSettings::default(), &data, &split, &tokens, Path::new("")).unwrap();
    assert_eq!((dataset.card.tokens.of.p95, dataset.max_length, dataset.card.tokens.sample), (482.0, 482, 3575));
}

#[test]
fn encoded_splits_keep_their_order_and_the_maximum() {
    let Some(path) = shared("uniprot_cytoplasm_nucleus.csv") else { return };
    let (data, split, tokens) = seed_settings(path);
    let dataset = data::prepare(&titer_core::experiment::TaskSettings::default(), &data, &split, &tokens, Path::new("")).unwrap();
    let tokenizer = Tokenizer::esm2();
    let test = dataset.split(Split::Test);
    let encoded = data::encode(&dataset, &tokenizer, tokens.truncate, test);
    assert_eq!(encoded.len(), 715);
    for (ids, &index) in encoded.iter().zip(test) {
        let protein = &dataset.proteins[index];
        assert_eq!(ids.len(), protein.tokens.min(482));
        assert_eq!(ids[1..10], tokenizer.encode(&protein.sequence)[1..10]);
    }
}
