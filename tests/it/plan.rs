//! The grid, and the keys of its runs.

use std::{collections::BTreeSet, path::Path, process::Command, time::Instant};

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use titer::plan;
use titer_core::{
    data::synthetic::{LEAST_LENGTH, MOST_CLASSES},
    experiment::{Error, Finetune, Loaded, MaxLength, Precision, Settings, Source, SplitSettings, Weights, parse, schema},
    identity::{SEMANTICS, TOLD_BY_DIGESTS},
    results::{ExperimentFolder, RunKey, manifest::Inputs},
    task::Kind,
};

use crate::results::manifest_of;

const LEAST: &str = "[data]\nsource = \"synthetic\"\n[model]\nweights = { random = \"esm2-tiny\" }\n";

fn experiment(text: &str, sets: &[&str]) -> Result<Loaded, Error> {
    let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
    parse(Path::new("trial.toml"), text, &sets)
}

fn settings(text: &str, sets: &[&str]) -> Settings {
    experiment(text, sets).unwrap().experiment.base
}

fn inputs() -> Inputs {
    Inputs { data: "d".repeat(64), weights: "e".repeat(64) }
}

fn key(settings: &Settings) -> RunKey {
    plan::key(settings, &inputs())
}

#[test]
fn the_first_axis_of_the_file_changes_slowest() {
    let text = format!("{LEAST}[grid]\n\"train.seed\" = [1, 2]\n\"train.epochs\" = [3, 1, 2]\n");
    let points = plan::expand(&experiment(&text, &[]).unwrap()).unwrap();
    let values: Vec<Value> = points.iter().map(|point| json!(point.values)).collect();
    let expected: Vec<Value> =
        [1, 2].iter().flat_map(|seed| [3, 1, 2].map(|epochs| json!({"train.seed": seed, "train.epochs": epochs}))).collect();
    assert_eq!(values, expected);
    assert_eq!(points[0].values.keys().collect::<Vec<_>>(), ["train.seed", "train.epochs"]);
    assert_eq!((points[4].settings.train.seed, points[4].settings.train.epochs), (2, 1));
}

#[test]
fn ten_thousand_points_expand_in_no_time() {
    let axis = |from: u32| (from..from + 100).map(|value| value.to_string()).collect::<Vec<_>>().join(", ");
    let text = format!("{LEAST}[grid]\n\"train.seed\" = [{}]\n\"train.batch-size\" = [{}]\n", axis(0), axis(1));
    let begin = Instant::now();
    let points = plan::expand(&experiment(&text, &[]).unwrap()).unwrap();
    let seconds = begin.elapsed().as_secs_f64();
    assert_eq!(points.len(), 10_000);
    eprintln!("10,000 points: {seconds:.2} s");
    // Far above what it takes: a busy machine must not fail the test, a quadratic expansion must.
    assert!(seconds < 20.0, "{seconds} s");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_grid_has_as_many_points_as_the_product_of_its_axes(
        seeds in prop::collection::btree_set(0_u32..1000, 1..5),
        epochs in prop::collection::btree_set(1_u32..50, 1..4),
    ) {
        let (seeds, epochs) = (Vec::from_iter(seeds), Vec::from_iter(epochs));
        let text = format!("{LEAST}[grid]\n\"train.seed\" = {seeds:?}\n\"train.epochs\" = {epochs:?}\n");
        let points = plan::expand(&experiment(&text, &[]).unwrap()).unwrap();
        prop_assert_eq!(points.len(), seeds.len() * epochs.len());
        let keys: BTreeSet<_> = points.iter().map(|point| key(&point.settings)).collect();
        prop_assert_eq!(keys.len(), points.len());
    }

    #[test]
    fn a_key_does_not_depend_on_the_order_of_the_file(order in Just(vec!["epochs = 3", "seed = 7", "batch-size = 8", "select = \"mcc\""]).prop_shuffle()) {
        let text = |lines: &[&str]| format!("{LEAST}[train]\n{}\n", lines.join("\n"));
        let sorted = { let mut sorted = order.clone(); sorted.sort_unstable(); sorted };
        prop_assert_eq!(key(&settings(&text(&order), &[])), key(&settings(&text(&sorted), &[])));
    }
}

