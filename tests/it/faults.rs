//! What a machine may do to a sweep: no room on its disk, no right to write, a clock that jumps.

#![cfg(target_os = "linux")]

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use titer_core::results::{ExperimentFolder, RunFolder};

use crate::{
    kills::{digest, torn},
    skip::Skip,
    sweep::Outcome,
};

/// Two short runs.
const EXPERIMENT: &str = r#"# Question: what if?
[data]
source = "synthetic"
[data.synthetic]
proteins = 120
[model]
weights = { random = "esm2-tiny" }
[train]
epochs = 2
batch-size = 24
[grid]
"train.seed" = [1, 2]
"#;

const SWEEP: &str = "$titer sweep faults.toml --device cpu --no-report --checkpoint-every 2";

/// A project with one experiment, and the real worker.
struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// `None`, with a message, where the worker is not built.
    fn new() -> Option<Self> {
        let worker = Path::new(env!("CARGO_BIN_EXE_titer")).with_file_name("titer-worker");
        if !worker.exists() {
            Skip::NoWorker.because(&format!("{} is not built", worker.display()));
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("faults.toml"), EXPERIMENT).unwrap();
        fs_err::create_dir(folder.path().join("results")).unwrap();
        Some(Self { folder })
    }

    fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("titer", env!("CARGO_BIN_EXE_titer")).current_dir(self.folder.path());
        command
    }

    /// The same in a mount namespace of its own, where `results` may be another file system;
    /// `None`, with a message, where the system allows none.
    fn unshared(&self, script: &str) -> Option<Output> {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]).env("titer", env!("CARGO_BIN_EXE_titer"));
        let output = command.current_dir(self.folder.path()).output().ok();
        let output = output.filter(|output| output.status.code() != Some(99) && !output.stderr.starts_with(b"unshare"));
        if output.is_none() {
            Skip::NoMountNamespace.because("no mount namespace may be made here");
        }
        output
    }

    /// Makes a library of this C text, to be loaded before the system's.
    fn compile(&self, library: &str, text: &str) {
        let mut compiler = Command::new("cc")
            .args(["-shared", "-fPIC", "-o", library, "-x", "c", "-"])
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        compiler.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(compiler.wait().unwrap().success());
    }

    fn runs(&self, results: &str) -> Vec<RunFolder> {
        let folder = ExperimentFolder::new(&self.folder.path().join(results), &"faults".parse().unwrap());
        let entries = fs_err::read_dir(folder.runs()).into_iter().flatten();
        entries.map(|entry| RunFolder::at(entry.unwrap().path())).collect()
    }

    fn digests(&self, results: &str) -> BTreeMap<String, Value> {
        self.runs(results).iter().map(digest).collect()
    }
}

#[test]
fn a_disk_that_fills_up_is_named_tears_nothing_and_costs_nothing_that_was_done() {
    let Some(project) = Project::new() else { return };
    assert!(project.shell(&SWEEP.replace("faults.toml", "faults.toml --results whole")).output().unwrap().status.success());
    let whole = project.digests("whole");
    // A checkpoint takes 1.3 MB, the kept weights 0.4 MB, each table some kilobytes.
    for kilobytes in [60, 1_000, 1_500] {
        let script = format!(
            "mount -t tmpfs -o size={kilobytes}k none results || exit 99; {SWEEP}; code=$?; cp -r results full-{kilobytes}
             mount -o remount,size=64M results; {SWEEP} > /dev/null 2>&1 || exit 98
             cp -r results after-{kilobytes}; exit $code"
        );
        let Some(output) = project.unshared(&script) else { return };
        let outcome = Outcome::of(&output);
        assert_ne!(outcome.code, Some(98), "with room again the sweep does not go on: {}", outcome.stderr);
        assert_eq!(outcome.code, Some(1), "{kilobytes} kB: {}", outcome.stderr);
        assert!(outcome.stderr.contains("the disk is full"), "{kilobytes} kB: {}", outcome.stderr);
        for run in project.runs(&format!("full-{kilobytes}")) {
            assert_eq!(torn(&run), Vec::<PathBuf>::new(), "{kilobytes} kB");
        }
        assert_eq!(project.digests(&format!("after-{kilobytes}")), whole, "{kilobytes} kB");
    }
}

