//! Made-up proteins: the same for the same seed, and as hard as they claim to be.

use std::path::Path;

use titer_core::{
    data::{
        self, Dataset, Error,
        synthetic::{self, MOST_CLASSES},
    },
    exit::Exit,
    experiment::{Source, Synthetic},
};

use super::{all_tokens, seed_split, settings};

fn source(proteins: usize, classes: usize, signal: f64, seed: u32) -> Source {
    Source::Synthetic(Synthetic { proteins, classes, min_length: 40, max_length: 90, signal, seed })
}

fn prepare(source: Source) -> Result<Dataset, Error> {
    data::prepare(
        &titer_core::experiment::TaskSettings::default(),
        &settings(source),
        &seed_split(),
        &all_tokens(),
        Path::new(""),
    )
}

#[test]
fn the_seed_decides_every_protein() {
    let [first, again, other] = [1, 1, 2].map(|seed| prepare(source(200, 2, 0.9, seed)).unwrap());
    assert_eq!(first.proteins, again.proteins);
    assert_ne!(first.proteins, other.proteins);
}

/// Pins the generator's version: where this fails on purpose, `VERSION` counts up.
#[test]
fn version_1_generates_these_proteins() {
    let dataset = prepare(source(60, 3, 0.9, 42)).unwrap();
    let mut hasher = blake3::Hasher::new();
    for protein in &dataset.proteins {
        hasher.update(format!("{} {} {}\n", protein.id, protein.sequence, protein.label).as_bytes());
    }
    assert_eq!(synthetic::VERSION, 1);
    insta::assert_snapshot!(format!("{}\n{}", dataset.proteins[0].sequence, hasher.finalize()), @"
    MSAEVIFENQGILELLEAWSRKVITVLQVLKLPPLERLTIFLSLGV
    9b3aded9139df368d85ace3aa69c2785ec9f90e93974747f5208004af9811ec8
    ");
}

#[test]
fn classes_are_equally_many_and_lengths_within_bounds() {
    let dataset = prepare(source(400, 4, 0.9, 7)).unwrap();
    assert_eq!(dataset.classes, ["Cytoplasm", "Extracellular", "Mitochondrion", "Nucleus"]);
    assert!(dataset.card.classes.iter().all(|class| class.count == 100), "{:?}", dataset.card.classes);
    assert!(dataset.card.length.min >= 40 && dataset.card.length.max <= 90);
    assert_eq!(dataset.card.counts.unknown_residues, 0);
}

/// The best possible classifier reads the signal where there is one and guesses elsewhere.
#[test]
fn reading_the_signals_reaches_the_best_accuracy_and_no_more() {
    for classes in [2, 3, MOST_CLASSES] {
        let (proteins, signal) = (6000, 0.7);
        let dataset = prepare(source(proteins, classes, signal, 11)).unwrap();
        let guess = dataset.classes[0].clone();
        let right = |label: &str, sequence: &str| synthetic::recognise(sequence, classes).unwrap_or(&guess) == label;
        let score =
            dataset.proteins.iter().filter(|protein| right(&protein.label, &protein.sequence)).count() as f64 / proteins as f64;
        let best = dataset.card.best_accuracy.unwrap();
        let tolerance = 4.0 * (best * (1.0 - best) / proteins as f64).sqrt();
        assert!((score - best).abs() < tolerance, "{classes} classes: {score} against {best}");

        // A protein that carries a signal carries that of its own class.
        let wrong = dataset
            .proteins
            .iter()
            .filter(|protein| synthetic::recognise(&protein.sequence, classes).is_some_and(|class| class != protein.label));
        assert_eq!(wrong.count(), 0);
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let lengths = |min_length, max_length| {
        Source::Synthetic(Synthetic { proteins: 100, classes: 2, min_length, max_length, signal: 0.9, seed: 1 })
    };
    let cases = [
        (source(100, 1, 0.9, 1), "synthetic data: 1 classes"),
        (source(100, MOST_CLASSES + 1, 0.9, 1), "synthetic data: 9 classes"),
        (source(1, 2, 0.9, 1), "synthetic data: 1 proteins for 2 classes"),
        (source(100, 2, 1.5, 1), "synthetic data: a `signal` of 1.5"),
        (source(100, 2, f64::NAN, 1), "synthetic data: a `signal` of NaN"),
        (lengths(10, 90), "synthetic data: proteins of 10 residues"),
        (lengths(90, 50), "synthetic data: `max-length` 50 is below `min-length` 90"),
    ];
    for (source, message) in cases {
        let error = prepare(source).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.exit(), Exit::Usage);
    }
}

#[test]
fn the_digest_changes_with_every_setting() {
    let digest = |source| data::digest(&settings(source), Path::new("")).unwrap();
    let digests = [
        digest(source(100, 2, 0.9, 1)),
        digest(source(101, 2, 0.9, 1)),
        digest(source(100, 3, 0.9, 1)),
        digest(source(100, 2, 0.8, 1)),
        digest(source(100, 2, 0.9, 2)),
        digest(Source::Synthetic(Synthetic { proteins: 100, classes: 2, min_length: 41, max_length: 90, signal: 0.9, seed: 1 })),
        digest(Source::Synthetic(Synthetic { proteins: 100, classes: 2, min_length: 40, max_length: 91, signal: 0.9, seed: 1 })),
    ];
    let mut distinct = digests.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), digests.len());
    assert_eq!(digests[0], digest(source(100, 2, 0.9, 1)));
}
