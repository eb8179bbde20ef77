//! New proteins by a sweep's models, and one of them as a folder for others, by the programs as
//! people call them.

use std::{
    collections::HashMap,
    io::Write as _,
    path::Path,
    process::{Command as Process, Stdio},
    sync::LazyLock,
};

use polars::prelude::{ParquetReader, SerReader as _};
use serde_json::{Value, json};
use titer_core::{data::Split, results::tables, statistics};

use crate::{
    kills::{REGRESSION, numbers},
    regression::whole::{Project, worker},
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

/// Proteins of 40 to 100 residues: tryptophans make a "membrane" protein, but for one in nine.
fn motif(proteins: usize) -> String {
    let mut state = 7_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % below) as usize
    };
    let mut rows = vec!["name,sequence,place".to_owned()];
    for number in 0..proteins {
        let membrane = (number % 2 == 0) != (number % 9 == 0);
        let letters: &[u8] = if membrane { b"ACDEFGHIKLMNPQRSTVWYWW" } else { b"ACDEFGHIKLMNPQRSTVYKKK" };
        let sequence: String = (0..40 + draw(60)).map(|_| char::from(letters[draw(22)])).collect();
        rows.push(format!("P{number},{sequence},{}", if number % 2 == 0 { "membrane" } else { "soluble" }));
    }
    rows.join("\n") + "\n"
}

/// A project whose experiment was swept; `None` where there is no worker.
fn swept(experiment: &str, name: &str, table: &str) -> Option<Project> {
    worker()?;
    let project = Project::with(experiment, name, table);
    project.says(&["sweep", "try.toml", "--device", "cpu"]);
    Some(project)
}

