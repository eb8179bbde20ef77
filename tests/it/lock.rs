//! `titer lock`, `titer sweep --locked`, `titer verify`: the commands as a user sees them, once
//! with the real worker.

#![cfg(unix)]

use std::path::{Path, PathBuf};

use serde_json::Value;
use toml::Table;

use crate::{
    skip::Skip,
    sweep::{Outcome, Project},
    why::RECORDS,
    workers::Fake,
};

const COMMIT: &str = "cccccccccccccccccccccccccccccccccccccccc";

fn call(project: &Project, arguments: &[&str]) -> Outcome {
    Outcome::of(&project.titer(arguments).output().unwrap())
}

fn verify(project: &Project, more: &[&str]) -> Outcome {
    call(project, &[&["verify", "try.toml"], more].concat())
}

fn lock_path(project: &Project) -> PathBuf {
    project.path().join("try.lock")
}

fn lock_of(project: &Project) -> Table {
    toml::from_str(&fs_err::read_to_string(lock_path(project)).unwrap()).unwrap()
}

/// Changes the lock's text.
fn edit(path: &Path, from: &str, to: &str) {
    let text = fs_err::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    fs_err::write(path, text.replacen(from, to, 1)).unwrap();
}

/// The `run.json` of a run, in the plan's order.
fn manifest(project: &Project, index: usize) -> PathBuf {
    let plan: Value = serde_json::from_str(&call(project, &["plan", "try.toml", "--json"]).stdout).unwrap();
    project.experiment().runs().join(plan["runs"][index]["key"].as_str().unwrap()).join("run.json")
}

/// A project whose two runs are done and locked.
fn locked() -> (Fake, Project) {
    let fake = Fake::new(&format!("touch \"$fake/ran\"\n{RECORDS}"));
    let project = Project::new(fake.worker());
    assert_eq!(project.sweep(&[]).code, Some(0));
    assert_eq!(call(&project, &["lock", "try.toml"]).code, Some(0));
    fs_err::remove_file(fake.path().join("ran")).unwrap();
    (fake, project)
}

/// A project whose data is a table.
fn with_table(fake: &Fake) -> Project {
    let project = Project::new(fake.worker());
    fs_err::create_dir_all(project.path().join("data")).unwrap();
    write_table(&project, "A");
    let text = "[data]\nsource = \"table\"\npath = \"data/x.csv\"\nid = \"id\"\nsequence = \"sequence\"\nlabel = \"label\"\n\
        [model]\nweights = { random = \"esm2-tiny\" }\n";
    fs_err::write(project.path().join("try.toml"), text).unwrap();
    project
}

fn write_table(project: &Project, letter: &str) {
    let rows = (0..40).map(|row| format!("P{row},M{},{}\n", letter.repeat(row + 1), ["x", "y"][row % 2]));
    let text = "id,sequence,label\n".to_owned() + &rows.collect::<String>();
    fs_err::write(project.path().join("data/x.csv"), text).unwrap();
}

