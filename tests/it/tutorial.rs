//! `docs/tutorial.md`: its commands, run one after another from nothing, as they stand there.

#![cfg(unix)]

use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use crate::skip::Skip;

/// A step of the page: a command, and what it says where the page shows that.
struct Step {
    command: String,
    says: Option<String>,
}

/// The commands of blocks of `sh`, one a line; a block of `text` below shows what the last says.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in page.split("\n```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').unwrap_or((block, ""));
        match kind {
            "sh" => steps.extend(text.lines().map(|line| Step { command: line.to_owned(), says: None })),
            "text" => steps.last_mut().unwrap().says = Some(text.to_owned()),
            _ => {}
        }
    }
    steps
}

/// A folder with what the page reads, and a `just` that calls the titer of this build.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs_err::create_dir_all(folder.path().join("docs/tutorial")).unwrap();
    for file in ["justfile", "docs/tutorial/proteins.csv", "docs/tutorial/new.fasta"] {
        fs_err::copy(root.join(file), folder.path().join(file)).unwrap();
    }
    let just = folder.path().join("bin/just");
    fs_err::create_dir_all(just.parent().unwrap()).unwrap();
    fs_err::write(&just, format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_titer"))).unwrap();
    fs_err::set_permissions(&just, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn run(folder: &Path, command: &str) -> Output {
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder).env("PATH", path).env("HF_HOME", folder.join("cache"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TITER_")) {
        shell.env_remove(name);
    }
    shell.output().unwrap()
}

/// The experiment with the smallest weights, which nobody fetches, trained for a moment.
fn quick(file: &Path) {
    let text = fs_err::read_to_string(file).unwrap();
    let (before, model) = text.split_once("[model]\n").unwrap();
    let (_, after) = model.split_once("\n[").unwrap();
    let text =
        format!("{before}[model]\nweights = {{ random = \"esm2-tiny\" }}\n\n[{after}").replace("epochs = 10 ", "epochs = 2 ");
    assert!(text.contains("epochs = 2 "), "{text}");
    fs_err::write(file, text).unwrap();
}

#[test]
fn the_commands_of_the_tutorial_do_what_it_says() {
    if !Path::new(env!("CARGO_BIN_EXE_titer")).with_file_name("titer-worker").exists() {
        Skip::NoWorker.because("titer-worker is not built");
        return;
    }
    let page = fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tutorial.md")).unwrap();
    let folder = project();
    let steps = steps(&page);
    assert!(steps.len() > 8, "the page has commands");
    for Step { command, says } in &steps {
        let output = run(folder.path(), command);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        if let Some(says) = says {
            let said = String::from_utf8(output.stdout).unwrap();
            assert_eq!(said.trim_end(), says.trim_end(), "{command} says something else than docs/tutorial.md");
        }
        if command.starts_with("just init ") {
            quick(&folder.path().join("experiments/proteins.toml"));
        }
    }
    assert!(folder.path().join("results/proteins/report.html").exists());
    assert_eq!(fs_err::read_to_string(folder.path().join("predictions.csv")).unwrap().lines().count(), 9);
    assert!(folder.path().join("my-model/model.safetensors").exists());
}
