//! Results folders that a stranger made, or a broken disk.

use std::{
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use titer_core::{
    data, experiment, input,
    results::{ExperimentFolder, RunFolder, tables},
};
use titer_report::{self as report, Inputs, View, page};

use super::{Ended, titer};
use crate::report::fixture::{self, Course};

/// Results of one run, as a sweep would leave them, and the file that was swept.
struct Swept {
    folder: TempDir,
    results: ExperimentFolder,
    run: RunFolder,
}

impl Swept {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = "[data]\nsource = \"synthetic\"\n[model]\nweights = { random = \"esm2-tiny\" }\n";
        fs_err::write(folder.path().join("lr.toml"), text).unwrap();
        let data = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[30, 30]);
        let course = Course { epochs: 1, ..Course::at(2e-5, 1.4) };
        let results = fixture::lay(&data.inputs(&[course]), folder.path());
        let run = results.run(&fixture::key(0));
        Self { folder, results, run }
    }

    fn call(&self, command: &str) -> Ended {
        titer(self.folder.path(), &[command, "lr.toml", "--results", "."])
    }

    /// The report is drawn all the same, and says this of the run.
    fn reports_of_the_run(&self, said: &[&str]) {
        let ended = self.call("report");
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let page = fs_err::read_to_string(self.results.report()).unwrap();
        for said in said {
            assert!(page.contains(said), "{said:?} is not in the report");
        }
    }

    /// Changes the run's manifest.
    fn with(change: impl FnOnce(&mut Value)) -> Self {
        let swept = Self::new();
        let mut manifest: Value = serde_json::from_slice(&fs_err::read(swept.run.manifest()).unwrap()).unwrap();
        change(&mut manifest);
        fs_err::write(swept.run.manifest(), manifest.to_string()).unwrap();
        swept
    }

    /// The JSON files of the folder.
    fn json(&self) -> [PathBuf; 2] {
        [self.run.manifest(), self.results.card()]
    }
}

#[test]
fn results_as_they_were_left_are_reported() {
    assert_eq!(Swept::new().call("report").code, Some(0));
    assert_eq!(Swept::with(|_| ()).call("compare").code, Some(0));
}

#[test]
fn deep_json_does_not_overflow_the_stack() {
    for open in ["[", "{\"a\":"] {
        let deep = format!("{{\"format\":1,\"deep\":{}", open.repeat(200_000));
        let swept = Swept::new();
        fs_err::write(swept.run.manifest(), &deep).unwrap();
        swept.reports_of_the_run(&["run.json is not what titer writes there"]);
        let swept = Swept::new();
        fs_err::write(swept.results.card(), &deep).unwrap();
        swept.call("report").refuses(3, &["dataset.json is not what titer writes there"]);
        // Why a run failed is lost then; that it has not ended is not.
        let swept = Swept::new();
        fs_err::remove_file(swept.run.manifest()).unwrap();
        fs_err::write(swept.run.failure(), &deep).unwrap();
        swept.reports_of_the_run(&[]);
    }
}

#[test]
fn what_is_no_file_is_neither_waited_for_nor_read_for_ever() {
    let files = |swept: &Swept| {
        [swept.run.manifest(), swept.results.card(), swept.results.dataset(), swept.results.runs_table(), swept.run.steps()]
    };
    for file in 0..5 {
        let swept = Swept::new();
        let path = &files(&swept)[file];
        for replace in [
            |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
            |path: &Path| symlink("/dev/zero", path).unwrap(),
        ] {
            fs_err::remove_file(path).unwrap();
            replace(path);
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.starts_with(swept.run.path()) {
                swept.reports_of_the_run(&[&format!("{name} cannot be read")]);
            } else {
                swept.call("report").refuses(3, &[name, "cannot be read"]);
            }
        }
    }
}