/// Every kind of settings there is, so that every field stands in one of them.
fn every_kind() -> Vec<Settings> {
    const TABLE: &str = "[data]\nsource = \"table\"\npath = \"a.csv\"\nid = \"i\"\nsequence = \"s\"\nlabel = \"l\"\nclasses = { 0 = \"A\", 1 = \"B\" }\n";
    let commit = "c".repeat(40);
    let sha256 = "a".repeat(64);
    let hub = format!("[model]\nweights = \"a/b\"\nrevision = \"{commit}\"\nsha256 = \"{sha256}\"\n");
    let folder = format!("[model]\nweights = \"./a\"\nsha256 = \"{sha256}\"\n");
    let column = "[split]\nmethod = \"column\"\ncolumn = \"c\"\n";
    let random = "[model]\nweights = { random = \"esm2-tiny\" }\n";
    let texts = [
        format!("{LEAST}[train]\nmax-steps = 9\n"),
        format!("{TABLE}{hub}{column}[tokens]\nmax-length = {{ fixed = 99 }}\n[train]\nfinetune = {{ last = 2 }}\n"),
        format!(
            "{}{folder}[tokens]\nmax-length = \"longest\"\n",
            TABLE.replace("table", "uniprot")
                + "[data.fetch]\nquery = \"q\"\nlabel = { column = \"c\", classes = { 0 = { contains = [\"a\"] }, 1 = { contains = [\"b\"] } } }\n"
        ),
        format!("[data]\nsource = \"fasta\"\npath = \"a.fasta\"\nlabel = \"(a)\"\n{random}[train]\nfinetune = \"frozen\"\n"),
        format!("{}{random}[split]\nmethod = \"random\"\n[train]\nstop-after = 3\n", TABLE.replace("id = \"i\"\n", "")),
        format!("{TABLE}{random}{column}validation-column = \"v\"\n"),
    ];
    // Lists that are not empty: an element is what can be changed.
    texts.iter().map(|text| settings(text, &["data.missing-values=['NA']", "data.strip=['gaps']"])).collect()
}

