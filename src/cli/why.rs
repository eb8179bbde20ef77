//! Why a run is not done, in words.

use std::path::Path;

use serde_json::Value;

use super::resolved::name;
use crate::plan::Why;
use titer_core::{
    data,
    experiment::DataSettings,
    identity::Difference,
    text::{cut, shown, shown_lines},
};

/// Digits of a digest that are shown.
const DIGITS: usize = 12;

/// The lines that stand under a run.
pub fn lines(why: &Why) -> Vec<String> {
    match why {
        Why::Never => vec!["no run of this experiment has ended yet".to_owned()],
        Why::Failed { message } => {
            shown_lines(&format!("its last attempt failed: {message}")).lines().map(str::to_owned).collect()
        }
        Why::Unfinished => vec!["it was begun and has not ended".to_owned()],
        Why::Differs { key, point, differences } => {
            let head = match differences.len() {
                0 => "records nothing that differs: titer itself changed".to_owned(),
                1 => "differs least, in one thing".to_owned(),
                count => format!("differs least, in {count} things"),
            };
            let head = format!("of the ended runs, {} ({}) {head}", shown(key), name(point));
            std::iter::once(head).chain(differences.iter().map(|difference| format!("  {}", line(difference)))).collect()
        }
    }
}

/// Adds to a difference of the data that only the line ends differ, where that is so.
pub fn explain(differences: &mut [Difference], data: &DataSettings, project: &Path) {
    for difference in differences.iter_mut().filter(|difference| difference.what == "data") {
        let before = difference.before.as_str().unwrap_or_default();
        if let Some(ends) = data::line_ends(data, project, before) {
            difference.note = Some(ends.note("then"));
        }
    }
}

/// A difference in words: `train.epochs: 1 → 2`.
pub fn line(Difference { what, before, now, note }: &Difference) -> String {
    let digest = matches!(what.as_str(), "data" | "weights");
    let shown_value = |value: &Value| match value.as_str() {
        Some(digest_text) if digest => short(digest_text),
        _ => written(value),
    };
    // What is no value is told by its note alone.
    if let (Value::Null, Value::Null, Some(note)) = (before, now, note) {
        return format!("{}: {}", shown(what), shown(note));
    }
    let note = note.as_deref().map(|note| format!(" ({})", shown(note))).unwrap_or_default();
    format!("{}: {} → {}{note}", shown(what), shown_value(before), shown_value(now))
}

/// A digest by its first digits: `3f2a81c09b1c…`.
pub fn short(digest: &str) -> String {
    shown(&cut(digest, DIGITS))
}

/// A value as an experiment file would have it.
fn written(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => toml::Value::from(shown(text)).to_string(),
        Value::Array(values) => format!("[{}]", values.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Object(object) => {
            let entries = object.iter().map(|(key, value)| format!("{} = {}", shown(key), written(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        scalar => number(scalar),
    }
}

/// A number as an experiment file would have it: `2e-5`, not `0.00002`. Any other value as JSON.
fn number(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if number != 0.0 && number.abs() < 1e-3 => format!("{number:e}"),
        Some(number) if value.is_f64() && number.abs() >= 1e6 => format!("{number:e}"),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(what: &str, before: Value, now: Value, note: Option<&str>) -> String {
        line(&Difference { what: what.into(), before, now, note: note.map(str::to_owned) })
    }

    #[test]
    fn values_are_written_as_in_the_file() {
        assert_eq!(told("train.learning-rate", json!(2e-5), json!(0.1), None), "train.learning-rate: 2e-5 → 0.1");
        assert_eq!(told("train.max-steps", Value::Null, json!(9), None), "train.max-steps: none → 9");
        assert_eq!(
            told("tokens.max-length", json!({ "fixed": 99 }), json!("longest"), None),
            "tokens.max-length: { fixed = 99 } → \"longest\""
        );
    }

    #[test]
    fn digests_are_told_by_their_beginning_and_nothing_reaches_the_terminal_raw() {
        let (old, new) = (json!("a".repeat(64)), json!("b\u{1b}"));
        assert_eq!(told("data", old, new, Some("x\u{7}")), "data: aaaaaaaaaaaa… → b\\u{1b} (x\\u{7})");
    }
}
