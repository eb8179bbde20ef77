//! Runs that share a worker: the command as a user sees it, with the real worker. What they do on a
//! GPU they are made to do on the CPU.

#![cfg(target_os = "linux")]

use std::{
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
};

use titer_core::results::{Claim, Manifest, RunFolder, RunKey, RunState, tables};

use crate::{
    kills::{children, digest},
    skip::Skip,
    sweep::{Outcome, Project},
    workers::until,
};

/// A project with the real worker, which runs share.
fn project() -> Option<Project> {
    let worker = Path::new(env!("CARGO_BIN_EXE_titer")).with_file_name("titer-worker");
    if !worker.exists() {
        Skip::NoWorker.because(&format!("{} is not built", worker.display()));
        return None;
    }
    Some(Project::new(worker))
}

fn ended(project: &Project, key: &RunKey) -> Manifest {
    match project.experiment().run(key).state() {
        RunState::Ended(manifest) => *manifest,
        other => panic!("{other:?}"),
    }
}

fn kill(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

/// The folders of the runs that were begun.
fn runs(project: &Project) -> Vec<RunFolder> {
    let Ok(entries) = fs_err::read_dir(project.experiment().runs()) else { return Vec::new() };
    entries.map(|entry| RunFolder::at(entry.unwrap().path())).collect()
}

/// Starts a sweep of two long runs that share a worker, and waits until `ready` says of both
/// folders that they are.
fn start(project: &Project, more: &[&str], ready: impl Fn(&RunFolder) -> bool) -> (Child, u32) {
    let arguments = ["sweep", "try.toml", "--device", "cpu", "--share-worker", "--jobs", "2", "--threads", "2", "--no-report"];
    let more = [&["--set", "train.max-steps=1000000"], more].concat();
    let mut command = project.titer(&[&arguments[..], &more].concat());
    let sweep = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until(|| runs(project).iter().filter(|run| ready(run)).count() == 2);
    let workers = children(sweep.id());
    assert_eq!(workers.len(), 1, "both are in one process");
    (sweep, workers[0])
}

#[test]
fn runs_that_share_a_worker_leave_the_very_numbers_they_leave_alone() {
    let (Some(beside), Some(alone)) = (project(), project()) else { return };
    // Other splits are other data, which one worker reads too.
    let grid = r#"grid={"train.finetune"=["full", "frozen", { last = 1 }], "train.batch-size"=[16, 32], "split.seed"=[1, 2]}"#;
    let outcome = beside.sweep(&["--set", grid, "--share-worker", "--jobs", "4", "--threads", "1"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(alone.sweep(&["--set", grid, "--jobs", "1", "--threads", "1"]).code, Some(0));
    let rows = tables::read_runs(&beside.experiment().runs_table()).unwrap();
    assert_eq!(rows.len(), 12);
    for tables::RunRow { key, .. } in rows {
        let (ours, theirs) = (ended(&beside, &key), ended(&alone, &key));
        assert_eq!(ours.files["predictions.parquet"], theirs.files["predictions.parquet"], "{key}");
        assert_eq!((ours.outcome.attempts[0].lanes, theirs.outcome.attempts[0].lanes), (Some(4), None));
        assert!(ours.outcome.determinism.deterministic, "{:?}", ours.outcome.determinism);
        let log = fs_err::read_to_string(beside.experiment().run(&key).log()).unwrap();
        assert!(!log.contains("ERROR"), "{log}");
    }
}

#[test]
fn a_worker_that_is_killed_costs_its_runs_no_more_than_the_time_since_their_checkpoints() {
    let (Some(disturbed), Some(undisturbed)) = (project(), project()) else { return };
    let long = ["--set", "train.epochs=12", "--checkpoint-every", "5"];
    let alone = ["--set", "train.max-steps=1000000", "--jobs", "1", "--threads", "1"];
    let outcome = undisturbed.sweep(&[&long[..], &alone].concat());
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    // No try is granted, and none is needed: nobody knows which of the two it was.
    let (sweep, worker) = start(&disturbed, &[&long[..], &["--retries", "0"]].concat(), |run| run.checkpoint().exists());
    kill("-KILL", worker);
    let outcome = Outcome::of(&sweep.wait_with_output().unwrap());
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("it will be tried again"), "{}", outcome.stderr);
    for row in tables::read_runs(&disturbed.experiment().runs_table()).unwrap() {
        let attempts = ended(&disturbed, &row.key).outcome.attempts;
        assert!(attempts.len() == 2 && attempts[1].from_step >= 5, "{attempts:?}");
        let of = |project: &Project| digest(&project.experiment().run(&row.key));
        assert_eq!(of(&disturbed), of(&undisturbed));
    }
}

#[test]
fn a_worker_that_outlives_its_sweep_holds_the_claims_on_all_its_runs() {
    let Some(project) = project() else { return };
    let (mut sweep, worker) = start(&project, &["--set", "train.epochs=100000"], |run| run.live().exists());
    // Where the last process that knows of a stopped group dies, the system wakes the group and hangs up on it: this one stays.
    let mut beside = Command::new("sleep").arg("600").process_group(worker.cast_signed()).spawn().unwrap();
    kill("-STOP", worker);
    let claimed = || runs(&project).iter().map(Claim::is_taken).collect::<Vec<_>>();
    assert_eq!(claimed(), [true, true]);
    sweep.kill().unwrap();
    sweep.wait().unwrap();
    assert_eq!(claimed(), [true, true], "the worker lives on");
    kill("-KILL", worker);
    until(|| claimed() == [false, false]);
    beside.kill().unwrap();
    beside.wait().unwrap();
}

#[test]
fn ctrl_c_stops_the_runs_of_a_shared_worker_at_a_checkpoint() {
    let Some(project) = project() else { return };
    let long = ["--set", "train.epochs=100000", "--checkpoint-every", "5"];
    let (sweep, worker) = start(&project, &long, |run| run.checkpoint().exists());
    kill("-INT", sweep.id());
    let outcome = Outcome::of(&sweep.wait_with_output().unwrap());
    assert_eq!(outcome.code, Some(130), "{}", outcome.stderr);
    assert!(!Path::new(&format!("/proc/{worker}")).exists(), "the worker has ended");
    for run in runs(&project) {
        assert!(run.checkpoint().exists() && !Claim::is_taken(&run));
    }
}

#[test]
fn what_is_no_number_of_runs_and_what_went_with_the_stack_is_refused() {
    let project = Project::new("nowhere/titer-worker".into());
    for wrong in ["0", "-1", "all", ""] {
        let outcome = project.sweep(&["--jobs", wrong]);
        assert_eq!(outcome.code, Some(2), "{wrong:?}: {}", outcome.stderr);
    }
    for gone in ["--stack", "--lanes"] {
        let outcome = project.sweep(&[gone, "2"]);
        assert_eq!(outcome.code, Some(2), "{gone}: {}", outcome.stderr);
    }
}
