//! The layers of an experiment, lowest first: the defaults, the file, `--set`, a point of the grid.
//!
//! A layer says less than a whole experiment, and a higher one wins key by key. Some keys mean nothing without others, so a layer
//! that makes such a choice clears away what the layers below said about the choice it replaces:
//!
//! - `tokens.max-length` is replaced whole, never merged;
//! - `model.weights`, where it names other weights, drops `model.revision` and `model.sha256`;
//! - `data.source` drops the keys that the new source does not know;
//! - `split.method` drops the keys that the new method does not know;
//! - `data.classes` and the rules of `data.fetch.label.classes` are replaced whole where they are given whole.

use std::borrow::Cow;

use figment::{
    Figment, Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};

use super::raw::Raw;

/// A dotted key, a step an element.
pub type Path = Vec<String>;

/// What one layer says, without its grid.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    pub dict: Dict,
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
        insert(&mut self.dict, path, value);
        self.whole.push(path.to_vec());
    }
}

/// A value of TOML as a layer holds it. None of them is left out: TOML holds nothing that a layer does not.
pub fn plain(value: &toml::Value) -> Value {
    Value::serialize(value).expect("a TOML value is plain data")
}

impl Provider for &Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named("experiment")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.dict.clone())]))
    }
}

/// The layers below the grid. Laid over one another once, for the many points that choose nothing anew.
#[derive(Debug, Clone)]
pub struct Base {
    layers: Vec<Layer>,
    flat: Option<Layer>,
}

impl Base {
    pub fn new(layers: Vec<Layer>) -> Self {
        let dict = figment(&layers.iter().collect::<Vec<_>>()).extract::<Dict>();
        let flat = dict.ok().map(|dict| Layer { dict, whole: Vec::new() });
        Self { layers, flat }
    }

    /// All layers, with these on top.
    pub fn under<'a>(&'a self, over: &[&'a Layer]) -> Vec<&'a Layer> {
        let chooses = |layer: &Layer| {
            CHOICES.iter().any(|choice| find(&layer.dict, &choice.path()).is_some())
                || WHOLE.iter().any(|path| layer.gives_whole(path))
        };
        let below = match &self.flat {
            Some(flat) if !over.iter().any(|layer| chooses(layer)) => std::slice::from_ref(flat),
            _ => &self.layers,
        };
        below.iter().chain(over.iter().copied()).collect()
    }
}

/// Reads the layers, laid over one another, as one experiment file.
pub fn extract(layers: &[&Layer]) -> Result<Raw, Box<figment::Error>> {
    figment(layers).extract().map_err(Box::new)
}

fn figment(layers: &[&Layer]) -> Figment {
    // The highest layer that makes a choice decides it for all below.
    let chosen = |choice: Choice| layers.iter().rposition(|layer| find(&layer.dict, &choice.path()).is_some());
    let chosen = CHOICES.map(|choice| (choice, chosen(choice)));
    let mut figment = Figment::new();
    for (index, layer) in layers.iter().enumerate() {
        let mut layer = Cow::Borrowed(*layer);
        for (choice, by) in chosen {
            if let Some(by) = by.filter(|by| *by > index)
                && let Some(value) = find(&layers[by].dict, &choice.path())
            {
                choice.clear(&mut layer.to_mut().dict, value);
            }
        }
        for path in WHOLE {
            if layers[index + 1..].iter().any(|above| above.gives_whole(path)) {
                remove(&mut layer.to_mut().dict, path);
            }
        }
        figment = figment.merge(layer.as_ref());
    }
    figment
}

/// The tables that a layer may give whole.
const WHOLE: [&[&str]; 2] = [&["data", "classes"], &["data", "fetch", "label", "classes"]];

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
    fn clear(self, below: &mut Dict, chosen: &Value) {
        match self {
            Self::Source => {
                let unknown: &[&str] = match chosen.as_str() {
                    Some("table" | "uniprot") => &["synthetic"],
                    Some("fasta") => &["id", "sequence", "fetch", "synthetic"],
                    Some("synthetic") => &["path", "id", "sequence", "label", "classes", "fetch"],
                    _ => &[],
                };
                for key in unknown {
                    remove(below, &["data", key]);
                }
            }
            Self::Method => {
                let by_column = chosen.as_str() == Some("column");
                remove(below, &["split", if by_column { "seed" } else { "column" }]);
                for part in ["train", "validation", "test"] {
                    let named = find(below, &["split", part]).is_some_and(|value| value.as_str().is_some());
                    if named != by_column {
                        remove(below, &["split", part]);
                    }
                }
            }
            Self::MaxLength => _ = remove(below, &["tokens", "max-length"]),
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
pub fn find<'a, S: AsRef<str>>(dict: &'a Dict, path: &[S]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = dict.get(first.as_ref())?;
    if rest.is_empty() { Some(value) } else { find(value.as_dict()?, rest) }
}

/// Takes the value at a path out; says whether there was one.
pub fn remove<S: AsRef<str>>(dict: &mut Dict, path: &[S]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    if rest.is_empty() {
        return dict.remove(first.as_ref()).is_some();
    }
    match dict.get_mut(first.as_ref()) {
        Some(Value::Dict(_, inner)) => remove(inner, rest),
        Some(Value::Array(_, _)) => dict.remove(first.as_ref()).is_some(),
        _ => false,
    }
}

fn insert(dict: &mut Dict, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        dict.insert(first.clone(), value);
        return;
    }
    let inner = dict.entry(first.clone()).or_insert_with(|| Value::from(Dict::new()));
    if !matches!(inner, Value::Dict(..)) {
        *inner = Value::from(Dict::new());
    }
    if let Value::Dict(_, inner) = inner {
        insert(inner, rest, value);
    }
}