#[test]
fn a_lock_holds_the_inputs_the_keys_and_what_was_done() {
    let fake = Fake::new(RECORDS);
    let project = Project::new(fake.worker());
    let outcome = call(&project, &["lock", "try.toml"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stdout.starts_with("try.lock: the metrics of 0 of 2 runs\nthe others are not done: "), "{}", outcome.stdout);
    let lock = lock_of(&project);
    assert_eq!(lock["format"].as_integer(), Some(2));
    assert_eq!((lock["data"][0]["source"].as_str(), lock["data"][0]["rows"].as_integer()), (Some("synthetic"), Some(200)));
    assert_eq!(lock["weights"][0]["size"].as_str(), Some("esm2-tiny"));
    assert_eq!(lock["run"][1]["point"]["train.seed"].as_integer(), Some(2));
    assert!(lock["run"].as_array().unwrap().iter().all(|run| run.get("outcome").is_none()));
    assert!(!project.path().join("results").exists());

    project.sweep(&[]);
    let outcome = call(&project, &["lock", "try.toml"]);
    assert_eq!(outcome.stdout, "try.lock: the metrics of 2 of 2 runs\n");
    let text = fs_err::read_to_string(lock_path(&project)).unwrap();
    let run = &lock_of(&project)["run"][0];
    assert_eq!(run["outcome"]["test"]["accuracy"].as_float(), Some(0.851_7));
    assert!(run["outcome"]["test"]["roc-auc"].as_float().unwrap().is_nan(), "it is undefined");
    assert_eq!(run["outcome"]["computed"]["precision"].as_str(), Some("fp32"));
    call(&project, &["lock", "try.toml"]);
    assert_eq!(fs_err::read_to_string(lock_path(&project)).unwrap(), text);
    assert!(!text.contains(project.path().to_str().unwrap()), "a lock names no folder of this machine");
}

#[test]
fn a_table_is_locked_by_its_sha256_with_its_release_while_it_is_of_one() {
    let fake = Fake::new(RECORDS);
    let project = with_table(&fake);
    let sha256 = titer::fetch::digest::sha256(&project.path().join("data/x.csv")).unwrap();
    let source = serde_json::json!({
        "format": 1, "database": "UniProtKB", "licence": "CC BY 4.0", "release": "2026_03", "release_date": null, "query": "q",
        "fields": [], "label": { "column": "c", "classes": {} }, "fetched": 50, "kept": 40, "labels": {}, "sha256": sha256,
    });
    fs_err::write(project.path().join("data/x.csv.source.json"), source.to_string()).unwrap();
    call(&project, &["lock", "try.toml"]);
    let data = lock_of(&project)["data"][0].clone();
    let expected = format!("source = \"file\"\npath = \"data/x.csv\"\nrows = 40\nsha256 = \"{sha256}\"\nrelease = \"2026_03\"");
    assert_eq!(data, toml::Value::Table(toml::from_str(&expected).unwrap()));

    write_table(&project, "C");
    call(&project, &["lock", "try.toml"]);
    assert_eq!(lock_of(&project)["data"][0].get("release"), None, "the file was changed since UniProt sent it");
}

#[test]
fn what_was_locked_stays_where_a_run_is_not_done_here() {
    let (_fake, project) = locked();
    let text = fs_err::read_to_string(lock_path(&project)).unwrap();
    fs_err::remove_dir_all(project.path().join("results")).unwrap();
    let outcome = call(&project, &["lock", "try.toml"]);
    assert_eq!(outcome.stdout, "try.lock: the metrics of 2 of 2 runs, 2 of them from the earlier lock\n");
    assert_eq!(fs_err::read_to_string(lock_path(&project)).unwrap(), text);
}

#[test]
fn a_locked_sweep_needs_a_lock_it_can_read() {
    let fake = Fake::new(RECORDS);
    let project = Project::new(fake.worker());
    let refused = |said: &[&str]| {
        for command in [project.sweep(&["--locked"]), verify(&project, &[])] {
            assert_eq!(command.code, Some(3), "{}", command.stderr);
            assert!(said.iter().all(|said| command.stderr.contains(said)), "{said:?} are not in {}", command.stderr);
            assert!(!command.stderr.contains('\u{1b}'), "the lock reaches the terminal raw");
        }
        assert!(!project.path().join("results").exists());
    };
    refused(&["there is no lock try.lock", "`titer lock try.toml` writes it"]);
    fs_err::write(lock_path(&project), "format = 3\n").unwrap();
    refused(&["the lock try.lock has format 3; this titer reads format 2", "update titer"]);
    fs_err::write(lock_path(&project), "format = 1\n").unwrap();
    refused(&["has format 1", "write it anew with `titer lock try.toml`"]);
    fs_err::write(lock_path(&project), "format = 2\n<<<<<<< \u{1b}[2J\n").unwrap();
    refused(&["try.lock is not a lock that titer can read", "line 2", "take it from version control again"]);
    fs_err::write(lock_path(&project), "format = 2\nrun = 3\n").unwrap();
    refused(&["try.lock is not a lock that titer can read", "line 2"]);
    assert_eq!(call(&project, &["lock", "try.toml"]).code, Some(0), "a broken lock can be written anew");
    assert_eq!(project.sweep(&["--locked"]).code, Some(0));
}

#[test]
fn a_locked_sweep_runs_what_the_lock_knows() {
    let fake = Fake::new(RECORDS);
    let project = Project::new(fake.worker());
    call(&project, &["lock", "try.toml"]);
    let part = project.sweep(&["--locked", "--set", "grid.\"train.seed\"=[2]"]);
    assert_eq!(part.code, Some(0), "{}", part.stderr);
    let whole = project.sweep(&["--locked"]);
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    assert!(whole.stderr.contains("1 of 2 runs done"), "{}", whole.stderr);
}

#[test]
fn a_locked_sweep_refuses_other_settings_by_the_runs_they_make() {
    let (fake, project) = locked();
    fs_err::remove_dir_all(project.path().join("results")).unwrap();
    let refused = project.sweep(&["--locked", "--set", "train.weight-decay=0.1", "--set", "grid.\"train.seed\"=[2, 3]"]);
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    let locked_key = lock_of(&project)["run"][1]["key"].as_str().unwrap().to_owned();
    let said = refused.stderr.replace("\n  │ ", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("the run seed 2 has the key {locked_key} in the lock, ")), "{said}");
    assert!(said.contains("(titer plan --why says more)") && said.contains("the run seed 3 ("), "{said}");
    assert!(said.contains("): not in the lock"), "{said}");
    assert!(!fake.path().join("ran").exists() && !project.path().join("results").exists());
}

