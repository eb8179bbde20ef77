//! The JSON schema of the experiment file, made from [`super::raw`]: what editors complete and check with.

use std::{collections::BTreeMap, sync::LazyLock};

use schemars::{
    Schema,
    generate::SchemaSettings,
    transform::{Transform, transform_subschemas},
};
use serde_json::Value;

use super::{load::defaults, raw::Raw};

/// The JSON schema (draft 7) of an experiment file, with the defaults.
#[must_use]
pub fn json() -> Value {
    let generator = SchemaSettings::draft07().with_transform(Tidy).into_generator();
    let mut schema = generator.into_root_schema_for::<Raw>().to_value();
    set_defaults(&mut schema, "", &defaults());
    schema
}

/// The default of every setting that has one, by its dotted key.
pub static DEFAULTS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    fn collect(root: &Value, table: &Value, prefix: &str, found: &mut BTreeMap<String, Value>) {
        for (key, property) in resolve(root, table)["properties"].as_object().into_iter().flatten() {
            let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match property.get("default") {
                Some(default) => _ = found.insert(key, default.clone()),
                None => collect(root, property, &key, found),
            }
        }
    }
    let schema = json();
    let mut found = BTreeMap::new();
    collect(&schema, &schema, "", &mut found);
    found
});

/// Writes the defaults of a table into the schema's properties. `pointer` leads to the table's schema.
fn set_defaults(schema: &mut Value, pointer: &str, defaults: &toml::Table) {
    for (key, default) in defaults {
        let pointer = format!("{pointer}/properties/{key}");
        let Some(property) = schema.pointer_mut(&pointer) else { continue };
        if let toml::Value::Table(table) = default
            && let Some(definition) = property["$ref"].as_str().map(|reference| reference.trim_start_matches('#').to_owned())
            && schema.pointer(&definition).is_some_and(|definition| definition.get("properties").is_some())
        {
            set_defaults(schema, &definition, table);
        } else if let (Some(Value::Object(property)), Ok(default)) = (schema.pointer_mut(&pointer), serde_json::to_value(default))
        {
            property.insert("default".to_owned(), default);
        }
    }
}

/// What a schema refers to, or itself.
pub(super) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    reference.and_then(|reference| root.pointer(reference.trim_start_matches('#'))).unwrap_or(schema)
}

/// TOML has no null: a key that may be absent is absent. And a doc comment's lines are one paragraph.
#[derive(Debug, Clone)]
struct Tidy;

impl Transform for Tidy {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        if object.get("default").is_some_and(Value::is_null) {
            object.remove("default");
        }
        if let Some(Value::String(description)) = object.get_mut("description") {
            *description = description.replace('\n', " ");
        }
        if let Some(Value::Array(kinds)) = object.get_mut("type") {
            kinds.retain(|kind| kind != "null");
            if let [kind] = kinds.as_slice() {
                let kind = kind.clone();
                object.insert("type".to_owned(), kind);
            }
        }
        if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
            choices.retain(|choice| choice["type"] != "null");
            if let [Value::Object(only)] = choices.as_slice() {
                let only = only.clone();
                object.remove("anyOf");
                object.extend(only);
            }
        }
    }
}