#[test]
fn names_in_results_lead_nowhere_else() {
    for key in ["../../../../tmp/", "/etc/cron.daily/", "0123456789ABCDEF", "..", "", "a11ce00000000000/../x"] {
        let swept = Swept::with(|manifest| manifest["key"] = json!(key));
        swept.reports_of_the_run(&["run.json is not what titer writes there"]);
        assert_eq!(swept.call("compare").code, Some(0));
    }
    Swept::with(|manifest| manifest["key"] = json!("0123456789abcdef")).reports_of_the_run(&["holds the run 0123456789abcdef"]);
    for name in ["../x", "/x", ".", "a\u{0}b"] {
        let swept = Swept::with(|manifest| manifest["experiment"] = json!(name));
        swept.reports_of_the_run(&["run.json is not what titer writes there"]);
    }

    let swept = Swept::new();
    let key = fixture::key(0).to_string();
    let mut table = fs_err::read(swept.results.runs_table()).unwrap();
    let places: Vec<usize> = (0..table.len() - key.len()).filter(|&at| table[at..].starts_with(key.as_bytes())).collect();
    assert!(!places.is_empty());
    for at in places {
        table[at..at + key.len()].copy_from_slice(b"../../../../tmp/");
    }
    fs_err::write(swept.results.runs_table(), table).unwrap();
    swept.call("report").refuses(3, &["runs.parquet: the column \"key\" holds \"../../../../tmp/\""]);
}

/// polars panics on some of these.
#[test]
fn a_damaged_parquet_file_is_refused_whatever_byte_is_damaged() {
    let swept = Swept::new();
    let whole = fs_err::read(swept.run.steps()).unwrap();
    let path = swept.folder.path().join("damaged.parquet");
    let settings = "[data]\nsource = \"table\"\npath = \"damaged.parquet\"\nid = \"step\"\nsequence = \"loss\"\nlabel = \"epoch\"\n[model]\nweights = { random = \"esm2-tiny\" }\n";
    let settings = experiment::parse(Path::new("a.toml"), settings, &[]).unwrap().experiment.base;
    let mut refused = 0;
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs_err::write(&path, &damaged).unwrap();
        refused += usize::from(tables::read_steps(&path).is_err());
        // Numbers are no sequences: the file is read and then refused, or refused at once.
        data::prepare(
            &titer_core::experiment::TaskSettings::default(),
            &settings.data,
            &settings.split,
            &settings.tokens,
            swept.folder.path(),
        )
        .unwrap_err();
    }
    assert!(refused > 300, "{refused} of {}", whole.len());
    for length in (0..whole.len()).step_by(7) {
        fs_err::write(&path, &whole[..length]).unwrap();
        tables::read_steps(&path).unwrap_err();
    }
}

/// The values of a JSON document, by their pointers; of a list the first two, the others being
/// alike.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => (0..2).zip(items).for_each(|(index, item)| pointers(item, &format!("{at}/{index}"), found)),
        Value::Object(fields) => fields.iter().for_each(|(key, field)| pointers(field, &format!("{at}/{key}"), found)),
        _ => {}
    }
}

/// What a value of this kind could be as well.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Number(_) => vec![json!(0), json!(u64::MAX), json!(-1e300)],
        Value::String(_) => vec![json!("")],
        Value::Array(items) => vec![json!([]), json!([items.as_slice(), items].concat()), json!(items.get(1..))],
        Value::Object(_) => vec![json!({})],
        Value::Bool(truth) => vec![json!(!truth)],
        Value::Null => vec![json!(0), json!("x")],
    }
}

/// A report of numbers that contradict one another is written, or refused.
#[test]
fn whatever_one_value_of_the_json_is_the_report_is_written_or_refused() {
    let swept = Swept::new();
    let mut panics = Vec::new();
    for file in swept.json() {
        let whole: Value = serde_json::from_slice(&fs_err::read(&file).unwrap()).unwrap();
        let mut all = Vec::new();
        pointers(&whole, "", &mut all);
        for pointer in all {
            for other in [others(whole.pointer(&pointer).unwrap()), vec![Value::Null]].concat() {
                let mut changed = whole.clone();
                *changed.pointer_mut(&pointer).unwrap() = other.clone();
                fs_err::write(&file, changed.to_string()).unwrap();
                let made = input::guarded(|| {
                    let inputs = Inputs::read(&swept.results)?;
                    let view = View::new(&inputs);
                    page::body(&inputs, &view).map(|body| (body, report::Compared::from(view).to_string()))
                });
                if let Err(panic) = made {
                    panics.push(format!("{pointer} = {}: {panic}", other.to_string().chars().take(60).collect::<String>()));
                }
            }
        }
        fs_err::write(&file, whole.to_string()).unwrap();
    }
    assert!(panics.is_empty(), "{panics:#?}");
}
