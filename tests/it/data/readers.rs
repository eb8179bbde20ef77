//! Tables and FASTA: what is read, and what is said where it cannot be.

use std::{io::Write as _, path::Path};

use polars::prelude::{Column, DataFrame, NamedFrom, ParquetWriter, Series};
use titer_core::{
    data::{self, Dataset, Dropped, Error, Split},
    exit::Exit,
    experiment::{DataSettings, Source, SplitSettings},
};

use super::{all_tokens, class, dropped, ordinary, prepare_csv, seed_split, settings, shared, table, write};

fn prepare_in(folder: &Path, settings: &DataSettings) -> Result<Dataset, Error> {
    data::prepare(&titer_core::experiment::TaskSettings::default(), settings, &seed_split(), &all_tokens(), folder)
}

fn fasta(path: impl AsRef<Path>, label: &str) -> DataSettings {
    settings(Source::Fasta { path: path.as_ref().to_owned().into(), label: label.to_owned() })
}

#[test]
fn tsv_is_read_as_csv_is() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "proteins.csv", &ordinary());
    write(folder.path(), "proteins.tsv", &ordinary().replace(',', "\t"));
    let [csv, tsv] = ["proteins.csv", "proteins.tsv"].map(|name| prepare_in(folder.path(), &table(name)).unwrap());
    assert_eq!(csv.proteins, tsv.proteins);
}

#[test]
fn quoted_fields_byte_order_marks_windows_lines_and_white_space_are_read_through() {
    let csv = "\u{feff}id,\"sequence\",label \r\n\"p,1\",\" MKWW \",x\r\n".to_owned() + ordinary().split_once('\n').unwrap().1;
    let dataset = prepare_csv(&csv, |_| {}).unwrap();
    let first = &dataset.proteins[0];
    assert_eq!((first.id.as_str(), first.sequence.as_str(), first.label.as_str()), ("p,1", "MKWW", "x"));
}

/// A Parquet table of the ordinary proteins with a label column of any type.
fn parquet(folder: &Path, labels: Series) {
    let letters: Vec<String> = "ACDEFGHIKLMNPQRSTVWY".chars().map(|letter| format!("MK{letter}")).collect();
    let ids: Vec<String> = (0..letters.len()).map(|index| format!("P{index}")).collect();
    let columns = vec![
        Column::from(Series::new("sequence".into(), letters)),
        Column::from(labels.with_name("label".into())),
        Column::from(Series::new("id".into(), ids)),
    ];
    let mut frame = DataFrame::new(20, columns).unwrap();
    let file = fs_err::File::create(folder.join("proteins.parquet")).unwrap();
    ParquetWriter::new(file.into_parts().0).finish(&mut frame).unwrap();
}

#[test]
fn parquet_is_read_as_csv_is_whatever_the_type_of_its_labels() {
    let folder = tempfile::tempdir().unwrap();
    let number = |index: i64| index % 2;
    let cases: [(Series, [&str; 2]); 4] = [
        (Series::new("".into(), (0..20).map(|index| ["x", "y"][index % 2]).collect::<Vec<_>>()), ["x", "y"]),
        (Series::new("".into(), (0..20).map(number).collect::<Vec<_>>()), ["0", "1"]),
        (Series::new("".into(), (0..20).map(|index| number(index) as f64).collect::<Vec<_>>()), ["0", "1"]),
        (Series::new("".into(), (0..20).map(|index| number(index) == 1).collect::<Vec<_>>()), ["false", "true"]),
    ];
    for (labels, classes) in cases {
        parquet(folder.path(), labels);
        write(
            folder.path(),
            "proteins.csv",
            &ordinary().replace(",x\n", &format!(",{}\n", classes[0])).replace(",y\n", &format!(",{}\n", classes[1])),
        );
        let [from_parquet, from_csv] =
            ["proteins.parquet", "proteins.csv"].map(|name| prepare_in(folder.path(), &table(name)).unwrap());
        assert_eq!(from_parquet.classes, classes);
        assert_eq!(from_parquet.proteins, from_csv.proteins);
    }
}

