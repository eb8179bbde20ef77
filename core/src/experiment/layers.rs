//! The layers of an experiment, lowest first: the file, `--set`, a point of the grid. What none of
//! them says is at its default.
//!
//! A layer says less than a whole experiment, and a higher one wins key by key. Some keys mean
//! nothing without others, so a layer that makes such a choice clears away what the layers below
//! said about the choice it replaces:
//!
//! - `tokens.max-length` is replaced whole, never merged;
//! - `model.weights`, where it names other weights, drops `model.revision` and `model.sha256`;
//! - `data.source` drops the keys that the new source does not know;
//! - `split.method` drops the keys that the new method does not know;
//! - `data.classes`, `data.path` and the rules of `data.fetch.label.classes` are replaced whole
//!   where they are given whole.

use std::borrow::Cow;

use figment::{Figment, providers::Serialized};
use toml::{Table, Value};

use super::split::SplitMethod;

/// A dotted key, a step an element.
pub type Path = Vec<String>;

/// What one layer says, without its grid.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    pub table: Table,
    /// The keys that were given whole, by a `--set` or an axis of the grid.
    pub whole: Vec<Path>,
}

impl Layer {
    /// A layer that sets one key.
    pub fn one(path: &[String], value: Value) -> Self {
        let mut layer = Self::default();
        layer.set(path, value);
        layer
    }

    fn gives_whole(&self, path: &[&str]) -> bool {
        self.whole.iter().any(|whole| whole == path)
    }

    /// Sets a key, whatever the layer said about it.
    pub fn set(&mut self, path: &[String], value: Value) {
        insert(&mut self.table, path, value);
        self.whole.push(path.to_vec());
    }
}

/// The layers below the grid. Laid over one another once, for the many points that choose nothing
/// anew.
#[derive(Debug, Clone)]
pub struct Base {
    layers: Vec<Layer>,
    flat: Layer,
}

impl Base {
    pub fn new(layers: Vec<Layer>) -> Self {
        let flat = Layer { table: merged(&layers.iter().collect::<Vec<_>>()), whole: Vec::new() };
        Self { layers, flat }
    }

    /// All layers, with these on top.
    pub fn under<'a>(&'a self, over: &[&'a Layer]) -> Vec<&'a Layer> {
        let chooses = |layer: &Layer| {
            CHOICES.iter().any(|choice| find(&layer.table, &choice.path()).is_some())
                || WHOLE.iter().any(|path| layer.gives_whole(path))
        };
        let chosen_anew = over.iter().any(|layer| chooses(layer));
        let below = if chosen_anew { self.layers.as_slice() } else { std::slice::from_ref(&self.flat) };
        below.iter().chain(over.iter().copied()).collect()
    }
}

/// The layers laid over one another.
pub fn merged(layers: &[&Layer]) -> Table {
    // The highest layer that makes a choice decides it for all below.
    let chosen = |choice: Choice| layers.iter().rposition(|layer| find(&layer.table, &choice.path()).is_some());
    let chosen = CHOICES.map(|choice| (choice, chosen(choice)));
    let mut figment = Figment::new();
    for (index, layer) in layers.iter().enumerate() {
        let mut layer = Cow::Borrowed(*layer);
        for (choice, by) in chosen {
            if let Some(by) = by.filter(|by| *by > index)
                && let Some(value) = find(&layers[by].table, &choice.path())
            {
                choice.clear(&mut layer.to_mut().table, value);
            }
        }
        for path in WHOLE {
            if layers[index + 1..].iter().any(|above| above.gives_whole(path)) {
                remove(&mut layer.to_mut().table, path);
            }
        }
        figment = figment.merge(Serialized::defaults(&layer.table));
    }
    figment.extract().unwrap_or_default()
}

/// The tables that a layer may give whole.
const WHOLE: [&[&str]; 3] = [&["data", "classes"], &["data", "fetch", "label", "classes"], &["data", "path"]];

/// A key that decides which others have a meaning.
#[derive(Debug, Clone, Copy)]
enum Choice {
    Source,
    Method,
    MaxLength,
    Weights,
}

const CHOICES: [Choice; 4] = [Choice::Source, Choice::Method, Choice::MaxLength, Choice::Weights];

impl Choice {
    const fn path(self) -> [&'static str; 2] {
        match self {
            Self::Source => ["data", "source"],
            Self::Method => ["split", "method"],
            Self::MaxLength => ["tokens", "max-length"],
            Self::Weights => ["model", "weights"],
        }
    }

    /// Takes out of a lower layer what has no meaning once this is chosen.
    fn clear(self, below: &mut Table, chosen: &Value) {
        match self {
            Self::Source => {
                let unknown: &[&str] = match chosen.as_str() {
                    Some("table") => &["synthetic"],
                    Some("uniprot") => &["separator", "synthetic"],
                    Some("fasta") => &["separator", "id", "sequence", "fetch", "synthetic"],
                    Some("synthetic") => &["path", "separator", "id", "sequence", "label", "classes", "fetch"],
                    _ => &[],
                };
                for key in unknown {
                    remove(below, &["data", key]);
                }
            }
            Self::Method => {
                // The same again is no other choice.
                if find(below, &["split", "method"]) == Some(chosen) {
                    return;
                }
                let Ok(method) = chosen.clone().try_into::<SplitMethod>() else { return };
                let keys = method.keys();
                for (key, known) in [("seed", keys.seed), ("column", keys.column), ("validation-column", keys.column)] {
                    if !known {
                        remove(below, &["split", key]);
                    }
                }
                for part in ["train", "validation", "test"] {
                    let named = find(below, &["split", part]).is_some_and(|value| !value.is_float());
                    if named != keys.named {
                        remove(below, &["split", part]);
                    }
                }
            }
            Self::MaxLength => remove(below, &["tokens", "max-length"]),
            Self::Weights => {
                if find(below, &["model", "weights"]) != Some(chosen) {
                    for key in ["weights", "revision", "sha256"] {
                        remove(below, &["model", key]);
                    }
                }
            }
        }
    }
}

/// The value at a path.
fn find<'a, S: AsRef<str>>(table: &'a Table, path: &[S]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = table.get(first.as_ref())?;
    if rest.is_empty() { Some(value) } else { find(value.as_table()?, rest) }
}

/// Takes the value at a path out.
pub fn remove<S: AsRef<str>>(table: &mut Table, path: &[S]) {
    let Some((first, rest)) = path.split_first() else { return };
    match table.get_mut(first.as_ref()) {
        Some(Value::Table(inner)) if !rest.is_empty() => remove(inner, rest),
        // Of a list, all of it.
        _ => _ = table.remove(first.as_ref()),
    }
}

fn insert(table: &mut Table, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        table.insert(first.clone(), value);
        return;
    }
    let inner = table.entry(first.clone()).or_insert_with(|| Table::new().into());
    if !inner.is_table() {
        *inner = Table::new().into();
    }
    if let Value::Table(inner) = inner {
        insert(inner, rest, value);
    }
}
