//! Baselines: the regression against scikit-learn's on stored cases and on the notebook's data set,
//! the search against a real or a made-up `mmseqs`, and the table that they leave.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use titer::baseline::{self, Baseline, Outcome, Predictions, Question, refresh};
use titer_core::{
    data::Split,
    results::{
        ExperimentFolder,
        tables::{self, Baselines, ProteinRow},
    },
    statistics,
    task::{Kind, Target},
};

use crate::{report::fixture, skip::Skip};

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    classes: usize,
    train: Vec<String>,
    labels: Vec<usize>,
    test: Vec<String>,
    probabilities: Vec<Vec<f64>>,
}

fn names(classes: usize) -> Vec<String> {
    (0..classes).map(|class| format!("class {class}")).collect()
}

fn question<'a>(classes: &'a [String], known: &[(&'a str, usize)], asked: &[&'a str]) -> Question<'a> {
    let known = known.iter().map(|(sequence, class)| (*sequence, Target::Class(*class))).collect();
    Question { classes, known, asked: asked.to_vec(), wild_type: None }
}

/// What one baseline, of those that need no other program, predicts.
fn predict(id: &str, question: &Question<'_>) -> Outcome {
    let baseline = Baseline::of_task(Kind::Classification).find(|baseline| baseline.id == id).unwrap();
    (baseline.predict)(question, &|| false)
}

fn classes_by(id: &str, question: &Question<'_>) -> Vec<usize> {
    classes_of(&predict(id, question))
}

fn classes_of(outcome: &Outcome) -> Vec<usize> {
    let Some(Predictions::Classes { classes, .. }) = &outcome.predictions else { panic!("{outcome:?}") };
    classes.clone()
}

#[test]
fn each_baseline_has_an_id_and_a_name_of_its_own_and_a_kind_of_task_has_only_its_own() {
    let ids: BTreeSet<&str> = baseline::ALL.iter().map(|baseline| baseline.id).collect();
    let names: BTreeSet<&str> = baseline::ALL.iter().map(|baseline| baseline.name).collect();
    assert_eq!((ids.len(), names.len()), (baseline::ALL.len(), baseline::ALL.len()));
    assert_eq!(Baseline::of_task(Kind::Classification).count(), 4);
    assert!(baseline::ALL.iter().all(|baseline| !baseline.tasks.is_empty()));
}

#[test]
fn the_regression_is_scikit_learns() {
    let reference: Reference = serde_json::from_str(include_str!("../reference/baselines.json")).unwrap();
    assert_eq!(reference.cases.len(), 3);
    for case in reference.cases {
        let classes = names(case.classes);
        let known: Vec<_> = case.train.iter().map(String::as_str).zip(case.labels).collect();
        let asked: Vec<_> = case.test.iter().map(String::as_str).collect();
        let outcome = predict("composition", &question(&classes, &known, &asked));
        let Some(Predictions::Classes { probabilities: Some(ours), .. }) = outcome.predictions else { panic!("{outcome:?}") };
        for (ours, reference) in ours.iter().zip(&case.probabilities) {
            for (one, other) in ours.iter().zip(reference) {
                assert!((one - other).abs() < 1e-6, "{}: {ours:?} is not {reference:?}", case.name);
            }
        }
        assert_eq!((ours.len(), ours[0].len()), (case.probabilities.len(), case.classes), "{}", case.name);
    }
}

#[test]
fn the_majority_is_of_the_training_proteins_and_of_a_tie_the_first() {
    let classes = names(3);
    let known = [("MAAAAAA", 2), ("MCCCCCC", 1), ("MDDDDDD", 2), ("MEEEEEE", 1), ("MFFFFFF", 0)];
    let majority = predict("majority", &question(&classes, &known, &["MWWWWWW", "MYYYYYY"]));
    assert_eq!(classes_of(&majority), [1, 1]);
    assert!(majority.made.contains("called class 1"), "{}", majority.made);
}

#[test]
fn the_nearest_by_words_is_asked_and_the_majority_where_there_is_none() {
    let classes = names(2);
    let known = [("MACDEFGHIKL", 0), ("WWYYWWYYWWYY", 1), ("WWYYWWYYAAAA", 1)];
    let nearest = predict("k-mers", &question(&classes, &known, &["CDEFGHI", "NPQRSTNPQRST", "YYWWYY"]));
    assert_eq!(classes_of(&nearest), [0, 1, 1]);
    assert!(nearest.made.ends_with("the majority class for the 1 protein that shares none."), "{}", nearest.made);
}

