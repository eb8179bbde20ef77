//! `titer … | head`: whoever reads stops reading, and titer ends quietly with its work done.

#![cfg(unix)]

use std::{
    io,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use titer_core::results::{Sweeping, tables};

use crate::{
    sweep::{Outcome, Project},
    workers::Fake,
};

const FINISHES: &str = "started; finish";

/// The writing end of a pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// What a command gives whose output nobody reads.
fn unread(command: &mut Command) -> Outcome {
    let output = command.stdout(closed()).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    Outcome::of(&Output { stdout: Vec::new(), ..output })
}

#[test]
fn a_command_whose_output_nobody_reads_ends_quietly_and_as_it_would_have() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    assert_eq!(project.sweep(&[]).code, Some(0));
    let long = r#"grid."train.seed"=[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]"#;
    for arguments in [
        &["--help"][..],
        &["sweep", "--help"],
        &["schema"],
        &["schema", "--reference"],
        &["check", "try.toml"],
        &["plan", "try.toml", "--set", long],
        &["plan", "try.toml", "--json"],
        &["describe", "try.toml"],
        &["fetch", "try.toml"],
        &["status", "try.toml"],
        &["compare", "try.toml", "--json"],
        &["report", "try.toml"],
        &["lock", "try.toml"],
        &["verify", "try.toml"],
        &["verify", "try.toml", "--json"],
        &["sweep", "try.toml"],
    ] {
        let read = Outcome::of(&project.titer(arguments).output().unwrap());
        let outcome = unread(&mut project.titer(arguments));
        assert_eq!(outcome.code, read.code, "{arguments:?}: {}", outcome.stderr);
        assert_eq!(read.code, Some(0), "{arguments:?}: {}", read.stderr);
        for word in ["rror", "ipe", "panicked"] {
            assert!(!outcome.stderr.contains(word), "{arguments:?}: {}", outcome.stderr);
        }
    }
}

#[test]
fn titer_piped_into_head_leaves_the_shell_no_failure() {
    let project = Project::new("nowhere/titer-worker".into());
    let script = format!("set -o pipefail; '{}' schema | head -n 1; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_titer"));
    let output = Command::new("bash").args(["-c", &script]).current_dir(project.path()).output().unwrap();
    let outcome = Outcome::of(&output);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("{\n0\n", ""));
}

#[test]
fn a_watch_that_nobody_looks_at_ends() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    assert_eq!(project.sweep(&[]).code, Some(0));
    let _sweeping = Sweeping::begin(&project.experiment()).unwrap();
    let mut command = project.titer(&["status", "try.toml", "--watch"]);
    let mut watch = command.stdout(closed()).stderr(Stdio::piped()).spawn().unwrap();
    for _ in 0..600 {
        if watch.try_wait().unwrap().is_some() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    let _ = watch.kill();
    let output = watch.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn a_sweep_that_nobody_listens_to_finishes_its_work_and_fails_where_a_run_does() {
    let failing = r#"case $job in *'"seed":2'*) exit 1;; esac; started; finish"#;
    for (script, code) in [(FINISHES, 0), (failing, 1)] {
        let fake = Fake::new(script);
        let project = Project::new(fake.worker());
        let mut command = project.titer(&["sweep", "try.toml", "--device", "cpu", "--jobs", "1", "--retries", "0"]);
        let status = command.stdout(closed()).stderr(closed()).status().unwrap();
        assert_eq!(status.code(), Some(code));
        let rows = tables::read_runs(&project.experiment().runs_table()).unwrap();
        assert_eq!(rows.iter().filter(|row| row.seconds.is_some()).count(), 2 - usize::from(code == 1));
        assert!(project.experiment().report().exists());
    }
}

#[test]
fn a_mistake_that_nobody_reads_of_has_its_exit_code() {
    let project = Project::new("nowhere/titer-worker".into());
    let status = project.titer(&["check", "none.toml"]).stdout(closed()).stderr(closed()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}
