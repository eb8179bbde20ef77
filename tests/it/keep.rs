//! `titer sweep --keep`: which runs keep the weights of their best checkpoint, and that a run
//! without them is as done as before. With the real worker where there is one.

#![cfg(unix)]

use std::path::Path;

use titer_core::results::{BestCheckpoint, Keep, RunFolder, Sweeping};
use titer_report::{Inputs, recommended};

use crate::{
    skip::Skip,
    sweep::{Outcome, Project},
    workers::Fake,
};

/// A worker that leaves a best checkpoint of 30 bytes.
const LEAVES: &str = r#"mkdir -p "$out/best"; printf '%030d' 0 > "$out/best/model.safetensors"; started; finish"#;

/// The same, but for the run with the seed 2, which fails.
const FAILS: &str = r#"case $job in *'"seed":2,'*) echo '{"event":"failed","kind":"settings","message":"no"}'; exit 1;; esac
mkdir -p "$out/best"; printf '%030d' 0 > "$out/best/model.safetensors"; started; finish"#;

fn real() -> Option<Project> {
    let worker = Path::new(env!("CARGO_BIN_EXE_titer")).with_file_name("titer-worker");
    if !worker.exists() {
        Skip::NoWorker.because(&format!("{} is not built", worker.display()));
        return None;
    }
    Some(Project::new(worker))
}

