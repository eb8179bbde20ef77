//! Data files that are large, broken, or no files.

use std::{os::unix::fs::symlink, path::Path, process::Command};

use super::{Ended, titer};

/// MiB beside what titer takes for itself; a debug build and a busy machine included.
const ROOM: u64 = 200;

const TABLE: &str = "source = \"table\"\npath = \"PATH\"\nid = \"id\"\nsequence = \"sequence\"\nlabel = \"label\"";
const FASTA: &str = "source = \"fasta\"\npath = \"PATH\"\nlabel = ' (\\w+)$'";

struct Data(tempfile::TempDir);

impl Data {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Describes a data file of this content.
    fn describe(&self, name: &str, content: impl AsRef<[u8]>) -> Ended {
        fs_err::write(self.path().join(name), content).unwrap();
        self.call("describe", name)
    }

    fn call(&self, command: &str, name: &str) -> Ended {
        let data = if name.contains(".fasta") { FASTA } else { TABLE }.replace("PATH", name);
        let text = format!("[data]\n{data}\n[model]\nweights = {{ random = \"esm2-tiny\" }}\n");
        fs_err::write(self.path().join("a.toml"), text).unwrap();
        titer(self.path(), &[command, "a.toml"])
    }
}

/// Rows of two classes, enough of each for every split: id, sequence, label.
fn rows() -> Vec<[String; 3]> {
    let residues = b"ACDEFGHIKLMNPQRSTVWY";
    let sequence = |row: usize| (0..30).map(|at| residues[(row * 7 + at * (row + 3)) % 20] as char).collect();
    (0..40).map(|row| [format!("P{row}"), sequence(row), ["c", "n"][row % 2].to_owned()]).collect()
}

fn csv(more: &[[&str; 3]]) -> String {
    let rows = rows().into_iter().map(|row| row.join(",")).chain(more.iter().map(|row| row.join(",")));
    std::iter::once("id,sequence,label".to_owned()).chain(rows).map(|line| line + "\n").collect()
}

fn fasta(more: &str) -> String {
    rows().iter().map(|[id, sequence, label]| format!(">{id} {label}\n{sequence}\n")).collect::<Vec<_>>().concat() + more
}

#[test]
fn a_huge_field_is_read_or_told_in_short() {
    let data = Data::new();
    let sequence = "MKTAYIAKQR".repeat(10_000_000);
    let ended = data.describe("a.csv", csv(&[["P99", &sequence, "c"]]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.memory < 300 + ROOM, "{} MiB", ended.memory);

    let long = "x".repeat(20_000_000);
    data.describe("a.csv", csv(&[[&long, "MKT1", "c"]])).refuses(3, &["a.csv, line 42: the sequence of \"xxx", "holds '1'"]);
    data.describe("a.csv", csv(&[["P99", "MKTA", &long]])).refuses(2, &["the class \"xxx"]);
    data.describe("a.csv", format!("{long},sequence,label\n")).refuses(2, &["no column \"id\"", "its columns are \"xxx"]);
    data.describe("a.csv", csv(&[]) + "\"" + &"A\n".repeat(5_000_000))
        .refuses(3, &["a.csv, line 42: 1 field, and the header has 3"]);
}

#[test]
fn a_million_columns_are_not_listed() {
    let header: Vec<String> = (0..1_000_000).map(|column| format!("c{column}")).collect();
    let ended = Data::new().describe("a.csv", header.join(",") + "\n");
    ended.refuses(2, &["has no column \"id\"", "and 999980 more"]);
    assert!(ended.memory < ROOM, "{} MiB", ended.memory);
}

#[test]
fn a_class_name_wider_than_a_terminal_is_cut() {
    let text = csv(&[]).replace(",c\n", &format!(",{}\n", "c".repeat(70_000)));
    let ended = Data::new().describe("a.csv", text);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("ccc…") && ended.stdout.len() < 10_000, "{}", ended.stdout.len());
}

#[test]
fn letters_that_no_residue_bears_take_no_more_memory_than_others() {
    let sequence = "JA".repeat(5_000_000);
    let ended = Data::new().describe("a.csv", csv(&[["P99", &sequence, "c"]]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("10,000,002"), "{}", ended.stdout);
    assert!(ended.memory < ROOM, "{} MiB", ended.memory);
}

#[test]
fn many_proteins_take_a_few_bytes_a_residue() {
    let residues = "ACDEFGHIKLMNPQRSTVWY".repeat(20);
    // 60,000 rows and 24 MB, each protein another: its number stands in its first residues.
    let digit = |row: usize, place: u32| char::from(residues.as_bytes()[row / 10_usize.pow(place) % 10]);
    let line = |row: usize| {
        let start: String = (0..5).map(|place| digit(row, place)).collect();
        format!("P{row},{start}{residues},{}\n", ["c", "n"][row % 2])
    };
    let text: String = std::iter::once("id,sequence,label\n".to_owned()).chain((0..60_000).map(line)).collect();
    let ended = Data::new().describe("a.csv", text);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("all    60,000"), "{}", ended.stdout);
    assert!(ended.memory < ROOM, "{} MiB", ended.memory);
}

