//! `titer check` and what it rests on: the files of `tests/configs`, a rule a file.
//!
//! The comment at the head of a file says its rule; `# set:` lines are its `--set`s, `# runs:` how
//! many runs it has.

mod inputs;

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use miette::{GraphicalReportHandler, GraphicalTheme};
use titer::plan::{self, Point};
use titer_core::{
    exit::Exit,
    experiment::{self, Error, Loaded, Precision},
};

pub fn configs(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(!files.is_empty());
    files
}

/// Loads a file, and expands its grid, as if it were called from its own folder.
pub fn load(file: &Path) -> Result<(Loaded, Vec<Point>), Error> {
    let text = fs_err::read_to_string(file).unwrap();
    let sets: Vec<String> = text.lines().filter_map(|line| line.strip_prefix("# set: ")).map(str::to_owned).collect();
    let loaded = experiment::parse(Path::new(file.file_name().unwrap()), &text, &sets)?;
    let points = plan::expand(&loaded)?;
    Ok((loaded, points))
}

fn render(error: &Error) -> String {
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(120);
    handler.render_report(&mut text, error).unwrap();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn valid_files_have_the_runs_they_say() {
    for file in configs("tests/configs/valid") {
        let text = fs_err::read_to_string(&file).unwrap();
        let runs: usize = text.lines().find_map(|line| line.strip_prefix("# runs: ")).unwrap().parse().unwrap();
        let (_, points) = load(&file).unwrap_or_else(|error| panic!("{}: {}", file.display(), render(&error)));
        assert_eq!(points.len(), runs, "{}", file.display());
    }
}

#[test]
fn invalid_files_are_refused_with_every_mistake_and_its_place() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../configs/invalid");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for file in configs("tests/configs/invalid") {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            let error = load(&file).map(|_| ()).expect_err(&name);
            assert_eq!(error.exit(), Exit::Usage, "{name}");
            insta::assert_snapshot!(name, render(&error));
        }
    });
}

#[test]
fn every_mistake_points_at_a_text_and_says_what_would_be_right() {
    for file in configs("tests/configs/invalid") {
        let Err(Error::Mistakes { mistakes, .. }) = load(&file) else { panic!("{}", file.display()) };
        for mistake in mistakes {
            assert!(mistake.hint().is_some_and(|hint| !hint.is_empty()), "{}: {}", file.display(), mistake.message());
        }
    }
}

fn titer(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_titer"));
    // What `auto` is on a CPU needs no worker.
    command.env_clear().env("TITER_DEVICE", "cpu").current_dir(folder);
    command
}

#[test]
fn the_verdict_of_each_file_is_printed_and_one_wrong_file_is_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let right =
        "[data]\nsource = \"synthetic\"\n[model]\nweights = { random = \"esm2-tiny\" }\n[grid]\n\"train.seed\" = [1, 2]\n";
    fs_err::write(folder.path().join("right.toml"), right).unwrap();
    fs_err::write(folder.path().join("wrong.toml"), right.replace("seed", "sed")).unwrap();
    fs_err::write(folder.path().join("bad name.toml"), right).unwrap();

    let all_right = titer(folder.path()).args(["check", "right.toml"]).assert().code(0);
    assert_eq!(String::from_utf8_lossy(&all_right.get_output().stdout), "right.toml: OK, 2 runs\n");

    let files = ["check", "right.toml", "wrong.toml", "bad name.toml", "absent.toml"];
    let checked = titer(folder.path()).args(files).assert().code(2);
    let output = checked.get_output();
    let verdicts = "right.toml: OK, 2 runs\nwrong.toml: refused\nbad name.toml: refused\nabsent.toml: refused\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), verdicts);
    let told = String::from_utf8_lossy(&output.stderr);
    for part in ["wrong.toml:6:1", "did you mean `train.seed`?", "bad name", "rename the file", "absent.toml"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_precision_and_auto_where_it_is_that_precision_are_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let here = Precision::of_this_processor().name();
    let text = format!(
        "[data]\nsource = \"synthetic\"\n[model]\nweights = {{ random = \"esm2-tiny\" }}\n\
         [grid]\n\"train.precision\" = [\"auto\", \"{here}\"]\n\"train.seed\" = [1, 2]\n"
    );
    fs_err::write(folder.path().join("auto.toml"), text).unwrap();
    let checked = titer(folder.path()).args(["check", "auto.toml"]).assert().code(0);
    assert_eq!(String::from_utf8_lossy(&checked.get_output().stdout), "auto.toml: OK, 2 runs\n");
    let planned = titer(folder.path()).args(["plan", "auto.toml"]).assert().code(0);
    assert!(String::from_utf8_lossy(&planned.get_output().stdout).ends_with("\n2 runs, 0 done\n"));
}

#[test]
fn a_call_that_is_wrong_is_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    titer(folder.path()).arg("check").assert().code(2);
    titer(folder.path()).arg("chek").assert().code(2);
}