/// A disk without room for the files whose path holds `$fault_in` and `$fault_file`.
const DISK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
static int is_full(int fd) {
  const char *folder = getenv("fault_in"), *file = getenv("fault_file");
  char link[64], path[4096];
  if (!folder || !file) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, folder) && strstr(path, file);
}
ssize_t write(int fd, const void *bytes, size_t count) {
  if (is_full(fd)) return errno = ENOSPC, -1;
  return ((ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, bytes, count);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (is_full(fd)) return errno = ENOSPC, -1;
  return ((ssize_t (*)(int, const struct iovec *, int))dlsym(RTLD_NEXT, "writev"))(fd, parts, count);
}
"#;

#[test]
fn no_room_for_any_one_kind_of_file_fails_what_needs_it_and_nothing_else() {
    let Some(project) = Project::new() else { return };
    project.compile("disk.so", DISK);
    let sweep = |results: &str| SWEEP.replace("faults.toml", &format!("faults.toml --results {results}"));
    assert!(project.shell(&sweep("whole")).output().unwrap().status.success());
    let whole = project.digests("whole");
    let victim = whole.keys().next().unwrap();
    let full = |script: &str, within: &str, kind: &str| {
        let mut command = project.shell(script);
        command.env("LD_PRELOAD", project.folder.path().join("disk.so")).env("fault_in", within).env("fault_file", kind);
        Outcome::of(&command.output().unwrap())
    };
    let own =
        ["checkpoint", "best-1", "steps.parquet", "epochs.parquet", "metrics.parquet", "predictions.parquet", "run.json", "json"];
    for (number, kind) in own.into_iter().enumerate() {
        let results = format!("run-{number}");
        let outcome = full(&sweep(&results), victim, kind);
        assert_eq!(outcome.code, Some(1), "{kind}: {}", outcome.stderr);
        assert!(
            outcome.stderr.contains("1 of 2 runs failed") && outcome.stderr.contains("the disk is full"),
            "{}",
            outcome.stderr
        );
        assert!(outcome.stderr.contains(kind), "{kind}: {}", outcome.stderr);
        for run in project.runs(&results) {
            assert_eq!(torn(&run), Vec::<PathBuf>::new(), "{kind}");
            let is_victim = run.path().ends_with(victim);
            assert_eq!(run.manifest().exists(), !is_victim, "{kind}: the other run finishes");
        }
        assert!(project.shell(&sweep(&results)).output().unwrap().status.success());
        assert_eq!(project.digests(&results), whole, "{kind}");
    }
    // What no run needs: how far it is, and its log.
    let outcome = full(&sweep("words"), victim, "live.json");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    // What all of them share.
    let report = sweep("shared").replace("--no-report ", "");
    for kind in ["experiment.toml", "dataset.parquet", "dataset.json", "runs.parquet", "report.html"] {
        let outcome = full(&report, "/shared/", kind);
        assert_eq!(outcome.code, Some(1), "{kind}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("the disk is full") && outcome.stderr.contains(kind), "{kind}: {}", outcome.stderr);
    }
    let outcome = Outcome::of(&project.shell(&report).output().unwrap());
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(project.digests("shared"), whole);
}

#[test]
fn a_results_folder_that_is_read_only_is_named_and_can_still_be_looked_at() {
    let Some(project) = Project::new() else { return };
    assert!(project.shell(SWEEP).output().unwrap().status.success());
    let read_only = "mount --bind results results && mount -o remount,bind,ro results || exit 99";
    let Some(output) = project.unshared(&format!("{read_only}; $titer status faults.toml && $titer plan faults.toml")) else {
        return;
    };
    let outcome = Outcome::of(&output);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("2 of 2 done") && outcome.stdout.contains("2 runs, 2 done"), "{}", outcome.stdout);
    let Some(output) = project.unshared(&format!("{read_only}; {SWEEP} --set train.epochs=1")) else { return };
    let outcome = Outcome::of(&output);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("cannot be written") && outcome.stderr.contains("(os error 30)"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--results names another one"), "{}", outcome.stderr);
}

/// A wall clock that is a year off, now before and now behind, at every look.
const CLOCK: &str = r"
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *at) {
  static int looks;
  int code = (int)syscall(SYS_clock_gettime, id, at);
  if (id == CLOCK_REALTIME) at->tv_sec += __sync_fetch_and_add(&looks, 1) % 2 ? 31536000 : -31536000;
  return code;
}
";

#[test]
fn a_clock_that_jumps_changes_no_number_and_ends_no_worker() {
    let Some(project) = Project::new() else { return };
    assert!(project.shell(&SWEEP.replace("faults.toml", "faults.toml --results steady")).output().unwrap().status.success());
    project.compile("clock.so", CLOCK);

    let script = format!("{SWEEP} --hang-after 60 && $titer status faults.toml && $titer report faults.toml");
    let output = project.shell(&script).env("LD_PRELOAD", project.folder.path().join("clock.so")).output().unwrap();
    let outcome = Outcome::of(&output);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("2 of 2 done"), "{}", outcome.stdout);
    assert_eq!(project.digests("results"), project.digests("steady"));
    let run = project.runs("results").swap_remove(0);
    let manifest = titer_core::results::manifest::read(&run).unwrap().unwrap();
    // It lies a year ahead, or a year behind: the clock did jump.
    let away = titer_core::clock::since(&manifest.outcome.started);
    assert!(away.is_none_or(|away| away.as_secs() > 300 * 86_400), "{away:?}");
    assert!((0.0..60.0).contains(&manifest.outcome.seconds), "the seconds come from a clock that does not jump");
}
