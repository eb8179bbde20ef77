//! What each run would fail on, `titer check` and `titer plan` find, and settings that do nothing.

use std::{collections::BTreeMap, path::Path, process::Output};

use safetensors::{Dtype, tensor::TensorView};
use serde_json::{Value, json};
use titer_core::checkpoint::{self, Config};

use super::titer;

/// A project folder with an experiment over a table.
struct Project {
    folder: tempfile::TempDir,
}

const TABLE: &str = "[data]\nsource = \"table\"\npath = \"x.csv\"\nid = \"id\"\nsequence = \"sequence\"\nlabel = \"label\"\n";
const TINY: &str = "[model]\nweights = { random = \"esm2-tiny\" }\n";
const MADE_UP: &str = "[data]\nsource = \"synthetic\"\n[data.synthetic]\nproteins = 100\n";

impl Project {
    fn new(experiment: &str) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        project.write("try.toml", experiment);
        project
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Rows of two classes: so many of the first, so many of the second.
    fn table(&self, counts: [usize; 2]) {
        let rows = (0..counts[0] + counts[1]).map(|row| {
            let label = usize::from(row >= counts[0]);
            format!("P{row},M{},{label},note {row}\n", "ACDE".repeat(row + 5))
        });
        self.write("x.csv", &("id,sequence,label,note\n".to_owned() + &rows.collect::<String>()));
    }

