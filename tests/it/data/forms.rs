//! The forms that people's files have: several of them, other separators, compressed, FASTA with
//! attributes, splits by other words. Each experiment is read from its file, as people write it.

use std::{io::Write as _, path::Path};

use polars::prelude::{Column, DataFrame, NamedFrom, ParquetWriter, Series};
use titer_core::{
    data::{self, Dataset, Drawn, Dropped, Error, Split},
    exit::Exit,
    experiment,
};

use super::{ordinary, write};

const TABLE: &str = "[data]\nsource = \"table\"\npath = \"a.csv\"\nid = \"id\"\nsequence = \"sequence\"\nlabel = \"label\"\n";
const FASTA: &str = "[data]\nsource = \"fasta\"\npath = \"a.fasta\"\n";

/// The data of an experiment whose file says this.
fn read(folder: &Path, text: &str) -> Result<Dataset, Error> {
    let text = format!("{text}\n[tokens]\nmax-length = \"longest\"\n[model]\nweights = {{ random = \"esm2-tiny\" }}\n");
    let settings = match experiment::parse(Path::new("try.toml"), &text, &[]) {
        Ok(loaded) => loaded.experiment.base,
        Err(error) => panic!("{error:?}"),
    };
    data::prepare(&settings.task, &settings.data, &settings.split, &settings.tokens, folder)
}

/// The messages and hints of an experiment that is refused for what it says.
fn refused(text: &str) -> Vec<String> {
    let text = format!("{text}\n[model]\nweights = {{ random = \"esm2-tiny\" }}\n");
    let Err(experiment::Error::Mistakes { mistakes, .. }) = experiment::parse(Path::new("try.toml"), &text, &[]) else {
        panic!("{text} is taken")
    };
    mistakes.iter().map(|mistake| format!("{}: {}", mistake.message(), mistake.hint().unwrap_or_default())).collect()
}

/// Rows of two classes; from this on, so many.
fn rows(from: usize, count: usize) -> Vec<[String; 3]> {
    let residues = b"ACDEFGHIKLMNPQRSTVWY";
    let sequence = |row: usize| {
        let letter = |at: usize| residues[(row * 7 + at * (row + 3) + row / 20 * at * at) % 20] as char;
        (0..30).map(letter).collect::<String>()
    };
    (from..from + count).map(|row| [format!("P{row}"), sequence(row), ["x", "y"][row % 2].to_owned()]).collect()
}

fn csv(rows: &[[String; 3]]) -> String {
    format!("id,sequence,label\n{}", rows.iter().map(|row| row.join(",") + "\n").collect::<String>())
}

/// The rows with a last column.
fn with_column(name: &str, value: impl Fn(usize) -> String) -> String {
    let row = |(index, row): (usize, &[String; 3])| format!("{},{}\n", row.join(","), value(index));
    format!("id,sequence,label,{name}\n{}", rows(0, 40).iter().enumerate().map(row).collect::<String>())
}

fn ids(dataset: &Dataset, split: Split) -> Vec<&str> {
    dataset.split(split).iter().map(|&index| dataset.proteins[index].id.as_str()).collect()
}

fn sizes(dataset: &Dataset) -> [usize; 3] {
    Split::ALL.map(|split| dataset.split(split).len())
}

fn zstd(text: &str) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn zstd_is_read_as_it_is_and_damage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.csv", &ordinary());
    let plain = read(folder.path(), TABLE).unwrap().proteins;
    fs_err::write(folder.path().join("a.csv.zst"), zstd(&ordinary())).unwrap();
    let compressed = TABLE.replace("a.csv", "a.csv.zst");
    assert_eq!(read(folder.path(), &compressed).unwrap().proteins, plain);
    let whole = zstd(&csv(&rows(0, 400)));
    fs_err::write(folder.path().join("a.csv.zst"), &whole[..whole.len() - 20]).unwrap();
    let error = read(folder.path(), &compressed).unwrap_err();
    assert_eq!(error.to_string(), "a.csv.zst cannot be decompressed: it ends too early");
    assert_eq!(error.exit(), Exit::Input);
}

