//! The JSON files of a results folder: the input is taken for each of them in turn, among the
//! tables of a real sweep, and reported.

#![no_main]

use std::{path::PathBuf, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use titer_core::{data::Card, results::{ExperimentFolder, Live, RunFolder, RunKey, RunState}};
use titer_report::{Compared, Error, Inputs, View, page};
use titer_fuzz::{FOLDER, show};

/// A sweep of one run.
static SWEPT: LazyLock<(ExperimentFolder, RunFolder)> = LazyLock::new(|| {
    let run: serde_json::Value = serde_json::from_slice(RUN).expect("a run.json");
    let key: RunKey = run["key"].as_str().and_then(|key| key.parse().ok()).expect("a key");
    let swept = ExperimentFolder::new(FOLDER.path(), &"fuzz".parse().expect("a name"));
    let run = swept.run(&key);
    fs_err::create_dir_all(run.path()).expect("a folder can be made");
    lay(swept.experiment(), include_bytes!("../seeds/experiment/quickstart.toml"));
    lay(swept.dataset(), include_bytes!("../seeds/parquet/dataset.parquet"));
    lay(swept.runs_table(), include_bytes!("../seeds/parquet/runs.parquet"));
    lay(run.steps(), include_bytes!("../seeds/parquet/steps.parquet"));
    lay(run.epochs(), include_bytes!("../seeds/parquet/epochs.parquet"));
    lay(run.metrics(), include_bytes!("../seeds/parquet/metrics.parquet"));
    lay(run.predictions(), include_bytes!("../seeds/parquet/predictions.parquet"));
    lay(swept.card(), CARD);
    lay(run.manifest(), RUN);
    // Seeds of another format would be refused for ever, and nothing behind the refusal be tried.
    Inputs::read(&swept).expect("the seeds are of this version: docs/fuzzing.md says how they are made");
    (swept, run)
});

static RUN: &[u8] = include_bytes!("../seeds/manifest/run.json");
static CARD: &[u8] = include_bytes!("../seeds/manifest/dataset.json");

fuzz_target!(|input: &[u8]| {
    let (swept, run) = &*SWEPT;

    // Tables are read only where the JSON leads to them: most inputs end before.
    lay(run.manifest(), input);
    if let RunState::Ended(_) = run.state() {
        report(swept);
        compare(swept);
    }
    fs_err::remove_file(run.manifest()).expect("a file can be removed");

    lay(run.failure(), input);
    if let RunState::Failed(_) = run.state() {
        report(swept);
    }
    fs_err::remove_file(run.failure()).expect("a file can be removed");

    lay(run.live(), input);
    if let Err(error) = Live::read(run) {
        show(&error);
    }
    fs_err::remove_file(run.live()).expect("a file can be removed");

    if serde_json::from_slice::<Card>(input).is_ok() {
        lay(swept.card(), input);
        lay(run.manifest(), RUN);
        report(swept);
        lay(swept.card(), CARD);
    }
});

fn lay(path: PathBuf, bytes: &[u8]) {
    fs_err::write(path, bytes).expect("a file can be written");
}

/// Makes the report but for plotly.js, which is always the same.
fn report(swept: &ExperimentFolder) {
    let body = Inputs::read(swept).and_then(|inputs| page::body(&inputs, &View::new(&inputs)));
    body.map_or_else(|error: Error| show(&error), |_| ());
}

fn compare(swept: &ExperimentFolder) {
    match Inputs::read(swept) {
        Ok(inputs) => {
            let compared = Compared::from(View::new(&inputs));
            _ = (compared.to_string(), serde_json::to_string(&compared));
        }
        Err(error) => show(&error),
    }
}
