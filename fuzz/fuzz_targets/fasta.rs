//! A FASTA file. Its first line is the pattern that captures the labels, its second the one of the
//! splits, where it is not empty.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use titer_core::experiment::split::Column;
use titer_core::experiment::{Settings, Source, SplitSettings};
use titer_fuzz::{lay, prepare, settings};

static SETTINGS: LazyLock<Settings> =
    LazyLock::new(|| settings("[data]\nsource = \"fasta\"\npath = \"fuzz.fasta\"\nlabel = '(x)'\n"));

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(3, |byte| *byte == b'\n');
    let mut line = || parts.next().map(|line| String::from_utf8_lossy(line).into_owned()).unwrap_or_default();
    let (label, column) = (line(), line());
    lay("fuzz.fasta", parts.next().unwrap_or_default());

    let mut settings = SETTINGS.clone();
    settings.data.source = Source::Fasta { path: "fuzz.fasta".into(), label };
    if !column.is_empty() {
        let (train, validation, test) = ("train".into(), Some("validation".into()), "test".into());
        settings.split = SplitSettings::Column(Column { column, train, validation, test, validation_column: None, seed: 42 });
    }
    prepare(&settings);
});