#[test]
fn other_separators_are_found_or_set_and_what_was_found_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let text = csv(&rows(0, 40));
    write(folder.path(), "a.csv", &text);
    let plain = read(folder.path(), TABLE).unwrap();
    assert_eq!(plain.card.separator, None);
    for (name, written, separator) in [
        ("b.csv", text.replace(',', ";"), Some(';')),
        ("c.csv", format!("sep=;\r\n{}", text.replace(',', ";")), Some(';')),
        ("d.csv", text.replace(',', "\t"), Some('\t')),
        ("e.tsv", text.clone(), Some(',')),
        ("f.txt", text.replace(',', "|"), Some('|')),
        ("g.txt", text.replace(',', "\t"), Some('\t')),
    ] {
        write(folder.path(), name, &written);
        let dataset = read(folder.path(), &TABLE.replace("a.csv", name)).unwrap();
        assert_eq!(dataset.proteins, plain.proteins, "{name}");
        assert_eq!(dataset.card.separator, separator, "{name}");
    }
    write(folder.path(), "h.csv", &text.replace(',', ":"));
    let set = |separator: &str| format!("{}separator = {separator}\n", TABLE.replace("a.csv", "h.csv"));
    assert_eq!(read(folder.path(), &set("\":\"")).unwrap().proteins, plain.proteins);
    let error = read(folder.path(), &set("\";\"").replace("h.csv", "a.csv")).unwrap_err();
    assert!(format!("{error:?}").contains("its fields look separated by `,`: leave `data.separator` out"), "{error:?}");
    for separator in ["\"\"", "\"ab\"", "\"a\"", "'\"'", "\"é\"", "\"\\n\""] {
        assert!(refused(&set(separator))[0].contains("`data.separator` cannot be"), "{separator}");
    }
    assert!(refused(&set("\";\"").replace("h.csv", "h.parquet"))[0].contains("where `data.path` names Parquet"));
    assert!(refused(&format!("{FASTA}separator = \";\"\n"))[0].starts_with("`data.separator` has no meaning"));
}

#[test]
fn the_line_of_a_fault_counts_the_line_that_tells_the_separator() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.csv", "sep=;\nid;sequence;label\nP1;MK;x\nP2;M1;y\n");
    let error = read(folder.path(), TABLE).unwrap_err();
    assert!(error.to_string().starts_with("a.csv, line 4: the sequence of \"P2\" holds '1'"), "{error}");
}

#[test]
fn rows_of_another_shape_are_told_with_what_made_them() {
    let folder = tempfile::tempdir().unwrap();
    let protein = "MKTAYIAKQRQISFVKSHFSRQ";
    let cases = [
        (
            format!("id,sequence,label\nP1,{protein},x,\nP2,{protein},y,\n"),
            "line 2: 4 fields, and the header has 3",
            "rows end in `,`",
        ),
        (format!("id,sequence,label\n1,P1,{protein},x\n"), "line 2: 4 fields, and the header has 3", "row.names = FALSE"),
        (format!("id,sequence,label\nP1,{protein},x\nP2,{protein},Lysosome, Vacuole\n"), "line 3: 4 fields", "needs quotes"),
        (format!("id,sequence,label\nP1,{protein}\n"), "line 2: 2 fields", "a field for each column"),
        (format!("P1,{protein},x\nP2,{protein},y\n"), "has no column \"id\"", "looks like a protein"),
        (format!("id, sequence, label\nP1, \"{protein}\", x\n"), "holds '\"' at position 1", "white space before a quote"),
    ];
    for (text, message, hint) in cases {
        write(folder.path(), "a.csv", &text);
        let error = read(folder.path(), TABLE).unwrap_err();
        let help = miette::Diagnostic::help(&error).map(|help| help.to_string()).unwrap_or_default();
        assert!(error.to_string().contains(message) && help.contains(hint), "{error}\n{help}");
    }
}

