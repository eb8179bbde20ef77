//! A run's key: what names its result.

use serde_json::{Value, json};

use crate::{
    data::split_identity,
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
/// settings without [`FILES_AND_NAMES`], the inputs' digests, and the version of the split method where that is above 1.
#[must_use]
pub fn key(settings: &Settings, inputs: &Inputs) -> RunKey {
    let method = split_identity(&settings.split);
    let mut settings = json!(settings);
    for path in FILES_AND_NAMES {
        remove(&mut settings, path);
    }
    let identity = [("format", FORMAT.into()), ("inputs", json!(inputs)), ("settings", settings)];
    let identity = identity.into_iter().chain(method.map(|method| ("split", method)));
    let identity = identity.map(|(key, value)| (key.to_owned(), value)).collect();
    let mut text = String::new();
    canonical(&mut text, &Value::Object(identity));
    RunKey::from_hash(&blake3::hash(text.as_bytes()))
}

/// Takes a dotted key out of an object.
fn remove(value: &mut Value, path: &str) {
    let (above, last) = path.rsplit_once('.').unwrap_or(("", path));
    let object = above.split('.').try_fold(value, |value, step| value.get_mut(step));
    if let Some(Value::Object(object)) = object {
        object.remove(last);
    }
}

/// Adds JSON with sorted keys and no spaces, as RFC 8785 has it: the same value always has the same text. A grid has thousands of
/// points: nothing is copied.
fn canonical(into: &mut String, value: &Value) {
    match value {
        Value::Array(values) => {
            into.push('[');
            for (index, value) in values.iter().enumerate() {
                separate(into, index);
                canonical(into, value);
            }
            into.push(']');
        }
        Value::Object(object) => {
            let mut entries: Vec<(&String, &Value)> = object.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            into.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                separate(into, index);
                text(into, key);
                into.push(':');
                canonical(into, value);
            }
            into.push('}');
        }
        Value::String(string) => text(into, string),
        Value::Number(_) | Value::Bool(_) | Value::Null => into.push_str(&value.to_string()),
    }
}

fn separate(into: &mut String, index: usize) {
    if index > 0 {
        into.push(',');
    }
}

fn text(into: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
        into.push_str(&Value::from(text).to_string());
    } else {
        into.extend(["\"", text, "\""]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_text_does_not_depend_on_the_order() {
        let text = |json: &str| {
            let mut into = String::new();
            canonical(&mut into, &serde_json::from_str(json).unwrap());
            into
        };
        let expected = r#"{"a":[1,2.5e-7,null,true],"b":{"":"\"\\\n∂","ü":[]},"c":{}}"#;
        assert_eq!(text(r#"{ "c": {}, "b": { "ü": [], "": "\"\\\n∂" }, "a": [1, 2.5e-7, null, true] }"#), expected);
        assert_eq!(text(expected), expected);
    }
}
