//! What distinguishes the runs: the grid's keys and whatever else their settings differ in.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use titer_core::results::{Manifest, RunKey, point};

/// The runs' differences as a table of values: a column per key, a row per run.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    /// Dotted keys, those of the grid first.
    pub keys: Vec<String>,
    /// The keys that are no keys of the grid: the experiment was edited between the runs.
    pub beyond: Vec<String>,
    pub rows: Vec<Point>,
}

/// One run's place.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub key: RunKey,
    /// A value per key; null where the run has none.
    pub values: Vec<Value>,
    /// What the run is called in text, legends and tables.
    pub label: String,
}

impl Points {
    /// Reads the points of `runs`, in their order.
    #[must_use]
    pub fn new(runs: &[&Manifest]) -> Self {
        let mut keys: Vec<String> = Vec::new();
        for key in runs.iter().flat_map(|run| run.point.keys()) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        let settings: Vec<BTreeMap<String, Value>> = runs.iter().map(|run| flat_settings(run)).collect();
        let beyond = differing(&settings, &keys);

        let values = |(run, settings): (&&Manifest, &BTreeMap<String, Value>)| -> Vec<Value> {
            // Of joined experiments a key may be in one grid alone.
            let set = |key: &String| settings.get(key).map(|value| as_written(key, value, runs));
            let of_grid = keys.iter().map(|key| run.point.get(key).cloned().or_else(|| set(key)));
            of_grid.chain(beyond.iter().map(|key| settings.get(key).cloned())).map(Option::unwrap_or_default).collect()
        };
        let values: Vec<Vec<Value>> = runs.iter().zip(&settings).map(values).collect();
        keys.extend(beyond.iter().cloned());
        let names = point::short_keys(&keys);
        let labels = labels(runs, &names, &values);
        let rows = runs
            .iter()
            .zip(values)
            .zip(labels)
            .map(|((run, values), label)| Point { key: run.key.clone(), values, label })
            .collect();
        Self { keys, beyond, rows }
    }

    /// The keys that change what the runs saw: those of the data, the split and the tokens.
    #[must_use]
    pub fn of_data(&self) -> Vec<&str> {
        let of_data = |key: &&str| matches!(key.split('.').next(), Some("data" | "split" | "tokens"));
        self.keys.iter().map(String::as_str).filter(of_data).collect()
    }

    /// A caution where not all runs saw what the report describes.
    #[must_use]
    pub fn base_alone(&self) -> Option<String> {
        let keys = self.of_data();
        (!keys.is_empty()).then(|| {
            format!(
                "The runs have their own {}: the sections on data, split and tokens describe the experiment file's settings without its grid.",
                keys.join(", ")
            )
        })
    }

    /// The keys as short as they stay distinct: `learning rate` for `train.learning-rate`.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        point::short_keys(&self.keys)
    }
}

/// What a run that stands alone or has no manifest is called: its point in words.
#[must_use]
pub fn label(point: &Map<String, Value>) -> String {
    let keys: Vec<String> = point.keys().cloned().collect();
    let values: Vec<Value> = point.values().cloned().collect();
    point::in_words(&point::short_keys(&keys), &values, point::SHORT)
}

fn labels(runs: &[&Manifest], names: &[String], values: &[Vec<Value>]) -> Vec<String> {
    let labels: Vec<String> = values.iter().map(|values| point::in_words(names, values, point::SHORT)).collect();
    let unclear = |label: &String| label.is_empty() || labels.iter().filter(|other| *other == label).count() > 1;
    let finish = |(label, run): (&String, &&Manifest)| match label.as_str() {
        "" if runs.len() == 1 => "the run".to_owned(),
        "" => format!("run {}", short(&run.key)),
        _ if unclear(label) => format!("{label}, run {}", short(&run.key)),
        _ => label.clone(),
    };
    labels.iter().zip(runs).map(finish).collect()
}

fn short(key: &RunKey) -> &str {
    &key.as_str()[..6]
}

/// A run's settings as dotted keys in the experiment file's spelling.
fn flat_settings(run: &Manifest) -> BTreeMap<String, Value> {
    fn flatten(prefix: &str, value: &Value, into: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(fields) => {
                for (key, field) in fields {
                    let dot = if prefix.is_empty() { "" } else { "." };
                    flatten(&format!("{prefix}{dot}{}", key.replace('_', "-")), field, into);
                }
            }
            leaf => {
                into.insert(prefix.to_owned(), leaf.clone());
            }
        }
    }
    let mut flat = BTreeMap::new();
    flatten("", &serde_json::to_value(&run.settings).unwrap_or_default(), &mut flat);
    flat
}

/// A value of a run's settings as another's grid writes it: 0 and 0.0 are one setting.
fn as_written(key: &str, value: &Value, runs: &[&Manifest]) -> Value {
    let same = |written: &&Value| written.as_f64().is_some() && written.as_f64() == value.as_f64();
    runs.iter().filter_map(|run| run.point.get(key)).find(same).unwrap_or(value).clone()
}

/// The settings that are not the same in all runs and that no key of the grid accounts for.
fn differing(settings: &[BTreeMap<String, Value>], grid: &[String]) -> Vec<String> {
    let covered = |key: &str| {
        grid.iter().any(|axis| key == axis || key.strip_prefix(axis.as_str()).is_some_and(|rest| rest.starts_with('.')))
    };
    let mut keys: Vec<&String> = settings.iter().flat_map(BTreeMap::keys).collect();
    keys.sort();
    keys.dedup();
    let differs = |key: &String| settings.windows(2).any(|pair| pair[0].get(key) != pair[1].get(key));
    keys.into_iter().filter(|key| !covered(key) && differs(key)).cloned().collect()
}