#[test]
fn small_numbers_and_bytes_of_parquet_are_read_and_lists_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let rows = rows(0, 40);
    let text = |column: usize| rows.iter().map(|row| row[column].clone()).collect::<Vec<_>>();
    let bytes = |column: usize| text(column).into_iter().map(String::into_bytes).collect::<Vec<_>>();
    let labels = |index: usize| -> Series {
        match index {
            0 => Series::new("label".into(), (0..40).map(|row| row % 2).collect::<Vec<i8>>()),
            1 => Series::new("label".into(), (0..40).map(|row| row % 2).collect::<Vec<u16>>()),
            _ => Series::new("label".into(), (0..40).map(|row| row % 2).collect::<Vec<u8>>()),
        }
    };
    let store = |columns: Vec<Series>| {
        let mut frame = DataFrame::new(40, columns.into_iter().map(Column::from).collect()).unwrap();
        let file = fs_err::File::create(folder.path().join("a.parquet")).unwrap();
        ParquetWriter::new(file.into_parts().0).finish(&mut frame).unwrap();
    };
    let of = |series: Vec<Vec<u8>>, name: &str| Series::new(name.into(), series.iter().map(Vec::as_slice).collect::<Vec<_>>());
    for index in 0..3 {
        let ids = Series::new("id".into(), (0..40).collect::<Vec<i16>>());
        store(vec![ids, of(bytes(1), "sequence"), labels(index)]);
        let dataset = read(folder.path(), &TABLE.replace("a.csv", "a.parquet")).unwrap();
        assert_eq!((dataset.classes.as_slice(), dataset.proteins[3].id.as_str()), (&["0".to_owned(), "1".to_owned()][..], "3"));
        assert_eq!(dataset.proteins[7].sequence, rows[7][1]);
    }
    let mut broken = bytes(1);
    broken[9] = vec![0xff];
    store(vec![Series::new("id".into(), text(0)), of(broken, "sequence"), labels(0)]);
    let error = read(folder.path(), &TABLE.replace("a.csv", "a.parquet")).unwrap_err();
    assert_eq!(error.to_string(), "the column \"sequence\" of a.parquet holds bytes that are not UTF-8, not text or numbers");
    let lists: Vec<Series> = (0..40).map(|row| Series::new("".into(), vec![row, row + 1])).collect();
    let lists = Series::new("label".into(), lists);
    store(vec![Series::new("id".into(), text(0)), Series::new("sequence".into(), text(1)), lists]);
    let error = read(folder.path(), &TABLE.replace("a.csv", "a.parquet")).unwrap_err();
    assert_eq!(error.to_string(), "the column \"label\" of a.parquet holds lists, not text or numbers");
}