#[test]
fn nulls_of_parquet_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    parquet(folder.path(), Series::new("".into(), (0..20).map(|index| (index > 0).then_some(index % 2)).collect::<Vec<_>>()));
    let dataset = prepare_in(folder.path(), &table("proteins.parquet")).unwrap();
    assert_eq!(dropped(&dataset), [("P0", Dropped::Missing)]);
}

/// `tests/reference/table.py`: what pandas itself writes, categories and small integers included.
#[test]
fn parquet_of_pandas_is_read_and_what_cannot_be_is_refused_by_type() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("pandas.parquet"), include_bytes!("../../reference/table.parquet")).unwrap();
    let labelled_by = |column: &str| {
        let mut settings = table("pandas.parquet");
        if let Source::Table { label, .. } = &mut settings.source {
            *label = column.to_owned();
        }
        prepare_in(folder.path(), &settings)
    };
    for (column, classes) in
        [("category", ["x", "y"]), ("nullable", ["0", "1"]), ("single", ["0.5", "1.5"]), ("byte", ["0", "1"])]
    {
        assert_eq!(labelled_by(column).unwrap().classes, classes);
    }
    assert_eq!(labelled_by("nullable").unwrap().card.counts.missing, 1);
    for (column, kind) in [("time", "dates or times"), ("decimal", "decimal numbers")] {
        let error = labelled_by(column).unwrap_err();
        assert_eq!(error.to_string(), format!("the column {column:?} of pandas.parquet holds {kind}, not text or numbers"));
        assert_eq!(error.exit(), Exit::Usage);
    }
}

#[test]
fn a_column_that_is_not_there_is_refused_with_those_there_are() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "proteins.csv", &ordinary().replacen("sequence", "Sequences", 1));
    parquet(folder.path(), Series::new("".into(), vec!["x"; 20]));
    let mut in_parquet = table("proteins.parquet");
    if let Source::Table { sequence, .. } = &mut in_parquet.source {
        *sequence = "seqence".to_owned();
    }
    let cases = [
        (
            table("proteins.csv"),
            "proteins.csv has no column \"sequence\"",
            "its columns are \"id\", \"Sequences\", \"label\"; did you mean \"Sequences\"?",
        ),
        (
            in_parquet,
            "proteins.parquet has no column \"seqence\"",
            "its columns are \"sequence\", \"label\", \"id\"; did you mean \"sequence\"?",
        ),
    ];
    for (settings, message, hint) in cases {
        let error = prepare_in(folder.path(), &settings).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(matches!(&error, Error::Column { help, .. } if help == hint), "{error:?}");
        assert_eq!(error.exit(), Exit::Usage);
    }
}

#[test]
fn a_file_that_is_not_there_is_refused_with_the_way_to_make_it() {
    let folder = tempfile::tempdir().unwrap();
    let fetched = Source::Uniprot {
        path: "none.csv".into(),
        id: "Entry".to_owned(),
        sequence: "Sequence".to_owned(),
        label: "label".to_owned(),
    };
    let fasta = Source::Fasta { path: "none.fasta".into(), label: "(.)".to_owned() };
    for (source, hint) in [(table("none.csv").source, "folder"), (fetched, "titer fetch"), (fasta, "folder")] {
        let settings = settings(source);
        for error in [prepare_in(folder.path(), &settings).unwrap_err(), data::digest(&settings, folder.path()).unwrap_err()] {
            assert!(error.to_string().starts_with("the data file none."), "{error}");
            assert!(matches!(&error, Error::Unreadable { help, .. } if help.contains(hint)), "{error:?}");
            assert_eq!(error.exit(), Exit::Input);
        }
    }
}

