//! Splits and samples, index for index as scikit-learn and pandas draw them
//! (`tests/reference/split.py`).

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    path::Path,
};

use polars::prelude::{DataFrame, NamedFrom, ParquetWriter, Series};
use serde_json::Value;
use sha2::{Digest, Sha256};
use titer_core::experiment::split::{Column, Random, Stratified};
use titer_core::{
    data::{self, Error, Split},
    exit::Exit,
    experiment::{DataSettings, Source, SplitSettings},
    numpy::RandomState,
};

use crate::data::{all_tokens, settings, shared, table, write};

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
fn random_splits_are_those_of_scikit_learn() {
    let reference = reference();
    let folder = tempfile::tempdir().unwrap();
    for case in reference["random"].as_array().unwrap() {
        let shares: Vec<f64> = case["shares"].as_array().unwrap().iter().map(|share| share.as_f64().unwrap()).collect();
        let (n, seed) = (number(&case["n"]), number(&case["seed"]) as u32);
        let split = SplitSettings::Random(Random { train: shares[0], validation: shares[1], test: shares[2], seed });
        // Whatever the class, and yet each split of a few proteins has both.
        let mut labels: Vec<usize> = (0..n).map(|index| index % 2).collect();
        for few in Split::ALL.into_iter().filter_map(|split| case[split.name()]["whole"].as_array()) {
            few.iter().enumerate().for_each(|(place, index)| labels[number(index)] = place % 2);
        }
        let dataset = prepare(folder.path(), &csv(&labels), &split).unwrap();
        for split in Split::ALL {
            assert_same(dataset.split(split), &case[split.name()], &format!("{} of {n}, seed {seed}", split.name()));
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
    assert!(
        matches!(&error, Error::ClassWithoutProtein { classes, .. } if classes[0].class == "1" && classes[0].kept == 2),
        "{error:?}"
    );
    assert_eq!(error.exit(), Exit::Usage);
}

#[test]
fn a_column_gives_the_splits_in_the_order_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let csv = "id,sequence,label,set\na,MA,x,te\nb,MC,y,te\nc,MD,x,tr\nd,ME,y,tr\ne,MF,x,va\nf,MG,y,va\ng,MH,x,other\nh,MI,y,\ni,MK,x,tr\n";
    let split = SplitSettings::Column(Column {
        column: "set".to_owned(),
        train: "tr".into(),
        validation: Some("va".into()),
        test: "te".into(),
        validation_column: None,
        seed: 42,
    });
    let dataset = prepare(folder.path(), csv, &split).unwrap();
    assert_eq!(dataset.split(Split::Train), [2, 3, 8]);
    assert_eq!(dataset.split(Split::Validation), [4, 5]);
    assert_eq!(dataset.split(Split::Test), [0, 1]);
    assert_eq!((dataset.card.counts.no_split, dataset.card.kept), (2, 7));
}

/// A column with splits, and one that marks those of the training proteins that validate.
fn marked(column: &str, validation_column: &str) -> SplitSettings {
    SplitSettings::Column(Column {
        column: column.to_owned(),
        train: "train".into(),
        validation: None,
        test: "test".into(),
        validation_column: Some(validation_column.to_owned()),
        seed: 42,
    })
}

/// Rows of `a` to `j` with their sets and marks.
const MARKED: [(&str, &str); 10] = [
    ("test", "True"),
    ("test", "whatever"),
    ("train", ""),
    ("train", "False"),
    ("train", "True"),
    ("train", "yes"),
    ("train", "0"),
    ("train", "no"),
    ("validation", "1"),
    ("train", "NA"),
];

fn assert_marked(dataset: &data::Dataset) {
    assert_eq!(dataset.split(Split::Train), [2, 3, 6, 7, 9]);
    assert_eq!(dataset.split(Split::Validation), [4, 5]);
    assert_eq!(dataset.split(Split::Test), [0, 1]);
    assert_eq!(dataset.card.counts.no_split, 1);
}

#[test]
fn a_column_of_its_own_marks_the_proteins_that_validate() {
    let folder = tempfile::tempdir().unwrap();
    let row = |(index, (set, mark)): (usize, &(&str, &str))| format!("P{index},{},{},{set},{mark}\n", sequence(index), index % 2);
    let csv = "id,sequence,label,set,validation\n".to_owned() + &MARKED.iter().enumerate().map(row).collect::<String>();
    let split = marked("set", "validation");
    let error = prepare(folder.path(), &csv, &split).unwrap_err();
    assert_eq!(
        error.to_string(),
        "proteins.csv, line 11: `split.validation-column` reads \"NA\", which says neither that the protein validates nor \
         that it does not"
    );
    assert_eq!(error.exit(), Exit::Input);

    let mut settings = table("proteins.csv");
    settings.cleaning.missing_values = vec!["NA".to_owned()];
    let prepare = |settings: &DataSettings, split: &SplitSettings| {
        data::prepare(&titer_core::experiment::TaskSettings::default(), settings, split, &all_tokens(), folder.path())
    };
    assert_marked(&prepare(&settings, &split).unwrap());

    // In FASTA both are captured from the header, as FLIP writes them.
    let record = |(index, (set, mark)): (usize, &(&str, &str))| {
        format!(">P{index} {} SET={set} VALIDATION={mark}\n{}\n", index % 2, sequence(index))
    };
    write(folder.path(), "proteins.fasta", &MARKED.iter().enumerate().map(record).collect::<String>());
    settings.source = Source::Fasta { path: "proteins.fasta".into(), label: r"^\S+ (\d)".to_owned() };
    assert_marked(&prepare(&settings, &marked(r"SET=(\w+)", r"VALIDATION=(\w*)")).unwrap());
    let error = prepare(&settings, &marked(r"SET=(\w+)", r"VALID=(\w*)")).unwrap_err();
    assert!(error.to_string().starts_with("\"VALID=(\\\\w*)\" captures the split from no header"), "{error}");
}

#[test]
fn a_mark_in_parquet_may_be_a_truth() {
    let folder = tempfile::tempdir().unwrap();
    let text = |of: fn(usize) -> String| (0..8).map(of).collect::<Vec<_>>();
    let sets = Series::new("set".into(), text(|index| ["train", "test"][usize::from(index < 2)].to_owned()));
    let columns = vec![
        polars::prelude::Column::from(Series::new("id".into(), text(|index| format!("P{index}")))),
        polars::prelude::Column::from(Series::new("sequence".into(), text(sequence))),
        polars::prelude::Column::from(Series::new("label".into(), text(|index| (index % 2).to_string()))),
        polars::prelude::Column::from(sets),
        polars::prelude::Column::from(Series::new(
            "validation".into(),
            (0..8).map(|index| (index != 7).then_some(index > 3 && index < 6)).collect::<Vec<_>>(),
        )),
    ];
    let file = fs_err::File::create(folder.path().join("proteins.parquet")).unwrap();
    ParquetWriter::new(file.into_parts().0).finish(&mut DataFrame::new(8, columns).unwrap()).unwrap();
    let split = marked("set", "validation");
    let settings = table("proteins.parquet");
    let dataset =
        data::prepare(&titer_core::experiment::TaskSettings::default(), &settings, &split, &all_tokens(), folder.path()).unwrap();
    assert_eq!(Split::ALL.map(|split| dataset.split(split).to_vec()), [vec![2, 3, 6, 7], vec![4, 5], vec![0, 1]]);
}

#[test]
fn the_split_of_flip_s_gb1_is_the_one_its_columns_say() {
    let Some(path) = shared("benchmarks/gb1_three_vs_rest.csv.gz") else { return };
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(fs_err::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    // Its values become two classes.
    let classed = text.lines().enumerate().map(|(line, row)| match row.split(',').collect::<Vec<_>>().as_slice() {
        [sequence, value, rest @ ..] if line > 0 => {
            format!("{sequence},{},{}\n", ["low", "high"][usize::from(value.parse::<f64>().unwrap() > 0.1)], rest.join(","))
        }
        _ => format!("{row}\n"),
    });
    let folder = tempfile::tempdir().unwrap();
    let file = fs_err::File::create(folder.path().join("gb1.csv.gz")).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    encoder.write_all(classed.collect::<String>().as_bytes()).unwrap();
    encoder.finish().unwrap();

    let source = Source::Table {
        path: "gb1.csv.gz".into(),
        id: None,
        sequence: "sequence".to_owned(),
        label: "target".to_owned(),
        separator: None,
    };
    let split = marked("set", "validation");
    let dataset =
        data::prepare(&titer_core::experiment::TaskSettings::default(), &settings(source), &split, &all_tokens(), folder.path())
            .unwrap();
    assert_eq!(Split::ALL.map(|split| dataset.split(split).len()), [2691, 299, 5743]);
    assert_eq!((dataset.proteins[0].id.as_str(), dataset.proteins[8732].id.as_str()), ("1", "8733"));
}