#[test]
fn one_class_alone_is_no_reason_to_stop() {
    let classes = names(1);
    let known = [("MACDEFGHIKL", 0), ("MACDEFGHIKV", 0)];
    for id in ["majority", "composition", "k-mers"] {
        assert_eq!(classes_by(id, &question(&classes, &known, &["MACDEFG"])), [0], "{id}");
    }
}

/// Semantics: 77.3 % and an AUC of 0.820 by composition, 79.0 % by the best hit, 53.8 % by the
/// majority.
#[test]
fn the_notebooks_data_set_gives_the_figures_that_are_known_of_it() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !shared.exists() {
        Skip::NoShared.because(&format!("{} is missing", shared.display()));
        return;
    }
    let classes = [("0", "Cytoplasm"), ("1", "Nucleus")];
    let class = |(label, name): (&str, &str)| titer_core::experiment::Class { label: label.into(), name: name.into() };
    let proteins = fixture::prepared(Path::new("uniprot_cytoplasm_nucleus.csv"), &shared, classes.map(class).to_vec());
    let taken = refresh::of(Kind::Classification, &proteins.rows(), None, &|| true);
    let right = |name: &str| {
        let rows: Vec<_> = taken.rows.iter().filter(|row| row.baseline == name).collect();
        (rows.iter().filter(|row| row.label == row.predicted).count(), rows.len())
    };
    assert_eq!(right("majority"), (385, 715));
    assert_eq!(right("composition"), (553, 715));
    let (positive, scores): (Vec<bool>, Vec<f64>) =
        taken.rows.iter().filter_map(|row| Some((row.label == "Nucleus", row.probabilities.as_ref()?[1]))).unzip();
    let area = statistics::curves::roc_auc(&positive, &scores).unwrap();
    assert!((area - 0.819_756_001_6).abs() < 1e-6, "{area}");
    let (nearest, all) = right("k-mers");
    assert!(nearest as f64 / all as f64 > 0.7, "{nearest}");
    match right("mmseqs2") {
        (_, 0) => Skip::NoMmseqs.because(&format!("no search: {:?}", taken.made)),
        // Which of equally good hits comes first is its version's.
        (best_hits, all) => assert!((best_hits as f64 / all as f64 - 0.79).abs() < 0.01, "{best_hits}"),
    }
}

/// A folder with a dataset, as a sweep leaves it.
fn laid() -> (tempfile::TempDir, ExperimentFolder, Vec<ProteinRow>) {
    let folder = tempfile::tempdir().unwrap();
    let proteins = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[40, 30]).rows();
    let experiment = ExperimentFolder::new(folder.path(), &"lr".parse().unwrap());
    fs_err::create_dir_all(experiment.path()).unwrap();
    (folder, experiment, proteins)
}

fn read(folder: &ExperimentFolder) -> Baselines {
    tables::read_baselines(&folder.baselines()).unwrap()
}

#[test]
fn what_is_written_is_read_again_and_every_test_protein_has_its_row() {
    let (_keep, folder, proteins) = laid();
    let taken = refresh::of(Kind::Classification, &proteins, None, &|| true);
    tables::write_baselines(&folder.baselines(), &taken).unwrap();
    assert_eq!(read(&folder), taken);
    let asked: Vec<&str> = proteins.iter().filter(|row| row.split == Some(Split::Test)).map(|row| row.id.as_str()).collect();
    for name in ["majority", "composition", "k-mers"] {
        let ids: Vec<&str> = taken.rows.iter().filter(|row| row.baseline == name).map(|row| row.id.as_str()).collect();
        assert_eq!(ids, asked, "{name}");
    }
    assert_eq!(taken.classes, ["Cytoplasm", "Nucleus"]);
    assert!(taken.rows.iter().all(|row| row.probabilities.is_some() == (row.baseline == "composition")));
}

#[test]
fn they_are_made_once_and_again_for_other_proteins() {
    let (_keep, folder, mut proteins) = laid();
    let refresh = |proteins: &[ProteinRow]| refresh::refresh(&folder, Kind::Classification, proteins, None, &|| true).unwrap();
    let written = || fs_err::metadata(folder.baselines()).unwrap().modified().unwrap();
    refresh(&proteins);
    let (first, at) = (read(&folder), written());
    refresh(&proteins);
    assert_eq!(written(), at, "nothing changed");
    let test = proteins.iter_mut().find(|row| row.split == Some(Split::Test)).unwrap();
    test.sequence.push('W');
    refresh(&proteins);
    assert_ne!(read(&folder).proteins, first.proteins);
    fs_err::write(folder.baselines(), "no Parquet").unwrap();
    refresh(&proteins);
    assert_eq!(read(&folder).proteins, tables::digest(&proteins));
}

