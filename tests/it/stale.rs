//! Results and the experiment file they belong to: another file of that name is refused, and what
//! changed since the sweep is said.

#![cfg(unix)]

use serde_json::Value;

use crate::{
    sweep::{Outcome, Project},
    why::RECORDS,
    workers::Fake,
};

fn call(project: &Project, arguments: &[&str]) -> Outcome {
    Outcome::of(&project.titer(arguments).output().unwrap())
}

/// A project whose two runs are done and reported.
fn done() -> (Fake, Project) {
    let fake = Fake::new(RECORDS);
    let project = Project::new(fake.worker());
    let outcome = project.sweep(&[]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    (fake, project)
}

/// Changes the experiment file.
fn edit(project: &Project, from: &str, to: &str) {
    let path = project.path().join("try.toml");
    let text = fs_err::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs_err::write(path, text.replace(from, to)).unwrap();
}

/// What a command says on standard error, without the clock.
fn said(outcome: &Outcome) -> String {
    outcome.stderr.lines().map(|line| line.split_once("] ").map_or(line, |(_, line)| line)).collect::<Vec<_>>().join("\n")
}

const READERS: [&[&str]; 4] = [&["compare", "try.toml"], &["report", "try.toml"], &["status", "try.toml"], &["lock", "try.toml"]];

#[test]
fn nothing_is_said_where_nothing_changed() {
    let (_fake, project) = done();
    for command in READERS {
        let outcome = call(&project, command);
        assert_eq!((outcome.code, said(&outcome).contains("changed since")), (Some(0), false), "{command:?}: {}", outcome.stderr);
    }
    assert_eq!(call(&project, &["report", "try.toml", "--check"]).code, Some(0));
    // A comment, another order of keys and another way to write a number change nothing.
    edit(&project, "epochs = 1\nmax-steps = 4", "# fewer\nmax-steps = 0x4\nepochs = 1");
    assert_eq!(call(&project, &["report", "try.toml", "--check"]).code, Some(0));
}

#[test]
fn a_key_that_a_sweep_took_out_is_out_for_whoever_reads_its_results() {
    let fake = Fake::new(RECORDS);
    let project = Project::new(fake.worker());
    let unset = ["--set", "train.max-steps=unset"];
    assert_eq!(project.sweep(&unset).code, Some(0));
    for command in [&["compare", "try.toml"][..], &["report", "try.toml"], &["report", "try.toml", "--check"]] {
        let outcome = call(&project, command);
        assert_eq!((outcome.code, said(&outcome).contains("changed since")), (Some(0), false), "{command:?}: {}", outcome.stderr);
    }
    let text = fs_err::read_to_string(project.experiment().experiment()).unwrap();
    assert!(text.ends_with("#   --set train.max-steps=unset\n"), "{text}");
    let again = project.sweep(&unset);
    assert!(again.stderr.contains("2 of 2 runs done"), "{}", again.stderr);
    // With the key there are other runs.
    assert!(project.sweep(&[]).stderr.contains("0 of 2 runs done"));
}

#[test]
fn a_changed_setting_is_said_in_one_line_by_every_command_that_shows_results() {
    let (_fake, project) = done();
    call(&project, &["report", "try.toml"]);
    edit(&project, "max-steps = 4", "max-steps = 5");
    edit(&project, "[1, 2]", "[1, 3]");
    let line = "try.toml changed since its last sweep: train.max-steps: 4 → 5; grid.\"train.seed\": [1, 2] → [1, 3]";
    for command in READERS {
        let outcome = call(&project, command);
        assert_eq!(outcome.code, Some(0), "{command:?}: {}", outcome.stderr);
        assert_eq!(said(&outcome).matches(line).count(), 1, "{command:?}: {}", outcome.stderr);
    }
    let check = call(&project, &["report", "try.toml", "--check"]);
    assert_eq!(check.code, Some(3));
    assert!(check.stderr.contains("train.max-steps: 4 → 5") && check.stderr.contains("titer sweep try.toml"), "{}", check.stderr);

    let json: Value = serde_json::from_str(&call(&project, &["compare", "try.toml", "--json"]).stdout).unwrap();
    let changed: Vec<String> =
        json["changed"].as_array().unwrap().iter().map(|one| format!("{} {}", one["experiment"], one["what"])).collect();
    assert_eq!(changed, [r#""try" "train.max-steps""#, r#""try" "grid.\"train.seed\"""#]);

    // Swept again, it is up to date.
    assert_eq!(project.sweep(&[]).code, Some(0));
    call(&project, &["report", "try.toml"]);
    assert_eq!(call(&project, &["report", "try.toml", "--check"]).code, Some(0));
}

#[test]
fn changed_data_are_said() {
    let fake = Fake::new(RECORDS);
    let project = Project::new(fake.worker());
    let write = |letter: &str| {
        let rows = (0..40).map(|row| format!("P{row},M{},{}\n", letter.repeat(row + 1), ["x", "y"][row % 2]));
        let text = "id,sequence,label\n".to_owned() + &rows.collect::<String>();
        fs_err::write(project.path().join("x.csv"), text).unwrap();
    };
    write("A");
    edit(
        &project,
        "source = \"synthetic\"\n[data.synthetic]\nproteins = 200",
        "source = \"table\"\npath = \"x.csv\"\nid = \"id\"\nsequence = \"sequence\"\nlabel = \"label\"",
    );
    let outcome = project.sweep(&[]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    write("V");
    let outcome = call(&project, &["compare", "try.toml"]);
    assert!(said(&outcome).contains("try.toml changed since its last sweep: data: "), "{}", outcome.stderr);
    assert!(said(&outcome).contains("(the file's content changed)"), "{}", outcome.stderr);
    // Results may lie where their inputs do not.
    fs_err::remove_file(project.path().join("x.csv")).unwrap();
    let outcome = call(&project, &["compare", "try.toml"]);
    assert_eq!((outcome.code, said(&outcome).contains("changed since")), (Some(0), false), "{}", outcome.stderr);
}

#[test]
fn what_was_set_beside_the_file_is_part_of_the_last_sweep() {
    let fake = Fake::new(RECORDS);
    let project = Project::new(fake.worker());
    assert_eq!(project.sweep(&["--set", "train.learning-rate=1e-3"]).code, Some(0));
    // The last sweep is what is shown, and it is that of the file with what was set.
    let outcome = call(&project, &["compare", "try.toml"]);
    assert!(!said(&outcome).contains("changed since"), "{}", outcome.stderr);
    // The file alone has other runs, and they are not done.
    let outcome = call(&project, &["status", "try.toml"]);
    assert!(said(&outcome).contains("train.learning-rate: 0.001 → 2e-5"), "{}", outcome.stderr);
    let outcome = call(&project, &["status", "try.toml", "--set", "train.learning-rate=1e-3"]);
    assert!(outcome.stderr.is_empty() && outcome.stdout.ends_with("2 of 2 done, 0 failed, 0 left\n"), "{outcome:?}");
}

#[test]
fn with_set_the_runs_of_that_plan_are_shown() {
    let (_fake, project) = done();
    assert_eq!(project.sweep(&["--set", "train.learning-rate=1e-3"]).code, Some(0));
    let runs = |more: &[&str]| {
        let outcome = call(&project, &[&["compare", "try.toml", "--json"], more].concat());
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
        (json["answer"]["headline"].as_str().unwrap().to_owned(), json["changed"].as_array().unwrap().len())
    };
    // The fake runs leave no tables: those that are done are told as failed, the others as not ended.
    assert_eq!(runs(&[]), ("No run has finished: 2 runs failed.".to_owned(), 0));
    assert_eq!(runs(&["--set", "grid.\"train.seed\"=[2]"]), ("No run has finished: 1 run failed.".to_owned(), 0));
    assert_eq!(runs(&["--set", "train.weight-decay=0.5"]), ("No run has finished yet.".to_owned(), 0));

    let outcome = call(&project, &["report", "try.toml", "--set", "train.weight-decay=0.5"]);
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
    let outcome = call(&project, &["report", "try.toml", "--set", "train.weight-decay=0.5", "--output", "out.html"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), "out.html\n"), "{}", outcome.stderr);
    let page = fs_err::read_to_string(project.path().join("out.html")).unwrap();
    assert!(page.contains("titer sweep try.toml --set train.weight-decay=0.5"));
    assert!(!project.experiment().report().exists(), "the report of the last sweep is another");
}

#[test]
fn the_report_names_the_call_that_made_it() {
    let fake = Fake::new(RECORDS);
    let project = Project::new(fake.worker());
    fs_err::create_dir(project.path().join("my files")).unwrap();
    fs_err::rename(project.path().join("try.toml"), project.path().join("my files/try.toml")).unwrap();
    let sweep = ["sweep", "my files/try.toml", "--device", "cpu", "--results", "out/all", "--set", "grid.\"train.seed\"=[7]"];
    let outcome = call(&project, &sweep);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let page = fs_err::read_to_string(project.path().join("out/all/try/report.html")).unwrap();
    let command = "titer sweep &#39;my files/try.toml&#39; --results out/all --set &#39;grid.&#34;train.seed&#34;=[7]&#39;";
    assert!(
        page.contains(command),
        "{}",
        page.split("titer sweep").nth(1).unwrap_or_default().chars().take(200).collect::<String>()
    );
}

#[test]
fn another_file_of_the_same_name_is_refused_by_every_command() {
    let (fake, project) = done();
    fs_err::create_dir(project.path().join("b")).unwrap();
    let text = fs_err::read_to_string(project.path().join("try.toml")).unwrap();
    fs_err::write(project.path().join("b/try.toml"), text.replace("[1, 2]", "[3, 4]")).unwrap();
    for command in ["sweep", "report", "compare", "status", "lock", "plan"] {
        let outcome = call(&project, &[command, "b/try.toml"]);
        assert_eq!(outcome.code, Some(2), "{command}: {}", outcome.stderr);
        let told = outcome.stderr.replace('│', " ");
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("holds the results of another experiment file, try.toml, not of"), "{command}: {told}");
        assert!(outcome.stdout.is_empty(), "{command}");
    }
    // Elsewhere it has a folder of its own, and the first file's is as it was.
    let outcome = call(&project, &["sweep", "b/try.toml", "--device", "cpu", "--no-report", "--results", "b/results"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(call(&project, &["compare", "try.toml"]).code, Some(0));

    // The first one moves away, and the second is renamed to what it was: the name is free again.
    fs_err::remove_file(project.path().join("try.toml")).unwrap();
    assert_eq!(call(&project, &["status", "b/try.toml"]).code, Some(0));
    drop(fake);
}

#[test]
fn results_of_before_belong_to_whoever_sweeps_next() {
    let (_fake, project) = done();
    fs_err::remove_file(project.experiment().last_sweep()).unwrap();
    assert_eq!(call(&project, &["compare", "try.toml"]).code, Some(0));
    assert_eq!(project.sweep(&[]).code, Some(0));
    let noted: Value = serde_json::from_slice(&fs_err::read(project.experiment().last_sweep()).unwrap()).unwrap();
    assert_eq!(noted["file"]["path"], "try.toml");
    fs_err::write(project.experiment().last_sweep(), "no JSON").unwrap();
    let outcome = call(&project, &["compare", "try.toml"]);
    assert_eq!(outcome.code, Some(3));
    assert!(outcome.stderr.contains("delete that file alone"), "{}", outcome.stderr);
}

#[test]
fn a_lock_is_of_its_file_whatever_is_set() {
    let (_fake, project) = done();
    let outcome = call(&project, &["lock", "try.toml", "--set", "train.epochs=2"]);
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("these settings change the runs of"), "{}", outcome.stderr);
    assert!(!project.path().join("try.lock").exists());
    let outcome = call(&project, &["lock", "try.toml", "--set", "train.epochs=1"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stdout.starts_with("try.lock: the metrics of 2 of 2 runs"), "{}", outcome.stdout);
}

#[test]
fn a_path_that_the_shell_left_unexpanded_is_refused() {
    let project = Project::new("nowhere".into());
    for arguments in [
        &["status", "try.toml", "--results=~/results"][..],
        &["report", "try.toml", "--results=$HOME/results"],
        &["report", "try.toml", "--output=~/report.html"],
        &["describe", "try.toml", "--proteins=~/x.parquet"],
        &["check", "try.toml", "--set", "data.source=table", "--set", "data.path=~/x.csv", "--set", "data.id=a"],
    ] {
        let outcome = call(&project, arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("shell"), "{arguments:?}: {}", outcome.stderr);
    }
}

#[test]
fn what_auto_was_is_noted_and_whoever_reads_results_goes_by_it_on_any_machine() {
    let fake = Fake::new(RECORDS);
    let project = Project::new(fake.worker());
    edit(&project, "precision = \"fp32\"\n", "");
    assert_eq!(project.sweep(&[]).code, Some(0));
    let note = project.experiment().last_sweep();
    let text = fs_err::read_to_string(&note).unwrap();
    let here = titer_core::experiment::Precision::of_this_processor().name();
    assert!(text.contains(&format!("\"precision\": \"{here}\"")), "{text}");
    // Neither the worker nor the processor of the sweep is needed.
    let elsewhere = |command: &str| {
        let mut titer = project.titer(&[command, "try.toml"]);
        Outcome::of(&titer.env("TITER_WORKER", "nowhere").output().unwrap())
    };
    let status = elsewhere("status");
    assert!(status.code == Some(0) && status.stdout.contains("2 of 2 done"), "{status:?}");
    let lock = elsewhere("lock");
    assert_eq!(lock.code, Some(0), "{}", lock.stderr);
    assert!(lock.stdout.contains("the metrics of 2 of 2 runs"), "{}", lock.stdout);
    let advice = format!("train.precision is auto, which is {here} here: elsewhere it may differ, which makes other runs");
    assert!(said(&lock).contains(&advice), "{}", lock.stderr);
    // A file that names it leaves nothing open, whatever the last sweep noted.
    edit(&project, "max-steps = 4\n", &format!("max-steps = 4\nprecision = \"{here}\"\n"));
    let lock = elsewhere("lock");
    assert!(lock.stdout.contains("the metrics of 2 of 2 runs"), "{}", lock.stdout);
    assert!(!said(&lock).contains("train.precision is auto"), "{}", lock.stderr);
    edit(&project, &format!("precision = \"{here}\"\n"), "");
    // Another precision makes other runs, none of which is done.
    fs_err::write(&note, text.replace(&format!("\"{here}\""), "\"fp16\"")).unwrap();
    assert!(elsewhere("lock").stdout.contains("the metrics of 0 of 2 runs"));
}

#[test]
fn a_plan_and_a_sweep_say_where_auto_is_another_precision_than_in_the_last_sweep() {
    let fake = Fake::new(RECORDS);
    let project = Project::new(fake.worker());
    edit(&project, "precision = \"fp32\"\n", "");
    let here = titer_core::experiment::Precision::of_this_processor().name();
    let line = format!("train.precision is auto, which is {here} here and was fp16 in the last sweep: these are other runs");
    let says = |outcome: &Outcome| {
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        (said(outcome).matches(&line).count(), said(outcome).contains("train.precision is auto"))
    };
    assert_eq!(says(&project.sweep(&[])), (0, false), "there was none");
    assert_eq!(says(&call(&project, &["plan", "try.toml"])), (0, false));
    let note = project.experiment().last_sweep();
    let text = fs_err::read_to_string(&note).unwrap();
    fs_err::write(&note, text.replace(&format!("\"{here}\""), "\"fp16\"")).unwrap();
    assert_eq!(says(&call(&project, &["plan", "try.toml"])), (1, true));
    let named = format!("train.precision={here}");
    assert_eq!(says(&call(&project, &["plan", "try.toml", "--set", &named])), (0, false));
    assert_eq!(says(&project.sweep(&[])), (1, true));
    assert_eq!(says(&project.sweep(&[])), (0, false), "the last sweep is this one");
}
