//! `titer describe`: the data card, for people and for programs.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use titer_core::{data::Split, results::tables};

use crate::data::{ordinary, shared, write};

const TABLE: &str = r#"
[data]
source = "table"
path = "proteins.csv"
id = "id"
sequence = "sequence"
label = "label"
[model]
weights = { random = "esm2-tiny" }
"#;

fn titer(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("titer").unwrap();
    command.current_dir(folder).env_clear().arg("describe").args(arguments);
    command
}

/// Standard output of a call that must succeed.
fn stdout(command: &mut Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

/// Exit code and standard error of a call that must fail.
fn failure(command: &mut Command) -> (Option<i32>, String) {
    let output = command.assert().failure().get_output().clone();
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A folder with the ordinary proteins and an experiment on them.
fn project(csv: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "try.toml", TABLE);
    write(folder.path(), "proteins.csv", csv);
    folder
}

#[test]
fn the_card_reads_well_on_a_terminal() {
    let folder = project(&(ordinary() + "d1,MKA,x\nm1,,x\nu1,MJJK,y\n"));
    insta::assert_snapshot!(stdout(&mut titer(folder.path(), &["try.toml"])), @"
    try: proteins.csv

    rows                     23
      with a missing value    1  line 23
      with unknown residues   1
      repeating a sequence    1  2 rows in 1 group, 0 with conflicting labels
    kept                     21  91.3 % of the rows

    class  kept    share  train  validation  test
    x        10   47.6 %      6           2     2
    y        11   52.4 %      6           2     3
    all      21  100.0 %     12           4     5
    balance 0.909: the smallest class over the largest

    length    min  mean  median  p95  p99  max
    residues    3   3.0     3.0  3.0  3.8    4
    tokens      5   5.0     5.0  5.0  5.0    5

    max-length   5   tokens
    covered     21  100.0 %
    truncated    0    0.0 %
    ");
}

#[test]
fn ids_that_are_numbers_of_rows_are_said_to_be() {
    let folder = project(&ordinary());
    write(folder.path(), "try.toml", &TABLE.replace("id = \"id\"\n", ""));
    let told = stdout(&mut titer(folder.path(), &["try.toml"]));
    assert_eq!(told.lines().next(), Some("try: proteins.csv; ids are the numbers of the rows, from 1"));
}

/// A table of everything that is changed, counted and shown, and nothing of it silently.
#[test]
fn the_card_tells_what_was_changed_and_what_several_splits_share() {
    let set = |row: usize| ["train", "train", "train", "validation", "test"][row / 2 % 5];
    let own = ordinary();
    let rows = own.lines().skip(1).enumerate().map(|(row, line)| format!("{line},{}\n", set(row)));
    let more = "T0,MKA,x,test\nP0,mkww,y,train\ng1,M-KV,y,train\ns1,MKWY*,x,train\nn1,MKYY,none,train\nm1,MKYW,,train\n\
        NaN,MKYK,x,train\n";
    let folder = project(&format!("id,sequence,label,set\n{}{more}", rows.collect::<String>()));
    let sets = [
        "split={ method = \"column\", column = \"set\" }",
        "data.duplicate-ids=number",
        "data.strip=[\"stop\"]",
        "data.missing-values=[\"none\", \"null\"]",
    ];
    let arguments: Vec<&str> = std::iter::once("try.toml").chain(sets.iter().flat_map(|set| ["--set", set])).collect();
    insta::assert_snapshot!(stdout(&mut titer(folder.path(), &arguments)), @r#"
    try: proteins.csv

    rows                        27
      with a missing value       2  label "none" 1; line 26, line 27
      in lower case              1  read as capitals
      with gaps                  1  each kept as a token
      with a stop codon          1  its `*` taken off
      with unknown residues      0
      repeating a sequence       1  2 rows in 1 group, 0 with conflicting labels
      shared by several splits   1  as sequences, named below
      repeating an id            1  numbered, as ID#2
    kept                        24  88.9 % of the rows
    shared by several splits: P0 in train and T0 in test
      left out of train 0, of validation 0, of test 1; near-duplicates are not searched for
    read as they are: id "NaN" 1
      where such a word stands for a missing value, name it in `data.missing-values`

    class  kept    share  train  validation  test
    x        12   50.0 %      8           2     2
    y        12   50.0 %      8           2     2
    all      24  100.0 %     16           4     4
    balance 1.000: the smallest class over the largest

    length    min  mean  median  p95  p99  max
    residues    3   3.2     3.0  4.0  4.0    4
    tokens      5   5.2     5.0  6.0  6.0    6

    max-length   6   tokens
    covered     24  100.0 %
    truncated    0    0.0 %
    "#);
}

#[test]
fn the_card_of_synthetic_data_tells_the_best_accuracy_and_what_the_grid_varies() {
    let folder = tempfile::tempdir().unwrap();
    let experiment =
        "[data]\nsource = \"synthetic\"\n[model]\nweights = { random = \"esm2-tiny\" }\n[grid]\n\"split.seed\" = [1, 2]\n";
    write(folder.path(), "made-up.toml", experiment);
    let card = stdout(&mut titer(folder.path(), &["made-up.toml", "--set", "data.synthetic.signal=0.8"]));
    assert!(card.starts_with("made-up: 1,200 synthetic proteins, seed 42\n"), "{card}");
    assert!(card.contains("no classifier can be expected to exceed an accuracy of 90.0 %."), "{card}");
    assert!(card.ends_with("The grid varies split.seed: `--set` shows the data under another value.\n"), "{card}");
}

#[test]
fn json_has_the_keys_that_programs_rely_on() {
    let folder = project(&ordinary());
    let card: Value = serde_json::from_str(&stdout(&mut titer(folder.path(), &["try.toml", "--json"]))).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let expected = [
        "rows",
        "missing",
        "duplicate_rows",
        "duplicate_members",
        "duplicate_groups",
        "conflicting_groups",
        "unknown_residues",
        "no_class",
        "no_split",
        "missing_values",
        "like_missing",
        "lower_case",
        "gaps",
        "stops",
        "repeated_ids",
        "kept",
        "classes",
        "balance",
        "length",
        "tokens",
        "max_length",
        "covered",
        "truncated",
        "splits",
    ];
    assert_eq!(keys(&card), expected);
    assert_eq!(keys(&card["classes"][0]), ["name", "count", "share"]);
    assert_eq!(keys(&card["length"]), ["min", "max", "mean", "median", "p95", "p99"]);
    assert_eq!(keys(&card["tokens"]), ["min", "max", "mean", "median", "p95", "p99", "sample"]);
    assert_eq!(keys(&card["splits"]), ["train", "validation", "test"]);
    assert_eq!(keys(&card["splits"]["test"]), ["count", "classes"]);
}

#[test]
fn the_seeds_card_is_the_seeds_whatever_folder_it_is_called_in() {
    let Some(path) = shared("uniprot_cytoplasm_nucleus.csv") else { return };
    let folder = tempfile::tempdir().unwrap();
    let lr = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/lr.toml");
    let set = format!("data.path={:?}", fs_err::canonicalize(path).unwrap());
    let card: Value =
        serde_json::from_str(&stdout(&mut titer(folder.path(), &[lr.to_str().unwrap(), "--json", "--set", &set]))).unwrap();
    assert_eq!((&card["rows"], &card["kept"], &card["max_length"]), (&3585.into(), &3575.into(), &482.into()));
    assert_eq!((&card["covered"], &card["truncated"]), (&3406.into(), &169.into()));
    assert_eq!(card["splits"]["test"]["classes"][1]["count"], 330);
}

#[test]
fn proteins_are_written_with_their_splits_and_reasons() {
    let folder = project(&(ordinary() + "d1,MKA,x\n"));
    titer(folder.path(), &["try.toml", "--proteins", "out.parquet"]).assert().success();
    let rows = tables::read_proteins(&folder.path().join("out.parquet")).unwrap();
    assert_eq!(rows.len(), 21);
    assert_eq!(rows.iter().filter(|row| row.split == Some(Split::Test)).count(), 4);
    assert_eq!(
        (rows[20].id.as_str(), rows[20].split, rows[20].dropped),
        ("d1", None, Some(titer_core::data::Dropped::Duplicate))
    );
}

/// Each ends in one message with a hint, and the right exit code.
#[test]
fn bad_data_ends_in_one_message_with_a_hint() {
    let folder = project(&ordinary());
    write(folder.path(), "digit.csv", &(ordinary() + "bad,MK7V,x\n"));
    write(folder.path(), "thin.csv", &ordinary().replace(",y\n", ",x\n").replacen(",x\n", ",y\n", 2));
    write(folder.path(), "short.csv", &(ordinary() + "P20,MKW\n"));
    let cases = [
        (
            "data.label=\"Label\"",
            2,
            "× proteins.csv has no column \"Label\" \
             help: its columns are \"id\", \"sequence\", \"label\"; did you mean \"label\"?",
        ),
        (
            "data.path=\"digit.csv\"",
            3,
            "× digit.csv, line 22: the sequence of \"bad\" holds '7' at position 3 (column \"sequence\") \
             help: a sequence is letters, one a residue (`-` and `.` are gaps); take out digits, white space and other signs",
        ),
        (
            "data.classes={ x = \"X\", z = \"Z\" }",
            2,
            "× no protein of the data is of the class \"z\" help: its labels are \"x\" (10), \"y\" (10)",
        ),
        (
            "data.path=\"thin.csv\"",
            2,
            "× no protein of the class \"y\" falls to the validation and test splits \
             help: add proteins, or enlarge the split; kept of each class: \"x\" 18, \"y\" 2",
        ),
        (
            "data.path=\"gone.csv\"",
            3,
            "× the data file gone.csv cannot be read \
             ╰─▶ failed to open file `gone.csv`: No such file or directory (os error 2) \
             help: `data.path` starts from the folder that titer is called in; where the experiment has `[data.fetch]`, \
             `titer fetch FILE` makes it",
        ),
        (
            "data.path=\"short.csv\"",
            3,
            "× short.csv, line 22: 2 fields, and the header has 3 \
             help: every row has a field for each column, an empty one too, with `,` between them",
        ),
    ];
    for (set, code, message) in cases {
        let (found, text) = failure(&mut titer(folder.path(), &["try.toml", "--set", set]));
        assert_eq!((unwrapped(&text).as_str(), found), (message, Some(code)));
    }
}

/// A message without the breaks and the margin that its wrapping made.
fn unwrapped(message: &str) -> String {
    message.split_whitespace().filter(|&word| word != "│").collect::<Vec<_>>().join(" ")
}

#[test]
fn a_table_that_cannot_be_written_leaves_nothing_behind() {
    let folder = project(&ordinary());
    let (code, message) = failure(&mut titer(folder.path(), &["try.toml", "--proteins", "none/out.parquet"]));
    assert_eq!(code, Some(1), "{message}");
    assert!(!folder.path().join("none").exists());
}
