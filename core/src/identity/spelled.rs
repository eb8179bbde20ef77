//! What decides a run's key, spelled as an experiment file spells it, and what two runs differ in.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::SEMANTICS;
use crate::{
    experiment::{Paths, Settings, schema},
    results::{EarlierRun, manifest::Inputs},
};

/// The settings that take no part in a key: they say where the inputs lie, and [`Inputs`] holds the
/// digests of what lies there. A file that moved, or a folder with the weights of a model of the
/// Hub, is the same run.
pub const TOLD_BY_DIGESTS: [&str; 2] = ["data.source.path", "model.weights"];

/// What decides a run's key, ready to be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// `None` in runs of titers that had none.
    semantics: Option<u64>,
    /// The settings that take part in the key, by their dotted keys in an experiment file; those
    /// without a value are left out.
    settings: Map<String, Value>,
    data: Input,
    weights: Input,
}

/// A digest, and what the settings call that which was digested.
#[derive(Debug, Clone, PartialEq)]
struct Input {
    digest: Value,
    name: String,
}

/// Something in which two runs differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// `semantics`, `data` or `weights` for [`SEMANTICS`] and the inputs' digests; else a dotted
    /// key of an experiment file.
    pub what: String,
    /// `null` where there is no value.
    pub before: Value,
    pub now: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Identity {
    /// Of a run of the plan.
    #[must_use]
    pub fn of(settings: &Settings, inputs: &Inputs) -> Self {
        // Results record paths without the folders above: only so can the two be compared.
        Self::read(Some(SEMANTICS.into()), &json!(settings.without_absolute_paths()), &json!(inputs))
    }

    fn read(semantics: Option<u64>, settings: &Value, inputs: &Value) -> Self {
        let (source, weights) = (&settings["data"]["source"], &settings["model"]["weights"]);
        let data = Input { digest: inputs["data"].clone(), name: paths(&source["path"]) };
        let weights = Input { digest: inputs["weights"].clone(), name: weights_name(weights) };
        Self { semantics, settings: self::settings(settings), data, weights }
    }

    /// What the two differ in: the inputs, then the settings in their own order; the semantics
    /// alone where they are others, for then equal settings may mean something else.
    #[must_use]
    pub fn differences(&self, before: &Self) -> Vec<Difference> {
        if before.semantics != self.semantics {
            let note = Some("titer itself changed".to_owned());
            return vec![difference("semantics", &before.semantics.into(), &self.semantics.into(), note)];
        }
        let mut found = Vec::new();
        let settings = self.setting_differences(before);
        // The digest of made-up proteins follows from the generator's settings.
        let synthetic = |identity: &Self| identity.settings.get("data.source").is_some_and(|source| source == "synthetic");
        let explained = settings.iter().any(|difference| difference.what.starts_with("data.synthetic."));
        if before.data.digest != self.data.digest && !explained {
            let made = synthetic(self) && synthetic(before);
            let same = if made { "the generator changed" } else { "the file's content changed" };
            found.push(self.data.difference("data", &before.data, same));
        }
        if before.weights.digest != self.weights.digest {
            found.push(self.weights.difference("weights", &before.weights, "their content changed"));
        }
        found.extend(settings);
        found
    }

    /// A setting that an older titer did not have is at its default in its runs, as in their keys.
    fn setting_differences<'a>(&'a self, before: &'a Self) -> Vec<Difference> {
        // Another kind of source, another method: the keys that only one of the two knows follow from it.
        let follows = |key: &str| {
            let chosen = |choice: &str| self.settings.get(choice) != before.settings.get(choice) && choice != key;
            (key.starts_with("data.") && chosen("data.source"))
                || (key.starts_with("split.") && chosen("split.method"))
                || (key == "split.validation" && chosen("split.validation-column"))
        };
        // Two runs have mostly the same settings in the same places: only those that are not are looked up.
        let same: Vec<bool> = self.settings.iter().zip(&before.settings).map(|(now, before)| now == before).collect();
        let apart = |settings: &'a Map<String, Value>| {
            let same = same.iter().copied().chain(std::iter::repeat(false));
            settings.keys().zip(same).filter(|(_, same)| !same).map(|(key, _)| key)
        };
        let gone = apart(&before.settings).filter(|key| !self.settings.contains_key(*key));
        let keys = apart(&self.settings).chain(gone);
        keys.filter_map(|key| {
            let (old, new) = (before.settings.get(key), self.settings.get(key));
            let one_sided = old.is_none() || new.is_none();
            let default = || schema::DEFAULTS.get(key);
            let (old, new) = (old.or_else(default), new.or_else(default));
            let told = old != new && !(one_sided && follows(key));
            told.then(|| difference(key, old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null), None))
        })
        .collect()
    }
}

impl From<&EarlierRun> for Identity {
    fn from(run: &EarlierRun) -> Self {
        Self::read(run.semantics, &json!(run.settings), &json!(run.inputs))
    }
}