#[test]
fn files_are_read_one_behind_another_and_by_pattern() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.csv", &csv(&rows(0, 40)));
    let plain = read(folder.path(), TABLE).unwrap();
    fs_err::create_dir(folder.path().join("parts")).unwrap();
    write(folder.path(), "parts/1.csv", &csv(&rows(0, 25)));
    fs_err::write(folder.path().join("parts/2.csv.zst"), zstd(&csv(&rows(25, 15)).replace(',', ";"))).unwrap();
    for path in ["[\"parts/1.csv\", \"parts/2.csv.zst\"]", "\"parts/*\"", "[\"parts/1.csv\", \"parts/*.zst\"]"] {
        let dataset = read(folder.path(), &TABLE.replace("\"a.csv\"", path)).unwrap();
        assert_eq!(dataset.proteins, plain.proteins, "{path}");
        assert_eq!(dataset.splits, plain.splits, "{path}");
    }
    // Without ids rows are numbered through.
    let numbered = TABLE.replace("\"a.csv\"", "\"parts/*\"").replace("id = \"id\"\n", "");
    assert_eq!(read(folder.path(), &numbered).unwrap().proteins[39].id, "40");
    let digest = |path: &str| {
        let text = TABLE.replace("\"a.csv\"", path) + "[model]\nweights = { random = \"esm2-tiny\" }\n";
        let settings = experiment::parse(Path::new("try.toml"), &text, &[]).unwrap().experiment.base;
        data::digest(&settings.data, folder.path()).unwrap()
    };
    assert_eq!(digest("\"parts/*\""), digest("[\"parts/1.csv\", \"parts/2.csv.zst\"]"));
    assert_eq!(digest("\"parts/1*\""), digest("\"parts/1.csv\""));
    assert_ne!(digest("[\"parts/2.csv.zst\", \"parts/1.csv\"]"), digest("\"parts/*\""));
    assert_ne!(digest("{ train = \"parts/1.csv\", test = \"parts/2.csv.zst\" }"), digest("\"parts/*\""));

    write(folder.path(), "parts/3.csv", "id,sequence,label\nP90,M1,x\n");
    let error = read(folder.path(), &numbered).unwrap_err();
    assert!(error.to_string().starts_with("parts/3.csv, line 2: "), "{error}");
    for (path, message, exit) in [
        ("\"none*.csv\"", "no file is called like none*.csv", Exit::Input),
        ("\"parts\"", "parts is a folder, and `data.path` names files", Exit::Usage),
        ("[\"a.csv\", \"b.csv\"]", "the data file b.csv cannot be read", Exit::Input),
    ] {
        let error = read(folder.path(), &TABLE.replace("\"a.csv\"", path)).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.exit()), (message, exit));
    }
}

#[test]
fn a_file_a_split_divides_the_proteins() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "train.csv", &csv(&rows(0, 20)));
    write(folder.path(), "dev.tsv", &csv(&rows(20, 8)).replace(',', "\t"));
    write(folder.path(), "t1.csv", &csv(&rows(28, 6)));
    write(folder.path(), "t2.csv", &csv(&rows(34, 6)));
    let files = "{ train = \"train.csv\", validation = \"dev.tsv\", test = [\"t1.csv\", \"t2.csv\"] }";
    let text = TABLE.replace("\"a.csv\"", files);
    let dataset = read(folder.path(), &text).unwrap();
    assert_eq!(sizes(&dataset), [20, 8, 12]);
    assert_eq!((ids(&dataset, Split::Validation)[0], ids(&dataset, Split::Test)[11]), ("P20", "P39"));
    assert_eq!(dataset.card.drawn, None);
    assert_eq!(read(folder.path(), &format!("{text}[split]\nmethod = \"files\"\n")).unwrap().splits, dataset.splits);

    let text = text.replace("validation = \"dev.tsv\", ", "");
    let drawn = read(folder.path(), &text).unwrap();
    assert_eq!(sizes(&drawn), [18, 2, 12]);
    assert_eq!(drawn.card.drawn, Some(Drawn { share: 0.1, seed: 42, asked: false }));
    let share = read(folder.path(), &format!("{text}[split]\nvalidation = 0.3\nseed = 7\n")).unwrap();
    assert_eq!(sizes(&share), [14, 6, 12]);
    assert_eq!(share.card.drawn.map(|drawn| drawn.seed), Some(7));
}