/// Rows of a CSV file by their columns.
fn read(project: &Project, name: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(project.path().join(name)).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// What both tests of classes share.
static SWEPT: LazyLock<Option<Project>> = LazyLock::new(|| swept(CLASSES, "motif.csv", &motif(240)));

fn number(row: &HashMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {row:?}"))
}

#[test]
fn the_recommended_configuration_predicts_as_its_runs_did() {
    let Some(project) = &*SWEPT else { return };
    let out = project.says(&["predict", "try.toml", "motif.csv", "--out", "same.parquet"]);
    for part in [
        "240 of 240 proteins predicted",
        "scored on 240 proteins",
        "trained or validated the models",
        "sets that hold the label",
        "logits divided by",
    ] {
        assert!(out.contains(part), "{part:?} is not in {out}");
    }
    let file = fs_err::File::open(project.path().join("same.parquet")).unwrap().into_parts().0;
    let frame = ParquetReader::new(file).finish().unwrap();
    let column = |name: &str| frame.column(name).unwrap();
    let ids: Vec<&str> = column("id").str().unwrap().iter().flatten().collect();
    assert_eq!(ids, (0..240).map(|number| format!("P{number}")).collect::<Vec<_>>());

    // The mean of what each run wrote for its validation and test proteins, and their deviation.
    let runs = fs_err::read_dir(project.path().join("results/try/runs")).unwrap();
    let (mut of_runs, mut labels) = (HashMap::<String, Vec<f64>>::new(), HashMap::new());
    for run in runs {
        let (classes, rows) = tables::read_predictions(&run.unwrap().path().join("predictions.parquet")).unwrap();
        assert_eq!(classes, ["membrane", "soluble"]);
        for row in rows {
            of_runs.entry(row.id.clone()).or_default().push(row.probabilities[1]);
            labels.insert(row.id, (row.split, usize::from(row.label == "soluble")));
        }
    }
    assert_eq!(of_runs.len(), 96);
    let mean = |id: &str| of_runs[id].iter().sum::<f64>() / 3.0;
    // What calibrates them, once more: the temperature by validation, and the rank of 49 · 0.9.
    let validated: Vec<(&str, usize)> = labels
        .iter()
        .filter(|(_, (split, _))| *split == Split::Validation)
        .map(|(id, (_, label))| (id.as_str(), *label))
        .collect();
    let logits: Vec<f32> = validated.iter().flat_map(|(id, _)| [1.0 - mean(id), mean(id)].map(|p| p.ln() as f32)).collect();
    let targets: Vec<usize> = validated.iter().map(|(_, label)| *label).collect();
    let temperature = statistics::temperature(&targets, &logits, 2).expect("some are wrong");
    let calibrated = |id: &str| {
        let odds = ((mean(id) / (1.0 - mean(id))).ln() / temperature).exp();
        odds / (1.0 + odds)
    };
    let own = |id: &str, label: usize| if label == 1 { calibrated(id) } else { 1.0 - calibrated(id) };
    let mut strange: Vec<f64> = validated.iter().map(|(id, label)| 1.0 - own(id, *label)).collect();
    strange.sort_by(f64::total_cmp);
    let limit = strange[45 - 1];
    let (probability, deviation) = (column("probability_soluble").f64().unwrap(), column("deviation").f64().unwrap());
    for (place, id) in ids.iter().enumerate() {
        let Some(theirs) = of_runs.get(*id) else { continue };
        assert_eq!(theirs.len(), 3);
        let mean = mean(id);
        let spread = (theirs.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
        assert!((probability.get(place).unwrap() - mean).abs() < 1e-5, "{id}");
        assert!((deviation.get(place).unwrap() - spread).abs() < 1e-5, "{id}");
        assert!((column("calibrated_soluble").f64().unwrap().get(place).unwrap() - calibrated(id)).abs() < 1e-4, "{id}");
        let set: Vec<&str> = column("set").str().unwrap().get(place).unwrap().split("; ").collect();
        for (label, name) in ["membrane", "soluble"].into_iter().enumerate() {
            let strangeness = 1.0 - own(id, label);
            // What lies on the limit itself may fall to either side of it in these sums.
            if (strangeness - limit).abs() > 1e-6 {
                let best = own(id, label) > 0.5;
                assert_eq!(set.contains(&name), strangeness < limit || best, "{id} {name}: {set:?} {strangeness} {limit}");
            }
        }
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
    let mut fasta: Vec<String> =
        all.iter().rev().take(30).map(|(id, sequence)| format!(">{id} of the data\n{sequence}\n")).collect();
    let first = &all[239];
    fasta.push(format!(">again\n{}*\n>P239\nMKT\n>bad\nMK1T\n>none\n>dna\n{}\n", first.1.to_lowercase(), "ACGT".repeat(20)));
    fs_err::write(project.path().join("new.fasta"), fasta.concat()).unwrap();
    project.says(&["predict", "try.toml", "new.fasta", "--out", "new.csv"]);
    project.says(&["predict", "try.toml", "motif.csv", "--out", "all.csv", "--no-nearest"]);
    let (new, known) = (read(project, "new.csv"), read(project, "all.csv"));
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
        "same sequence as row 1; its stop codon taken off",
        "same id as row 1",
        "not predicted: '1' at position 3 is no residue",
        "not predicted: no sequence",
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
        assert!(notes[4].contains("far: no training protein is similar"), "{}", notes[4]);
    } else {
        Skip::NoMmseqs.because("no mmseqs on PATH");
    }
}

#[test]
fn what_cannot_be_predicted_is_refused_before_anything_is_written() {
    let Some(project) = &*SWEPT else { return };
    fs_err::write(project.path().join("there.csv"), "mine").unwrap();
    fs_err::write(project.path().join("empty.fasta"), "").unwrap();
    fs_err::write(project.path().join("other.csv"), "a,b\n1,2\n").unwrap();
    for (arguments, code, parts) in [
        (&["motif.csv", "--out", "there.csv"][..], 2, &["there.csv exists", "--force"][..]),
        (&["motif.csv", "--out", "a.tsv"], 2, &["no extension that names a table", ".csv or .parquet"]),
        (&["motif.csv", "--run", "zzz"], 2, &["no run zzz", "the runs that have ended are"]),
        (&["motif.csv", "--coverage", "1"], 2, &["a coverage is a share"]),
        (&["motif.csv", "--label", "nope"], 2, &["no column \"nope\""]),
        (&["empty.fasta"], 3, &["holds no protein"]),
        (&["other.csv"], 2, &["no column of sequences", "\"a\", \"b\"", "--sequence"]),
        (&["missing.fasta"], 3, &["missing.fasta cannot be read"]),
    ] {
        project.refused(&[&["predict", "try.toml"], arguments].concat(), code, parts);
    }
    assert_eq!(fs_err::read_to_string(project.path().join("there.csv")).unwrap(), "mine");
    let csv = project.says(&["predict", "try.toml", "motif.csv", "--no-nearest"]);
    assert_eq!(csv.lines().count(), 241, "without --out the table is standard output");
    project.says(&["predict", "try.toml", "motif.csv", "--out", "there.csv", "--force", "--no-nearest"]);
    assert_ne!(fs_err::read_to_string(project.path().join("there.csv")).unwrap(), "mine");
}

#[test]
fn other_forms_are_read_and_what_is_none_is_told() {
    let Some(project) = &*SWEPT else { return };
    let table = motif(240);
    let rows: Vec<Vec<&str>> = table.lines().skip(1).take(12).map(|line| line.split(',').collect()).collect();
    let of = |record: &dyn Fn(&[&str]) -> String| rows.iter().map(|row| record(row)).collect::<String>();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(of(&|row| format!(">{} CLASS={}\n{}\n", row[0], row[2], row[1])).as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    fs_err::write(project.path().join("labelled.fasta.gz"), &gzip).unwrap();
    let out =
        project.says(&["predict", "try.toml", "labelled.fasta.gz", "--label", "CLASS", "--out", "labelled.csv", "--no-nearest"]);
    assert!(out.contains("scored on 12 proteins"), "{out}");
    let ids: Vec<String> = read(project, "labelled.csv").into_iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, rows.iter().map(|row| row[0]).collect::<Vec<_>>());

    let states = of(&|row| format!(">{}\n{}\n{}\n", row[0], row[1], "HHHEECC".repeat(20)[..row[1].len()].to_owned().as_str()));
    for (name, content, arguments, code, part) in [
        ("states.fasta", states.as_bytes(), &[][..], 3, "three-line FASTA"),
        ("cut.fasta.gz", &gzip[..gzip.len() / 2], &[], 3, "ends too early"),
        ("binary.parquet", b"PAR1 or so", &[], 3, "binary.parquet"),
        ("plain.fasta", b">a\nMKTAYIAK\n", &["--label", "CLASS"], 2, "no header of plain.fasta has a label \"CLASS\""),
    ] {
        fs_err::write(project.path().join(name), content).unwrap();
        project.refused(&[&["predict", "try.toml", name, "--out", "none.csv"], arguments].concat(), code, &[part]);
        assert!(!project.path().join("none.csv").exists(), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn whoever_waits_no_longer_is_not_kept_waiting_and_nothing_is_left() {
    let Some(project) = &*SWEPT else { return };
    let names = || {
        fs_err::read_dir(project.path())
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("waiting"))
            .count()
    };
    let titer = |arguments: &[&str]| {
        let mut command = Process::new(env!("CARGO_BIN_EXE_titer"));
        command.current_dir(project.path()).args(["predict", "try.toml", "motif.csv", "--no-nearest", "--device", "cpu"]);
        command.args(arguments).stderr(Stdio::null());
        command
    };
    // A worker that never answers.
    let worker = project.path().join("worker.sh");
    fs_err::write(&worker, "#!/bin/sh\nexec sleep 600\n").unwrap();
    fs_err::set_permissions(&worker, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut hangs = titer(&["--out", "waiting.csv"]).env("TITER_WORKER", &worker).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(2));
    Process::new("kill").args(["-INT", &hangs.id().to_string()]).status().unwrap();
    assert_eq!((hangs.wait().unwrap().code(), names()), (Some(130), 0));

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(titer(&[]).stdout(writer).status().unwrap().code(), Some(0), "a closed pipe ends it quietly");
}

#[test]
fn runs_of_other_splits_do_not_predict_together_and_weights_that_were_removed_are_told() {
    let experiment = CLASSES.replace("epochs = 4", "epochs = 1").replace("\"train.seed\" = [1, 2, 3]", "\"split.seed\" = [1, 2]");
    let Some(project) = swept(&experiment, "motif.csv", &motif(40)) else { return };
    let (code, out, err) = project.call(&["predict", "try.toml", "motif.csv", "--out", "one.csv", "--no-nearest"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("2 runs have 2 different splits or data: the first of them predicts"), "{err}");
    assert!(out.contains("8 validation proteins are too few for a coverage of 90 %, which needs 9"), "{out}");
    let rows = read(&project, "one.csv");
    assert!(rows.iter().all(|row| row["set"].split("; ").count() == 2 && row["deviation"].is_empty()), "{rows:?}");
    project.says(&["sweep", "try.toml", "--device", "cpu", "--keep", "none"]);
    for command in [&["predict", "try.toml", "motif.csv"][..], &["export", "try.toml", "model"]] {
        project.refused(command, 3, &["were removed: it was swept with --keep none", "sweep again with --keep all"]);
    }
}

#[test]
fn an_exported_run_gives_the_same_in_transformers() {
    let Some(project) = &*SWEPT else { return };
    let said = project.says(&["export", "try.toml", "model"]);
    let key = said.trim().rsplit(' ').next().unwrap().to_owned();
    project.refused(&["export", "try.toml", "model"], 2, &["model exists"]);
    let card = fs_err::read_to_string(project.path().join("model/README.md")).unwrap();
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
    let ours = read(project, "one.csv");
    let sequences: Vec<String> = motif(240).lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect();
    let Some(theirs) = loaded(&project.path().join("model"), &sequences) else { return };
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
    let Some(project) = swept(REGRESSION, "numbers.csv", &numbers(240)) else { return };
    let out = project.says(&["predict", "try.toml", "numbers.csv", "--out", "all.csv", "--coverage", "0.8"]);
    assert!(out.contains("intervals that hold the label") && out.contains("80 %"), "{out}");
    let rows = read(&project, "all.csv");
    for row in &rows {
        let [low, predicted, high] = ["low", "predicted", "high"].map(|column| number(row, column));
        assert!(low < predicted && predicted < high, "{row:?}");
    }
    let mean = |column: &str| rows.iter().map(|row| number(row, column)).sum::<f64>() / rows.len() as f64;
    assert!((mean("predicted") - mean("label")).abs() < 3.0, "{} {}", mean("predicted"), mean("label"));
    let held = rows.iter().filter(|row| (number(row, "low")..=number(row, "high")).contains(&number(row, "label"))).count();
    assert!((150..230).contains(&held), "{held} of 240 intervals hold the label, 80 % were asked for");
    let key = project.says(&["export", "try.toml", "model"]).trim().rsplit(' ').next().unwrap().to_owned();
    project.says(&["predict", "try.toml", "numbers.csv", "--run", &key, "--out", "one.csv", "--no-nearest"]);
    let config: Value = serde_json::from_str(&fs_err::read_to_string(project.path().join("model/config.json")).unwrap()).unwrap();
    assert!(config.get("titer_scaling").is_none(), "{config}");
    let sequences: Vec<String> = numbers(240).lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect();
    let Some(theirs) = loaded(&project.path().join("model"), &sequences) else { return };
    for (row, theirs) in read(&project, "one.csv").iter().zip(theirs["logits"].as_array().unwrap()) {
        let theirs = theirs[0].as_f64().unwrap();
        // Six digits are written.
        assert!((number(row, "predicted") - theirs).abs() < 1e-4, "{row:?} {theirs}");
    }
}
