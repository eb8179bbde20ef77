//! `titer init`: what is found in data files; what is written can be checked, described and swept.

mod refused;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use flate2::{Compression, write::GzEncoder};

/// What a call said.
pub struct Told {
    pub code: Option<i32>,
    pub out: String,
    /// Standard error, its words apart by one space.
    pub err: String,
}

/// A folder with data files.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        for (name, text) in files {
            project.write(name, text.as_bytes());
        }
        project
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, bytes).unwrap();
        path
    }

    pub fn call(&self, arguments: &[&str]) -> Told {
        let mut titer = Command::new(env!("CARGO_BIN_EXE_titer"));
        // No weights are in this cache.
        titer.args(arguments).current_dir(self.path()).env_clear().env("HF_HOME", self.path().join("cache"));
        let output = titer.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let err = text(output.stderr).replace(['│', '╰', '─', '▶', '├', '×'], " ");
        let err = err.split_whitespace().collect::<Vec<_>>().join(" ");
        Told { code: output.status.code(), out: text(output.stdout), err }
    }

    /// The experiment that is written for the data, and what was said: it is one that can be
    /// checked and described.
    fn initiated(&self, data: &[&str]) -> (String, String) {
        let told = self.call(&[&["init"][..], data, &["--out", "experiments/try.toml"]].concat());
        assert_eq!(told.code, Some(0), "{}", told.err);
        for command in ["check", "describe"] {
            let told = self.call(&[command, "experiments/try.toml", "--set", "model.weights={ random = \"esm2-tiny\" }"]);
            assert_eq!(told.code, Some(0), "{command}: {}{}", told.out, told.err);
        }
        (fs_err::read_to_string(self.path().join("experiments/try.toml")).unwrap(), told.out)
    }
}

/// Made-up proteins, all different.
pub fn proteins(count: usize) -> Vec<String> {
    let mut state = 1_u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b"ACDEFGHIKLMNPQRSTVWY"[(state >> 33) as usize % 20])
    };
    (0..count).map(|index| "M".to_owned() + &(0..20 + index % 15).map(|_| letter()).collect::<String>()).collect()
}

/// A table under a header, of what each protein of `count` has: its number and sequence are given.
pub fn table(header: &str, count: usize, row: impl Fn(usize, &str) -> String) -> String {
    let rows = proteins(count).into_iter().enumerate().map(|(index, protein)| row(index, &protein) + "\n");
    format!("{header}\n{}", rows.collect::<String>())
}

/// One of these by number.
pub fn of<'a>(values: &[&'a str], index: usize) -> &'a str {
    values[index % values.len()]
}

/// What stands at a dotted key of a file.
fn value(text: &str, key: &str) -> Option<toml::Value> {
    let table: toml::Table = text.parse().unwrap();
    key.split('.').try_fold(toml::Value::Table(table), |value, step| value.get(step).cloned())
}

/// Asserts what stands at keys, as TOML; nothing at `-`.
fn holds(text: &str, keys: &[(&str, &str)]) {
    for (key, expected) in keys {
        let found = value(text, key).map_or_else(|| "-".to_owned(), |value| value.to_string());
        assert_eq!(found, *expected, "{key} in\n{text}");
    }
}

const CLASSES: [&str; 2] = ["Cyt", "Nuc"];
const SETS: [&str; 10] = ["train", "train", "train", "train", "train", "train", "valid", "valid", "test", "test"];

fn ordinary(count: usize) -> String {
    table("id,sequence,label", count, |index, protein| format!("P{index},{protein},{}", of(&CLASSES, index)))
}

#[test]
fn an_experiment_is_written_with_its_reasons_and_told() {
    let project = Project::new(&[("data/proteins.csv", &ordinary(60))]);
    let told = project.call(&["init", "data/proteins.csv"]);
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""));
    let text = fs_err::read_to_string(project.path().join("experiments/proteins.toml")).unwrap();
    insta::assert_snapshot!("an_experiment", text);
    insta::assert_snapshot!("what_is_told", told.out);
}