/// The words that any setting may be.
fn words() -> Vec<Value> {
    fn collect(schema: &Value, found: &mut Vec<Value>) {
        found.extend(schema.get("const").cloned());
        match schema {
            Value::Object(object) => object.values().for_each(|value| collect(value, found)),
            Value::Array(array) => array.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&schema::SCHEMA, &mut found);
    found
}

/// Whether nothing else can be said: where there is one kind of task, there is no other.
fn is_sole(name: &str) -> bool {
    name == "task.kind" && Kind::ALL.len() == 1
}

/// Every leaf of the settings but the tags of their variants, changed to something else, with its
/// dotted name.
fn changes(settings: &Settings) -> Vec<(String, Settings)> {
    /// Changing one alone makes no settings: other variants have other fields.
    const TAGS: [&str; 3] = ["data.source.kind", "split.method", "model.weights.kind"];

    fn leaves(value: &Value, name: &str, pointer: &str, found: &mut Vec<(String, String)>) {
        let below: Vec<(&str, String, &Value)> = match value {
            Value::Object(object) => object.iter().map(|(key, value)| (key.as_str(), key.clone(), value)).collect(),
            // Each element of a list is one more of what bears the list's name.
            Value::Array(array) => array.iter().enumerate().map(|(index, value)| ("", index.to_string(), value)).collect(),
            _ => return found.push((name.to_owned(), pointer.to_owned())),
        };
        for (step, key, value) in below {
            let name = [name, step].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(".");
            leaves(value, &name, &format!("{pointer}/{key}"), found);
        }
    }

    let json = json!(settings);
    let mut found = Vec::new();
    leaves(&json, "", "", &mut found);
    found.retain(|(name, _)| !TAGS.contains(&name.as_str()) && !is_sole(name));
    let changed = found.into_iter().map(|(name, pointer)| {
        let old = json.pointer(&pointer).unwrap().clone();
        let candidates: Vec<Value> = match &old {
            Value::Number(number) if number.is_f64() => [0.5, 0.25].map(|other| json!(other)).to_vec(),
            Value::Number(number) => vec![json!(number.as_u64().unwrap() + 1)],
            Value::Null => vec![json!(7), json!("7")],
            Value::String(text) => words().into_iter().chain([json!(format!("{text}x")), json!({ "fixed": 7 })]).collect(),
            other => panic!("{name}: {other}"),
        };
        let changed = candidates.into_iter().filter(|candidate| *candidate != old).find_map(|candidate| {
            let mut changed = json.clone();
            *changed.pointer_mut(&pointer).unwrap() = candidate;
            serde_json::from_value(changed).ok().filter(|changed| changed != settings)
        });
        let changed = changed.unwrap_or_else(|| panic!("{name}: there is nothing else that it may be"));
        (name, changed)
    });
    changed.collect()
}

#[test]
fn every_kind_of_settings_is_tried() {
    // A variant that is added does not compile here until it is tried too.
    let mut tried = BTreeSet::new();
    for settings in every_kind() {
        tried.insert(match settings.data.source {
            Source::Table { .. } => "table",
            Source::Fasta { .. } => "fasta",
            Source::Uniprot { .. } => "uniprot",
            Source::Synthetic(_) => "synthetic",
        });
        tried.insert(match settings.split {
            SplitSettings::Stratified(_) => "stratified",
            SplitSettings::Column(_) => "column",
            SplitSettings::Files(_) => "files",
            SplitSettings::Random(_) => "random by shares",
        });
        tried.insert(match settings.tokens.max_length {
            MaxLength::Fixed { .. } => "fixed",
            MaxLength::Percentile { .. } => "percentile",
            MaxLength::Longest => "longest",
        });
        tried.insert(match settings.model.weights {
            Weights::Hub { .. } => "hub",
            Weights::Folder { .. } => "folder",
            Weights::Random { .. } => "random",
        });
        tried.insert(match settings.train.finetune {
            Finetune::Full => "full",
            Finetune::Frozen => "frozen",
            Finetune::Last(_) => "last",
        });
    }
    assert_eq!(tried.len(), 16, "{tried:?}");
}

#[test]
fn every_setting_changes_the_key_or_is_left_out_by_name() {
    let mut left_out = BTreeSet::new();
    for settings in every_kind() {
        let mut names = BTreeSet::new();
        for (name, other) in changes(&settings) {
            if TOLD_BY_DIGESTS.iter().any(|told| name == *told || name.starts_with(&format!("{told}."))) {
                assert_eq!(key(&settings), key(&other), "{name} is left out, yet it changes the key");
                left_out.insert(name.clone());
            } else {
                assert_ne!(key(&settings), key(&other), "{name} does not change the key and is not left out by name");
            }
            names.insert(name);
        }
        // What was changed is what there is: no setting hides from the key because it hides from the settings' JSON.
        for setting in schema::DEFAULTS.keys() {
            let is_of_a_kind = setting.starts_with("data.synthetic.") || setting.starts_with("split.");
            assert!(
                is_of_a_kind || is_sole(setting) || names.iter().any(|name| name.starts_with(setting)),
                "{setting} is not among {names:?}"
            );
        }
    }
    let of_weights = ["name", "path", "revision", "sha256", "size"].map(|name| format!("model.weights.{name}"));
    assert_eq!(left_out, of_weights.into_iter().chain(["data.source.path".to_owned()]).collect());
}

#[test]
fn keys_and_records_stay_what_they_are_where_a_new_setting_is_not_used() {
    // As titers wrote them that did not know the column of validation, nor where training stops.
    let settings = &every_kind()[1];
    let mut before = json!(settings);
    assert_eq!(before["split"].as_object_mut().unwrap().remove("validation-column"), Some(Value::Null));
    assert_eq!(before["train"].as_object_mut().unwrap().remove("stop-after"), Some(Value::Null));
    assert_eq!(&serde_json::from_value::<Settings>(before).unwrap(), settings);
    assert_eq!(key(settings).as_str(), "ac9c30f0f4ec5cfe");
}

#[test]
fn the_kind_of_a_source_changes_the_key() {
    let table =
        "[data]\nsource = \"table\"\npath = \"a.csv\"\nid = \"i\"\nsequence = \"s\"\nlabel = \"l\"\n[model]\nweights = \"./a\"\n";
    let table = settings(table, &[]);
    let mut other = json!(table);
    other["data"]["source"]["kind"] = "uniprot".into();
    assert_ne!(key(&table), key(&serde_json::from_value(other).unwrap()));
}

#[test]
fn no_run_depends_on_what_the_report_says() {
    let table =
        "[data]\nsource = \"table\"\npath = \"a.csv\"\nid = \"i\"\nsequence = \"s\"\nlabel = \"l\"\n[model]\nweights = \"./a\"\n";
    let report = "[report]\ntext = \"t\"\nhints.A = [\"a\"]\nlink = \"https://example.org/{id}\"\n";
    let (plain, told) = (settings(table, &[]), settings(&format!("{table}{report}"), &[]));
    assert_eq!((json!(plain), key(&plain)), (json!(told), key(&told)));
}

#[test]
fn the_inputs_change_the_key() {
    let settings = settings(LEAST, &[]);
    let other_data = Inputs { data: "f".repeat(64), ..inputs() };
    let other_weights = Inputs { weights: "f".repeat(64), ..inputs() };
    assert_ne!(plan::key(&settings, &other_data), key(&settings));
    assert_ne!(plan::key(&settings, &other_weights), key(&settings));
}

#[test]
fn the_same_weights_from_the_hub_and_from_a_folder_are_the_same_run() {
    let commit = "c".repeat(40);
    let hub = settings(&format!("[data]\nsource = \"synthetic\"\n[model]\nweights = \"a/b\"\nrevision = \"{commit}\"\n"), &[]);
    let folder = settings("[data]\nsource = \"synthetic\"\n[model]\nweights = \"./b\"\n", &[]);
    assert_eq!(key(&hub), key(&folder));
}

#[test]
fn keys_stay_what_they_are() {
    // A change here makes every result on disk another run: raise SEMANTICS with it.
    assert_eq!((SEMANTICS, key(&settings(LEAST, &[])).as_str()), (1, "07145c6736a45bd5"));
}

#[test]
fn a_setting_that_is_written_at_its_default_changes_no_key() {
    let plain = key(&settings(LEAST, &[]));
    for (setting, default) in schema::DEFAULTS.iter() {
        let set = format!("{setting}={}", toml::Value::try_from(default).unwrap());
        assert_eq!(key(&settings(LEAST, &[&set])), plain, "{set}");
    }
}

/// A default takes no part in a key. A line that changes or goes makes other results of the same
/// keys: raise SEMANTICS with it. A line that is added does not.
#[test]
fn the_defaults_stay_what_they_are() {
    let defaults: Vec<String> = schema::DEFAULTS.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    insta::assert_snapshot!(format!("semantics {SEMANTICS}\n{}", defaults.join("\n")));
}

#[test]
fn the_order_of_a_list_of_words_does_not_change_the_key() {
    let of = |set: &str| key(&settings(LEAST, &[set]));
    assert_eq!(of("data.strip=['gaps', 'stop']"), of("data.strip=['stop', 'gaps', 'stop']"));
    assert_eq!(of("data.missing-values=['NA', 'null']"), of("data.missing-values=['null', ' NA']"));
}

#[test]
fn what_is_set_wins_over_the_file_and_so_does_the_grid() {
    let text = format!("{LEAST}[train]\nepochs = 2\nseed = 1\n[grid]\n\"train.seed\" = [5]\n");
    let loaded = experiment(&text, &["train.epochs=3"]).unwrap();
    assert_eq!((loaded.experiment.base.train.epochs, loaded.experiment.base.train.seed), (3, 1));
    let points = plan::expand(&loaded).unwrap();
    assert_eq!((points[0].settings.train.epochs, points[0].settings.train.seed), (3, 5));
    // What the grid would override is refused: it would do nothing.
    assert!(experiment(&text, &["train.epochs=3", "train.seed=4"]).is_err());
}

#[test]
fn of_two_sets_of_a_key_the_later_wins_in_any_order_with_what_depends_on_it() {
    assert_eq!(settings(LEAST, &["train.epochs=3", "train.epochs=4"]).train.epochs, 4);
    let commit = format!("model.revision={}", "c".repeat(40));
    let one = settings(LEAST, &["model.weights=a/b", &commit]);
    let two = settings(LEAST, &[&commit, "model.weights=a/b"]);
    assert_eq!(one, two);
}

/// What `titer plan` does in a folder: its exit code, and what it prints.
fn titer_plan(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut titer = Command::new(env!("CARGO_BIN_EXE_titer"));
    // What `auto` is on a CPU needs no worker.
    titer.arg("plan").args(args).env_clear().env("TITER_DEVICE", "cpu").current_dir(folder);
    let output = titer.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_plan_names_each_run_and_says_whether_it_is_done() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("trial.toml"), format!("{LEAST}[grid]\n\"train.seed\" = [1, 2]\n")).unwrap();

    let (code, json, _) = titer_plan(folder.path(), &["trial.toml", "--json"]);
    assert_eq!(code, Some(0));
    let plan: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(plan["experiment"], "trial");
    let runs = plan["runs"].as_array().unwrap();
    assert_eq!(runs.iter().map(|run| &run["point"]["train.seed"]).collect::<Vec<_>>(), [1, 2]);
    assert!(runs.iter().all(|run| run["status"] == "pending"));
    let keys: Vec<RunKey> = runs.iter().map(|run| run["key"].as_str().unwrap().parse().unwrap()).collect();
    assert!(!folder.path().join("results").exists(), "a plan writes nothing");

    let run = ExperimentFolder::new(&folder.path().join("results"), &"trial".parse().unwrap()).run(&keys[1]);
    fs_err::create_dir_all(run.path()).unwrap();
    let manifest = manifest_of(keys[1].clone(), Map::new());
    fs_err::write(run.manifest(), serde_json::to_string(&manifest).unwrap()).unwrap();
    let (_, text, _) = titer_plan(folder.path(), &["trial.toml"]);
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[1], [keys[0].as_str(), "pending", "seed", "1"]);
    assert_eq!(lines[2], [keys[1].as_str(), "finished", "seed", "2"]);
    assert!(text.ends_with("\n2 runs, 1 done\n"), "{text}");

    let (_, text, _) = titer_plan(folder.path(), &["trial.toml", "--set", "grid={}"]);
    assert!(text.ends_with("\n1 run, 0 done\n"), "{text}");
}

