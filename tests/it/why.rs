//! `titer plan --why`: what made a run another than those that ended.

#![cfg(unix)]

use serde_json::{Value, json};

use crate::{
    sweep::{Outcome, Project},
    workers::Fake,
};

/// A worker that finishes its run and records what it was told to do, as the real one does.
pub const RECORDS: &str = r#"part() { printf %s "$job" | sed "s/.*\"$1\":\({.*}\),\"$2\":.*/\1/"; }
started; finish
sed -i "s|\"point\":{.*},\"settings\":{.*},\"inputs\":{[^}]*}|\"point\":$(part point settings),\"settings\":$(part settings inputs),\"inputs\":$(part inputs project)|" "$out/run.json""#;

fn plan(project: &Project, more: &[&str]) -> Outcome {
    Outcome::of(&project.titer(&[&["plan", "try.toml", "--why"], more].concat()).output().unwrap())
}

/// A project whose two runs are done.
fn done() -> (Fake, Project) {
    let fake = Fake::new(RECORDS);
    let project = Project::new(fake.worker());
    let outcome = project.sweep(&[]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    (fake, project)
}

fn key(project: &Project, seed: u32) -> String {
    let outcome = Outcome::of(&project.titer(&["plan", "try.toml", "--json"]).output().unwrap());
    let plan: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let runs = plan["runs"].as_array().unwrap();
    let run = runs.iter().find(|run| run["point"]["train.seed"] == seed).unwrap();
    run["key"].as_str().unwrap().to_owned()
}

#[test]
fn where_nothing_ended_yet_every_run_says_so() {
    let project = Project::new("nowhere".into());
    let text = plan(&project, &[]).stdout;
    assert_eq!(text.matches("\n    no run of this experiment has ended yet\n").count(), 2, "{text}");
    assert!(!project.path().join("results").exists(), "a plan writes nothing");
}

#[test]
fn a_run_that_is_done_needs_no_reason() {
    let (_fake, project) = done();
    let text = plan(&project, &[]).stdout;
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.ends_with("\n2 runs, 2 done\n"), "{text}");
    let plan: Value = serde_json::from_str(&plan(&project, &["--json"]).stdout).unwrap();
    assert!(plan["runs"].as_array().unwrap().iter().all(|run| run.get("why").is_none()), "{plan}");
}

#[test]
fn a_setting_that_was_changed_is_named_with_its_old_value_and_its_new_one() {
    let (_fake, project) = done();
    let sets = ["--set", "train.weight-decay=0.1", "--set", "tokens.max-length=longest"];
    let text = plan(&project, &sets).stdout;
    for seed in [1, 2] {
        let told = format!(
            "  pending  seed {seed}\n    of the ended runs, {} (seed {seed}) differs least, in 2 things\n      tokens.max-length: \
             {{ percentile = 95.0, sample = 1000, seed = 42, limit = 1024 }} → \"longest\"\n      train.weight-decay: 0.01 → 0.1\n",
            key(&project, seed)
        );
        assert!(text.contains(&told), "{told}\nis not in\n{text}");
    }

    let json: Value = serde_json::from_str(&plan(&project, &["--json", "--set", "train.weight-decay=0.1"]).stdout).unwrap();
    let expected = json!({
        "reason": "differs",
        "key": key(&project, 2),
        "point": { "train.seed": 2 },
        "differences": [{ "what": "train.weight-decay", "before": 0.01, "now": 0.1 }],
    });
    assert_eq!(json["runs"][1]["why"], expected);
}

