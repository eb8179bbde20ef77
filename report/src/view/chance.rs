//! Which keys of a grid are chance: draws that one repeats and averages over, and would never
//! choose.

use serde_json::{Map, Value};

/// Whether a dotted key with this value draws at random, or names one of several splits.
#[must_use]
pub fn is_drawn(key: &str, value: &Value) -> bool {
    let (table, name) = (key.split('.').next(), key.rsplit('.').next());
    match (table, name) {
        (Some(table), Some("seed")) => table != "seed",
        (Some("split"), Some("method" | "column" | "validation-column")) => key.contains('.'),
        // Of given splits the values of the column; of random ones the shares, which are a setting.
        (Some("split"), Some("train" | "validation" | "test")) => value.is_string(),
        _ => false,
    }
}

/// What is left of a key's value as a setting: null where all of it is drawn. A whole table of the
/// grid (`train = [{ … }]`) may bring a seed along.
#[must_use]
pub fn setting(key: &str, value: &Value) -> Value {
    match value {
        drawn if is_drawn(key, drawn) => Value::Null,
        Value::Object(fields) => {
            let left = |(name, value): (&String, &Value)| {
                let key = format!("{key}.{name}");
                (!is_drawn(&key, value)).then(|| (name.clone(), setting(&key, value)))
            };
            Value::Object(fields.iter().filter_map(left).collect())
        }
        _ => value.clone(),
    }
}

/// A run's point without what is drawn, for runs that left nothing but their point.
#[must_use]
pub fn settings(point: &Map<String, Value>) -> Map<String, Value> {
    let left = point.iter().map(|(key, value)| (key.clone(), setting(key, value)));
    left.filter(|(_, value)| !value.is_null()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn seeds_and_splits_are_drawn_and_settings_are_not() {
        for key in
            ["train.seed", "split.seed", "data.synthetic.seed", "data.source.seed", "tokens.max-length.seed", "split.column"]
        {
            assert!(is_drawn(key, &json!(1)), "{key}");
        }
        assert!(is_drawn("split.test", &json!("fold 1")) && !is_drawn("split.test", &json!(0.2)));
        for key in ["train.learning-rate", "data.path", "split", "train", "model.weights"] {
            assert!(!is_drawn(key, &json!(1)), "{key}");
        }
    }

    #[test]
    fn what_a_table_brings_along_is_left_out() {
        assert_eq!(setting("train", &json!({ "seed": 1, "epochs": 3 })), json!({ "epochs": 3 }));
        assert_eq!(setting("split", &json!({ "method": "stratified", "train": 0.8, "seed": 2 })), json!({ "train": 0.8 }));
        let point = json!({ "train.seed": 1, "train.epochs": 3, "split.seed": 7 });
        assert_eq!(Value::Object(settings(point.as_object().unwrap())), json!({ "train.epochs": 3 }));
    }
}
