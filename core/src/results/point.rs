//! What a run is called, in the terminal and in the report alike: its point of the grid in words.

use serde_json::{Map, Value};

use crate::text::cut;

/// Letters of a value where runs are named in text, legends and tables.
pub const SHORT: usize = 40;

/// Names a run by its point: `learning rate 2e-5, seed 42`.
#[must_use]
pub fn name(point: &Map<String, Value>) -> String {
    let keys: Vec<String> = point.keys().cloned().collect();
    let values: Vec<Value> = point.values().cloned().collect();
    match in_words(&short_keys(&keys), &values, usize::MAX) {
        empty if empty.is_empty() => "the run".to_owned(),
        name => name,
    }
}

/// Writes keys with their values, those without a value left out; of each value at most so many
/// letters.
#[must_use]
pub fn in_words(names: &[String], values: &[Value], most: usize) -> String {
    let pairs = names.iter().zip(values).filter(|(_, value)| !value.is_null());
    pairs.map(|(name, of)| format!("{name} {}", cut(&value(of), most))).collect::<Vec<_>>().join(", ")
}

/// Shortens dotted keys to their last part where that is unique: `learning rate` for
/// `train.learning-rate`.
#[must_use]
pub fn short_keys(keys: &[String]) -> Vec<String> {
    let last = |key: &String| key.rsplit('.').next().unwrap_or(key).replace('-', " ");
    let unique = |name: &String| keys.iter().filter(|key| last(key) == *name).count() == 1;
    keys.iter().map(|key| Some(last(key)).filter(unique).unwrap_or_else(|| key.clone())).collect()
}

/// Writes a value of an experiment file on one line: text without its quotes, tables as `key value`
/// pairs, `none` for a list or table without entries, `–` where there is no value.
#[must_use]
pub fn value(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Object(fields) if fields.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(self::value).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let pairs = fields.iter().map(|(key, field)| format!("{} {}", key.replace('_', "-"), self::value(field)));
            pairs.collect::<Vec<_>>().join(", ")
        }
        Value::Number(of) => match of.as_f64().filter(|_| of.is_f64()) {
            Some(of) => number(of),
            None => of.to_string(),
        },
        Value::Bool(yes) => yes.to_string(),
    }
}

/// Writes a number as an experiment file would have it: `2e-5`, `0.01`, `16`.
#[must_use]
pub fn number(of: f64) -> String {
    // Six digits: more are noise of binary fractions.
    let of: f64 = format!("{of:.5e}").parse().unwrap_or(of);
    let size = of.abs();
    if of == 0.0 || (1e-3..1e6).contains(&size) { format!("{of}") } else { format!("{of:e}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(point: &Value) -> String {
        name(point.as_object().unwrap())
    }

    #[test]
    fn a_run_is_named_by_its_point_with_keys_as_short_as_they_stay_distinct() {
        assert_eq!(named(&json!({ "train.learning-rate": 2e-5, "train.seed": 42 })), "learning rate 2e-5, seed 42");
        let seeds = json!({ "train.seed": 1, "split.seed": 2, "train.max-steps": null });
        assert_eq!(named(&seeds), "train.seed 1, split.seed 2");
        assert_eq!(named(&json!({})), "the run");
    }

    #[test]
    fn numbers_and_values_read_as_they_are_written() {
        let texts = [2e-5, 3.0 * 1e-5, 1e-4, 0.1 + 0.2, 16.0, 0.0, 5e7].map(number);
        assert_eq!(texts, ["2e-5", "3e-5", "1e-4", "0.3", "16", "0", "5e7"]);
        let values = [
            json!([]),
            json!({ "fixed_length": 512, "names": ["a", "b"] }),
            json!(9_007_199_254_740_993_u64),
            json!(null),
            json!(true),
        ];
        assert_eq!(values.map(|of| value(&of)), ["none", "fixed-length 512, names a, b", "9007199254740993", "–", "true"]);
    }

    #[test]
    fn long_values_are_cut_where_asked() {
        assert_eq!(in_words(&["path".into(), "seed".into()], &[json!("abcdef"), json!(1)], 3), "path abc…, seed 1");
    }
}
