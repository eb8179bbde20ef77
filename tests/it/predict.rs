//! New proteins by a sweep's models, and one of them as a folder for others, by the programs as
//! people call them.

use std::{
    collections::HashMap,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command as Process, Stdio},
    sync::LazyLock,
};

use assert_cmd::Command;
use polars::prelude::{ParquetReader, SerReader as _};
use serde_json::{Value, json};
use titer_core::{data::Split, results::tables};

use crate::{
    kills::{REGRESSION, numbers},
    skip::Skip,
};

/// Three seeds, of two classes that a motif parts.
const CLASSES: &str = r#"# Question: who has the motif?
[data]
source = "table"
path = "motif.csv"
id = "name"
sequence = "sequence"
label = "place"
[tokens]
max-length = { fixed = 80 }
[model]
weights = { random = "esm2-tiny" }
[train]
epochs = 4
batch-size = 8
learning-rate = 1e-3
precision = "fp32"
[grid]
"train.seed" = [1, 2, 3]
"#;

/// Proteins of 40 to 100 residues: tryptophans make a "membrane" protein.
fn motif(proteins: usize) -> String {
    let mut state = 7_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % below) as usize
    };
    let mut rows = vec!["name,sequence,place".to_owned()];
    for number in 0..proteins {
        let membrane = number % 2 == 0;
        let letters: &[u8] = if membrane { b"ACDEFGHIKLMNPQRSTVWYWW" } else { b"ACDEFGHIKLMNPQRSTVYKKK" };
        let sequence: String = (0..40 + draw(60)).map(|_| char::from(letters[draw(22)])).collect();
        rows.push(format!("P{number},{sequence},{}", if membrane { "membrane" } else { "soluble" }));
    }
    rows.join("\n") + "\n"
}

struct Project(tempfile::TempDir);

impl Project {
    fn swept(experiment: &str, name: &str, table: &str) -> Option<Self> {
        let worker = Path::new(env!("CARGO_BIN_EXE_titer")).with_file_name("titer-worker");
        if !worker.exists() {
            Skip::NoWorker.because(&format!("{} is not built", worker.display()));
            return None;
        }
        let project = Self(tempfile::tempdir().unwrap());
        fs_err::write(project.path("try.toml"), experiment).unwrap();
        fs_err::write(project.path(name), table).unwrap();
        project.says(&["sweep", "try.toml", "--device", "cpu"]);
        Some(project)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn call(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_titer"));
        command.current_dir(self.0.path()).env("COLUMNS", "200").env("TITER_DEVICE", "cpu").args(arguments);
        let output = command.output().unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code(), out, err)
    }

