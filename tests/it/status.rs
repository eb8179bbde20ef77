//! `titer status`.

#![cfg(unix)]

use titer_core::{
    metric::MACRO_F1,
    results::{Claim, Live, Sweeping, Validated},
    scores::Values,
};

use crate::{
    sweep::{Outcome, Project},
    workers::{Fake, until},
};

fn status(project: &Project) -> String {
    let outcome = Outcome::of(&project.titer(&["status", "try.toml"]).output().unwrap());
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    outcome.stdout
}

/// The statuses in the table, and the line below it.
fn read(text: &str) -> (Vec<&str>, &str) {
    let statuses = text.lines().skip(1).take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().nth(1));
    (statuses.collect(), text.lines().last().unwrap_or_default())
}

#[test]
fn an_experiment_that_was_never_run_is_all_to_do() {
    let project = Project::new("nowhere".into());
    let text = status(&project);
    assert_eq!(read(&text), (vec!["pending", "pending"], "0 of 2 done, 0 failed, 2 left"));
    assert!(!project.path().join("results").exists());
}

#[test]
fn each_run_is_told_with_what_became_of_it() {
    let fake = Fake::new(r#"case $job in *'"seed":1'*) started; finish;; *) exit 7;; esac"#);
    let project = Project::new(fake.worker());
    project.sweep(&[]);
    let text = status(&project);
    assert_eq!(read(&text), (vec!["finished", "failed"], "1 of 2 done, 1 failed, 0 left"));
    assert!(text.contains("test F1 0.8516, selected epoch 2") && text.contains("the worker ended with exit status: 7"), "{text}");
}

#[test]
fn a_run_without_an_end_is_running_while_it_is_claimed_and_interrupted_otherwise() {
    let project = Project::new("nowhere".into());
    let key = status(&project).lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let folder = project.experiment();
    let sweep = Sweeping::begin(&folder).unwrap();
    let run = folder.run(&key.parse().unwrap());
    let claim = Claim::take(&run).unwrap().unwrap();
    let mut live = Live::new("2026-01-01T00:00:00Z".into(), "cpu".into());
    (live.steps, live.epochs, live.step, live.epoch, live.loss) = (675, 5, 270, 2, 0.442_7);
    let validated = Validated { epoch: 1, select: MACRO_F1, metrics: Values::from_iter([(MACRO_F1, Some(0.75))]) };
    (live.validation, live.best_epoch) = (Some(validated), Some(1));
    live.write(&run).unwrap();
    let text = status(&project);
    assert_eq!(read(&text), (vec!["running", "pending"], "0 of 2 done, 0 failed, 2 left; a sweep is running"));
    assert!(text.contains(", epoch 2/5, step 270/675, loss 0.4427, validation macro F1 0.7500 (best so far)\n"), "{text}");
    drop((sweep, claim));
    assert_eq!(read(&status(&project)), (vec!["interrupted", "pending"], "0 of 2 done, 0 failed, 2 left"));
}

#[test]
fn a_watch_ends_with_the_sweep() {
    let fake = Fake::new("started; sleep 3; finish");
    let project = Project::new(fake.worker());
    let mut sweep = project.titer(&["sweep", "try.toml", "--device", "cpu", "--no-report"]);
    let mut sweep = sweep.stderr(std::process::Stdio::null()).stdout(std::process::Stdio::null()).spawn().unwrap();
    until(|| Sweeping::is_on(&project.experiment()));
    let outcome = Outcome::of(&project.titer(&["status", "try.toml", "--watch"]).output().unwrap());
    assert!(sweep.wait().unwrap().success());
    assert!(outcome.stdout.contains("running") && outcome.stdout.contains("step 0/2"), "{}", outcome.stdout);
    assert!(outcome.stdout.ends_with("2 of 2 done, 0 failed, 0 left\n"), "{}", outcome.stdout);
}
