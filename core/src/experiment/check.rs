//! What the layers say against the schema: every key that there is not, every value of another
//! kind, every number out of bounds.
//!
//! The schema is made from the types that are read afterwards, so whatever passes here can be read.
//! It is looked at first, because reading stops at the first mistake, and because the schema knows
//! what would be right.

use serde_json::{Map, Value as Schema};
use toml::{Table, Value};

use crate::text::nearest;

use super::{
    bounds::Bounds,
    diagnostic::{Fault, MOST_MISTAKES, Scope},
    document::Pointer,
    elsewhere, keys,
    layers::Path,
    lookalikes,
    schema::{SCHEMA, resolve},
};

/// What other languages write where there is no value.
const NOTHING: [&str; 5] = ["none", "null", "nil", "~", ""];

/// A fault, and what is taken out so that the rest can be read.
#[derive(Debug)]
pub struct Found {
    pub fault: Fault,
    pub remove: Path,
}

/// Everything that is wrong with a table of settings, as far as its schema says.
pub fn check(table: &Table) -> Vec<Found> {
    let mut walk = Walk { found: Vec::new(), path: Vec::new(), whole: None };
    walk.table(&[&SCHEMA], table);
    walk.found
}

struct Walk {
    found: Vec<Found>,
    path: Path,
    /// How long the path is of the value that cannot be read without any of its parts.
    whole: Option<usize>,
}

impl Walk {
    /// A table whose keys are those of any of these schemas.
    fn table(&mut self, schemas: &[&'static Schema], table: &Table) {
        let properties = || schemas.iter().filter_map(|schema| schema["properties"].as_object());
        let free = schemas.iter().map(|schema| &schema["additionalProperties"]).find(|schema| schema.is_object());
        for (key, value) in table {
            if self.found.len() > MOST_MISTAKES {
                return;
            }
            self.path.push(key.clone());
            if let Some(schema) = properties().find_map(|keys| keys.get(key)).or(free) {
                self.value(resolve(&SCHEMA, schema), value);
            } else {
                let siblings: Vec<&str> = properties().flat_map(Map::keys).map(String::as_str).collect();
                let help = keys::suggest(&self.path, key, &siblings);
                self.fault(Pointer::Key, format!("there is no key `{}`", self.key()), help);
            }
            self.path.pop();
        }
    }

    fn value(&mut self, schema: &'static Schema, value: &Value) {
        let alternatives = schema["oneOf"].as_array().map_or(&[][..], Vec::as_slice);
        let kind = schema["type"].as_str().unwrap_or_default();
        match (kind, value) {
            _ if !alternatives.is_empty() => self.one_of(schema, alternatives, value),
            ("object", Value::Table(table)) => self.table(&[schema], table),
            ("array", Value::Array(items)) => {
                for (index, item) in items.iter().enumerate().take(MOST_MISTAKES) {
                    self.path.push(index.to_string());
                    self.value(resolve(&SCHEMA, &schema["items"]), item);
                    self.path.pop();
                }
            }
            ("string", Value::String(_)) | ("boolean", Value::Boolean(_)) => {}
            ("integer" | "number", Value::Integer(number)) => self.number(schema, *number as f64, &number.to_string()),
            ("number", Value::Float(number)) => self.number(schema, *number, &number.to_string()),
            _ => self.other(schema, value),
        }
    }

    fn number(&mut self, schema: &Schema, number: f64, written: &str) {
        let bounds = Bounds::of(schema);
        if !bounds.hold(number) {
            let (rule, finite) = (bounds.rule(number), if number.is_finite() { "" } else { "finite" });
            let rule = [finite, &rule].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", and ");
            self.fault(Pointer::Value, format!("`{}` is {written}", self.key()), format!("it must be {rule}"));
        }
    }

