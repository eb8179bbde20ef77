//! Experiments, data and results from strangers: nothing they hold makes titer panic, hang or fill
//! the memory, leave its folders, run in the reader's browser, or tell a secret. What fuzzing found
//! stands here too (`docs/fuzzing.md`).

#![cfg(unix)]

mod data;
mod experiment;
mod names;
mod page;
mod results;
mod secrets;

use std::{
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Longer than any call here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// How a call of titer ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    /// At its peak, in MiB, where the system tells.
    memory: u64,
}

impl Ended {
    /// One error in words, of this exit code: no panic, no signal, nothing that fills or steers a
    /// terminal.
    #[track_caller]
    fn refuses(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked") && self.stderr.len() < 64 << 10, "{} bytes", self.stderr.len());
        assert!(!self.stderr.chars().any(|letter| letter.is_control() && letter != '\n'), "{:?}", self.stderr);
        let told = self.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
}

/// Calls titer in a folder, with no more of an environment than a path.
fn titer(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_titer"));
    command.args(arguments).current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    call(&mut command)
}

/// Calls a program that must end in time.
fn call(command: &mut Command) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let [out, err] = ["out", "err"].map(|name| folder.path().join(name));
    let file = |path: &Path| fs_err::File::create(path).unwrap().into_parts().0;
    let mut child = command.stdin(Stdio::null()).stdout(file(&out)).stderr(file(&err)).spawn().unwrap();
    let begun = Instant::now();
    let mut memory = 0;
    let status = loop {
        memory = memory.max(peak(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(2));
    };
    let text = |path: &Path| String::from_utf8_lossy(&fs_err::read(path).unwrap()).into_owned();
    Ended { code: status.code(), stdout: text(&out), stderr: text(&err), memory }
}

fn peak(process: u32) -> u64 {
    let status = fs_err::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) >> 10
}

/// Every file and link below a folder, with what it holds.
fn everything(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() {
            found.extend(everything(&path));
        } else {
            let content = if kind.is_file() { fs_err::read(&path).unwrap() } else { Vec::new() };
            found.push((path.display().to_string(), content));
        }
    }
    found.sort();
    found
}
