//! Data of which no experiment can be made: what was seen, and what to do.

use super::{CLASSES, Project, of, ordinary, proteins, table};

/// Asserts that a call is refused with these words, and that nothing was written.
fn refused(project: &Project, data: &[&str], code: i32, parts: &[&str]) {
    let told = project.call(&[&["init"], data].concat());
    assert_eq!((told.code, told.out.as_str()), (Some(code), ""), "{data:?}: {}", told.err);
    for part in parts {
        assert!(told.err.contains(part), "{data:?}: {part:?} is not in {}", told.err);
    }
    assert!(!project.path().join("experiments").exists());
}

fn one(name: &str, text: &str, code: i32, parts: &[&str]) {
    refused(&Project::new(&[(name, text)]), &[name], code, parts);
}

#[test]
fn what_is_missing_or_damaged_is_told() {
    let project = Project::new(&[("empty.csv", ""), ("header.csv", "id,sequence,label\n"), ("cut.csv.gz", "\u{1f}\u{8b}")]);
    project.write("cut.csv.gz", &[0x1f, 0x8b, 8, 0]);
    refused(&project, &["none.csv"], 3, &["none.csv cannot be read"]);
    refused(&project, &["."], 3, &["folder"]);
    refused(&project, &["empty.csv"], 3, &["holds no proteins"]);
    refused(&project, &["header.csv"], 3, &["holds no proteins"]);
    refused(&project, &["cut.csv.gz"], 3, &["cannot be decompressed"]);
    let within = table("id,sequence,label", 60, |index, protein| format!("P{index},{protein}*MK,{}", of(&CLASSES, index)));
    one("stop.csv", &within, 3, &["a `*` within is a stop codon"]);
    let uneven = ordinary(60).replacen(",Cyt", ",Cyt,x", 7);
    one("uneven.csv", &uneven, 3, &["line 2"]);
}

#[test]
fn files_that_are_no_data_are_told_by_what_they_are() {
    let project = Project::new(&[("a.docx", "text"), ("a.fasta", &ordinary(9))]);
    project.write("a.xlsx", b"PK\x03\x04rest");
    project.write("utf16.csv", b"\xff\xfei\0d\0");
    refused(&project, &["a.xlsx"], 2, &["a spreadsheet or a zip archive", "save the sheet as CSV"]);
    refused(&project, &["utf16.csv"], 2, &["UTF-16"]);
    refused(&project, &["a.docx"], 2, &["its name says no kind of table", ".csv or .tsv"]);
    refused(&project, &["a.fasta"], 2, &["it is not FASTA"]);
}

#[test]
fn a_million_columns_are_told_in_short() {
    let header: Vec<String> = (0..1_000_000).map(|column| format!("c{column}")).collect();
    one("a.csv", &(header.join(",") + "\n"), 2, &["it has 1,000,000 columns"]);
}

#[test]
fn files_of_one_data_set_have_the_same_columns() {
    let project = Project::new(&[
        ("train.csv", &ordinary(60)),
        ("test.csv", &ordinary(60).replace("label", "class")),
        ("test.fasta", ">a b\nMKV\n"),
    ]);
    refused(&project, &["train.csv", "test.csv"], 2, &["test.csv", "other columns than train.csv"]);
    refused(&project, &["train.csv", "test.fasta"], 2, &["another format"]);
}

