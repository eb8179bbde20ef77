//! A run's key: what names its result.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    experiment::Settings,
    results::{
        RunKey,
        manifest::{FORMAT, Inputs},
    },
};

/// The settings that take no part in a key, and why: they say where the inputs lie, and [`Inputs`] holds the digests of what lies
/// there. A file that moved, or a folder with the weights of a model of the Hub, is the same run.
pub const FILES_AND_NAMES: [&str; 6] = [
    "data.source.path",
    "model.weights.kind",
    "model.weights.name",
    "model.weights.path",
    "model.weights.revision",
    "model.weights.sha256",
];

/// Names the result of a run: the first 16 hexadecimal digits of the BLAKE3 hash of the canonical JSON of the format's version, the
/// settings without [`FILES_AND_NAMES`], and the inputs' digests.
#[must_use]
pub fn key(settings: &Settings, inputs: &Inputs) -> RunKey {
    let mut settings = json!(settings);
    for path in FILES_AND_NAMES {
        remove(&mut settings, path);
    }
    let identity = canonical(&json!({ "format": FORMAT, "settings": settings, "inputs": inputs }));
    RunKey::from_hash(&blake3::hash(identity.as_bytes()))
}

/// Takes a dotted key out of an object.
fn remove(value: &mut Value, path: &str) {
    let (above, last) = path.rsplit_once('.').unwrap_or(("", path));
    let object = above.split('.').try_fold(value, |value, step| value.get_mut(step));
    if let Some(Value::Object(object)) = object {
        object.remove(last);
    }
}

/// JSON with sorted keys and no spaces, as RFC 8785 has it: the same value always has the same text.
fn canonical(value: &impl Serialize) -> String {
    sorted(json!(value)).to_string()
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(sorted).collect(),
        Value::Object(object) => {
            let mut entries: Vec<_> = object.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|one, two| one.0.cmp(&two.0));
            entries.into_iter().collect::<Map<_, _>>().into()
        }
        scalar => scalar,
    }
}
