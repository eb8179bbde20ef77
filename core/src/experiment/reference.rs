//! The reference of every key, in Markdown: made from the JSON schema, which is made from the doc
//! comments of [`super::raw`].

use std::fmt::Write;

use serde_json::Value;
use textwrap::{Options, WordSplitter};

use super::{
    bounds::Bounds,
    schema::{SCHEMA, resolve},
};

/// Columns of a line.
const WIDTH: usize = 100;

/// A chapter a table of the file, an entry a key: what it does, what it may be, and what it is
/// where the file says nothing.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::new();
    chapter(&mut text, &SCHEMA, &SCHEMA, "");
    let lines: Vec<String> = text.trim_end().lines().map(wrapped).collect();
    lines.join("\n") + "\n"
}

/// A line of Markdown in lines of a page's width, those of an item below its text.
fn wrapped(line: &str) -> String {
    let text = line.trim_start();
    let mark = if text.starts_with("- ") { "  " } else { "" };
    let (indent, below) = (&line[..line.len() - text.len()], format!("{}{mark}", &line[..line.len() - text.len()]));
    let options = Options::new(WIDTH).initial_indent(indent).subsequent_indent(&below).break_words(false);
    textwrap::fill(text, options.word_splitter(WordSplitter::NoHyphenation))
}

/// A table's chapter, then those of the tables in it.
fn chapter(text: &mut String, root: &Value, table: &Value, name: &str) {
    let Some(properties) = table["properties"].as_object() else { return };
    let is_table = |property: &Value| resolve(root, property).get("properties").is_some();
    if !name.is_empty() {
        for (key, property) in properties.iter().filter(|(_, property)| !is_table(property)) {
            entry(text, root, key, property);
        }
        text.push('\n');
    }
    for (key, property) in properties {
        let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        if is_table(property) || name == "grid" {
            let about = property["description"].as_str().unwrap_or_default();
            _ = write!(text, "### `[{name}]`\n\n{about}\n\n");
            chapter(text, root, resolve(root, property), &name);
        }
    }
}

fn entry(text: &mut String, root: &Value, key: &str, property: &Value) {
    let about = property["description"].as_str().unwrap_or_default();
    let kind = resolve(root, property);
    let default = property.get("default").map(|default| format!(" Default: `{}`.", toml(default))).unwrap_or_default();
    let mut values = values(root, kind);
    let mut allowed = if values.is_empty() { format!(" It is {}.", allowed(root, kind)) } else { String::new() };
    let words = self::values(root, resolve(root, &kind["items"]));
    if kind["type"] == "array" && !words.is_empty() {
        (values, allowed) = (words, " It is a list of these words.".to_owned());
    }
    _ = writeln!(text, "- **`{key}`**: {about}{allowed}{default}");
    for value in values {
        _ = writeln!(text, "  - {value}");
    }
}

/// The values of a key that has several kinds of them, each with what it means.
fn values(root: &Value, kind: &Value) -> Vec<String> {
    let about = |value: &Value| value["description"].as_str().unwrap_or_default().to_owned();
    let alternative = |value: &Value| {
        if let Some(word) = value.get("const") {
            return format!("`{}`: {}", toml(word), about(value));
        }
        let Some(properties) = value["properties"].as_object() else {
            return format!("{}: {}", allowed(root, value), about(value));
        };
        let keys: Vec<_> = properties.keys().map(|key| format!("{key} = …")).collect();
        let keys = format!("`{{ {} }}`: {}", keys.join(", "), about(value));
        let mut lines = vec![keys];
        for (key, property) in properties {
            let inner = resolve(root, property);
            let description = property["description"].as_str().map(|about| format!("{about} ")).unwrap_or_default();
            let several = self::values(root, inner);
            let allowed = if several.is_empty() { format!("It is {}.", allowed(root, inner)) } else { String::new() };
            lines.push(format!("    - `{key}`: {description}{allowed}").trim_end().to_owned());
            lines.extend(several.into_iter().map(|line| format!("      - {line}")));
        }
        lines.join("\n")
    };
    kind["oneOf"].as_array().into_iter().flatten().map(alternative).collect()
}

/// What a plain value may be.
fn allowed(root: &Value, kind: &Value) -> String {
    let bounds = || {
        let rule = Bounds::of(kind).rule(0.0);
        if rule.is_empty() { rule } else { format!(", {rule}") }
    };
    match kind["type"].as_str() {
        Some("integer") => format!("a whole number{}", bounds()),
        Some("number") => format!("a number{}", bounds()),
        Some("boolean") => "true or false".to_owned(),
        Some("array") => format!("a list, each {}", allowed(root, &kind["items"])),
        Some("object") => match resolve(root, &kind["additionalProperties"])["properties"].as_object() {
            Some(keys) => {
                let keys: Vec<_> = keys
                    .iter()
                    .map(|(key, about)| format!("`{key}` ({})", about["description"].as_str().unwrap_or_default()))
                    .collect();
                format!("a table of tables with the keys {}", keys.join(" and "))
            }
            None if kind["additionalProperties"]["type"] == "array" => "a table of lists of texts".to_owned(),
            None => "a table of texts".to_owned(),
        },
        _ => match kind["pattern"].as_str() {
            Some(pattern) => format!("a text of {} hexadecimal digits", pattern.split(['{', '}']).nth(1).unwrap_or_default()),
            None => "a text".to_owned(),
        },
    }
}

/// A JSON value as TOML writes it.
fn toml(value: &Value) -> String {
    toml::Value::try_from(value).map(|value| value.to_string()).unwrap_or_default()
}
