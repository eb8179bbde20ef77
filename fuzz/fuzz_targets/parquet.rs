//! A Parquet file: as the data of an experiment, and as each of the tables that a sweep leaves.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use titer_core::{experiment::Settings, results::tables};
use titer_fuzz::{lay, prepare, settings, show};

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    settings(
        "[data]\nsource = \"table\"\npath = \"fuzz.parquet\"\nid = \"id\"\nsequence = \"sequence\"\nlabel = \"label\"\n\
         [split]\nmethod = \"column\"\ncolumn = \"split\"\n",
    )
});

fuzz_target!(|input: &[u8]| {
    let path = lay("fuzz.parquet", input);
    prepare(&SETTINGS);
    let errors = [
        tables::read_proteins(&path).err(),
        tables::read_runs(&path).err(),
        tables::read_steps(&path).err(),
        tables::read_epochs(&path).err(),
        tables::read_predictions(&path).err(),
    ];
    errors.iter().flatten().for_each(|error| show(error));
});
