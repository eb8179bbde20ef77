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

    /// Sets a key, whatever the layer said about it.
    pub fn set(&mut self, path: &[String], value: Value) {
        insert(&mut self.dict, path, value);
        self.whole.push(path.to_vec());
    }
}

impl Provider for &Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named("experiment")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.dict.clone())]))
    }
}

/// Reads the layers, laid over one another, as one experiment file.
pub fn extract(layers: &[&Layer]) -> Result<Raw, Box<figment::Error>> {
    figment(layers).extract().map_err(Box::new)
}

fn figment(layers: &[&Layer]) -> Figment {
    let mut figment = Figment::new();
    for (index, layer) in layers.iter().enumerate() {
        let mut layer = std::borrow::Cow::Borrowed(*layer);
        for over in &layers[index + 1..] {
            if chooses(over) {
                clear(&mut layer.to_mut().dict, over);
            }
        }
        figment = figment.merge(layer.as_ref());
    }
    figment
}

const CHOICES: [[&str; 2]; 4] = [["data", "source"], ["split", "method"], ["tokens", "max-length"], ["model", "weights"]];

const WHOLE: [&[&str]; 2] = [&["data", "classes"], &["data", "fetch", "label", "classes"]];

/// Whether the layer holds a choice that clears keys below it.
fn chooses(layer: &Layer) -> bool {
    CHOICES.iter().any(|path| find(&layer.dict, path).is_some())
        || layer.whole.iter().any(|path| WHOLE.iter().any(|whole| path == whole))
}

/// Takes out of a lower layer what the choices of a higher one leave without meaning.
fn clear(below: &mut Dict, above: &Layer) {
    let chosen = |path: &[&str]| find(&above.dict, path);
    if chosen(&["tokens", "max-length"]).is_some() {
        remove(below, &["tokens", "max-length"]);
    }
    if let Some(weights) = chosen(&["model", "weights"])
        && find(below, &["model", "weights"]) != Some(weights)
    {
        for key in ["weights", "revision", "sha256"] {
            remove(below, &["model", key]);
        }
    }
    if let Some(source) = chosen(&["data", "source"]).and_then(Value::as_str) {
        let unknown: &[&str] = match source {
            "table" | "uniprot" => &["synthetic"],
            "fasta" => &["id", "sequence", "fetch", "synthetic"],
            "synthetic" => &["path", "id", "sequence", "label", "classes", "fetch"],
            _ => &[],
        };
        for key in unknown {
            remove(below, &["data", key]);
        }
    }
    if let Some(method) = chosen(&["split", "method"]).and_then(Value::as_str) {
        let by_column = method == "column";
        remove(below, &["split", if by_column { "seed" } else { "column" }]);
        for part in ["train", "validation", "test"] {
            let named = find(below, &["split", part]).is_some_and(|value| value.as_str().is_some());
            if named != by_column {
                remove(below, &["split", part]);
            }
        }
    }
    for whole in WHOLE {
        if above.whole.iter().any(|path| path == whole) {
            remove(below, whole);
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