#[test]
fn nothing_is_overwritten() {
    let project = Project::new(&[("a.csv", &ordinary(60)), ("experiments/a.toml", "mine")]);
    let told = project.call(&["init", "a.csv"]);
    assert_eq!((told.code, told.out.as_str()), (Some(2), ""));
    assert!(told.err.contains("experiments/a.toml is there already") && told.err.contains("--out"), "{}", told.err);
    assert_eq!(fs_err::read_to_string(project.path().join("experiments/a.toml")).unwrap(), "mine");
    assert_eq!(project.call(&["init", "a.csv", "--out", "a.csv"]).code, Some(2));
    assert_eq!(project.call(&["init", "a.csv", "--out", "b/c d.toml"]).code, Some(2), "no name of an experiment");
    assert!(!project.path().join("b").exists());
}

#[test]
fn tables_of_every_kind_are_recognised() {
    let semicolons = ordinary(60).replace(',', ";");
    let tabs = ordinary(60).replace(',', "\t");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(tabs.as_bytes()).unwrap();
    let project = Project::new(&[
        ("a;b.csv", &semicolons),
        ("t.tsv", &tabs),
        ("t.txt", &tabs),
        ("sep.csv", &format!("sep=;\n{semicolons}")),
    ]);
    project.write("t.tab.gz", &gzip.finish().unwrap());
    let usual =
        [("data.id", "\"id\""), ("data.sequence", "\"sequence\""), ("data.label", "\"label\""), ("data.source", "\"table\"")];
    for (file, separator) in [("a;b.csv", "\";\""), ("t.tsv", "-"), ("t.txt", "\"\\t\""), ("sep.csv", "\";\""), ("t.tab.gz", "-")]
    {
        let (text, _) = project.initiated(&[file]);
        holds(&text, &usual);
        holds(&text, &[("data.separator", separator), ("data.path", &format!("{file:?}")), ("split.method", "\"stratified\"")]);
        fs_err::remove_dir_all(project.path().join("experiments")).unwrap();
    }
}

#[test]
fn the_task_follows_from_the_labels() {
    let of_label = |label: &dyn Fn(usize) -> String| {
        let text = table("id,sequence,value", 60, |index, protein| format!("P{index},{protein},{}", label(index)));
        Project::new(&[("a.csv", &text)]).initiated(&["a.csv"])
    };
    let (text, _) = of_label(&|index| format!("{}.25", index * 7 % 60));
    holds(&text, &[("task.kind", "\"regression\""), ("train.select", "\"spearman\""), ("data.missing-values", "-")]);
    let (text, told) = of_label(&|index| if index == 9 { "n.d.".to_owned() } else { format!("{}.25", index * 7 % 60) });
    holds(&text, &[("task.kind", "\"regression\""), ("data.missing-values", "[\"n.d.\"]")]);
    assert!(told.contains("\"n.d.\" among the labels"), "{told}");
    // Whole numbers, few of them: names of classes, or not, which only the user knows.
    let (text, told) = of_label(&|index| (index % 3).to_string());
    holds(&text, &[("task.kind", "-"), ("train.select", "\"f1\"")]);
    assert!(told.contains("whole numbers. Are they names of classes?"), "{told}");
    let (text, _) = of_label(&|index| if index % 8 == 0 { "rare" } else { "common" }.to_owned());
    holds(&text, &[("train.select", "\"macro-f1\"")]);
    // A few proteins of several labels are left out; see `refused` for most.
    let (text, told) = of_label(&|index| of(&["Cyt", "Nuc", "Cyt", "Nuc", "Cyt;Nuc"], index).to_owned());
    holds(&text, &[("data.classes", "{ Cyt = \"Cyt\", Nuc = \"Nuc\" }")]);
    assert!(told.contains("12 rows have several labels, separated by `;`"), "{told}");
    // `NA` may be a class: asked, and left as it is. `NaN` is none.
    let (text, told) = of_label(&|index| of(&["NA", "HA"], index).to_owned());
    holds(&text, &[("data.missing-values", "-")]);
    assert!(told.contains("\"NA\" is the label of 30 rows. Is it a class"), "{told}");
    let (text, _) = of_label(&|index| of(&["NA", "HA", "NaN"], index).to_owned());
    holds(&text, &[("data.missing-values", "[\"NaN\"]")]);
}