#[test]
fn a_locked_sweep_and_a_verification_refuse_a_data_file_that_changed() {
    let fake = Fake::new(&format!("touch \"$fake/ran\"\n{RECORDS}"));
    let project = with_table(&fake);
    call(&project, &["lock", "try.toml"]);
    let sha256 = || titer::fetch::digest::sha256(&project.path().join("data/x.csv")).unwrap();
    let before = sha256();
    write_table(&project, "C");
    let expected = format!("data data/x.csv: sha256 {}… in the lock, {}… here", &before[..12], &sha256()[..12]);
    for outcome in [project.sweep(&["--locked"]), verify(&project, &[])] {
        assert_eq!(outcome.code, Some(3), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(&expected), "{expected}\nis not in\n{}", outcome.stderr);
    }
    assert!(!fake.path().join("ran").exists() && !project.path().join("results").exists());

    write_table(&project, "A");
    fs_err::rename(project.path().join("data/x.csv"), project.path().join("moved.csv")).unwrap();
    let moved = project.sweep(&["--locked", "--set", "data.path=moved.csv"]);
    assert_eq!(moved.code, Some(0), "what a file holds decides, not where it lies: {}", moved.stderr);
    let missing = verify(&project, &["--json"]);
    assert_eq!(missing.code, Some(3), "{}", missing.stderr);
    assert!(missing.stderr.contains("data/x.csv") && missing.stdout.contains("\"agrees\": false"), "{missing:?}");
}

#[test]
fn weights_that_the_lock_does_not_name_are_refused_before_they_are_fetched() {
    let fake = Fake::new(RECORDS);
    let project = Project::new(fake.worker());
    let text = format!("[data]\nsource = \"synthetic\"\n[model]\nweights = \"a/b\"\nrevision = \"{COMMIT}\"\n");
    fs_err::write(project.path().join("try.toml"), text).unwrap();
    let weights = |revision: &str| {
        format!(
            "format = 2\n[[weights]]\nsource = \"hub\"\nname = \"a/b\"\nrevision = \"{revision}\"\nconfig-sha256 = \"x\"\nmodel-sha256 = \"y\"\n"
        )
    };
    // A Hub that nobody answers for: whoever asks it says so.
    let sweep = || {
        let mut command = project.titer(&["sweep", "try.toml", "--device", "cpu", "--locked"]);
        command.env("HF_HOME", project.path().join("hub")).env("HF_ENDPOINT", "http://127.0.0.1:9");
        Outcome::of(&command.output().unwrap())
    };
    fs_err::write(lock_path(&project), weights(&"d".repeat(40))).unwrap();
    let outcome = sweep();
    assert_eq!(outcome.code, Some(3));
    assert!(outcome.stderr.contains("weights a/b: revision dddddddddddd… in the lock, cccccccccccc… here"), "{}", outcome.stderr);
    fs_err::write(lock_path(&project), weights(COMMIT)).unwrap();
    let outcome = sweep();
    assert!(outcome.stderr.contains("cannot be reached"), "what the lock names is fetched: {}", outcome.stderr);
}