#[test]
fn they_are_made_again_where_one_has_another_version_or_is_missing() {
    let (_keep, folder, proteins) = laid();
    let refresh = || refresh::refresh(&folder, Kind::Classification, &proteins, None, &|| true).unwrap();
    refresh();
    let stored = read(&folder);
    let mut older = stored.clone();
    older.made[1].version -= 1;
    older.rows.retain(|row| row.baseline != "composition");
    let mut fewer = stored.clone();
    fewer.made.pop();
    for outdated in [older, fewer] {
        tables::write_baselines(&folder.baselines(), &outdated).unwrap();
        refresh();
        assert_eq!(read(&folder), stored);
    }
}

#[test]
fn whoever_is_interrupted_writes_nothing() {
    let (_keep, folder, proteins) = laid();
    refresh::refresh(&folder, Kind::Classification, &proteins, None, &|| false).unwrap();
    assert!(!folder.baselines().exists());
}

#[test]
fn proteins_that_take_no_part_change_nothing() {
    let (_keep, _, mut proteins) = laid();
    let before = tables::digest(&proteins);
    let dropped = proteins.iter_mut().find(|row| row.split.is_none()).unwrap();
    dropped.sequence.push('W');
    assert_eq!(tables::digest(&proteins), before);
    proteins.retain(|row| row.split.is_none());
    assert_eq!(refresh::of(Kind::Classification, &proteins, None, &|| true).rows, []);
}

/// What a `titer report` leaves where `mmseqs` is a script of these lines.
#[cfg(unix)]
fn report_with(script: Option<&str>) -> Baselines {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let inputs = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[40, 30]).inputs(&[fixture::Course::at(2e-5, 1.0)]);
    let results = fixture::lay(&titer_report::Inputs { baselines: None, ..inputs }, &folder.path().join("results"));
    let programs = folder.path().join("bin");
    fs_err::create_dir(&programs).unwrap();
    if let Some(script) = script {
        let program: PathBuf = programs.join("mmseqs");
        fs_err::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    assert_cmd::Command::cargo_bin("titer")
        .unwrap()
        .env_clear()
        .env("PATH", &programs)
        .current_dir(folder.path())
        .args(["report", concat!(env!("CARGO_MANIFEST_DIR"), "/experiments/lr.toml")])
        .assert()
        .success();
    read(&results)
}

#[cfg(unix)]
fn search(baselines: &Baselines) -> (usize, &tables::Made) {
    let rows = baselines.rows.iter().filter(|row| row.baseline == "mmseqs2").count();
    (rows, baselines.made.iter().find(|made| made.baseline == "mmseqs2").unwrap())
}

#[cfg(unix)]
#[test]
fn without_mmseqs_there_is_no_search_and_the_report_is_written() {
    let baselines = report_with(None);
    let (rows, made) = search(&baselines);
    assert_eq!((rows, made.made.as_str(), &made.tool), (0, "Not made: mmseqs is not on PATH.", &None));
}

#[cfg(unix)]
#[test]
fn a_search_that_fails_is_told_and_stops_nothing() {
    let baselines = report_with(Some("[ \"$1\" = version ] && echo 99 && exit\necho 'Error: no room' >&2\nexit 7"));
    let (rows, made) = search(&baselines);
    assert_eq!((rows, made.tool.as_deref()), (0, Some("99")));
    assert!(made.made.contains("failed (exit status: 7): Error: no room"), "{}", made.made);
}

#[cfg(unix)]
#[test]
fn the_best_hits_are_read_from_what_mmseqs_writes() {
    // Called as: easy-search ASKED KNOWN HITS REST …; the first protein has two hits, the others none.
    let baselines =
        report_with(Some("[ \"$1\" = version ] && echo 99 && exit\nprintf '0\\t1\\t50\\t0.9\\n0\\t2\\t60\\t0.4\\n' > \"$4\""));
    let (rows, made) = search(&baselines);
    assert!(rows > 1);
    let expected = format!(
        "The class of the best hit among the training proteins (MMseqs2 99, easy-search -e 1e-3 -s 7.5); the majority class for the {} of {rows} without a hit.",
        rows - 1
    );
    assert_eq!(made.made, expected);
}

#[derive(Deserialize)]
struct Numeric {
    composition: Vec<Composition>,
    variants: Variants,
}

#[derive(Deserialize)]
struct Composition {
    name: String,
    train: Vec<String>,
    labels: Vec<f64>,
    test: Vec<String>,
    mean: f64,
    alpha: f64,
    predicted: Vec<f64>,
}