    fn says(&self, arguments: &[&str]) -> String {
        let (code, out, err) = self.call(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {err}");
        out
    }

    fn refused(&self, arguments: &[&str], code: i32, parts: &[&str]) {
        let (found, _, err) = self.call(arguments);
        let text = err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert_eq!(found, Some(code), "{arguments:?}: {err}");
        for part in parts {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }

    /// Rows of a CSV file by their columns.
    fn read(&self, name: &str) -> Vec<HashMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    }
}

/// What both tests of classes share.
static SWEPT: LazyLock<Option<Project>> = LazyLock::new(|| Project::swept(CLASSES, "motif.csv", &motif(240)));

fn number(row: &HashMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {row:?}"))
}

#[test]
fn the_recommended_configuration_predicts_as_its_runs_did() {
    let Some(project) = &*SWEPT else { return };
    let out = project.says(&["predict", "try.toml", "motif.csv", "--out", "same.parquet"]);
    for part in ["240 of 240 proteins predicted", "scored on the 240 proteins", "training proteins", "sets that hold the label"] {
        assert!(out.contains(part), "{part:?} is not in {out}");
    }
    let file = std::fs::File::open(project.path("same.parquet")).unwrap();
    let frame = ParquetReader::new(file).finish().unwrap();
    let column = |name: &str| frame.column(name).unwrap();
    let ids: Vec<&str> = column("id").str().unwrap().iter().flatten().collect();
    assert_eq!(ids, (0..240).map(|number| format!("P{number}")).collect::<Vec<_>>());

    // The mean of what each run wrote for its test proteins, and their deviation.
    let runs = fs_err::read_dir(project.path("results/try/runs")).unwrap();
    let mut of_runs: HashMap<String, Vec<f64>> = HashMap::new();
    for run in runs {
        let (classes, rows) = tables::read_predictions(&run.unwrap().path().join("predictions.parquet")).unwrap();
        assert_eq!(classes, ["membrane", "soluble"]);
        for row in rows.into_iter().filter(|row| row.split == Split::Test) {
            of_runs.entry(row.id).or_default().push(row.probabilities[1]);
        }
    }
    assert_eq!(of_runs.len(), 48);
    let (probability, deviation) = (column("probability_soluble").f64().unwrap(), column("deviation").f64().unwrap());
    for (place, id) in ids.iter().enumerate() {
        let Some(theirs) = of_runs.get(*id) else { continue };
        assert_eq!(theirs.len(), 3);
        let mean = theirs.iter().sum::<f64>() / 3.0;
        let spread = (theirs.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
        assert!((probability.get(place).unwrap() - mean).abs() < 1e-5, "{id}");
        assert!((deviation.get(place).unwrap() - spread).abs() < 1e-5, "{id}");
    }
    // Every protein of these data is a training protein, or has one of its relatives to be far from.
    let truncated = column("truncated").u32().unwrap();
    assert!(truncated.iter().flatten().any(|cut| cut > 0) && truncated.iter().flatten().any(|cut| cut == 0));
}

#[test]
fn a_prediction_does_not_depend_on_a_proteins_neighbours_and_nothing_is_dropped() {
    let Some(project) = &*SWEPT else { return };
    let all: Vec<(String, String)> = motif(240)
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[0].to_owned(), fields[1].to_owned())
        })
        .collect();
    let mut fasta: String = all.iter().rev().take(30).map(|(id, sequence)| format!(">{id} of the data\n{sequence}\n")).collect();
    let first = &all[239];
    fasta += &format!(">again\n{}*\n>P239\nMKT\n>bad\nMK1T\n>none\n>dna\n{}\n", first.1.to_lowercase(), "ACGT".repeat(20));
    fs_err::write(project.path("new.fasta"), fasta).unwrap();
    project.says(&["predict", "try.toml", "new.fasta", "--out", "new.csv"]);
    project.says(&["predict", "try.toml", "motif.csv", "--out", "all.csv", "--no-nearest"]);
    let (new, known) = (project.read("new.csv"), project.read("all.csv"));
    assert_eq!(new.len(), 35);
    for (row, (id, _)) in new.iter().zip(all.iter().rev()).take(30) {
        let same = known.iter().find(|known| known["id"] == *id).unwrap();
        assert_eq!(row["id"], *id);
        for column in ["probability_soluble", "calibrated_membrane", "deviation"] {
            assert!((number(row, column) - number(same, column)).abs() < 1e-5, "{id} {column}: {row:?} {same:?}");
        }
        assert_eq!((&row["set"], &row["predicted"]), (&same["set"], &same["predicted"]));
    }
    let notes: Vec<&str> = new[30..].iter().map(|row| row["note"].as_str()).collect();
    for (note, part) in notes.iter().zip([
        "the sequence of row 1 again; its stop codon taken off",
        "the id of row 1 too",
        "not predicted: '1' at position 3 is no residue",
        "no sequence",
        "looks like DNA or RNA",
    ]) {
        assert!(note.contains(part), "{part:?} is not in {note:?}");
    }
    assert_eq!(number(&new[30], "probability_soluble"), number(&new[0], "probability_soluble"));
    assert!(new[32]["predicted"].is_empty() && new[32]["set"].is_empty() && !new[33]["row"].is_empty());
    if Process::new("mmseqs").arg("version").output().is_ok() {
        // Three of five train; the others are drawn at random, and nothing is like them.
        let equal = new[..30].iter().filter(|row| row["identity"] == "1.00000" && row["nearest"] == row["id"]).count();
        let far = new[..30].iter().filter(|row| row["note"].starts_with("far: ")).count();
        assert!((10..28).contains(&equal) && equal + far == 30, "{equal} {far}");
        assert!(notes[1].contains("far: no training protein is similar"), "{}", notes[1]);
    } else {
        Skip::NoMmseqs.because("no mmseqs on PATH");
    }
}

