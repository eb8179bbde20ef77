//! Made-up proteins: the same for the same seed, and as hard as they claim to be.

use std::path::Path;

use titer::baseline::refresh;
use titer_core::{
    data::{
        self, Dataset, Error, Protein,
        synthetic::{self, MOST_CLASSES},
    },
    exit::Exit,
    experiment::{Source, Synthetic},
    results::tables::protein_rows,
    task::Kind,
};

use super::{all_tokens, seed_split, settings};
use crate::skip::Skip;

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
fn version_2_generates_these_proteins() {
    let dataset = prepare(source(60, 3, 0.9, 42)).unwrap();
    let mut hasher = blake3::Hasher::new();
    for protein in &dataset.proteins {
        hasher.update(format!("{} {} {}\n", protein.id, protein.sequence, protein.label).as_bytes());
    }
    assert_eq!(synthetic::VERSION, 2);
    insta::assert_snapshot!(format!("{}\n{}", dataset.proteins[0].sequence, hasher.finalize()), @"
    MSAEFFFMLAPKKKKKEAWTSKVIVVNLQRLMELAWGTIRGLSMIW
    bd230714320a049c9cba0515dc13111c3ad46651b31fb4285a85c900a780b05a
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

/// What does not read the order of the signals is at chance, however many classes there are.
#[test]
fn no_baseline_finds_the_classes() {
    for classes in [2, 3, MOST_CLASSES] {
        let proteins = 3000;
        let dataset = prepare(source(proteins, classes, 0.95, 5)).unwrap();
        let made = refresh::of(Kind::Classification, &protein_rows(&dataset, &[]), None, &|| true);
        for baseline in ["majority", "composition", "k-mers", "mmseqs2"] {
            let of_one: Vec<_> = made.rows.iter().filter(|row| row.baseline == baseline).collect();
            if of_one.is_empty() {
                assert_eq!(baseline, "mmseqs2");
                Skip::NoMmseqs.because(&format!("no search: {:?}", made.made));
                continue;
            }
            let correct = of_one.iter().filter(|row| row.label == row.predicted).count();
            let (accuracy, chance) = (correct as f64 / of_one.len() as f64, 1.0 / classes as f64);
            // A search aligns some pairs of signals that stand in one order.
            let aligned = if baseline == "mmseqs2" { 0.05 } else { 0.0 };
            let tolerance = 4.0 * (chance * (1.0 - chance) / of_one.len() as f64).sqrt() + aligned;
            assert!((accuracy - chance).abs() < tolerance, "{baseline}, {classes} classes: {accuracy}");
        }
    }
}

/// Each residue is as frequent in one class as in another, and so is each length.
#[test]
fn classes_do_not_differ_in_composition_or_length() {
    let proteins = 20_000;
    let dataset = prepare(source(proteins, MOST_CLASSES, 0.95, 3)).unwrap();
    for class in &dataset.classes {
        let (own, others): (Vec<_>, Vec<_>) = dataset.proteins.iter().partition(|protein| protein.label == *class);
        // A feature's mean in the class is that of the others, within the error of both.
        let same = |name: &str, feature: &dyn Fn(&str) -> f64| {
            let of = |proteins: &[&Protein]| {
                let values: Vec<f64> = proteins.iter().map(|protein| feature(&protein.sequence)).collect();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64).powi(2))
            };
            let ((one, error), (other, beside)) = (of(&own), of(&others));
            assert!((one - other).abs() <= 4.5 * (error + beside).sqrt(), "{name} in {class}: {one}, elsewhere {other}");
        };
        same("length", &|sequence| sequence.len() as f64);
        for residue in "ACDEFGHIKLMNPQRSTVWY".chars() {
            same(&residue.to_string(), &|sequence| sequence.matches(residue).count() as f64);
        }
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