#[test]
fn files_that_are_no_tables_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "proteins.xlsx", "");
    write(folder.path(), "short.csv", "id,sequence,label\na,MK\n");
    fs_err::write(folder.path().join("latin.csv"), b"id,sequence,label\n\xe9,MK,x\n").unwrap();
    write(folder.path(), "text.parquet", "id,sequence,label\n");
    write(folder.path(), "header.csv", "id,sequence,label\n");
    write(folder.path(), "empty.csv", "");
    let cases = [
        ("proteins.xlsx", "the data file proteins.xlsx has no extension that names a table", Exit::Usage),
        ("short.csv", "short.csv, line 2: 2 fields, and the header has 3", Exit::Input),
        ("latin.csv", "latin.csv is not a table that can be read", Exit::Input),
        ("text.parquet", "text.parquet is not a Parquet file that can be read", Exit::Input),
        ("header.csv", "header.csv holds no proteins", Exit::Input),
        ("empty.csv", "empty.csv has no column \"id\"", Exit::Usage),
    ];
    for (name, message, exit) in cases {
        let error = prepare_in(folder.path(), &table(name)).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.exit(), exit, "{name}");
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn tables_and_fasta_in_gzip_are_read_as_they_are_without() {
    let folder = tempfile::tempdir().unwrap();
    let csv = ordinary();
    let (_, rows) = csv.split_once('\n').unwrap();
    let record = |row: &str| {
        let [id, sequence, label] = row.split(',').collect::<Vec<_>>().try_into().unwrap();
        format!(">{id} {label}\n{sequence}\n")
    };
    let records: String = rows.lines().map(record).collect();
    write(folder.path(), "proteins.csv", &csv);
    let plain = prepare_in(folder.path(), &table("proteins.csv")).unwrap().proteins;
    for (name, text) in [
        ("proteins.csv.gz", csv.clone()),
        ("proteins.CSV.GZ", format!("\u{feff}{csv}")),
        ("proteins.tsv.gz", csv.replace(',', "\t")),
        ("proteins.tab.gz", csv.replace(',', "\t")),
        ("proteins.fasta.gz", records.clone()),
        ("proteins.fa", format!("\u{feff}{records}")),
    ] {
        let settings = if name.contains(".fa") { fasta(name, r"^\S+ (\w)$") } else { table(name) };
        fs_err::write(folder.path().join(name), gzip(&text)).unwrap();
        assert_eq!(prepare_in(folder.path(), &settings).unwrap().proteins, plain, "{name}");
        // The digest is that of the file as it is.
        let digest = blake3::hash(&gzip(&text)).to_hex().to_string();
        assert_eq!(data::digest(&settings, folder.path()).unwrap(), digest, "{name}");
    }
    // Decompressed on its way, the name kept.
    write(folder.path(), "plain.csv.gz", &csv);
    assert_eq!(prepare_in(folder.path(), &table("plain.csv.gz")).unwrap().proteins, plain);
}

#[test]
fn damaged_gzip_is_told_as_that() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = (0..500_u64).map(|row| format!("P{row},MKT,{}\n", row * row * row)).collect();
    let mut whole = gzip(&format!("id,sequence,label\n{}", rows.concat()));
    whole.truncate(whole.len() - 100);
    for (name, settings) in [("a.csv.gz", table("a.csv.gz")), ("a.fasta.gz", fasta("a.fasta.gz", "(.)"))] {
        // FASTA would say first that it is none.
        let cut = if name == "a.csv.gz" { &whole[..] } else { &whole[..8] };
        fs_err::write(folder.path().join(name), cut).unwrap();
        let error = prepare_in(folder.path(), &settings).unwrap_err();
        assert_eq!(error.to_string(), format!("{name} cannot be decompressed: it ends too early"));
        assert_eq!(error.exit(), Exit::Input);
    }
    let error = prepare_in(folder.path(), &table("a.parquet.gz")).unwrap_err();
    assert_eq!(error.to_string(), "the data file a.parquet.gz has no extension that names a table");
}

