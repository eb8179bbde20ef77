//! A regression from a file to its lock, by the programs as people call them.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use titer_core::results::{RunFolder, manifest, tables};

use crate::{
    kills::{REGRESSION, numbers},
    skip::Skip,
};

/// A folder with an experiment, `try.toml`, and its table.
pub struct Project(tempfile::TempDir);

impl Project {
    fn new(experiment: &str, table: &str) -> Self {
        Self::with(experiment, "numbers.csv", table)
    }

    pub fn with(experiment: &str, name: &str, table: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("try.toml"), experiment).unwrap();
        fs_err::write(folder.path().join(name), table).unwrap();
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn call(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_titer"));
        let output = command.current_dir(self.path()).env("COLUMNS", "200").args(arguments).output().unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code(), out, err)
    }

    /// Standard output of a call that succeeds.
    pub fn says(&self, arguments: &[&str]) -> String {
        let (code, out, err) = self.call(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {err}");
        out
    }

    pub fn refused(&self, arguments: &[&str], code: i32, parts: &[&str]) {
        let (found, _, err) = self.call(arguments);
        // Long lines are broken, and those of a box have its edge before them.
        let text = err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert_eq!(found, Some(code), "{arguments:?}: {err}");
        for part in parts {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }
}

pub fn worker() -> Option<PathBuf> {
    let worker = Path::new(env!("CARGO_BIN_EXE_titer")).with_file_name("titer-worker");
    if !worker.exists() {
        Skip::NoWorker.because(&format!("{} is not built", worker.display()));
    }
    worker.exists().then_some(worker)
}

#[test]
fn a_sweep_is_compared_locked_and_verified() {
    if worker().is_none() {
        return;
    }
    let project = Project::new(REGRESSION, &numbers(240));
    let table = project.says(&["sweep", "try.toml", "--device", "cpu"]);
    assert!(table.contains("validation Spearman correlation") && table.contains("test Pearson correlation"), "{table}");

    let runs = project.path().join("results/try/runs");
    let run = RunFolder::at(fs_err::read_dir(runs).unwrap().next().unwrap().unwrap().path());
    let manifest = manifest::read(&run).unwrap().unwrap();
    let scaling = manifest.outcome.scaling.expect("its labels are standardised");
    assert!(manifest.outcome.classes.is_empty() && manifest.outcome.test.as_ref().unwrap().classes.is_empty());
    let values = tables::read_values(&run.predictions()).unwrap();
    assert_eq!(values.len(), 96);
    // In the data's unit: per cent of the residues.
    let mean = values.iter().map(|row| row.predicted).sum::<f64>() / values.len() as f64;
    assert!((mean - scaling.mean).abs() < 2.0 && values.iter().all(|row| (0.0..40.0).contains(&row.label)), "{mean}");

    let compared: Value = serde_json::from_str(&project.says(&["compare", "try.toml", "--json"])).unwrap();
    assert_eq!(compared["metric"], "spearman");
    let scores = &compared["runs"][0]["scores"];
    for metric in ["mse", "rmse", "mae", "r2", "pearson", "spearman", "kendall", "ndcg"] {
        assert!(scores[metric].is_f64(), "{metric}: {scores}");
    }
    assert!(scores.get("right").is_none() && scores.get("accuracy").is_none(), "{scores}");

    project.says(&["lock", "try.toml"]);
    let lock = fs_err::read_to_string(project.path().join("try.lock")).unwrap();
    assert!(lock.contains("spearman") && !lock.contains("accuracy"), "{lock}");
    fs_err::rename(project.path().join("results"), project.path().join("before")).unwrap();
    project.says(&["sweep", "try.toml", "--device", "cpu"]);
    assert!(project.says(&["verify", "try.toml"]).contains("bit"), "the same machine gives the same bits");

    // What is locked is not what is here.
    let moved = lock.replace("spearman = 0.", "spearman = -0.");
    assert_ne!(moved, lock, "{lock}");
    fs_err::write(project.path().join("try.lock"), moved).unwrap();
    let (code, out, err) = project.call(&["verify", "try.toml"]);
    assert!(code == Some(1) && format!("{out}{err}").contains("spearman"), "{code:?}: {out}{err}");
}

#[test]
fn labels_are_described_and_what_is_no_number_is_named_by_its_row() {
    let project = Project::new(REGRESSION, &numbers(240));
    let card = project.says(&["describe", "try.toml"]);
    for part in ["label", "median", "different values", "ids are the numbers of the rows"] {
        assert!(card.contains(part), "{part:?} is not in {card}");
    }
    let card: Value = serde_json::from_str(&project.says(&["describe", "try.toml", "--json"])).unwrap();
    assert!(card["values"]["distinct"].as_u64() > Some(10) && card["splits"]["test"]["values"]["mean"].is_f64(), "{card}");
    assert!(card.get("classes").is_none() && card.get("balance").is_none(), "{card}");

    let wrong = numbers(40).replacen("sequence,value\n", "sequence,value\nMKAAA,high\nMKAAC,1,5\n", 1).replace("1,5", "n.d.");
    let project = Project::new(REGRESSION, &wrong);
    project.refused(
        &["describe", "try.toml"],
        3,
        &["2 labels are no number: numbers.csv, line 2 (\"high\"), numbers.csv, line 3 (\"n.d.\")", "data.missing-values"],
    );
    let project = Project::new(&REGRESSION.replace("kind = \"regression\"\nscale = \"standard\"", ""), &numbers(240));
    project.refused(
        &["describe", "try.toml"],
        2,
        &["different numbers among 240 proteins, not classes", "kind = \"regression\""],
    );
}

#[test]
fn few_values_may_be_classes_and_those_that_lie_apart_are_counted() {
    let rows: Vec<String> = (0..60).map(|row| format!("MKA{}C,{}", "D".repeat(row + 1), row % 3)).collect();
    let card =
        Project::new(REGRESSION, &format!("sequence,value\n{}\nMKW,500\n", rows.join("\n"))).says(&["describe", "try.toml"]);
    assert!(card.contains("4 different values: are they classes?") && card.contains("1 outlier below"), "{card}");
}

#[test]
fn settings_of_another_task_are_refused() {
    let with = |change: &[(&str, &str)]| {
        let text = change.iter().fold(REGRESSION.to_owned(), |text, (from, to)| text.replace(from, to));
        Project::new(&text, &numbers(40))
    };
    let classes = with(&[("label = \"value\"", "label = \"value\"\nclasses = { 0 = \"no\", 1 = \"yes\" }")]);
    classes.refused(&["check", "try.toml"], 2, &["data.classes", "where the labels are numbers"]);
    let select = with(&[("epochs = 3", "epochs = 3\nselect = \"accuracy\"")]);
    select.refused(&["check", "try.toml"], 2, &["not a metric of the task \"regression\"", "spearman"]);
    let scale = with(&[("kind = \"regression\"", "")]);
    scale.refused(&["check", "try.toml"], 2, &["`task.scale` scales numbers, and the task is \"classification\""]);
    let axis = with(&[("[grid]", "[grid]\n\"task.kind\" = [\"classification\", \"regression\"]")]);
    axis.refused(&["check", "try.toml"], 2, &["runs that have no metric in common"]);
    let wild_type = with(&[("[grid]", "[report]\nwild-type = \"MK a\"\n[grid]")]);
    wild_type.refused(&["check", "try.toml"], 2, &["`report.wild-type` is not a sequence of amino acids"]);
}
