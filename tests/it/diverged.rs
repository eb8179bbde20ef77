//! A run that diverges before its first evaluation is `diverged` wherever it is spoken of, and
//! scored nowhere.

#![cfg(unix)]

use std::path::Path;

use serde_json::Value;
use titer_core::results::{RunState, manifest::Status, tables};

use crate::{
    skip::Skip,
    sweep::{Outcome, Project},
};

/// Of the second run the loss stops being finite within a few steps.
const EXPERIMENT: &str = r#"[data]
source = "synthetic"
[data.synthetic]
proteins = 80
min-length = 40
max-length = 50
[tokens]
max-length = "longest"
[model]
weights = { random = "esm2-tiny" }
[train]
epochs = 2
batch-size = 16
[grid]
"train.learning-rate" = [1e-3, 1e30]
"#;

/// The same, where every run diverges.
const ALL: &str = "grid.\"train.learning-rate\"=[1e30, 1e35]";

fn project() -> Option<Project> {
    let worker = Path::new(env!("CARGO_BIN_EXE_titer")).with_file_name("titer-worker");
    if !worker.exists() {
        Skip::NoWorker.because(&format!("{} is not built", worker.display()));
        return None;
    }
    let project = Project::new(worker);
    fs_err::write(project.path().join("try.toml"), EXPERIMENT).unwrap();
    Some(project)
}

fn call(project: &Project, arguments: &[&str]) -> String {
    let outcome = Outcome::of(&project.titer(arguments).output().unwrap());
    assert_eq!(outcome.code, Some(0), "{arguments:?}\n{}\n{}", outcome.stdout, outcome.stderr);
    outcome.stdout
}

#[test]
fn a_run_that_diverges_before_its_first_evaluation_is_diverged_everywhere() {
    let Some(project) = project() else { return };
    let swept = call(&project, &["sweep", "try.toml", "--device", "cpu"]);
    assert!(swept.contains("learning rate 1e30   diverged"), "{swept}");
    assert!(swept.contains("1 of 2 runs diverged: its loss stopped being finite"), "{swept}");

    let key = &project.keys()[1];
    let RunState::Ended(manifest) = project.experiment().run(key).state() else { panic!() };
    assert_eq!((manifest.status, manifest.outcome.selected_epoch), (Status::Diverged, None));
    let log = fs_err::read_to_string(project.experiment().run(key).log()).unwrap();
    assert!(log.contains("diverged after step"), "{log}");

    let status = call(&project, &["status", "try.toml"]);
    assert!(status.contains(&format!("{key}  diverged")), "{status}");
    assert!(status.ends_with("2 of 2 done (1 diverged), 0 failed, 0 left\n"), "{status}");
    let plan = call(&project, &["plan", "try.toml"]);
    assert!(plan.contains(&format!("{key}  diverged")) && plan.ends_with("2 runs, 2 done (1 diverged)\n"), "{plan}");

    let rows = tables::read_runs(&project.experiment().runs_table()).unwrap();
    assert_eq!(rows[1].status.to_string(), "diverged");
    assert!(rows[0].test.is_some() && rows[1].test.is_none() && rows[1].validation.is_none(), "{rows:?}");

    let compared = call(&project, &["compare", "try.toml"]);
    let row = compared.lines().find(|line| line.trim_start().starts_with("1e30") && line.contains("diverged"));
    assert!(row.is_some(), "{compared}");
    let compared: Value = serde_json::from_str(&call(&project, &["compare", "try.toml", "--json"])).unwrap();
    let run = &compared["runs"][1];
    assert_eq!((run["status"].as_str(), &run["scores"], &run["validation"]), (Some("diverged"), &Value::Null, &Value::Null));
    assert!(
        compared["best"] == serde_json::json!([0]) && compared["answer"].to_string().contains("1 run diverged"),
        "{compared:#}"
    );

    let page = fs_err::read_to_string(project.experiment().report()).unwrap();
    assert!(!page.contains("cannot be read") && !page.contains("id=\"failures\""));
    assert!(page.contains("The loss stopped being finite at step"));
    call(&project, &["report", "try.toml", "--check"]);

    let lock = call(&project, &["lock", "try.toml"]);
    assert_eq!(lock, "try.lock: the metrics of 2 of 2 runs (1 diverged)\n");
    let verified = call(&project, &["verify", "try.toml"]);
    assert!(verified.contains("diverged, as in the lock; 3 numbers, the same to the last bit"), "{verified}");

    let again = Outcome::of(&project.titer(&["sweep", "try.toml", "--device", "cpu"]).output().unwrap());
    assert!(again.code == Some(0) && again.stderr.contains("2 of 2 runs done"), "{}", again.stderr);
}

#[test]
fn a_sweep_whose_runs_all_diverge_has_a_report_and_no_recommendation() {
    let Some(project) = project() else { return };
    let swept = call(&project, &["sweep", "try.toml", "--device", "cpu", "--set", ALL]);
    assert!(swept.contains("2 of 2 runs diverged: their losses stopped being finite"), "{swept}");
    let page = fs_err::read_to_string(project.experiment().report()).unwrap();
    assert!(!page.contains("cannot be read") && !page.contains("id=\"failures\""));
    let compared = call(&project, &["compare", "try.toml"]);
    assert!(!compared.contains("Use learning rate") && compared.contains("diverged"), "{compared}");
}