    /// A value of one of several kinds: words, a text, a number, a table of these keys or of those.
    fn one_of(&mut self, schema: &'static Schema, alternatives: &'static [Schema], value: &Value) {
        let words: Vec<&str> = alternatives.iter().filter_map(|one| one["const"].as_str()).collect();
        let of = |kind: &str| alternatives.iter().find(|one| one["type"] == kind && one.get("const").is_none());
        match value {
            Value::String(text) if words.contains(&text.as_str()) || of("string").is_some() => {}
            Value::String(text) if words.len() == alternatives.len() => {
                let help = match nearest(text, words.iter().copied()) {
                    Some(near) if words.len() > 1 => format!("did you mean \"{near}\"? It may be {}", keys::list(&words)),
                    _ => format!("it may be {}", keys::list(&words)),
                };
                self.fault(Pointer::Value, format!("`{}` cannot be {text:?}", self.key()), help);
            }
            Value::Integer(_) if let Some(number) = of("integer") => self.value(number, value),
            Value::Integer(_) | Value::Float(_) if let Some(number) = of("number") => self.value(number, value),
            Value::Array(_) if let Some(list) = of("array") => self.value(list, value),
            Value::Table(table) if of("object").is_some() => {
                let tables: Vec<&Schema> = alternatives.iter().filter(|one| one["type"] == "object").collect();
                let before = self.whole.replace(self.path.len());
                let faults = self.found.len();
                self.table(&tables, table);
                self.together(schema, &tables, table, self.found.len() == faults);
                self.whole = before;
            }
            _ => self.other(schema, value),
        }
    }

    /// Whether the keys of a table make one of the tables that there may be; where one of them is
    /// not right (`sound`), none is missed.
    fn together(&mut self, schema: &'static Schema, tables: &[&'static Schema], table: &Table, sound: bool) {
        let chosen: Vec<(&str, &Schema)> = tables
            .iter()
            .filter_map(|one| Some((one["required"][0].as_str()?, *one)))
            .filter(|(key, _)| table.contains_key(*key))
            .collect();
        let (key, help) = (self.key(), format!("it must be {}", forms(schema)));
        match chosen.as_slice() {
            [(first, one)] => {
                let has = |one: &Schema, key: &str| one["properties"].get(key).is_some();
                let is_of_another = |key: &&String| !has(one, key) && tables.iter().any(|table| has(table, key));
                for beside in table.keys().filter(is_of_another) {
                    self.path.push(beside.clone());
                    let message = format!("`{}` has no meaning beside `{first}`", self.key());
                    self.fault(Pointer::Key, message, help.clone());
                    self.path.pop();
                }
                let required = one["required"].as_array().into_iter().flatten().filter_map(Schema::as_str);
                for missing in required.filter(|key| !table.contains_key(*key)) {
                    self.fault(Pointer::Value, format!("`{key}.{missing}` is missing"), help.clone());
                }
            }
            [] if !sound => {}
            [] => {
                let names: Vec<&str> = tables.iter().filter_map(|one| one["required"][0].as_str()).collect();
                let message = match names.as_slice() {
                    [only] => format!("`{key}.{only}` is missing"),
                    names => format!("`{key}` has neither `{}`", names.join("` nor `")),
                };
                self.fault(Pointer::Value, message, help);
            }
            several => {
                let names: Vec<&str> = several.iter().map(|(name, _)| *name).collect();
                self.fault(Pointer::Value, format!("`{key}` has both `{}`", names.join("` and `")), help);
            }
        }
    }

    /// A value of no kind that it may be.
    fn other(&mut self, schema: &Schema, value: &Value) {
        let help = format!("it must be {}{}", forms(schema), self.instead(schema, value));
        self.fault(Pointer::Value, format!("`{}` is {}", self.key(), described(value)), help);
    }

    /// What was meant by a value of no kind that it may be, as the end of a sentence.
    fn instead(&self, schema: &Schema, value: &Value) -> String {
        let takes = |kinds: &[&str]| {
            let alternatives = schema["oneOf"].as_array().map_or(&[][..], Vec::as_slice);
            [schema].into_iter().chain(alternatives).filter_map(|one| one["type"].as_str()).any(|kind| kinds.contains(&kind))
        };
        let several = match value {
            Value::Array(values) => match values.as_slice() {
                [] => None,
                [only] => return format!(": write {only}, without [ ]"),
                several => Some(several.to_vec()),
            },
            // One number, in another spelling.
            Value::String(text) if lookalikes::number(text).is_some() => None,
            value => elsewhere::values(value),
        };
        if let Some(values) = several.filter(|_| self.may_vary()) {
            return format!("; to try several values write, in [grid], {}", elsewhere::axis(&self.key(), &values));
        }
        let is_taken = |number: &String| takes(&["number"]) || number.parse::<i64>().is_ok();
        match value {
            Value::String(text) if takes(&["integer", "number"]) => match lookalikes::number(text).filter(is_taken) {
                Some(number) => format!(": write {number}, without quotes"),
                None if NOTHING.contains(&text.to_ascii_lowercase().as_str()) => {
                    "; TOML has no word for nothing: leave the key out".to_owned()
                }
                None => String::new(),
            },
            Value::String(text) if takes(&["boolean"]) && ["true", "false"].contains(&text.to_ascii_lowercase().as_str()) => {
                format!(": write {}, without quotes", text.to_ascii_lowercase())
            }
            _ => String::new(),
        }
    }

    /// Whether the key may be an axis of the grid.
    fn may_vary(&self) -> bool {
        let is_index = |step: &String| step.parse::<usize>().is_ok();
        let root = self.path.first().map(String::as_str).unwrap_or_default();
        let is_fetch = self.path.get(1).is_some_and(|step| step == "fetch");
        self.path.len() > 1 && !["report", "grid"].contains(&root) && !is_fetch && !self.path.iter().any(is_index)
    }

    fn fault(&mut self, pointer: Pointer, message: String, help: String) {
        let fault = Fault { path: self.path.clone(), pointer, message, help: Some(help), scope: Scope::Key };
        let remove = self.path[..self.whole.unwrap_or(self.path.len())].to_vec();
        self.found.push(Found { fault, remove });
    }

    fn key(&self) -> String {
        self.path.join(".")
    }
}