#[derive(Deserialize)]
struct Variants {
    train: Vec<String>,
    labels: Vec<f64>,
    test: Vec<String>,
    most_frequent: Mutations,
    given: Mutations,
}

#[derive(Deserialize)]
struct Mutations {
    wild_type: String,
    columns: Vec<(usize, String)>,
    alpha: f64,
    predicted: Vec<f64>,
}

fn numeric<'a>(train: &'a [String], labels: &[f64], test: &'a [String]) -> Question<'a> {
    Question {
        classes: &[],
        known: train.iter().map(String::as_str).zip(labels.iter().copied().map(Target::Value)).collect(),
        asked: test.iter().map(String::as_str).collect(),
        wild_type: None,
    }
}

fn values_by(id: &str, question: &Question<'_>) -> (Vec<f64>, String) {
    let baseline = Baseline::of_task(Kind::Regression).find(|baseline| baseline.id == id).unwrap();
    let outcome = (baseline.predict)(question, &|| true);
    let Some(Predictions::Values(values)) = outcome.predictions else { panic!("{}", outcome.made) };
    (values, outcome.made)
}

fn assert_near(ours: &[f64], theirs: &[f64], what: &str) {
    assert_eq!(ours.len(), theirs.len());
    for (one, other) in ours.iter().zip(theirs) {
        assert!((one - other).abs() < 1e-7 * other.abs().max(1.0), "{what}: {one} is not {other}");
    }
}

#[test]
fn ridge_regressions_are_scikit_learns_with_the_strength_that_leaving_one_out_chooses() {
    let reference: Numeric = serde_json::from_str(include_str!("../reference/regression_baselines.json")).unwrap();
    assert_eq!(reference.composition.len(), 4);
    for case in &reference.composition {
        let question = numeric(&case.train, &case.labels, &case.test);
        let (ours, made) = values_by("composition", &question);
        assert_near(&ours, &case.predicted, &case.name);
        let strength = titer_core::text::significant(case.alpha, 3);
        assert!(made.contains(&format!("L2 penalty of {strength}, chosen by leave-one-out")), "{made}");
        assert_near(&values_by("mean", &question).0, &vec![case.mean; case.test.len()], &case.name);
    }
    let Variants { train, labels, test, most_frequent, given } = &reference.variants;
    for (wild_type, expected) in [(None, most_frequent), (Some(given.wild_type.as_str()), given)] {
        let question = Question { wild_type, ..numeric(train, labels, test) };
        let (ours, made) = values_by("one-hot", &question);
        assert_near(&ours, &expected.predicted, &made);
        let strength = titer_core::text::significant(expected.alpha, 3);
        assert!(made.contains(&format!("on the {} mutations", expected.columns.len())), "{made}");
        assert!(made.contains(&format!("L2 penalty of {strength}")), "{made}");
    }
}

#[test]
fn mutations_are_those_of_variants_of_one_protein() {
    let refused = |train: &[&str], test: &[&str], wild_type: Option<&str>| {
        let [train, test] = [train, test].map(|of| of.iter().map(|sequence| (*sequence).to_owned()).collect::<Vec<_>>());
        let labels: Vec<f64> = (0..train.len()).map(|row| row as f64).collect();
        let question = Question { wild_type, ..numeric(&train, &labels, &test) };
        let baseline = Baseline::of_task(Kind::Regression).find(|baseline| baseline.id == "one-hot").unwrap();
        let outcome = (baseline.predict)(&question, &|| true);
        assert_eq!(outcome.predictions, None);
        outcome.made
    };
    let lengths = "Not made: the training proteins are not all of one length, as variants of one protein are.";
    assert_eq!(refused(&["MKA", "MKAA"], &["MKA"], None), lengths);
    assert_eq!(refused(&["MKA", "MKC"], &["MK"], None), "Not made: MK has 2 residues, and the wild type 3.");
    assert_eq!(refused(&["MKA", "MKC"], &["MKA"], Some("MK")), "Not made: MKA has 3 residues, and the wild type 2.");
    assert_eq!(refused(&["MKA", "MKA"], &["MKA"], None), "Not made: the training proteins have no mutation.");
}

#[test]
fn the_nearest_protein_lends_its_label_and_without_one_the_mean_serves() {
    let train = ["MACDEFGHIKL", "WWYYWWYYWWYY"].map(str::to_owned);
    let test = ["CDEFGHI", "NPQRSTNPQRST"].map(str::to_owned);
    let (ours, made) = values_by("k-mers", &numeric(&train, &[2.5, -1.5], &test));
    assert_eq!(ours, [2.5, 0.5]);
    assert!(made.ends_with("the mean for the 1 protein that shares none."), "{made}");
}