    fn call(&self, arguments: &[&str]) -> Told {
        let Output { status, stdout, stderr } = titer(self.path()).args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let words = |text: String| text.replace(['│', '╰', '─', '▶', '├'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        Told { code: status.code(), stdout: text(stdout), stderr: words(text(stderr)) }
    }

    /// `check` and `plan` say the same of what stands in the way.
    fn refused(&self, code: i32, verdict: &str, parts: &[&str]) {
        let checked = self.call(&["check", "try.toml"]);
        assert_eq!((checked.code, checked.stdout.trim()), (Some(code), verdict), "{}", checked.stderr);
        let planned = self.call(&["plan", "try.toml"]);
        assert_eq!(planned.code, Some(code), "{}", planned.stderr);
        assert!(planned.stdout.contains("the run") || planned.stdout.contains("seed="), "the plan is shown: {}", planned.stdout);
        for part in parts {
            for told in [&checked, &planned] {
                assert!(told.stderr.contains(part), "{part}: {}", told.stderr);
            }
        }
    }
}

struct Told {
    code: Option<i32>,
    stdout: String,
    /// Its words, the frame around them left out.
    stderr: String,
}

#[test]
fn data_that_are_not_there_are_missed_and_all_else_is_checked_all_the_same() {
    let project = Project::new(&(TABLE.to_owned() + "[model]\nweights = \"./nowhere\"\n"));
    project.refused(
        3,
        "try.toml: inputs missing or damaged, 1 run",
        &["the data file x.csv cannot be read", "there is no weights folder", "model.weights names a folder"],
    );
}

/// Rows of two classes in given splits, of which validation has the first alone.
fn one_class_validates(project: &Project) {
    let row = |row: usize| {
        let (label, set) = match row {
            0..40 => (row % 2, "train"),
            40..50 => (0, "valid"),
            _ => (row % 2, "test"),
        };
        format!("P{row},M{},{label},{set}\n", "ACDE".repeat(row + 5))
    };
    project.write("x.csv", &("id,sequence,label,set\n".to_owned() + &(0..60).map(row).collect::<String>()));
}

#[test]
fn a_metric_that_no_checkpoint_can_be_selected_by_is_refused_and_absent_classes_are_noted() {
    let split = "[split]\nmethod = \"column\"\ncolumn = \"set\"\n";
    let project = Project::new(&(TABLE.to_owned() + split + TINY + "[train]\nselect = \"roc-auc\"\n"));
    one_class_validates(&project);
    let message = "`train.select` = \"roc-auc\" has no value on the validation split, whatever is predicted";
    project.refused(2, "try.toml: refused", &[message, "select by another metric, such as \"accuracy\""]);
    project.write("try.toml", &(TABLE.to_owned() + split + TINY));
    let told = project.call(&["check", "try.toml"]);
    assert_eq!((told.code, told.stdout.as_str()), (Some(0), "try.toml: OK, 1 run\n"), "{}", told.stderr);
    assert!(
        told.stderr.contains("no validation protein is of \"1\": scores of such a class have no value there"),
        "{}",
        told.stderr
    );
}

#[test]
fn files_that_are_named_like_splits_and_are_divided_anew_are_noted() {
    let files = TABLE.replace("\"x.csv\"", "\"s*.csv\"");
    let project = Project::new(&(files.clone() + TINY));
    project.table([40, 40]);
    let text = fs_err::read_to_string(project.path().join("x.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().collect();
    for (name, part) in [("s_train.csv", &rows[..50]), ("s_test.csv", &rows[50..])] {
        project.write(name, &format!("{header}\n{}\n", part.join("\n")));
    }
    let told = project.call(&["check", "try.toml"]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    assert!(
        told.stderr.contains("path = { train = \"s_train.csv\", test = \"s_test.csv\" } keeps them apart"),
        "{}",
        told.stderr
    );
    project.write("try.toml", &(files + "[split]\nmethod = \"stratified\"\n" + TINY));
    assert!(!project.call(&["check", "try.toml"]).stderr.contains("named like splits"));
}

#[test]
fn a_grid_may_say_what_the_file_leaves_open() {
    let split = "[split]\nmethod = \"column\"\ncolumn = \"set\"\n";
    let grid = "[grid]\n\"split.train\" = [\"a\", [\"a\", \"b\"]]\n";
    let project = Project::new(&(TABLE.to_owned() + split + TINY + grid));
    let row = |row: usize| format!("P{row},M{},{},{}\n", "ACDE".repeat(row + 5), row % 2, ["a", "b", "val", "test"][row / 2 % 4]);
    project.write("x.csv", &("id,sequence,label,set\n".to_owned() + &(0..80).map(row).collect::<String>()));
    assert_eq!(project.call(&["check", "try.toml"]).stdout, "try.toml: OK, 2 runs\n");
    let told = project.call(&["describe", "try.toml"]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    assert!(told.stdout.contains("This is train a: the file's own settings are of no run."), "{}", told.stdout);
}

#[test]
fn data_that_describe_would_refuse_are_refused() {
    let project = Project::new(&(TABLE.to_owned() + TINY));
    project.table([40, 2]);
    project.refused(2, "try.toml: refused", &["no protein of the class \"1\" falls to the"]);
    assert_eq!(project.call(&["describe", "try.toml"]).code, Some(2));
    project.table([40, 40]);
    assert_eq!(project.call(&["check", "try.toml"]).stdout, "try.toml: OK, 1 run\n");
}

#[test]
fn a_pattern_that_matches_no_header_and_a_column_that_is_not_there_are_refused() {
    let fasta = "[data]\nsource = \"fasta\"\npath = \"x.fasta\"\nlabel = 'class=(\\w+)'\n";
    let project = Project::new(&(fasta.to_owned() + TINY));
    project.write("x.fasta", ">P1 location:Nucleus\nMACD\n>P2 location:Cytoplasm\nMACDE\n");
    project.refused(2, "try.toml: refused", &["captures the label from no header of x.fasta", "P1 location:Nucleus"]);

    let project = Project::new(&(TABLE.to_owned() + TINY + "[report]\ntext = \"nite\"\n"));
    project.table([40, 40]);
    project.refused(2, "try.toml: refused", &["x.csv has no column \"nite\"", "did you mean \"note\"?"]);
}

#[test]
fn what_only_one_point_of_the_grid_meets_is_found() {
    let project =
        Project::new(&(TABLE.to_owned() + TINY + "[grid]\n\"data.path\" = [\"x.csv\", \"y.csv\"]\n\"train.seed\" = [1, 2]\n"));
    project.table([40, 40]);
    let told = project.call(&["check", "try.toml"]);
    assert_eq!((told.code, told.stdout.as_str()), (Some(3), "try.toml: inputs missing or damaged, 4 runs\n"));
    assert!(told.stderr.contains("the data file y.csv cannot be read") && !told.stderr.contains("x.csv"), "{}", told.stderr);
}

#[test]
fn what_is_wrong_with_several_files_is_told_at_once() {
    let project = Project::new(&(TABLE.to_owned() + TINY));
    project.write("fine.toml", &(MADE_UP.to_owned() + TINY));
    project.write("typo.toml", &(MADE_UP.to_owned() + TINY + "[train]\nepoch = 1\n"));
    let told = project.call(&["check", "try.toml", "fine.toml", "typo.toml"]);
    let verdicts = "try.toml: inputs missing or damaged, 1 run\nfine.toml: OK, 1 run\ntypo.toml: refused\n";
    assert_eq!((told.code, told.stdout.as_str()), (Some(2), verdicts));
    assert!(
        told.stderr.contains("x.csv cannot be read") && told.stderr.contains("did you mean `train.epochs`?"),
        "{}",
        told.stderr
    );
}

#[test]
fn fp16_where_the_runs_would_compute_on_a_cpu_is_refused() {
    let project = Project::new(
        &(MADE_UP.to_owned() + TINY + "[grid]\n\"train.precision\" = [\"fp32\", \"fp16\"]\n\"train.seed\" = [1, 2, 3]\n"),
    );
    let told = project.call(&["check", "try.toml", "--device", "cpu"]);
    assert_eq!((told.code, told.stdout.as_str()), (Some(2), "try.toml: refused\n"), "{}", told.stderr);
    assert!(told.stderr.contains("3 of 6 runs want fp16, which needs a GPU"), "{}", told.stderr);
}

#[test]
fn weights_that_are_not_fetched_are_missed_with_what_to_do() {
    let hub = "[model]\nweights = \"facebook/esm2_t6_8M_UR50D\"\nrevision = \"c731040fcd8d73dceaa04b0a8e6329b345b0f5df\"\n";
    let project = Project::new(&(MADE_UP.to_owned() + hub));
    let mut command = titer(project.path());
    let output = command.env("HF_HOME", project.path().join("hub")).args(["check", "try.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("titer fetch FILE"), "{output:?}");
}

type Tensors = BTreeMap<String, (Vec<i64>, Vec<u8>)>;

/// A weights folder of the smallest model, changed.
fn weights(project: &Project, change: impl FnOnce(&mut Value, &mut Tensors)) {
    let config = Config {
        hidden_size: 8,
        num_attention_heads: 2,
        intermediate_size: 16,
        ..Config::of_size(titer_core::experiment::ModelSize::Tiny)
    };
    let tensor = |(name, shape): (String, Vec<i64>)| {
        let values = shape.iter().product::<i64>() as usize;
        (name, (shape, 0.5_f32.to_le_bytes().repeat(values)))
    };
    let mut tensors: Tensors = checkpoint::encoder(&config).into_iter().map(tensor).collect();
    let mut config = json!(config);
    change(&mut config, &mut tensors);
    project.write("w/config.json", &config.to_string());
    let views = tensors.iter().map(|(name, (shape, data))| {
        let shape = shape.iter().map(|&size| size as usize).collect();
        (name, TensorView::new(Dtype::F32, shape, data).unwrap())
    });
    safetensors::serialize_to_file(views, None, &project.path().join("w/model.safetensors")).unwrap();
}

fn with_weights(change: impl FnOnce(&mut Value, &mut Tensors)) -> Project {
    let project = Project::new(&(MADE_UP.to_owned() + "[model]\nweights = \"./w\"\n"));
    weights(&project, change);
    project
}

#[test]
fn a_whole_encoder_is_right_whatever_stands_beside_it() {
    let project = with_weights(|_, tensors| {
        for name in ["lm_head.bias", "classifier.out_proj.weight", "esm.embeddings.position_ids"] {
            tensors.insert(name.to_owned(), (vec![1], f32::NAN.to_le_bytes().to_vec()));
        }
        let frequencies = "esm.encoder.layer.1.attention.self.rotary_embeddings.inv_freq";
        tensors.insert(frequencies.to_owned(), (vec![2], vec![0; 8]));
    });
    let told = project.call(&["check", "try.toml"]);
    assert_eq!((told.code, told.stdout.as_str()), (Some(0), "try.toml: OK, 1 run\n"), "{}", told.stderr);
}

#[test]
fn another_model_is_named_by_its_kind() {
    let project = with_weights(|config, _| *config = json!({ "model_type": "bert", "hidden_size": 1024, "vocab_size": 30 }));
    project.refused(2, "try.toml: refused", &["of another model than ESM-2: its model_type is \"bert\""]);
}

#[test]
fn dropout_that_the_configuration_asks_for_is_refused_with_the_key_to_set() {
    let project = with_weights(|config, _| config["hidden_dropout_prob"] = json!(0.1));
    project.refused(2, "try.toml: refused", &["hidden_dropout_prob = 0.1 is not supported", "to 0.0 there"]);
}

#[test]
fn tensors_that_are_missing_too_many_or_of_another_shape_are_all_named() {
    let project = with_weights(|_, tensors| {
        tensors.remove("esm.encoder.layer.1.output.dense.bias").unwrap();
        tensors.insert("esm.pooler.dense.bias".to_owned(), (vec![1], vec![0; 4]));
        tensors.insert("esm.encoder.layer.0.LayerNorm.weight".to_owned(), (vec![1], vec![0; 4]));
    });
    let parts = [
        "missing: esm.encoder.layer.1.output.dense.bias [8]",
        "not part of the model: esm.pooler.dense.bias",
        "esm.encoder.layer.0.LayerNorm.weight: the shape is [1], not [8]",
    ];
    project.refused(2, "try.toml: refused", &parts);
}

#[test]
fn values_that_are_not_finite_are_named_with_their_tensor() {
    let project = with_weights(|_, tensors| {
        for (name, value) in [
            ("esm.encoder.layer.0.attention.self.key.weight", f32::NAN),
            ("esm.encoder.layer.1.output.dense.weight", f32::NEG_INFINITY),
        ] {
            tensors.get_mut(name).unwrap().1[8..12].copy_from_slice(&value.to_le_bytes());
        }
    });
    let parts = [
        "holds values that are NaN or infinite: esm.encoder.layer.0.attention.self.key.weight: 1 of 64 values",
        "esm.encoder.layer.1.output.dense.weight: 1 of 128 values",
    ];
    project.refused(3, "try.toml: inputs missing or damaged, 1 run", &parts);
}

#[test]
fn a_file_cut_short_and_one_that_is_no_safetensors_are_named() {
    let project = with_weights(|_, _| ());
    let path = project.path().join("w/model.safetensors");
    let whole = fs_err::read(&path).unwrap();
    for damaged in [&whole[..whole.len() - 1], &whole[..100], &whole[..4], b"a pickle, or some such", &[0xff; 64]] {
        fs_err::write(&path, damaged).unwrap();
        project.refused(
            3,
            "try.toml: inputs missing or damaged, 1 run",
            &["model.safetensors is not a safetensors file", "fetch it again"],
        );
    }
}

#[test]
fn more_layers_than_a_folders_model_has_are_refused() {
    let project = with_weights(|_, _| ());
    let told = project.call(&["check", "try.toml", "--set", "train.finetune={ last = 3 }"]);
    assert_eq!(told.code, Some(2), "{}", told.stderr);
    assert!(told.stderr.contains("train.finetune.last is 3") && told.stderr.contains("has 2 layers"), "{}", told.stderr);
    assert_eq!(project.call(&["check", "try.toml", "--set", "train.finetune={ last = 2 }"]).code, Some(0));
}

#[test]
fn pickled_weights_are_named_with_how_to_convert_them() {
    let project = Project::new(&(MADE_UP.to_owned() + "[model]\nweights = \"./w\"\n"));
    project.write("w/config.json", "{}");
    project.write("w/pytorch_model.bin", "");
    let parts = ["has no model.safetensors", "pickled weights are never loaded", "safe_serialization=True"];
    project.refused(3, "try.toml: inputs missing or damaged, 1 run", &parts);
}

#[test]
fn settings_that_do_nothing_are_said() {
    let text = MADE_UP.to_owned()
        + TINY
        + "[tokens]\nmax-length = \"longest\"\ntruncate = \"start\"\n[train]\nepochs = 2\nseed = 7\nmax-steps = 1000\nwarmup-steps = 8\n[grid]\n\"train.seed\" = [1, 2]\n";
    let project = Project::new(&text);
    let told = project.call(&["check", "try.toml"]);
    assert_eq!((told.code, told.stdout.as_str()), (Some(0), "try.toml: OK, 2 runs\n"), "{}", told.stderr);
    // 60 training proteins in batches of 16.
    let expected = [
        "`train.seed` is varied by the grid: the value outside of [grid] is used by no run",
        "`tokens.truncate` does nothing beside `tokens.max-length` = \"longest\"",
        "`train.max-steps` = 1,000 does nothing: 2 epochs are 8 steps",
        "`train.warmup-steps` = 8 is no shorter than the training of 8 steps: the learning rate never reaches `train.learning-rate`",
    ];
    for part in expected {
        assert_eq!(told.stderr.matches(part).count(), 1, "{part}: {}", told.stderr);
        assert!(project.call(&["plan", "try.toml"]).stderr.contains(part), "{part}");
    }
    let quiet = [
        "--set",
        "train.max-steps=7",
        "--set",
        "train.warmup-steps=6",
        "--set",
        "tokens.max-length={ fixed = 9 }",
        "--set",
        "grid={}",
    ];
    let told = project.call(&[&["check", "try.toml"], &quiet[..]].concat());
    let lines = |sets: &[&str]| {
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", *set]).collect();
        let told = project.call(&[&["check", "try.toml"], &quiet[2..], &sets].concat());
        assert_eq!(told.code, Some(0), "{}", told.stderr);
        told.stderr
    };
    let stopped = "`train.epochs` = 3 is not reached: `train.stop-after` ends the training after 8 steps in 2 epochs";
    for (sets, expected) in [
        (&["train.epochs=3", "train.stop-after=2"][..], format!("{stopped}, before its schedule ends")),
        (
            &["train.epochs=3", "train.stop-after=2", "train.max-steps=9"],
            format!("{stopped}, and `train.max-steps` the schedule after 9 steps"),
        ),
        (&["train.stop-after=2"], "`train.stop-after` = 2 does nothing: the schedule ends after 8 steps in 2 epochs".to_owned()),
        (
            &["train.stop-after=1", "train.max-steps=3"],
            "`train.stop-after` = 1 does nothing: the schedule ends after 3 steps, 0.8 of an epoch".to_owned(),
        ),
    ] {
        let told = lines(sets);
        assert!(told.contains(&expected), "{sets:?}: {told}");
    }
    let cut = "`train.epochs` = 2 is not reached: `train.max-steps` ends the training after 7 steps, 1.8 epochs";
    assert!(told.code == Some(0) && told.stderr.trim_end().ends_with(cut), "{}", told.stderr);
    assert_eq!(told.stderr.lines().count(), 1, "{}", told.stderr);
}

#[test]
fn a_set_at_a_key_that_the_grid_varies_is_refused() {
    let project = Project::new(
        &(MADE_UP.to_owned() + TINY + "[grid]\n\"train.seed\" = [1, 2]\nmodel = [{ weights = { random = \"esm2-tiny\" } }]\n"),
    );
    for set in ["train.seed=3", "train={ seed = 3 }", "model.weights=./w"] {
        let told = project.call(&["check", "try.toml", "--set", set]);
        assert_eq!(told.code, Some(2), "{set}: {}", told.stderr);
        assert!(told.stderr.contains("does nothing: the grid varies"), "{set}: {}", told.stderr);
    }
    for sets in
        [["train.seed=3", "grid={}"], ["train.seed=3", "grid={\"train.epochs\"=[1]}"], ["train.epochs=2", "train.weight-decay=0"]]
    {
        let told = project.call(&["check", "try.toml", "--set", sets[0], "--set", sets[1]]);
        assert_eq!(told.code, Some(0), "{sets:?}: {}", told.stderr);
    }
}