/// What a value may be, as a reader would call it.
fn forms(schema: &Schema) -> String {
    let alternatives = schema["oneOf"].as_array().map_or(&[][..], Vec::as_slice);
    // Of words alone it is enough to know that they are words.
    if !alternatives.is_empty() && alternatives.iter().any(|one| one.get("const").is_none()) {
        let forms: Vec<String> = alternatives.iter().map(form).collect();
        return match forms.split_last() {
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
            None => String::new(),
        };
    }
    let kind = match schema["type"].as_str() {
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "true or false",
        Some("array") => "a list, in [ ]",
        Some("object") => "a table",
        _ => "a text, in quotes",
    };
    kind.to_owned()
}

/// One kind of value as it is written: `"longest"`, `{ fixed = … }`.
fn form(schema: &Schema) -> String {
    if let Some(word) = schema["const"].as_str() {
        return format!("\"{word}\"");
    }
    match schema["properties"].as_object() {
        Some(keys) => {
            let keys: Vec<String> = keys.keys().map(|key| format!("{key} = …")).collect();
            format!("{{ {} }}", keys.join(", "))
        }
        None => forms(schema),
    }
}

/// A value, as a reader would call it.
fn described(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the text {text:?}"),
        Value::Integer(number) => format!("the number {number}"),
        Value::Float(number) => format!("the number {number}"),
        Value::Boolean(truth) => truth.to_string(),
        Value::Datetime(_) => "a date".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_another_kind_is_answered_with_the_line_to_write() {
        let told = |text: &str| {
            let table: Table = toml::from_str(text).unwrap();
            check(&table).pop().unwrap().fault.help.unwrap()
        };
        let grid = "it must be a number; to try several values write, in [grid], \"train.learning-rate\" = [0.001, 1e-4]";
        assert_eq!(told("train.learning-rate = [1e-3, 1e-4]"), grid);
        assert_eq!(told("train.learning-rate = { values = [1e-3, 1e-4] }"), grid);
        assert_eq!(told("train.learning-rate = []"), "it must be a number");
        assert_eq!(told("train.learning-rate = \"0,001\""), "it must be a number: write 0.001, without quotes");
        assert_eq!(told("train.learning-rate = \"1e\u{2212}3\""), "it must be a number: write 1e-3, without quotes");
        assert_eq!(told("train.epochs = [3]"), "it must be a whole number: write 3, without [ ]");
        assert_eq!(told("train.epochs = \"0,5\""), "it must be a whole number");
        assert!(told("train.max-steps = \"none\"").ends_with("leave the key out"));
        assert_eq!(told("report.equivalent = [1, 2]"), "it must be a number");
    }

    #[test]
    fn a_truth_is_true_or_false() {
        let schema: &'static Schema = Box::leak(Box::new(serde_json::json!({ "type": "boolean" })));
        let told = |value: Value| {
            let mut walk = Walk { found: Vec::new(), path: Vec::new(), whole: None };
            walk.value(schema, &value);
            walk.found.pop().and_then(|found| found.fault.help)
        };
        assert_eq!(told(Value::Boolean(false)), None);
        assert_eq!(told(Value::Integer(1)).as_deref(), Some("it must be true or false"));
    }
}