#[test]
fn methods_and_files_that_do_not_go_together_are_refused_with_the_right_spelling() {
    let by_split = |split: &str| {
        let text = TABLE.replace("\"a.csv\"", "{ train = \"a.csv\", validation = \"b.csv\", test = \"c.csv\" }");
        refused(&format!("{text}[split]\n{split}\n"))
    };
    assert!(
        by_split("method = \"stratified\"")[0].contains("leave `split.method` out; to divide the proteins anew, list the files")
    );
    assert!(by_split("validation = 0.1")[0].contains("beside `data.path.validation`"));
    assert!(by_split("train = 0.8")[0].starts_with("`split.train` has no meaning"));
    assert!(by_split("seed = 1")[0].starts_with("`split.seed` has no meaning"));
    let keys = "[split]\nmethod = \"files\"\ntrain = \"train.csv\"\nvalidation = \"valid.csv\"\ntest = \"test.csv\"\n";
    let hint = "path = { train = \"train.csv\", validation = \"valid.csv\", test = \"test.csv\" }";
    assert!(refused(&format!("{TABLE}{keys}"))[0].contains(hint));
    assert!(refused("[data]\nsource = \"synthetic\"\n[split]\nmethod = \"files\"\n")[0].contains("does not name the files"));
    for (path, message) in [
        ("{ train = \"a.csv\" }", "`data.path.test` is missing"),
        ("{ train = \"a.csv\", test = [] }", "`data.path.test` names no file"),
        ("{ train = \"a.csv\", test = \"b.csv\", dev = \"c.csv\" }", "there is no key `data.path.dev`"),
        ("[]", "`data.path` names no file"),
        ("[\"a.csv\", \"~/b.csv\"]", "starts with `~`"),
        ("\"data\\new.csv\"", "write 'data\\new.csv', in single quotes"),
        ("\"data\\proteins.csv\"", "in single quotes"),
    ] {
        let told = refused(&TABLE.replace("\"a.csv\"", path));
        assert!(told.iter().any(|mistake| mistake.contains(message)), "{path}: {told:?}");
    }
    let fetched = "[data.fetch]\nquery = \"x\"\n[data.fetch.label]\ncolumn = \"c\"\nclasses = { a = { contains = [\"a\"] }, b = { contains = [\"b\"] } }\n";
    let told = refused(&format!("{}{fetched}", TABLE.replace("\"a.csv\"", "[\"a.csv\", \"b.csv\"]")));
    assert!(told[0].starts_with("`titer fetch` makes one file"), "{told:?}");
}

#[test]
fn a_set_replaces_the_files_whole() {
    let text = TABLE.replace("\"a.csv\"", "{ train = \"a.csv\", validation = \"b.csv\", test = \"c.csv\" }");
    let text = format!("{text}[model]\nweights = {{ random = \"esm2-tiny\" }}\n");
    let base = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
        experiment::parse(Path::new("try.toml"), &text, &sets).unwrap().experiment.base
    };
    let paths = |sets: &[&str]| base(sets).data.source.paths().unwrap().to_string();
    assert_eq!(paths(&[]), "a.csv (train), b.csv (validation), c.csv (test)");
    assert_eq!(paths(&["data.path={ train = 'x.csv', test = 'y.csv' }"]), "x.csv (train), y.csv (test)");
    assert_eq!(paths(&["data.path=x.csv"]), "x.csv");
    assert!(matches!(base(&["data.path=x.csv"]).split, experiment::SplitSettings::Stratified(_)));
    assert_eq!(paths(&["data.path.test=y.csv"]), "a.csv (train), b.csv (validation), y.csv (test)");
}

