//! A run's key: what names its result.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::spelled::settings as spelled;
use crate::{
    experiment::{Settings, schema},
    results::{RunKey, manifest::Inputs},
};

/// What decides a result beside settings and inputs: how titer reads data, trains and scores.
///
/// It rises where the same settings and inputs give another result, and where a default of the
/// settings changes, for a setting at its default is not part of a key. The format of the files
/// ([`crate::results::FORMAT`]) is another matter.
///
/// - 1: format 4, the first version of its own.
pub const SEMANTICS: u32 = 1;

/// Names the result of a run: the first 16 hexadecimal digits of the BLAKE3 hash of the canonical
/// JSON of [`SEMANTICS`], the inputs' digests, the settings that are not at their defaults, and,
/// where the split method is above version 1 or calls a program, its version and the program's.
///
/// The settings are spelled as in an experiment file, without those that only say where the inputs
/// lie ([`super::TOLD_BY_DIGESTS`]). So a setting that is added later leaves every key as it is.
#[must_use]
pub fn key(settings: &Settings, inputs: &Inputs) -> RunKey {
    let text = identity(spelled(&json!(settings)), &schema::DEFAULTS, inputs, settings.split.identity());
    RunKey::from_hash(&blake3::hash(text.as_bytes()))
}

/// The text that is hashed.
fn identity(
    mut settings: Map<String, Value>,
    defaults: &BTreeMap<String, Value>,
    inputs: &Inputs,
    split: Option<Value>,
) -> String {
    settings.retain(|key, value| defaults.get(key) != Some(value));
    let identity = [("inputs", json!(inputs)), ("semantics", SEMANTICS.into()), ("settings", settings.into())];
    let identity = identity.into_iter().chain(split.map(|method| ("split", method)));
    let identity = identity.map(|(key, value)| (key.to_owned(), value)).collect();
    let mut text = String::new();
    canonical(&mut text, &Value::Object(identity));
    text
}

/// Adds JSON with sorted keys and no spaces, as RFC 8785 has it: the same value always has the same
/// text. A grid has thousands of points: nothing is copied.
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

    fn text(settings: &Value, defaults: &Value) -> String {
        let inputs = Inputs { data: "d".to_owned(), weights: "w".to_owned() };
        let defaults = defaults.as_object().unwrap().clone().into_iter().collect();
        identity(settings.as_object().unwrap().clone(), &defaults, &inputs, None)
    }

    #[test]
    fn a_setting_that_is_added_leaves_the_keys_of_those_who_do_not_set_it() {
        let before = text(&json!({ "train.epochs": 3, "split.method": "column" }), &json!({ "train.epochs": 5 }));
        let defaults = json!({ "train.epochs": 5, "train.label-smoothing": 0.0 });
        let with = |smoothing: f64| {
            text(&json!({ "train.label-smoothing": smoothing, "train.epochs": 3, "split.method": "column" }), &defaults)
        };
        assert_eq!(with(0.0), before);
        assert_ne!(with(0.1), before);
    }

    #[test]
    fn what_is_at_its_default_is_not_hashed_and_everything_else_is() {
        let defaults = json!({ "a": 1, "b": [] });
        let all = text(&json!({ "a": 1, "b": [], "c": null }), &defaults);
        assert_eq!(all, r#"{"inputs":{"data":"d","weights":"w"},"semantics":1,"settings":{"c":null}}"#);
        assert!(text(&json!({ "a": 2, "b": ["x"] }), &defaults).ends_with(r#""settings":{"a":2,"b":["x"]}}"#));
    }

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