#[test]
fn what_the_data_needs_is_set_and_said() {
    let rows = |row: &dyn Fn(usize, &str) -> String| {
        let project = Project::new(&[("a.csv", &table("name,sequence,label", 60, row))]);
        project.initiated(&["a.csv"])
    };
    let class = |index: usize| of(&CLASSES, index);
    let (text, _) = rows(&|index, protein| format!("P{index},{protein}*,{}", class(index)));
    holds(&text, &[("data.strip", "[\"stop\"]")]);
    let (text, _) = rows(&|index, protein| format!("P{index},{}-{protein}*,{}", &protein[..3], class(index)));
    holds(&text, &[("data.strip", "[\"gaps\", \"stop\"]")]);
    let (text, _) = rows(&|index, protein| format!("P{},{protein},{}", index - index % 30 / 29, class(index)));
    holds(&text, &[("data.id", "\"name\""), ("data.duplicate-ids", "\"number\"")]);
    let (_, told) = rows(&|index, protein| format!("P{index},{},{}", protein.to_lowercase(), class(index)));
    assert!(told.contains("60 sequences have lower-case letters"), "{told}");
    let (text, told) = rows(&|index, protein| format!("P{index},{protein},{}", if index < 3 { "tiny" } else { class(index) }));
    holds(&text, &[("data.min-class-size", "10")]);
    assert!(told.contains("Classes with fewer than 10 proteins are left out"), "{told}");
    // Of classes that all are small, the larger ones stay.
    let (text, _) = rows(&|index, protein| format!("P{index},{protein},c{}", if index < 2 { 99 } else { index % 8 }));
    holds(&text, &[("data.min-class-size", "5")]);
    let first = proteins(60);
    let (text, told) = rows(&|index, protein| {
        let protein = if index % 30 == 29 { &first[0] } else { protein };
        format!("P{index},{protein},{}", if index == 59 { "Nuc" } else { class(index - index % 30 / 29) })
    });
    holds(&text, &[("data.duplicates", "-"), ("data.conflicts", "\"drop\"")]);
    assert!(told.contains("3 rows left out: a repeated sequence with different labels"), "{told}");
}

#[test]
fn given_splits_are_found_in_columns() {
    let with = |header: &str, row: &dyn Fn(usize) -> String| {
        let rows = |index: usize, protein: &str| format!("{protein},{},{}", of(&CLASSES, index), row(index));
        Project::new(&[("a.csv", &table(&format!("sequence,label,{header}"), 80, rows))]).initiated(&["a.csv"])
    };
    let (text, told) = with("set", &|index| of(&SETS, index / 2).to_owned());
    holds(&text, &[("split.method", "\"column\""), ("split.column", "\"set\""), ("split.validation", "-"), ("data.id", "-")]);
    assert!(told.contains("the number of its row names each"), "{told}");
    let (text, _) = with("set", &|index| of(&["Train", "Train", "TEST"], index / 2).to_owned());
    holds(&text, &[("split.column", "\"set\""), ("split.validation", "0.1")]);
    let (text, _) = with("set,validation", &|index| {
        format!("{},{}", of(&["train", "train", "test"], index / 2), of(&["", "True"], index / 6))
    });
    holds(&text, &[("split.validation-column", "\"validation\""), ("split.validation", "-")]);
    let (text, told) = with("Partition", &|index| (index / 2 % 5).to_string());
    holds(&text, &[("split.train", "[\"0\", \"1\", \"2\"]"), ("split.validation", "\"3\""), ("split.test", "\"4\"")]);
    assert!(told.contains("numbers parts: part 3 validates, part 4 is tested"), "{told}");
    let (text, told) = with("set", &|index| of(&["train", "val"], index / 2).to_owned());
    holds(&text, &[("split.method", "\"stratified\"")]);
    assert!(told.contains("no split has training and test proteins"), "{told}");
    let (_, told) = with("set", &|index| of(&["train", "test", "unused"], index / 2).to_owned());
    assert!(told.contains("Rows with \"unused\" in the column \"set\" are in no split"), "{told}");
}

#[test]
fn a_file_a_split_is_a_split_and_other_files_are_one_data_set() {
    let all = ordinary(60);
    let lines: Vec<&str> = all.lines().collect();
    let part = |from: usize, to: usize| format!("{}\n{}\n", lines[0], lines[from..to].join("\n"));
    let project = Project::new(&[("d/train.csv", &part(1, 41)), ("d/val.csv", &part(41, 51)), ("d/test.csv", &part(51, 61))]);
    let (text, _) = project.initiated(&["d/train.csv", "d/val.csv", "d/test.csv"]);
    let paths = "{ train = \"d/train.csv\", validation = \"d/val.csv\", test = \"d/test.csv\" }";
    holds(&text, &[("data.path", paths), ("split.method", "\"files\""), ("split.validation", "-")]);
    assert_eq!(project.call(&["init", "d/train.csv", "d/test.csv"]).code, Some(0));
    let text = fs_err::read_to_string(project.path().join("experiments/d.toml")).unwrap();
    holds(&text, &[("data.path", "{ train = \"d/train.csv\", test = \"d/test.csv\" }"), ("split.validation", "0.1")]);
    fs_err::remove_dir_all(project.path().join("experiments")).unwrap();
    let (text, _) = project.initiated(&["d/train.csv", "d/val.csv"]);
    holds(&text, &[("data.path", "[\"d/train.csv\", \"d/val.csv\"]"), ("split.method", "\"stratified\"")]);
}