#[test]
fn attributes_of_fasta_headers_are_labels_and_splits() {
    let folder = tempfile::tempdir().unwrap();
    let record = |(index, [id, sequence, label]): (usize, &[String; 3])| {
        let (set, mark) = match index % 5 {
            0 => ("test", "False"),
            1 => ("train", "True"),
            _ => ("train", "False"),
        };
        format!("> {id} TARGET={label} SET={set} VALIDATION={mark}\n{sequence}\n")
    };
    let text: String = rows(0, 40).iter().enumerate().map(record).collect();
    write(folder.path(), "a.fasta", &format!("\n{text}"));
    let own = "[split]\nmethod = \"column\"\ncolumn = \"SET\"\nvalidation-column = \"VALIDATION\"\n";
    let dataset = read(folder.path(), &format!("{FASTA}{own}")).unwrap();
    assert_eq!((dataset.classes.join(" ").as_str(), sizes(&dataset)), ("x y", [24, 8, 8]));
    assert_eq!(read(folder.path(), &format!("{FASTA}label = \"TARGET\"\n{own}")).unwrap().proteins, dataset.proteins);
    let groups =
        "label = 'TARGET=(\\S+)'\n[split]\nmethod = \"column\"\ncolumn = 'SET=(\\S+)'\nvalidation-column = 'VALIDATION=(\\S+)'\n";
    assert_eq!(read(folder.path(), &format!("{FASTA}{groups}")).unwrap().splits, dataset.splits);

    // A column that marks validation is named, not passed over.
    let without = own.replace("validation-column = \"VALIDATION\"\n", "");
    let error = read(folder.path(), &format!("{FASTA}{without}")).unwrap_err();
    assert!(matches!(&error, Error::OwnValidation { own, .. } if own == "VALIDATION"), "{error:?}");
    assert_eq!(sizes(&read(folder.path(), &format!("{FASTA}{without}validation = 0.25\n")).unwrap()), [24, 8, 8]);

    let error = read(folder.path(), &format!("{FASTA}label = \"target\"\n")).unwrap_err();
    assert_eq!(error.to_string(), "no header of a.fasta has the attribute target=…, the label");
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(help.contains("with the attributes TARGET, SET, VALIDATION"), "{help}");
    assert!(refused(&format!("{FASTA}label = \"TARGET=\"\n"))[0].contains("has no group"));
}

#[test]
fn the_usual_words_of_splits_are_known_and_missing_validation_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let split = "[split]\nmethod = \"column\"\ncolumn = \"set\"\n";
    let sets = |words: [&'static str; 3]| with_column("set", move |row| words[if row < 24 { 0 } else { row % 2 + 1 }].to_owned());
    for words in [["train", "valid", "test"], ["Train", "VAL", "Testing"], ["training", "dev", "test"]] {
        write(folder.path(), "a.csv", &sets(words));
        assert_eq!(sizes(&read(folder.path(), &format!("{TABLE}{split}")).unwrap()), [24, 8, 8], "{words:?}");
    }
    write(folder.path(), "a.csv", &sets(["train", "test", "test"]));
    let dataset = read(folder.path(), &format!("{TABLE}{split}")).unwrap();
    assert_eq!((sizes(&dataset), dataset.card.drawn.map(|drawn| drawn.asked)), ([21, 3, 16], Some(false)));
    assert!(dataset.card.notes()[0].contains("the data names no validation: 10 % of the training proteins"));

    write(folder.path(), "a.csv", &sets(["train", "holdout", "test"]));
    let error = read(folder.path(), &format!("{TABLE}{split}validation = \"held\"\n")).unwrap_err();
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert_eq!(error.to_string(), "no protein falls to the validation split");
    assert!(help.contains("the column \"set\" holds \"train\" (24), \"holdout\" (8), \"test\" (8)"), "{help}");
    // What names no split is told.
    let dataset = read(folder.path(), &format!("{TABLE}{split}")).unwrap();
    assert_eq!(
        dataset.card.no_split_values.iter().map(|word| (word.value.as_str(), word.count)).collect::<Vec<_>>(),
        [("holdout", 8)]
    );
    let told = refused(&format!("{TABLE}{split}seed = 7\n"));
    assert!(told[0].contains("unless `split.validation` is a share"), "{told:?}");
}