#[test]
fn auto_is_named_before_a_run_is_and_another_precision_is_another_run() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("trial.toml"), LEAST).unwrap();
    let key = |set: &str| {
        let (code, json, told) = titer_plan(folder.path(), &["trial.toml", "--json", "--device", "cpu", "--set", set]);
        assert_eq!(code, Some(0), "{told}");
        serde_json::from_str::<Value>(&json).unwrap()["runs"][0]["key"].as_str().unwrap().to_owned()
    };
    let here = Precision::of_this_processor();
    let other = if here == Precision::Bf16 { Precision::Fp32 } else { Precision::Bf16 };
    let named = |precision: Precision| key(&format!("train.precision={}", precision.name()));
    assert_eq!(named(Precision::Auto), named(here));
    assert_ne!(named(Precision::Auto), named(other));
}

#[test]
fn a_plan_without_its_data_shows_the_grid_and_is_exit_code_3() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[data]\nsource = \"table\"\npath = \"absent.csv\"\nid = \"id\"\nsequence = \"sequence\"\nlabel = \"label\"\n\
        [model]\nweights = { random = \"esm2-tiny\" }\n[grid]\n\"train.seed\" = [1, 2]\n";
    fs_err::write(folder.path().join("trial.toml"), text).unwrap();
    let (code, shown, told) = titer_plan(folder.path(), &["trial.toml"]);
    assert_eq!(code, Some(3));
    assert!(shown.contains("seed 2") && shown.ends_with("2 runs, 0 done\n"), "{shown}");
    assert!(told.contains("absent.csv"), "{told}");
    let (code, json, _) = titer_plan(folder.path(), &["trial.toml", "--json"]);
    assert_eq!(code, Some(3));
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["runs"][0]["key"], Value::Null);
}

#[test]
fn the_generators_limits_are_the_ones_that_are_checked() {
    let limits = [("classes", MOST_CLASSES, MOST_CLASSES + 1), ("min-length", LEAST_LENGTH, LEAST_LENGTH - 1)];
    for (name, right, wrong) in limits {
        assert!(experiment(LEAST, &[&format!("data.synthetic.{name}={right}")]).is_ok(), "{name}");
        assert!(experiment(LEAST, &[&format!("data.synthetic.{name}={wrong}")]).is_err(), "{name}");
    }
}
