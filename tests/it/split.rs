//! Splits and samples, index for index as scikit-learn and pandas draw them
//! (`tests/reference/split.py`).

use std::{fmt::Write as _, path::Path};

use serde_json::Value;
use sha2::{Digest, Sha256};
use titer_core::experiment::split::{Column, Stratified};
use titer_core::{
    data::{self, Error, Split},
    exit::Exit,
    experiment::SplitSettings,
    numpy::RandomState,
};

use crate::data::{all_tokens, table, write};

fn reference() -> Value {
    serde_json::from_str(include_str!("../reference/split.json")).unwrap()
}

fn number(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// Compares indices with what `stored` of the reference script left of them.
fn assert_same(indices: &[usize], stored: &Value, what: &str) {
    if let Some(whole) = stored["whole"].as_array() {
        assert_eq!(indices, whole.iter().map(number).collect::<Vec<_>>(), "{what}");
        return;
    }
    assert_eq!(indices.len(), number(&stored["count"]), "{what}: count");
    let first: Vec<usize> = stored["first"].as_array().unwrap().iter().map(number).collect();
    assert_eq!(indices[..first.len()], first, "{what}: first entries");
    let text = indices.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    let digest = Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    assert_eq!(digest, stored["sha256"].as_str().unwrap(), "{what}: an entry after the first {}", first.len());
}

/// A different protein for every index: its digits to the base 20.
fn sequence(mut index: usize) -> String {
    let letters = b"ACDEFGHIKLMNPQRSTVWY";
    let mut sequence = "M".to_owned();
    for _ in 0..6 {
        sequence.push(char::from(letters[index % 20]));
        index /= 20;
    }
    sequence
}

/// The labels of the reference script: blocks of classes, read with a stride.
fn labels(counts: &[usize], stride: usize) -> Vec<usize> {
    let block: Vec<usize> = counts.iter().enumerate().flat_map(|(class, &count)| vec![class; count]).collect();
    (0..block.len()).map(|index| block[index * stride % block.len()]).collect()
}

fn csv(labels: &[usize]) -> String {
    let mut csv = "id,sequence,label\n".to_owned();
    for (index, label) in labels.iter().enumerate() {
        writeln!(csv, "P{index},{},{label}", sequence(index)).unwrap();
    }
    csv
}

fn stratified([train, validation, test]: [f64; 3], seed: u32) -> SplitSettings {
    SplitSettings::Stratified(Stratified { train, validation, test, seed })
}

fn prepare(folder: &Path, csv: &str, split: &SplitSettings) -> Result<data::Dataset, Error> {
    write(folder, "proteins.csv", csv);
    data::prepare(&titer_core::experiment::TaskSettings::default(), &table("proteins.csv"), split, &all_tokens(), folder)
}

#[test]
fn stratified_splits_are_those_of_scikit_learn() {
    let reference = reference();
    let folder = tempfile::tempdir().unwrap();
    for case in reference["splits"].as_array().unwrap() {
        let counts: Vec<usize> = case["counts"].as_array().unwrap().iter().map(number).collect();
        let shares: Vec<f64> = case["shares"].as_array().unwrap().iter().map(|share| share.as_f64().unwrap()).collect();
        let split = stratified(shares.try_into().unwrap(), number(&case["seed"]) as u32);
        let dataset = prepare(folder.path(), &csv(&labels(&counts, number(&reference["stride"]))), &split).unwrap();
        for split in Split::ALL {
            let what = format!("{} of {counts:?}, seed {}", split.name(), case["seed"]);
            assert_same(dataset.split(split), &case[split.name()], &what);
        }
    }
}

#[test]
fn samples_are_those_of_pandas() {
    for case in reference()["samples"].as_array().unwrap() {
        let (n, size, seed) = (number(&case["n"]), number(&case["size"]), number(&case["seed"]) as u32);
        let drawn = &RandomState::new(seed).permutation(n)[..size];
        assert_same(drawn, &case["drawn"], &format!("{size} of {n}, seed {seed}"));
    }
}

#[test]
fn uniform_numbers_are_those_of_numpy() {
    let reference = reference();
    let mut random = RandomState::new(42);
    for drawn in reference["uniform"]["drawn"].as_array().unwrap() {
        assert_eq!(random.unit(), drawn.as_f64().unwrap());
    }
}

#[test]
fn a_class_too_small_for_three_splits_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let csv = csv(&labels(&[40, 2], 7919));
    let error = prepare(folder.path(), &csv, &stratified([0.6, 0.2, 0.2], 42)).unwrap_err();
    assert!(matches!(&error, Error::ClassWithoutProtein { class, kept: 2, .. } if class == "1"), "{error:?}");
    assert_eq!(error.exit(), Exit::Usage);
}

#[test]
fn a_column_gives_the_splits_in_the_order_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let csv = "id,sequence,label,set\na,MA,x,te\nb,MC,y,te\nc,MD,x,tr\nd,ME,y,tr\ne,MF,x,va\nf,MG,y,va\ng,MH,x,other\nh,MI,y,\ni,MK,x,tr\n";
    let split = SplitSettings::Column(Column {
        column: "set".to_owned(),
        train: "tr".to_owned(),
        validation: "va".to_owned(),
        test: "te".to_owned(),
    });
    let dataset = prepare(folder.path(), csv, &split).unwrap();
    assert_eq!(dataset.split(Split::Train), [2, 3, 8]);
    assert_eq!(dataset.split(Split::Validation), [4, 5]);
    assert_eq!(dataset.split(Split::Test), [0, 1]);
    assert_eq!((dataset.card.counts.no_split, dataset.card.kept), (2, 7));
}