#[test]
fn folds_are_several_values_a_split() {
    let folder = tempfile::tempdir().unwrap();
    let split = |parts: &str| format!("{TABLE}[split]\nmethod = \"column\"\ncolumn = \"fold\"\n{parts}\n");
    write(folder.path(), "a.csv", &with_column("fold", |row| (row / 8).to_string()));
    let folds = read(folder.path(), &split("train = [0, 1, 2]\nvalidation = 3\ntest = 4")).unwrap();
    assert_eq!(sizes(&folds), [24, 8, 8]);
    for parts in
        ["train = [\"2\", \"1\", \"0\"]\nvalidation = \"3\"\ntest = [\"4\"]", "train = [0, \"1\", 2]\nvalidation = [3]\ntest = 4"]
    {
        assert_eq!(read(folder.path(), &split(parts)).unwrap().splits, folds.splits, "{parts}");
    }
    // As a null among integers makes pandas write them.
    write(folder.path(), "a.csv", &with_column("fold", |row| format!("{}.0", row / 8)));
    assert_eq!(read(folder.path(), &split("train = [0, 1, 2]\nvalidation = 3\ntest = 4")).unwrap().splits, folds.splits);
    for (parts, message) in [
        ("train = [0, 1]\nvalidation = 1\ntest = 4", "two splits are marked by the same value"),
        ("train = []\nvalidation = 1\ntest = 4", "`split.train` names no value"),
        ("train = 0.5\nvalidation = 1\ntest = 4", "`split.train` is the number 0.5"),
    ] {
        assert!(refused(&split(parts))[0].contains(message), "{parts}");
    }
    for parts in ["train = 2", "train = [\"a\"]"] {
        assert!(!refused(&format!("{TABLE}[split]\n{parts}\n")).is_empty(), "{parts}");
    }
}

#[test]
fn given_splits_may_lack_a_class_but_not_in_training() {
    let folder = tempfile::tempdir().unwrap();
    let split = "[split]\nmethod = \"column\"\ncolumn = \"set\"\n";
    let set = |row: usize| ["train", "train", "validation", "test"][row / 2 % 4].to_owned();
    let third = |set: &str| format!("Q1,MKWWWWW,z,{set}\nQ2,MKWWWW,z,{set}\n");
    write(folder.path(), "a.csv", &(with_column("set", set) + &third("train")));
    let dataset = read(folder.path(), &format!("{TABLE}{split}")).unwrap();
    assert_eq!(dataset.classes, ["x", "y", "z"]);
    let note = dataset.card.absent().unwrap();
    assert_eq!(
        note,
        "no validation protein is of \"z\", no test protein is of \"z\": scores of such a class have no value there"
    );
    // No area under a curve of a class that is not there, whatever is predicted.
    let without: Vec<&str> = data::without_value(&dataset).iter().map(|(metric, _)| metric.id).collect();
    assert!(without.contains(&"roc-auc") && !without.contains(&"f1") && !without.contains(&"accuracy"), "{without:?}");

    write(folder.path(), "a.csv", &(with_column("set", set) + &third("test")));
    let error = read(folder.path(), &format!("{TABLE}{split}")).unwrap_err();
    assert_eq!(error.to_string(), "no protein of the class \"z\" falls to the train split");
    assert_eq!(error.exit(), Exit::Usage);
}

#[test]
fn small_classes_are_told_together_and_left_out_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let small: Vec<[String; 3]> = (rows(40, 6).into_iter().enumerate())
        .map(|(index, [id, sequence, _])| [id, sequence, ["p", "q", "q", "r", "r", "r"][index].to_owned()])
        .collect();
    write(folder.path(), "a.csv", &csv(&[rows(0, 40), small].concat()));
    let error = read(folder.path(), TABLE).unwrap_err();
    let Error::ClassWithoutProtein { classes, help } = &error else { panic!("{error:?}") };
    assert!(classes.len() >= 2 && error.to_string().contains("\"p\" (1; none in"), "{error}");
    // What is proposed does it.
    let least: u32 = help.split("min-class-size = ").nth(1).unwrap().split('`').next().unwrap().parse().unwrap();
    let dataset = read(folder.path(), &format!("{TABLE}min-class-size = {least}\n")).unwrap();
    assert_eq!(dataset.card.small_classes.len(), 5 - dataset.classes.len());
    let dataset = read(folder.path(), &format!("{TABLE}min-class-size = 4\n")).unwrap();
    assert_eq!(dataset.classes, ["x", "y"]);
    let told: Vec<(&str, usize)> = dataset.card.small_classes.iter().map(|word| (word.value.as_str(), word.count)).collect();
    assert_eq!(told, [("p", 1), ("q", 2), ("r", 3)]);
    assert_eq!(dataset.proteins.iter().filter(|protein| protein.dropped == Some(Dropped::SmallClass)).count(), 6);
    let error = read(folder.path(), &format!("{TABLE}min-class-size = 30\n")).unwrap_err();
    assert_eq!(error.to_string(), "`data.min-class-size` = 30 leaves no class, and a classifier needs two");
    let numbers = format!("{TABLE}min-class-size = 3\n[task]\nkind = \"regression\"\n");
    assert!(refused(&numbers)[0].starts_with("`data.min-class-size` has no meaning"));
}