impl Input {
    fn difference(&self, what: &str, before: &Self, same: &str) -> Difference {
        let note = match (before.name.as_str(), self.name.as_str()) {
            (old, new) if old == new => Some(same.to_owned()),
            // Made-up proteins have no file: `data.source` tells.
            ("", _) | (_, "") => None,
            (old, new) => Some(format!("{old} → {new}")),
        };
        difference(what, &before.digest, &self.digest, note)
    }
}

fn difference(what: &str, before: &Value, now: &Value, note: Option<String>) -> Difference {
    Difference { what: what.to_owned(), before: before.clone(), now: now.clone(), note }
}

/// The settings that take part in a key, by their dotted keys in an experiment file; those without
/// a value are left out.
pub(super) fn settings(settings: &Value) -> Map<String, Value> {
    let mut spelled = Map::new();
    for (table, keys) in settings.as_object().into_iter().flatten() {
        for (key, value) in keys.as_object().into_iter().flatten() {
            match (table.as_str(), key.as_str()) {
                ("data", "source") => source(&mut spelled, value),
                ("data", "classes") => classes(&mut spelled, value),
                ("model", "weights") => {}
                _ if value.is_null() => {}
                _ => _ = spelled.insert(format!("{table}.{key}"), value.clone()),
            }
        }
    }
    spelled
}

/// `data.source` and what belongs to it, without the path.
fn source(into: &mut Map<String, Value>, source: &Value) {
    let table = if source["kind"] == "synthetic" { "data.synthetic" } else { "data" };
    for (key, value) in source.as_object().into_iter().flatten() {
        match key.as_str() {
            "kind" => _ = into.insert("data.source".to_owned(), value.clone()),
            "path" => {}
            _ if value.is_null() => {}
            key => _ = into.insert(format!("{table}.{key}"), value.clone()),
        }
    }
}

/// `data.classes` as a file has them, where it does.
fn classes(into: &mut Map<String, Value>, classes: &Value) {
    let named = classes.as_array().into_iter().flatten().map(|class| (text(&class["label"]), class["name"].clone()));
    let named: Map<String, Value> = named.collect();
    if !named.is_empty() {
        into.insert("data.classes".to_owned(), named.into());
    }
}

/// What the settings call the weights.
fn weights_name(weights: &Value) -> String {
    match weights["kind"].as_str() {
        Some("hub") => format!("{} at {}", text(&weights["name"]), text(&weights["revision"])),
        Some("random") => format!("random {}", text(&weights["size"])),
        _ => text(&weights["path"]),
    }
}