fn call(project: &Project, arguments: &[&str]) -> Outcome {
    let outcome = Outcome::of(&project.titer(arguments).output().unwrap());
    assert_eq!(outcome.code, Some(0), "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
    outcome
}

fn runs(project: &Project) -> Vec<RunFolder> {
    project.keys().iter().map(|key| project.experiment().run(key)).collect()
}

/// How many runs have their weights.
fn there(project: &Project) -> usize {
    runs(project).iter().filter(|run| matches!(run.best_checkpoint().unwrap(), BestCheckpoint::There(_))).count()
}

#[test]
fn best_keeps_the_recommended_configurations_best_run_and_all_else_is_as_before() {
    let Some(project) = real() else { return };
    let outcome = call(&project, &["sweep", "try.toml", "--device", "cpu", "--keep", "best"]);
    assert!(outcome.stdout.contains("\nweights: kept of seed "), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("recommended configuration's best run by validation; "), "{}", outcome.stdout);
    let inputs = Inputs::read(&project.experiment()).unwrap();
    let best = inputs.runs[recommended(&inputs).unwrap().runs[0]].manifest.key.clone();
    for (key, run) in project.keys().iter().zip(runs(&project)) {
        match run.best_checkpoint().unwrap() {
            BestCheckpoint::There(_) => assert_eq!(*key, best),
            BestCheckpoint::Removed(removed) => assert!(removed.keep == Keep::Best && *key != best && !run.best().exists()),
            BestCheckpoint::Missing => panic!("{key} has lost its weights"),
        }
    }
    assert_eq!(there(&project), 1);
    // Both stay done, the report stands, the lock is made and holds.
    call(&project, &["report", "try.toml", "--check"]);
    call(&project, &["lock", "try.toml"]);
    call(&project, &["verify", "try.toml"]);
    let again = call(&project, &["sweep", "try.toml", "--device", "cpu"]);
    assert!(again.stderr.contains("2 of 2 runs done"), "{}", again.stderr);
    assert!(again.stdout.contains("weights: 1 of 2 runs have none"), "{}", again.stdout);
    // What was kept may go later; what is gone does not come back by itself.
    call(&project, &["sweep", "try.toml", "--device", "cpu", "--keep", "none"]);
    assert_eq!(there(&project), 0);
    let gone = call(&project, &["sweep", "try.toml", "--device", "cpu", "--keep", "best"]);
    assert!(gone.stdout.contains("are gone already; to have them again remove its folder"), "{}", gone.stdout);
    // A run that is made again has its weights again.
    fs_err::remove_dir_all(project.experiment().run(&best).path()).unwrap();
    call(&project, &["sweep", "try.toml", "--device", "cpu"]);
    assert_eq!(there(&project), 1);
    call(&project, &["verify", "try.toml"]);
}

#[test]
fn a_run_may_lose_its_weights_as_soon_as_it_has_ended_and_nothing_else_of_it() {
    let fake = Fake::new(LEAVES);
    let project = Project::new(fake.worker());
    let outcome = project.sweep(&["--keep", "none"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stdout.ends_with("weights: kept of no run\n"), "{}", outcome.stdout);
    for run in runs(&project) {
        let BestCheckpoint::Removed(removed) = run.best_checkpoint().unwrap() else { panic!("{run:?}") };
        assert_eq!(removed.keep, Keep::None);
        assert!(run.manifest().exists() && run.log().exists() && !run.best().exists());
    }
    // A sweep that was killed while it removed them leaves half a folder: the next one takes it away.
    let half = runs(&project).remove(0);
    fs_err::create_dir(half.best()).unwrap();
    fs_err::write(half.best().join("config.json"), "{}").unwrap();
    assert_eq!(project.sweep(&[]).code, Some(0));
    assert!(!half.best().exists());
}

#[test]
fn weights_that_another_sweep_may_count_on_stay() {
    let fake = Fake::new(LEAVES);
    let project = Project::new(fake.worker());
    assert_eq!(project.sweep(&[]).code, Some(0));
    let other = Sweeping::begin(&project.experiment()).unwrap();
    let outcome = project.sweep(&["--keep", "none"]);
    assert!(outcome.stdout.contains("weights: another sweep of this experiment goes on"), "{}", outcome.stdout);
    assert_eq!(there(&project), 2);
    drop(other);
    let outcome = project.sweep(&["--keep", "none"]);
    assert!(outcome.stdout.contains("weights: kept of no run; 0.060 kB freed"), "{}", outcome.stdout);
    assert_eq!(there(&project), 0);
}

#[test]
fn before_every_run_is_done_the_best_one_is_not_known() {
    let fake = Fake::new(FAILS);
    let project = Project::new(fake.worker());
    let outcome = project.sweep(&["--keep", "best"]);
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("weights: all stay, 1 of 2 runs are not done"), "{}", outcome.stdout);
    assert_eq!(there(&project), 1);
}

#[test]
fn a_plan_says_what_its_runs_will_write() {
    let fake = Fake::new(LEAVES);
    let project = Project::new(fake.worker());
    let disk = |more: &[&str]| -> serde_json::Value {
        let outcome = call(&project, &[&["plan", "try.toml", "--json"], more].concat());
        serde_json::from_str::<serde_json::Value>(&outcome.stdout).unwrap()["disk"].clone()
    };
    let (all, best, none) = (disk(&[]), disk(&["--keep", "best"]), disk(&["--keep", "none"]));
    let stays = |disk: &serde_json::Value| disk["stays"].as_u64().unwrap();
    assert_eq!(all["runs"], 2);
    assert!(stays(&all) > stays(&best) && stays(&best) > stays(&none), "{all} {best} {none}");
    assert!(call(&project, &["plan", "try.toml"]).stderr.contains("disk: about "));
    assert_eq!(project.sweep(&[]).code, Some(0));
    assert_eq!(disk(&[])["runs"], 0);
    assert!(!call(&project, &["plan", "try.toml"]).stderr.contains("disk: "));
}

#[test]
fn what_is_estimated_is_what_is_written() {
    let Some(project) = real() else { return };
    let outcome = call(&project, &["plan", "try.toml", "--json"]);
    let plan: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let estimate = plan["disk"]["stays"].as_u64().unwrap() as f64;
    call(&project, &["sweep", "try.toml", "--device", "cpu", "--no-report"]);
    let written: u64 = runs(&project).iter().map(|run| bytes(run.path())).sum();
    let ratio = estimate / written as f64;
    assert!((0.5..2.0).contains(&ratio), "{estimate} estimated, {written} written");
}

/// Of all files below a folder.
fn bytes(folder: &Path) -> u64 {
    let entries = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { bytes(&path) } else { path.metadata().unwrap().len() }).sum()
}

#[test]
fn an_experiment_in_letters_of_any_language_goes_the_whole_way() {
    let Some(project) = real() else { return };
    for name in ["größe", "実験(β)+lora@1,2=3"] {
        let file = format!("{name}.toml");
        fs_err::copy(project.path().join("try.toml"), project.path().join(&file)).unwrap();
        let outcome = call(&project, &["sweep", &file, "--device", "cpu"]);
        assert!(outcome.stdout.ends_with(&format!("report: results/{name}/report.html\n")), "{}", outcome.stdout);
        call(&project, &["report", &file, "--check"]);
        call(&project, &["lock", &file]);
        call(&project, &["sweep", &file, "--device", "cpu", "--locked"]);
        call(&project, &["verify", &file]);
        assert!(call(&project, &["status", &file]).stdout.contains("2 "), "{name}");
        call(&project, &["compare", &file, "--json"]);
    }
    let both = call(&project, &["compare", "größe.toml", "実験(β)+lora@1,2=3.toml"]);
    assert!(both.stdout.contains("größe"), "{}", both.stdout);
}
