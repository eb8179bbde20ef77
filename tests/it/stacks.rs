//! `titer sweep --stack` and `--lanes`: the command as a user sees it, with the real worker.

#![cfg(unix)]

use std::{
    path::Path,
    process::{Command, Stdio},
};

use titer::results::{Claim, RunKey, RunState, tables};

use crate::{
    sweep::Project,
    workers::{several, until},
};

#[test]
fn a_stacked_sweep_leaves_the_runs_of_one_that_is_not() {
    let worker = Path::new(env!("CARGO_BIN_EXE_titer")).with_file_name("titer-worker");
    if !worker.exists() {
        return eprintln!("skipped: {} is not built", worker.display());
    }
    let (stacked, alone) = (Project::new(worker.clone()), Project::new(worker));
    let grid = r#"grid={"train.seed"=[1, 2], "train.learning-rate"=[1e-3, 1e-4], "train.batch-size"=[16, 32]}"#;
    let arguments = ["--set", grid, "--set", "train.precision='fp32'"];
    let outcome = stacked.sweep(&[&arguments[..], &["--stack", "3"]].concat());
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(alone.sweep(&arguments).code, Some(0));

    let rows = |project: &Project| tables::read_runs(&project.experiment().runs_table()).unwrap();
    let (ours, theirs) = (rows(&stacked), rows(&alone));
    assert_eq!(ours.len(), 8);
    let mut sizes = Vec::new();
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!((&ours.key, ours.status, ours.kept_epoch), (&theirs.key, theirs.status, theirs.kept_epoch));
        let loss = |row: &tables::RunRow| row.test.as_ref().unwrap().loss;
        assert!((loss(ours) - loss(theirs)).abs() < 1e-5, "{}: {} and {}", ours.key, loss(ours), loss(theirs));
        let of = |project: &Project| match project.experiment().run(&ours.key).state() {
            RunState::Ended(manifest) => manifest.outcome.attempts[0].stacked,
            other => panic!("{other:?}"),
        };
        sizes.extend(of(&stacked));
        assert_eq!(of(&alone), None);
        let log = fs_err::read_to_string(stacked.experiment().run(&ours.key).log()).unwrap();
        assert!(!log.contains("ERROR"), "{log}");
    }
    // Four of each batch size: three together, and one by itself.
    assert_eq!(sizes, [3; 6]);
    let told = ours.iter().filter(|row| {
        let log = stacked.experiment().run(&row.key).log();
        fs_err::read_to_string(log).unwrap().contains("computed as one with other runs")
    });
    assert_eq!(told.count(), 4, "the logs of all but the first of a stack say where else to look");
}

#[test]
fn runs_in_lanes_leave_the_very_numbers_they_leave_alone() {
    let worker = Path::new(env!("CARGO_BIN_EXE_titer")).with_file_name("titer-worker");
    if !worker.exists() {
        return eprintln!("skipped: {} is not built", worker.display());
    }
    let (beside, alone) = (Project::new(worker.clone()), Project::new(worker));
    let grid = r#"grid={"train.finetune"=["full", "frozen", { last = 1 }], "train.batch-size"=[16, 32]}"#;
    let outcome = beside.sweep(&["--set", grid, "--lanes", "4", "--threads", "1"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(alone.sweep(&["--set", grid, "--jobs", "1", "--threads", "1"]).code, Some(0));
    let ended = |project: &Project, key: &RunKey| match project.experiment().run(key).state() {
        RunState::Ended(manifest) => manifest,
        other => panic!("{other:?}"),
    };
    let mut lanes = Vec::new();
    for tables::RunRow { key, .. } in tables::read_runs(&beside.experiment().runs_table()).unwrap() {
        let (ours, theirs) = (ended(&beside, &key), ended(&alone, &key));
        assert_eq!(ours.files["predictions.parquet"], theirs.files["predictions.parquet"], "{key}");
        assert_eq!(theirs.outcome.attempts[0].lanes, None);
        lanes.extend(ours.outcome.attempts[0].lanes);
        let log = fs_err::read_to_string(beside.experiment().run(&key).log()).unwrap();
        assert!(!log.contains("ERROR"), "{log}");
    }
    lanes.sort_unstable();
    assert_eq!(lanes, [2, 2, 4, 4, 4, 4], "one worker takes four runs and, when they are done, another the other two");
}

#[test]
fn a_worker_that_outlives_its_sweep_holds_the_claims_on_all_its_runs() {
    let fake = several(r#"begin 0; begin 1; echo $$ > "$fake/pid"; exec sleep 600"#);
    let project = Project::new(fake.worker());
    let mut sweep =
        project.titer(&["sweep", "try.toml", "--device", "cpu", "--stack", "2"]).stderr(Stdio::null()).spawn().unwrap();
    let pid = fake.path().join("pid");
    until(|| fs_err::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n')));
    let pid = fs_err::read_to_string(&pid).unwrap();
    let keys = project.keys();
    let claimed = || keys.iter().map(|key| Claim::is_taken(&project.experiment().run(key))).collect::<Vec<_>>();
    assert_eq!(claimed(), [true, true]);
    sweep.kill().unwrap();
    sweep.wait().unwrap();
    assert_eq!(claimed(), [true, true], "the worker lives on");
    assert!(Command::new("kill").args(["-KILL", pid.trim()]).status().unwrap().success());
    until(|| claimed() == [false, false]);
}

#[test]
fn what_is_no_number_of_runs_is_refused() {
    let project = Project::new("nowhere/titer-worker".into());
    for wrong in ["0", "-1", "all", ""] {
        let outcome = project.sweep(&["--stack", wrong]);
        assert_eq!(outcome.code, Some(2), "{wrong:?}: {}", outcome.stderr);
    }
    for both in [&["--lanes", "0"][..], &["--lanes", "33"], &["--lanes", "2", "--stack", "2"]] {
        let outcome = project.sweep(both);
        assert_eq!(outcome.code, Some(2), "{both:?}: {}", outcome.stderr);
    }
}