#[test]
fn fasta_labels_and_splits_are_captured_from_headers() {
    let folder = tempfile::tempdir().unwrap();
    let record = |index: usize, class: &str, set: &str| {
        format!(">P{index} {class}-U {set} \r\nMK{}\r\n  WW\n\n", ["A", "C", "D", "E", "F", "G"][index])
    };
    let text: String = [("x", "train"), ("y", "train"), ("x", "valid"), ("y", "valid"), ("x", "test"), ("y", "test")]
        .into_iter()
        .enumerate()
        .map(|(index, (class, set))| record(index, class, set))
        .collect();
    write(folder.path(), "proteins.fasta", &(text + ">P6\nMW\n"));
    let split = SplitSettings::Column(titer_core::experiment::split::Column {
        column: r"-[MSU] (\S+)".to_owned(),
        train: "train".into(),
        validation: Some("valid".into()),
        test: "test".into(),
        validation_column: None,
        seed: 42,
    });
    let dataset = data::prepare(
        &titer_core::experiment::TaskSettings::default(),
        &fasta("proteins.fasta", r"^\S+ (\S+)-[MSU]"),
        &split,
        &all_tokens(),
        folder.path(),
    )
    .unwrap();
    assert_eq!(dataset.classes, ["x", "y"]);
    let first = &dataset.proteins[0];
    assert_eq!((first.id.as_str(), first.sequence.as_str(), first.label.as_str()), ("P0", "MKAWW", "x"));
    assert_eq!(
        [Split::Train, Split::Validation, Split::Test].map(|split| dataset.split(split).to_vec()),
        [[0, 1], [2, 3], [4, 5]]
    );
    assert_eq!(dropped(&dataset), [("P6", Dropped::Missing)]);
}

#[test]
fn patterns_that_capture_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "proteins.fasta", ">P1 Nucleus-U\nMK\n");
    let cases = [
        ("(", "\"(\" is not a pattern that captures the label"),
        ("no group", "\"no group\" is not a pattern that captures the label"),
        ("label=(.*)", "\"label=(.*)\" captures the label from no header of proteins.fasta"),
    ];
    for (pattern, message) in cases {
        let error = prepare_in(folder.path(), &fasta("proteins.fasta", pattern)).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.exit(), Exit::Usage);
    }
}

#[test]
fn files_that_are_not_fasta_are_refused_with_the_line() {
    let folder = tempfile::tempdir().unwrap();
    for (text, line) in [("MKV\n", 1), (">P1 x\nMKV\n>\nMKV\n", 3)] {
        write(folder.path(), "proteins.fasta", text);
        let error = prepare_in(folder.path(), &fasta("proteins.fasta", "(.)")).unwrap_err();
        assert!(matches!(&error, Error::Fasta { line: found, .. } if *found == line), "{error:?}");
        assert_eq!(error.exit(), Exit::Input);
    }
}

const DEEPLOC: [&str; 10] = [
    "Cell.membrane",
    "Cytoplasm",
    "Endoplasmic.reticulum",
    "Extracellular",
    "Golgi.apparatus",
    "Lysosome/Vacuole",
    "Mitochondrion",
    "Nucleus",
    "Peroxisome",
    "Plastid",
];

#[test]
fn the_ten_classes_of_deeploc_are_read_from_its_headers() {
    for (file, counts, no_class) in [
        ("deeploc_our_val_set.fasta", [161, 276, 95, 243, 48, 42, 200, 476, 23, 91], 23),
        ("setHARD.fasta", [98, 117, 34, 92, 13, 13, 10, 99, 3, 11], 0),
    ] {
        let Some(path) = shared(file) else { return };
        let mut settings = fasta(path, r"^\S+ (\S+)-[MSU]");
        settings.classes = DEEPLOC.map(|name| class(name, name)).to_vec();
        let dataset = prepare_in(Path::new(""), &settings).unwrap();
        assert_eq!(dataset.classes, DEEPLOC);
        assert_eq!(dataset.card.counts.no_class, no_class);
        let of_labels: Vec<usize> =
            DEEPLOC.iter().map(|name| dataset.proteins.iter().filter(|protein| protein.label == *name).count()).collect();
        assert_eq!(of_labels, counts, "{file}");
    }
}

#[test]
fn a_column_of_texts_stands_in_the_order_of_the_proteins() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "proteins.csv",
        "id,sequence,label,about\np1,MKWW,x,\" In the nucleus, mostly. \"\n,MKA,x,\np3,,y,elsewhere\n",
    );
    let texts = |column: &str| data::texts(&table("proteins.csv"), column, folder.path());
    assert_eq!(texts("about").unwrap(), ["In the nucleus, mostly.", "", "elsewhere"]);
    let error = texts("abuot").unwrap_err();
    assert!(error.to_string().contains("abuot") && format!("{error:?}").contains("did you mean \\\"about\\\"?"), "{error:?}");
    assert_eq!(data::texts(&fasta("proteins.fasta", "(x)"), "about", folder.path()).unwrap(), [] as [String; 0]);
}