#[test]
fn a_data_file_that_was_changed_is_named_with_both_digests() {
    let fake = Fake::new(RECORDS);
    let project = Project::new(fake.worker());
    let rows = |letter: &str| {
        let rows = (0..40).map(|row| format!("P{row},M{},{}\n", letter.repeat(row + 1), ["x", "y"][row % 2]));
        "id,sequence,label\n".to_owned() + &rows.collect::<String>()
    };
    let table = project.path().join("proteins.csv");
    fs_err::write(&table, rows("A")).unwrap();
    fs_err::write(project.path().join("same.csv"), rows("A")).unwrap();
    let text = "[data]\nsource = \"table\"\npath = \"proteins.csv\"\nid = \"id\"\nsequence = \"sequence\"\nlabel = \"label\"\n\
        [model]\nweights = { random = \"esm2-tiny\" }\n[grid]\n\"data.path\" = [\"proteins.csv\", \"same.csv\"]\n";
    fs_err::write(project.path().join("try.toml"), text).unwrap();
    assert_eq!(project.sweep(&[]).code, Some(0));
    let digest = |letter: &str| blake3::hash(rows(letter).as_bytes()).to_hex().to_string();
    let told = plan(&project, &[]).stdout;
    assert!(told.ends_with("\n1 run, 1 done\n"), "two files of one content are one run: {told}");

    fs_err::write(&table, rows("C")).unwrap();
    let told = plan(&project, &["--set", "grid={}"]).stdout;
    let line = format!("\n      data: {}… → {}… (the file's content changed)\n", &digest("A")[..12], &digest("C")[..12]);
    assert!(told.contains(&line) && told.contains("differs least, in one thing"), "{line}\nis not in\n{told}");
    let named = plan(&project, &["--set", "grid={}", "--set", "data.path=same.csv", "--set", "split.seed=1"]).stdout;
    assert!(named.contains("\n      split.seed: 42 → 1\n") && !named.contains("data:"), "{named}");
}

/// Makes the runs that are done those of a titer before.
fn age(project: &Project) -> Vec<(std::path::PathBuf, String)> {
    let runs = project.experiment().runs();
    let aged = [1, 2].map(|seed| {
        let old = runs.join(key(project, seed));
        let text = fs_err::read_to_string(old.join("run.json")).unwrap();
        let mut manifest: Value = serde_json::from_str(&text).unwrap();
        manifest["format"] = json!(3);
        manifest.as_object_mut().unwrap().remove("semantics");
        let other = runs.join(format!("{seed}").repeat(16));
        fs_err::rename(&old, &other).unwrap();
        fs_err::write(other.join("run.json"), manifest.to_string()).unwrap();
        (other.join("run.json"), manifest.to_string())
    });
    aged.to_vec()
}

#[test]
fn of_runs_that_another_titer_made_it_is_told_that_titer_changed() {
    let (_fake, project) = done();
    age(&project);
    let told = plan(&project, &[]).stdout;
    assert_eq!(told.matches("\n      semantics: none → 1 (titer itself changed)\n").count(), 2, "{told}");
}

#[test]
fn runs_of_an_older_titer_meet_one_message_and_stay_as_they_are() {
    let (_fake, project) = done();
    let aged = age(&project);
    let message = "results/try holds 2 runs of an older titer (format 3), which this one (format 4.0) does not read and leaves \
        untouched: `titer sweep` makes new runs beside them; to read the old ones use that titer";
    for command in ["plan", "status", "lock"] {
        let outcome = Outcome::of(&project.titer(&[command, "try.toml"]).output().unwrap());
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        assert_eq!(outcome.stderr.matches("older titer").count(), 1, "{command}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(message), "{command}: {}", outcome.stderr);
    }
    let outcome = project.sweep(&[]);
    assert_eq!((outcome.code, outcome.stderr.matches(message).count()), (Some(0), 1), "{}", outcome.stderr);
    for (path, text) in aged {
        assert_eq!(fs_err::read_to_string(path).unwrap(), text);
    }
}

#[test]
fn a_run_that_failed_or_was_broken_off_says_so() {
    let fake = Fake::new(r#"case $job in *'"seed":1'*) exit 7;; *) started; finish;; esac"#);
    let project = Project::new(fake.worker());
    assert_eq!(project.sweep(&[]).code, Some(1));
    fs_err::remove_file(project.experiment().runs().join(key(&project, 2)).join("run.json")).unwrap();
    let told = plan(&project, &[]).stdout;
    assert!(told.contains("seed 1\n    its last attempt failed: the worker ended with exit status: 7\n"), "{told}");
    assert!(told.contains("seed 2\n    it was begun and has not ended\n"), "{told}");
}
