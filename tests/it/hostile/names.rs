//! Names lead nowhere but into the results folder.

use std::{
    ffi::OsStr,
    os::unix::{ffi::OsStrExt as _, fs::symlink},
    path::Path,
    process::Command,
};

use super::{call, everything, titer};
use crate::{
    sweep::{Outcome, Project},
    workers::Fake,
};

const RIGHT: &str = "[data]\nsource = \"synthetic\"\n[model]\nweights = { random = \"esm2-tiny\" }\n";
const FINISHES: &str = "started; finish";

#[test]
fn a_file_whose_name_names_no_folder_is_refused_and_nothing_is_written() {
    let long = "n".repeat(200) + ".toml";
    let names: [&[u8]; 14] = [
        b"...toml",
        b"..a.toml",
        b".toml",
        b"a b.toml",
        b"a\nb.toml",
        b"a\x1b[2J.toml",
        b"a\\..\\b.toml",
        b"CON.toml",
        b"a.toml.bak",
        b"a.toml~",
        "\u{202e}lmot.toml".as_bytes(),
        b"\xff.toml",
        b"~.toml",
        long.as_bytes(),
    ];
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        fs_err::write(folder.path().join(OsStr::from_bytes(name)), RIGHT).unwrap();
    }
    let before = everything(folder.path());
    for name in names {
        for call_of in ["check", "plan", "status", "sweep", "compare", "report"] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_titer"));
            let ended = call(command.arg(call_of).arg(OsStr::from_bytes(name)).current_dir(folder.path()).env_clear());
            ended.refuses(2, &["cannot name an experiment", "rename the file"]);
        }
    }
    assert!(everything(folder.path()) == before);
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert!(Command::new("mkfifo").arg(path("pipe.toml")).status().unwrap().success());
    symlink("/dev/zero", path("zero.toml")).unwrap();
    symlink("loop.toml", path("loop.toml")).unwrap();
    fs_err::create_dir(path("folder.toml")).unwrap();
    for (name, why) in [
        ("pipe.toml", "a device or a pipe"),
        ("zero.toml", "a device or a pipe"),
        ("loop.toml", "symbolic links"),
        ("folder.toml", "a folder"),
        ("/dev/zero", "a device or a pipe"),
        ("..", "a folder"),
        (&"n".repeat(300), "File name too long"),
    ] {
        titer(folder.path(), &["check", name]).refuses(2, &["the experiment file", "cannot be read", why]);
    }
}

#[test]
fn a_results_folder_that_is_none_is_told() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    fs_err::write(project.path().join("taken"), "precious").unwrap();
    for results in ["taken", "/dev/null", "/dev/null/results"] {
        let outcome = project.sweep(&["--results", results]);
        assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("--results names another one"), "{}", outcome.stderr);
    }
    assert_eq!(fs_err::read(project.path().join("taken")).unwrap(), b"precious");
}

/// Links that a stranger's archive may bring are replaced or refused, and what they point at is as
/// it was.
#[test]
fn a_sweep_writes_through_no_link_among_its_results() {
    let outside = tempfile::tempdir().unwrap();
    let precious = |name: &str| outside.path().join(name);
    fs_err::create_dir(precious("folder")).unwrap();
    for name in ["file", "folder/log.txt", "folder/failure.json", "folder/file"] {
        fs_err::write(precious(name), "precious").unwrap();
    }
    let before = everything(outside.path());

    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    let keys = keys(&project);
    let results = project.experiment();
    fs_err::create_dir_all(results.runs()).unwrap();
    for path in [
        results.sweeping(),
        results.writing(),
        results.experiment(),
        results.dataset(),
        results.card(),
        results.runs_table(),
        results.report(),
    ] {
        symlink(precious("file"), path).unwrap();
    }
    symlink(precious("folder"), results.runs().join(&keys[0])).unwrap();
    fs_err::create_dir(results.runs().join(&keys[1])).unwrap();
    for name in ["log.txt", "failure.json"] {
        symlink(precious("file"), results.runs().join(&keys[1]).join(name)).unwrap();
    }

    let refused = project.sweep(&[]);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(
        refused.stderr.contains(".sweeping cannot be written") && refused.stderr.contains("it is a link"),
        "{}",
        refused.stderr
    );
    for lock in [results.sweeping(), results.writing()] {
        fs_err::remove_file(lock).unwrap();
    }
    let failed = project.sweep(&[]);
    assert_eq!(failed.code, Some(1), "{}", failed.stderr);
    assert!(failed.stderr.contains("2 of 2 runs failed"), "{}", failed.stderr);
    assert!(everything(outside.path()) == before);

    fs_err::remove_file(results.runs().join(&keys[0])).unwrap();
    fs_err::remove_file(results.runs().join(&keys[1]).join("log.txt")).unwrap();
    let swept = project.sweep(&[]);
    assert_eq!(swept.code, Some(0), "{}", swept.stderr);
    assert!(everything(outside.path()) == before);
}

#[test]
fn a_lock_that_is_a_pipe_is_not_waited_for() {
    let fake = Fake::new(FINISHES);
    let project = Project::new(fake.worker());
    fs_err::create_dir_all(project.experiment().path()).unwrap();
    assert!(Command::new("mkfifo").arg(project.experiment().sweeping()).status().unwrap().success());
    let mut sweep = project.titer(&["sweep", "try.toml", "--device", "cpu"]);
    call(&mut sweep).refuses(1, &[".sweeping cannot be written", "a device or a pipe"]);
    assert_eq!(call(&mut project.titer(&["status", "try.toml"])).code, Some(0));
}

fn keys(project: &Project) -> Vec<String> {
    let planned = Outcome::of(&project.titer(&["plan", "try.toml", "--json"]).output().unwrap());
    let plan: serde_json::Value = serde_json::from_str(&planned.stdout).unwrap();
    let keys: Vec<String> = plan["runs"].as_array().unwrap().iter().map(|run| run["key"].as_str().unwrap().to_owned()).collect();
    assert!(keys.len() == 2 && keys.iter().all(|key| Path::new(key).components().count() == 1));
    keys
}