#[test]
fn tables_in_other_encodings_and_with_other_line_ends_are_read_or_told() {
    let data = Data::new();
    for right in ["\u{feff}".to_owned() + &csv(&[]), csv(&[]).replace('\n', "\r"), csv(&[]).replace('\n', "\r\n")] {
        assert_eq!(data.describe("a.csv", right).code, Some(0));
    }
    let wide: Vec<u8> = csv(&[]).encode_utf16().flat_map(u16::to_le_bytes).collect();
    data.describe("a.csv", [&[0xff, 0xfe], wide.as_slice()].concat()).refuses(3, &["a.csv is not a table", "line 1", "utf-8"]);
    data.describe("a.csv", [csv(&[]).as_bytes(), b"P\xff,MKT,c\n"].concat()).refuses(3, &["a.csv is not a table", "line 42"]);
    data.describe("a.csv", csv(&[["P\0", "MKT\0", "c"]])).refuses(3, &["line 42", "\"P\\0\" holds '\\0'"]);
    data.describe("a.csv", csv(&[["P99", "MKT", "\u{1b}[2J"]])).refuses(2, &["\\u{1b}[2J"]);
    for empty in ["", "\n\n\n", "\u{feff}"] {
        data.describe("a.csv", empty).refuses(2, &["has no column \"id\"", "the file is empty"]);
    }
}

#[test]
fn fasta_in_other_encodings_and_with_other_line_ends_is_read_or_told() {
    let data = Data::new();
    for right in ["\u{feff}".to_owned() + &fasta(""), fasta("").replace('\n', "\r\n")] {
        assert_eq!(data.describe("a.fasta", right).code, Some(0));
    }
    data.describe("a.fasta", fasta("").replace('\n', "\r"))
        .refuses(3, &["a.fasta is not FASTA: line 1", "do not end in a newline"]);
    data.describe("a.fasta", fasta(">P\0 c\nMK\0T\n")).refuses(3, &["a.fasta, line 81", "\"P\\0\" holds '\\0'"]);
    data.describe("a.fasta", fasta(">\n")).refuses(3, &["a.fasta is not FASTA: line 81"]);
    for broken in ["MKT\n".to_owned(), ">\n".repeat(100_000), "\u{1f}\u{8b}\u{8}".to_owned()] {
        data.describe("a.fasta", broken).refuses(3, &["a.fasta is not FASTA: line 1"]);
    }
    let compressed = data.describe("a.fasta.gz", fasta(""));
    assert_eq!(compressed.code, Some(0), "the content decides, not the name");
}

#[test]
fn a_header_of_megabytes_is_read_or_told_in_short() {
    let data = Data::new();
    let long = "x".repeat(20_000_000);
    let ended = data.describe("a.fasta", fasta(&format!(">P99 {long} c\nMKT\n")));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.memory < ROOM, "{} MiB", ended.memory);
    data.describe("a.fasta", format!(">P {long}-\nMKT\n"))
        .refuses(2, &["from no header of a.fasta", "the first header is \"P xxx"]);
}

#[test]
fn what_is_no_file_is_neither_waited_for_nor_read_for_ever() {
    let data = Data::new();
    let path = |name: &str| data.path().join(name);
    for kind in ["csv", "tsv", "parquet", "fasta"] {
        assert!(Command::new("mkfifo").arg(path(&format!("pipe.{kind}"))).status().unwrap().success());
        symlink("/dev/zero", path(&format!("zero.{kind}"))).unwrap();
        fs_err::create_dir(path(&format!("folder.{kind}"))).unwrap();
        for command in ["describe", "plan", "status"] {
            for name in ["pipe", "zero"] {
                let name = format!("{name}.{kind}");
                data.call(command, &name).refuses(3, &[&format!("the data file {name} cannot be read"), "a device or a pipe"]);
            }
            data.call(command, &format!("folder.{kind}")).refuses(2, &[&format!("folder.{kind} is a folder")]);
        }
    }
    symlink("loop.csv", path("loop.csv")).unwrap();
    data.call("describe", "loop.csv").refuses(3, &["the data file loop.csv cannot be read"]);
}