#[test]
fn labels_of_several_classes_are_noted_and_whole_numbers_are_one_label() {
    let folder = tempfile::tempdir().unwrap();
    let relabelled = |label: fn(usize) -> &'static str| {
        let rows = rows(0, 48).into_iter().enumerate();
        csv(&rows.map(|(index, [id, sequence, _])| [id, sequence, label(index).to_owned()]).collect::<Vec<_>>())
    };
    write(folder.path(), "a.csv", &relabelled(|row| ["A", "B", "A;B", "B; A"][row % 4]));
    let dataset = read(folder.path(), TABLE).unwrap();
    assert_eq!(dataset.classes.len(), 4);
    assert_eq!(dataset.card.several_labels.iter().map(|word| word.value.as_str()).collect::<Vec<_>>(), ["A;B", "B; A"]);
    assert!(dataset.card.notes()[0].contains("titer cannot learn several labels a protein yet"));

    write(folder.path(), "a.csv", &relabelled(|row| ["0.0", "1.0", "0", "1"][row % 4]));
    let dataset = read(folder.path(), TABLE).unwrap();
    assert_eq!(dataset.classes, ["0", "1"]);
    assert_eq!(dataset.proteins[0].label, "0.0", "as the data writes it");
    let named = read(folder.path(), &format!("{TABLE}classes = {{ 0 = \"Cytoplasm\", 1 = \"Nucleus\" }}\n")).unwrap();
    assert_eq!((named.classes.join(" "), named.card.kept), ("Cytoplasm Nucleus".to_owned(), 48));
}

#[test]
fn what_separators_and_words_change_is_in_keys_and_what_they_do_not_is_not() {
    let base = |text: &str| {
        let text = format!("{text}[model]\nweights = {{ random = \"esm2-tiny\" }}\n");
        experiment::parse(Path::new("try.toml"), &text, &[]).unwrap().experiment.base
    };
    let inputs = titer_core::results::manifest::Inputs { data: "d".to_owned(), weights: "w".to_owned() };
    let key = |text: &str| titer_core::identity::key(&base(text), &inputs);
    let column = format!("{TABLE}[split]\nmethod = \"column\"\ncolumn = \"set\"\n");
    assert_eq!(key(&column), key(&format!("{column}train = \"train\"\nvalidation = [\"validation\"]\ntest = \"test\"\n")));
    assert_ne!(key(&column), key(&format!("{column}train = [\"train\", \"extra\"]\n")));
    assert_eq!(key(&format!("{column}train = [1, 0]\n")), key(&format!("{column}train = [\"0\", \"1\", 0]\n")));
    assert_ne!(key(&format!("{column}validation = 0.1\n")), key(&format!("{column}validation = 0.1\nseed = 1\n")));
    assert_ne!(key(TABLE), key(&format!("{TABLE}separator = \";\"\n")));
    assert_ne!(key(TABLE), key(&format!("{TABLE}min-class-size = 3\n")));
    assert_eq!(key(TABLE), key(&TABLE.replace("\"a.csv\"", "[\"a.csv\", \"b.csv\"]")), "the digest says which files");
}
