//! A Parquet file: as the data of an experiment, and as each of the tables that a sweep leaves.

#![no_main]

use std::{path::Path, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use titer_core::{
    experiment::Settings,
    results::{RunFolder, tables},
};
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
    // Both files of a run's evaluations at once.
    lay("metrics.parquet", input);
    let run = RunFolder::at(lay("epochs.parquet", input).parent().map(Path::to_owned).unwrap_or_default());
    let errors = [
        tables::read_proteins(&path).err(),
        tables::read_runs(&path).err(),
        tables::read_steps(&path).err(),
        tables::read_epochs(&run).err(),
        tables::read_predictions(&path).err(),
    ];
    errors.iter().flatten().for_each(|error| show(error));
});