#[test]
fn what_cannot_be_predicted_is_refused_before_anything_is_written() {
    let Some(project) = &*SWEPT else { return };
    fs_err::write(project.path("there.csv"), "mine").unwrap();
    fs_err::write(project.path("empty.fasta"), "").unwrap();
    fs_err::write(project.path("other.csv"), "a,b\n1,2\n").unwrap();
    for (arguments, code, parts) in [
        (&["motif.csv", "--out", "there.csv"][..], 2, &["there.csv exists", "--force"][..]),
        (&["motif.csv", "--out", "a.tsv"], 2, &["no extension that names a table", ".csv or .parquet"]),
        (&["motif.csv", "--run", "zzz"], 2, &["no run zzz", "its finished runs are"]),
        (&["motif.csv", "--coverage", "1"], 2, &["a coverage is a share"]),
        (&["motif.csv", "--label", "nope"], 2, &["no column \"nope\""]),
        (&["empty.fasta"], 3, &["holds no protein"]),
        (&["other.csv"], 2, &["no column of sequences", "\"a\", \"b\"", "--sequence"]),
        (&["missing.fasta"], 3, &["missing.fasta cannot be read"]),
    ] {
        project.refused(&[&["predict", "try.toml"], arguments].concat(), code, parts);
    }
    assert_eq!(fs_err::read_to_string(project.path("there.csv")).unwrap(), "mine");
    let csv = project.says(&["predict", "try.toml", "motif.csv", "--no-nearest"]);
    assert_eq!(csv.lines().count(), 241, "without --out the table is standard output");
    project.says(&["predict", "try.toml", "motif.csv", "--out", "there.csv", "--force", "--no-nearest"]);
    assert_ne!(fs_err::read_to_string(project.path("there.csv")).unwrap(), "mine");
}

#[test]
fn an_exported_run_gives_the_same_in_transformers() {
    let Some(project) = &*SWEPT else { return };
    let said = project.says(&["export", "try.toml", "model"]);
    let key = said.trim().rsplit(' ').next().unwrap().to_owned();
    project.refused(&["export", "try.toml", "model"], 2, &["model exists"]);
    let card = fs_err::read_to_string(project.path("model/README.md")).unwrap();
    for part in [
        "library_name: transformers",
        "# Who has the motif?",
        "## Scores",
        "## Baselines",
        "membrane",
        "BLAKE3",
        "titer sweep",
        &key,
    ] {
        assert!(card.contains(part), "{part:?} is not in {card}");
    }
    project.says(&["predict", "try.toml", "motif.csv", "--run", &key[..6], "--out", "one.csv", "--no-nearest"]);
    let ours = project.read("one.csv");
    let sequences: Vec<String> = motif(240).lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect();
    let Some(theirs) = loaded(&project.path("model"), &sequences) else { return };
    assert_eq!(theirs["classes"], json!(["membrane", "soluble"]));
    for (row, logits) in ours.iter().zip(theirs["logits"].as_array().unwrap()) {
        let [membrane, soluble] = [0, 1].map(|class: usize| logits[class].as_f64().unwrap());
        let probability = 1.0 / (1.0 + (membrane - soluble).exp());
        assert!((number(row, "probability_soluble") - probability).abs() < 1e-5, "{row:?} {probability}");
    }
}

/// What `transformers` gives for sequences; `None` where it is not installed.
fn loaded(folder: &Path, sequences: &[String]) -> Option<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let interpreter = root.join(".reference/bin/python");
    if !interpreter.exists() {
        Skip::NoReference.because("no transformers in .reference (just reference)");
        return None;
    }
    let mut python = Process::new(&interpreter)
        .arg(root.join("trainer/tests/reference/load.py"))
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(json!(sequences).to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn numbers_are_predicted_in_their_unit_and_exported_so() {
    let Some(project) = Project::swept(REGRESSION, "numbers.csv", &numbers(240)) else { return };
    let out = project.says(&["predict", "try.toml", "numbers.csv", "--out", "all.csv", "--coverage", "0.8"]);
    assert!(out.contains("intervals that hold the label") && out.contains("80 %"), "{out}");
    let rows = project.read("all.csv");
    for row in &rows {
        let [low, predicted, high] = ["low", "predicted", "high"].map(|column| number(row, column));
        assert!(low < predicted && predicted < high && (-20.0..60.0).contains(&predicted), "{row:?}");
    }
    let key = project.says(&["export", "try.toml", "model"]).trim().rsplit(' ').next().unwrap().to_owned();
    project.says(&["predict", "try.toml", "numbers.csv", "--run", &key, "--out", "one.csv", "--no-nearest"]);
    let config: Value = serde_json::from_str(&fs_err::read_to_string(project.path("model/config.json")).unwrap()).unwrap();
    assert!(config.get("titer_scaling").is_none(), "{config}");
    let sequences: Vec<String> = numbers(240).lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect();
    let Some(theirs) = loaded(&project.path("model"), &sequences) else { return };
    for (row, theirs) in project.read("one.csv").iter().zip(theirs["logits"].as_array().unwrap()) {
        let theirs = theirs[0].as_f64().unwrap();
        // Six digits are written.
        assert!((number(row, "predicted") - theirs).abs() < 1e-4, "{row:?} {theirs}");
    }
}