#[test]
fn what_was_just_locked_is_verified() {
    let (_fake, project) = locked();
    let outcome = verify(&project, &["--tolerance", "0"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let same = outcome.stdout.matches("25 numbers, the same to the last bit; computed as in the lock").count();
    assert_eq!(same, 2, "{}", outcome.stdout);
    assert_eq!(verify(&project, &["--tolerance", "-1"]).code, Some(2));
}

#[test]
fn a_number_that_moved_is_named_with_how_far() {
    let (_fake, project) = locked();
    edit(&manifest(&project, 1), "\"macro_f1\":0.849,", "\"macro_f1\":0.859,");
    let outcome = verify(&project, &[]);
    assert_eq!(outcome.code, Some(1));
    let lines: Vec<Vec<&str>> = outcome.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["run", "metric", "lock", "here", "difference"]);
    assert_eq!(lines[1], ["seed", "2", "validation.macro-f1", "0.849", "0.859", "+1.0e-2"]);
    assert!(lines[2].is_empty(), "no other number moved: {}", outcome.stdout);
    assert!(outcome.stdout.contains("1 of 25 numbers moved too far (1e-6); computed as in the lock"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("the results differ from try.lock: 1 of 2 gave other numbers"), "{}", outcome.stderr);
    assert_eq!(verify(&project, &["--tolerance", "0.011"]).code, Some(0));

    let json: Value = serde_json::from_str(&verify(&project, &["--json"]).stdout).unwrap();
    assert_eq!(json["agrees"], false);
    let run = &json["runs"][1];
    assert_eq!(
        (&run["point"]["train.seed"], &run["verdict"], &run["same_machine"]),
        (&2.into(), &"compared".into(), &true.into())
    );
    let moved: Vec<&Value> = run["numbers"].as_array().unwrap().iter().filter(|number| number["moved"] == "beyond").collect();
    assert_eq!((moved.len(), &moved[0]["name"], &moved[0]["lock"]), (1, &"validation.macro-f1".into(), &0.849.into()));
}

#[test]
fn on_another_machine_numbers_may_move_a_little() {
    let (_fake, project) = locked();
    for index in [0, 1] {
        edit(&manifest(&project, index), "\"cpu\":\"some\"", "\"cpu\":\"another\"");
        edit(&manifest(&project, index), "\"accuracy\":0.8517", "\"accuracy\":0.8527");
    }
    let outcome = verify(&project, &[]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(
        outcome.stdout.matches("25 numbers, 1 moved, none too far (5e-2); computed elsewhere").count(),
        2,
        "{}",
        outcome.stdout
    );
    edit(&manifest(&project, 0), "\"accuracy\":0.8527", "\"accuracy\":0.91");
    assert_eq!(verify(&project, &[]).code, Some(1));
}

#[test]
fn a_run_that_is_missing_or_was_never_locked_is_no_agreement() {
    let (_fake, project) = locked();
    let run = manifest(&project, 0).parent().unwrap().to_owned();
    fs_err::remove_dir_all(&run).unwrap();
    let outcome = verify(&project, &[]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("seed 1  pending here\n"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("1 of 2 not done here") && outcome.stderr.contains("titer sweep try.toml --locked"));

    fs_err::remove_file(lock_path(&project)).unwrap();
    call(&project, &["lock", "try.toml"]);
    let outcome = verify(&project, &[]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("1 of 2 without metrics in the lock"), "{}", outcome.stderr);
}

#[test]
fn a_run_that_failed_here_is_told_as_such() {
    let (_fake, project) = locked();
    fs_err::remove_dir_all(project.path().join("results")).unwrap();
    let failing = Fake::new("exit 7");
    let mut command = project.titer(&["sweep", "try.toml", "--device", "cpu", "--no-report", "--locked"]);
    assert_eq!(Outcome::of(&command.env("TITER_WORKER", failing.worker()).output().unwrap()).code, Some(1));
    let outcome = verify(&project, &[]);
    assert_eq!((outcome.code, outcome.stdout.matches("failed here").count()), (Some(1), 2), "{}", outcome.stdout);
}

#[test]
fn the_real_worker_repeats_what_was_locked_to_the_last_bit() {
    let worker = Path::new(env!("CARGO_BIN_EXE_titer")).with_file_name("titer-worker");
    if !worker.exists() {
        return Skip::NoWorker.because(&format!("{} is not built", worker.display()));
    }
    let project = Project::new(worker);
    assert_eq!(project.sweep(&[]).code, Some(0));
    assert_eq!(call(&project, &["lock", "try.toml"]).stdout, "try.lock: the metrics of 2 of 2 runs\n");

    fs_err::remove_dir_all(project.path().join("results")).unwrap();
    let again = project.sweep(&["--locked"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let outcome = verify(&project, &["--tolerance", "0"]);
    assert_eq!(outcome.code, Some(0), "{}{}", outcome.stdout, outcome.stderr);

    let other = project.sweep(&["--locked", "--set", "data.synthetic.seed=7"]);
    assert_eq!(other.code, Some(3));
    assert!(other.stderr.contains("data synthetic: digest "), "{}", other.stderr);

    let manifest = manifest(&project, 0);
    let mut run: Value = serde_json::from_slice(&fs_err::read(&manifest).unwrap()).unwrap();
    let accuracy = &mut run["outcome"]["test"]["metrics"]["accuracy"];
    *accuracy = (accuracy.as_f64().unwrap() - 0.001).into();
    fs_err::write(&manifest, run.to_string()).unwrap();
    let outcome = verify(&project, &[]);
    assert_eq!(outcome.code, Some(1));
    let moved: Vec<&str> = outcome.stdout.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!((moved[1], moved[2], moved[5]), ("1", "test.accuracy", "-1.0e-3"), "{}", outcome.stdout);

    let weights = manifest.with_file_name("best").join("model.safetensors");
    let bytes = fs_err::read(&weights).unwrap();
    fs_err::write(&weights, &bytes[..bytes.len() - 1]).unwrap();
    let outcome = verify(&project, &[]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("not as the run left it: best/model.safetensors\n"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("1 of 2 with damaged files"), "{}", outcome.stderr);
}

#[test]
fn other_line_ends_are_named_as_the_reason_of_another_digest() {
    let fake = Fake::new(RECORDS);
    let project = with_table(&fake);
    assert_eq!(project.sweep(&[]).code, Some(0));
    assert_eq!(call(&project, &["lock", "try.toml"]).code, Some(0));
    let path = project.path().join("data/x.csv");
    let text = fs_err::read_to_string(&path).unwrap();
    fs_err::write(&path, text.replace('\n', "\r\n")).unwrap();
    let words = |outcome: &Outcome| outcome.stderr.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    for command in [&["sweep", "try.toml", "--device", "cpu", "--locked"][..], &["verify", "try.toml"]] {
        let outcome = call(&project, command);
        let told = words(&outcome);
        assert_eq!(outcome.code, Some(3), "{told}");
        assert!(told.contains("only the line ends differ: CRLF here, LF in the lock"), "{command:?}: {told}");
    }
    for command in [&["plan", "try.toml", "--why"][..], &["compare", "try.toml"], &["status", "try.toml"]] {
        let outcome = call(&project, command);
        let told = words(&outcome) + &outcome.stdout;
        assert!(told.contains("only the line ends differ: CRLF here, LF then"), "{command:?}: {told}");
    }
    // Another file is another file.
    write_table(&project, "C");
    assert!(!words(&verify(&project, &[])).contains("line ends"));
}