#[test]
fn sequences_that_are_no_proteins_are_told_by_their_letters() {
    let dna = |protein: &str| {
        protein.chars().flat_map(|letter| ["ATG", "GCC", "TTA", "CGA"][letter as usize % 4].chars()).collect::<String>()
    };
    let of_dna = table("id,cds,label", 60, |index, protein| format!("P{index},{},{}", dna(protein), of(&CLASSES, index)));
    one("a.csv", &of_dna, 2, &["the column \"cds\" are DNA", "translate", "seen: \"id\" (\"P0\", …)"]);
    one("a.csv", &of_dna.replace('T', "U").replace("cds", "x"), 2, &["RNA"]);
    let states = proteins(20).into_iter().enumerate().map(|(index, protein)| {
        format!(">P{index} SET=train\n{}\n", "HHHEEECC".repeat(9)[..protein.len()].to_owned() + of(&["H", "E", "C"], index))
    });
    one("a.fasta", &states.collect::<String>(), 2, &["labels of residues, or a mask, not proteins"]);
    let mask = (0..20).map(|index| format!(">P{index}\n{}\n", "0111".repeat(10 + index)));
    one("mask.fasta", &mask.collect::<String>(), 2, &["labels of residues, or a mask"]);
    one("a.csv", "id,label\nP1,x\nP2,y\n", 2, &["no column holds sequences of proteins"]);
    let headless = ordinary(60).lines().skip(1).collect::<Vec<_>>().join("\n");
    one("a.csv", &headless, 2, &["its first line names no columns", "id,sequence,label"]);
    let spaced =
        table("id, sequence, label", 60, |index, protein| format!("P{index}, \"{protein}\", \"{}\"", of(&CLASSES, index)));
    one("a.csv", &spaced, 2, &["in quotes with a space before them"]);
}

#[test]
fn tasks_that_titer_does_not_have_are_named() {
    let with = |label: &dyn Fn(usize, &str) -> String| {
        table("id,sequence,label", 60, |index, protein| format!("P{index},{protein},{}", label(index, protein)))
    };
    let several = with(&|index, _| of(&["Cyt;Nuc", "Nuc;Cyt", "Nuc;Mem", "Cyt"], index).to_owned());
    one(
        "a.csv",
        &several,
        2,
        &["several labels a protein, separated by `;`, in 45 of 60 rows", "a task that titer does not have yet"],
    );
    let per_residue = with(&|_, protein| "HEC".repeat(20)[..protein.len()].to_owned());
    one("a.csv", &per_residue, 2, &["one label a residue", "a task that it does not have yet"]);
    let scores = proteins(20)
        .into_iter()
        .enumerate()
        .map(|(index, protein)| format!(">P{index} TARGET={}\n{protein}\n", vec!["1.5"; protein.len()].join(";")));
    one("a.fasta", &scores.collect::<String>(), 2, &["its headers hold one label a residue"]);
    let three = proteins(20)
        .into_iter()
        .enumerate()
        .map(|(index, protein)| format!(">P{index} x\n{protein}\n{}\n", "I".repeat(protein.len())));
    one("a.fasta", &three.collect::<String>(), 2, &["three-line FASTA"]);
    one("a.csv", &with(&|index, _| format!("\"{index},5\"")), 2, &["decimal commas", "1.5, not 1,5"]);
}

#[test]
fn data_without_labels_is_told_what_labels_are() {
    let with = |label: &dyn Fn(usize) -> String| {
        table("id,sequence,label", 60, |index, protein| format!("P{index},{protein},{}", label(index)))
    };
    one("a.csv", &with(&|_| "Cyt".to_owned()), 2, &["no column holds labels", "the same value stands in every row of \"label\""]);
    one("a.csv", &with(&|index| format!("description of {index}")), 2, &["no column holds labels"]);
    let bare = proteins(20).into_iter().enumerate().map(|(index, protein)| format!(">P{index}\n{protein}\n"));
    one("a.fasta", &bare.collect::<String>(), 2, &["its headers name no label", "TARGET=Nucleus"]);
    let uniprot = proteins(20)
        .into_iter()
        .enumerate()
        .map(|(index, protein)| format!(">sp|P{index}|A{index}_HUMAN Kinase OS=Homo sapiens OX=9606 PE=1 SV=1\n{protein}\n"));
    one("a.fasta", &uniprot.collect::<String>(), 2, &["its headers name no label"]);
    // Each class has so few proteins that no splits can be made.
    one("a.csv", &with(&|index| format!("c{}", index / 2)), 2, &["proteins enough for training, validation and test"]);
}
