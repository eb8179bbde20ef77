//! A Parquet file: as the data of an experiment, and as each of the tables that a sweep leaves.

#![no_main]

use std::{path::Path, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use titer_core::{
    experiment::Settings,
    results::{self, RunFolder, tables},
};
use titer_fuzz::{lay, prepare, settings, show};

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    settings(
        "[data]\nsource = \"table\"\npath = \"fuzz.parquet\"\nid = \"id\"\nsequence = \"sequence\"\nlabel = \"label\"\n\
         [split]\nmethod = \"column\"\ncolumn = \"split\"\n",
    )
});

/// The evaluations of a run as titer writes them, in their two files.
const EPOCHS: &[u8] = include_bytes!("../seeds/parquet/epochs.parquet");
const METRICS: &[u8] = include_bytes!("../seeds/parquet/metrics.parquet");

/// Reads the evaluations of a run that left these two files.
fn read_epochs(epochs: &[u8], metrics: &[u8]) -> Result<(), results::Error> {
    lay("metrics.parquet", metrics);
    let run = RunFolder::at(lay("epochs.parquet", epochs).parent().map(Path::to_owned).unwrap_or_default());
    tables::read_epochs(&run).map(|_| ())
}

fuzz_target!(|input: &[u8]| {
    let path = lay("fuzz.parquet", input);
    prepare(&SETTINGS);
    let errors = [
        tables::read_proteins(&path).err(),
        tables::read_runs(&path).err(),
        tables::read_steps(&path).err(),
        // Each file of a run's evaluations beside a right one: the second is read where the first is right.
        read_epochs(input, METRICS).err(),
        read_epochs(EPOCHS, input).err(),
        tables::read_predictions(&path).err(),
        tables::read_baselines(&path).err(),
    ];
    errors.iter().flatten().for_each(|error| show(error));
});