/// What the settings call the data: its path, or its paths.
fn paths(path: &Value) -> String {
    let read = serde_json::from_value::<Paths>(path.clone());
    read.map_or_else(|_| text(path), |paths| paths.to_string())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::experiment::parse;

    const TABLE: &str = "[data]\nsource = \"table\"\npath = \"a.csv\"\nid = \"i\"\nsequence = \"s\"\nlabel = \"l\"\n\
        classes = { 0 = \"A\", 1 = \"B\" }\n[model]\nweights = \"a/b\"\nrevision = \"cccccccccccccccccccccccccccccccccccccccc\"\n";
    const MADE_UP: &str = "[data]\nsource = \"synthetic\"\n[model]\nweights = { random = \"esm2-tiny\" }\n";

    fn identity(text: &str, sets: &[&str], data: &str, weights: &str) -> Identity {
        let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
        let settings = parse(Path::new("try.toml"), text, &sets).unwrap().experiment.base;
        Identity::of(&settings, &Inputs { data: data.into(), weights: weights.into() })
    }

    /// What differs, a line each.
    fn told(before: &Identity, now: &Identity) -> Vec<String> {
        let line = |Difference { what, before, now, note }: Difference| {
            format!("{what}: {before} → {now}{}", note.map(|note| format!(" ({note})")).unwrap_or_default())
        };
        now.differences(before).into_iter().map(line).collect()
    }

    #[test]
    fn a_run_does_not_differ_from_itself() {
        for text in [TABLE, MADE_UP] {
            assert_eq!(told(&identity(text, &[], "d", "w"), &identity(text, &[], "d", "w")), [""; 0]);
        }
    }

    #[test]
    fn settings_are_told_by_the_keys_of_the_file() {
        let sets = [
            "train.weight-decay=0.1",
            "train.max-steps=9",
            "train.finetune={ last = 2 }",
            "tokens.max-length={ fixed = 99 }",
            "data.label=other",
            "data.classes={ 1 = 'B', 2 = 'C' }",
            "data.unknown-residues=drop",
        ];
        let expected = [
            r#"data.label: "l" → "other""#,
            r#"data.classes: {"0":"A","1":"B"} → {"1":"B","2":"C"}"#,
            r#"data.unknown-residues: "keep" → "drop""#,
            r#"tokens.max-length: {"percentile":95.0,"sample":1000,"seed":42,"limit":1024} → {"fixed":99}"#,
            "train.weight-decay: 0.01 → 0.1",
            "train.max-steps: null → 9",
            r#"train.finetune: "full" → {"last":2}"#,
        ];
        assert_eq!(told(&identity(TABLE, &[], "d", "w"), &identity(TABLE, &sets, "d", "w")), expected);
    }

    #[test]
    fn inputs_are_told_by_their_digests_with_what_became_of_them() {
        let before = identity(TABLE, &[], "d1", "w1");
        let content = ["data: \"d1\" → \"d2\" (the file's content changed)", "weights: \"w1\" → \"w2\" (their content changed)"];
        assert_eq!(told(&before, &identity(TABLE, &[], "d2", "w2")), content);
        let moved = identity(TABLE, &["data.path=b.csv", "model.weights=./esm2"], "d2", "w2");
        let hub = format!("a/b at {}", "c".repeat(40));
        let expected = ["data: \"d1\" → \"d2\" (a.csv → b.csv)".to_owned(), format!("weights: \"w1\" → \"w2\" ({hub} → ./esm2)")];
        assert_eq!(told(&before, &moved), expected);
        let elsewhere = identity(TABLE, &["data.path=b.csv", "model.weights=./esm2"], "d1", "w1");
        assert_eq!(told(&before, &elsewhere), [""; 0], "the same content elsewhere is the same run");
    }

    #[test]
    fn what_follows_from_a_choice_is_not_told_again() {
        let before = identity(MADE_UP, &[], "d1", "w1");
        let seed = identity(MADE_UP, &["data.synthetic.seed=7"], "d2", "w1");
        assert_eq!(told(&before, &seed), ["data.synthetic.seed: 42 → 7"]);
        let generator = identity(MADE_UP, &[], "d2", "w1");
        assert_eq!(told(&before, &generator), ["data: \"d1\" → \"d2\" (the generator changed)"]);
        let size = identity(MADE_UP, &["model.weights={ random = 'esm2-8m' }"], "d1", "w2");
        assert_eq!(told(&before, &size), ["weights: \"w1\" → \"w2\" (random esm2-tiny → random esm2-8m)"]);
        let source = told(&before, &identity(TABLE, &["split.method=column", "split.column=c"], "d2", "w1"));
        let expected = [
            "data: \"d1\" → \"d2\"",
            "data.source: \"synthetic\" → \"table\"",
            "split.method: \"stratified\" → \"column\"",
            "split.train: 0.6 → \"train\"",
            "split.validation: 0.2 → \"validation\"",
            "split.test: 0.2 → \"test\"",
        ];
        assert_eq!(source, expected);
        let column = ["split.method=column", "split.column=c"];
        let marked = [&column[..], &["split.validation-column=v"]].concat();
        let before = identity(TABLE, &column, "d", "w");
        assert_eq!(told(&before, &identity(TABLE, &marked, "d", "w")), [r#"split.validation-column: null → "v""#]);
    }

    #[test]
    fn a_setting_that_an_older_titer_did_not_have_was_at_its_default() {
        let column = TABLE.replace("[model]", "[split]\nmethod = \"column\"\ncolumn = \"c\"\n[model]");
        for text in [TABLE, MADE_UP, &column] {
            let settings = parse(Path::new("try.toml"), text, &[]).unwrap().experiment.base;
            let mut recorded = json!(settings.without_absolute_paths());
            recorded.as_object_mut().unwrap().remove("task").unwrap();
            recorded["train"].as_object_mut().unwrap().remove("weight-decay").unwrap();
            let before = Identity::read(Some(SEMANTICS.into()), &recorded, &json!({ "data": "d", "weights": "w" }));
            assert_eq!(told(&before, &identity(text, &[], "d", "w")), [""; 0]);
            let now = identity(text, &["train.weight-decay=0.1"], "d", "w");
            assert_eq!(told(&before, &now), ["train.weight-decay: 0.01 → 0.1"]);
        }
        // The shares have defaults of the stratified method alone.
        let before = identity(TABLE, &[], "d", "w");
        let now = identity(&column, &["split.train=training"], "d", "w");
        let expected = [
            r#"split.method: "stratified" → "column""#,
            r#"split.train: 0.6 → "training""#,
            r#"split.validation: 0.2 → "validation""#,
            r#"split.test: 0.2 → "test""#,
        ];
        assert_eq!(told(&before, &now), expected);
    }

    #[test]
    fn of_a_run_that_another_titer_made_its_semantics_are_told_alone() {
        let now = identity(MADE_UP, &[], "d", "w");
        let before = Identity { semantics: None, ..identity(MADE_UP, &["train.epochs=9"], "e", "w") };
        assert_eq!(told(&before, &now), [format!("semantics: null → {SEMANTICS} (titer itself changed)")]);
    }
}
