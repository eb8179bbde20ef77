//! A table in CSV, TSV or a text whose separator is found. Its first byte says which, how it is split,
//! and what is done about doubtful rows. Content that is compressed is read as that.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use titer_core::experiment::{Conflicts, DuplicateIds, Duplicates, LowerCase, Missing, Settings, Source, Strip, UnknownResidues};
use titer_fuzz::{lay, prepare, settings};

const TABLE: &str = "[data]\nsource = \"table\"\npath = \"fuzz.csv\"\nid = \"id\"\nsequence = \"sequence\"\nlabel = \"label\"\n";

static STRATIFIED: LazyLock<Settings> = LazyLock::new(|| settings(TABLE));
static BY_COLUMN: LazyLock<Settings> =
    LazyLock::new(|| settings(&format!("{TABLE}[split]\nmethod = \"column\"\ncolumn = \"split\"\n")));

fuzz_target!(|input: &[u8]| {
    let Some((choice, table)) = input.split_first() else { return };
    let chosen = |bit: u8| choice >> bit & 1 == 1;
    let mut settings = if chosen(0) { BY_COLUMN.clone() } else { STRATIFIED.clone() };
    let name = match (chosen(1), chosen(6)) {
        (true, true) => "fuzz.txt",
        (true, false) => "fuzz.tsv",
        (false, _) => "fuzz.csv",
    };
    if let Source::Table { path, separator, .. } = &mut settings.data.source {
        *path = name.into();
        *separator = (chosen(6) && !chosen(1)).then_some(';');
    }
    if chosen(7) {
        settings.data.cleaning.min_class_size = Some(2);
    }
    if chosen(2) {
        settings.data.cleaning.duplicates = Duplicates::Refuse;
        settings.data.cleaning.conflicts = Conflicts::Refuse;
    }
    if chosen(3) {
        settings.data.cleaning.missing = Missing::Refuse;
        settings.data.cleaning.unknown_residues = UnknownResidues::Refuse;
    }
    if chosen(4) {
        settings.data.cleaning.duplicate_ids = DuplicateIds::Number;
        settings.data.cleaning.lower_case = LowerCase::Mask;
    }
    if chosen(5) {
        settings.data.cleaning.strip = vec![Strip::Gaps, Strip::Stop];
        settings.data.cleaning.missing_values = vec!["NA".to_owned()];
    }
    lay(name, table);
    prepare(&settings);
});