#[test]
fn labels_of_fasta_are_found_in_its_headers() {
    let with = |header: &dyn Fn(usize) -> String| {
        let records =
            proteins(60).into_iter().enumerate().map(|(index, protein)| format!(">P{index}{}\n{protein}\n", header(index)));
        Project::new(&[("a.fasta", &records.collect::<String>())]).initiated(&["a.fasta"]).0
    };
    let class = |index: usize| of(&CLASSES, index);
    let text = with(&|index| {
        format!(
            " SET={} TARGET={} VALIDATION={}",
            of(&["train", "train", "test"], index / 2),
            class(index),
            of(&["False", "True"], index / 6)
        )
    });
    let keys = [("data.label", "\"TARGET\""), ("split.column", "\"SET\""), ("split.validation-column", "\"VALIDATION\"")];
    holds(&text, &keys);
    holds(&with(&|index| format!(" {}", class(index))), &[("data.label", r"'^\S+\s+(\S+)'"), ("data.source", "\"fasta\"")]);
    holds(
        &with(&|index| format!(" {}-M new", of(&["Cell.membrane", "Nucleus"], index))),
        &[("data.label", r"'^\S+\s+(\S+)-[MSU]'")],
    );
    holds(&with(&|index| format!(" {}", of(&["Cell membrane", "Nucleus"], index))), &[("data.label", r"'^\S+\s+(.+)$'")]);
    holds(&with(&|index| format!("|x|{}", class(index))), &[("data.label", r"'^[^|\s]*\|[^|\s]*\|([^|\s]+)'")]);
    holds(&with(&|index| format!(" {}.5", index * 7 % 60)), &[("task.kind", "\"regression\"")]);
}

#[test]
fn names_and_values_of_the_data_are_text_and_nothing_else() {
    let header = "\"id\",\"se\"\"q\",\"la'b\"\"el]\n[data]\nx = 1 # \u{1b}[2J\"";
    let label = |index: usize| of(&["\"a\"\"\u{1b}[31m # x = 1\"", "\"'b'\\\\\""], index).to_owned();
    let text = table(header, 60, |index, protein| format!("P{index},{protein},{}", label(index)));
    let project = Project::new(&[("it's a [file]*.csv", &text)]);
    let (text, told) = project.initiated(&["it's a [file]*.csv"]);
    assert!(!text.contains('\u{1b}') && !told.contains('\u{1b}'));
    holds(&text, &[("data.sequence", "'se\"q'"), ("data.x", "-")]);
    assert_eq!(value(&text, "data.label").unwrap().as_str().unwrap(), "la'b\"el]\n[data]\nx = 1 # \u{1b}[2J");
    assert_eq!(project.call(&["init", "it's a [file]*.csv"]).code, Some(0));
    assert!(project.path().join("experiments/it-s-a-file.toml").exists());
}

#[test]
fn what_is_written_can_be_swept_as_it_is() {
    let project = Project::new(&[("a.csv", &ordinary(60)), ("justfile", "")]);
    let (text, told) = project.initiated(&["a.csv"]);
    assert!(
        text.starts_with("#:schema ../schema/experiment.schema.json\n# Question: ")
            && text.contains("best?\n# Run it:   just sweep experiments/try.toml\n")
    );
    let next = "next:\n  just fetch experiments/try.toml  # the weights of the model\n  just check experiments/try.toml\n";
    assert!(told.ends_with(next), "{told}");
    let planned = project.call(&["plan", "experiments/try.toml", "--set", "model.weights={ random = \"esm2-tiny\" }"]);
    assert!(planned.code == Some(0) && planned.out.contains("6 runs"), "{}{}", planned.out, planned.err);
}
