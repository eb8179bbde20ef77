//! The JSON schema of the experiment file, made from [`super::raw`]: what editors complete and
//! check with.

use std::{collections::BTreeMap, sync::LazyLock};

use schemars::{
    Schema,
    generate::SchemaSettings,
    transform::{Transform, transform_subschemas},
};
use serde_json::Value;

use super::raw::Raw;

/// The JSON schema (draft 7) of an experiment file, with the defaults.
pub static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let generator = SchemaSettings::draft07().with_transform(Tidy).into_generator();
    generator.into_root_schema_for::<Raw>().to_value()
});

/// The default of every setting that has one, by its dotted key.
pub static DEFAULTS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let with_default = |(key, property): &(String, &Value)| Some((key.clone(), property.get("default")?.clone()));
    keys().iter().filter_map(with_default).collect()
});

/// Every dotted key of an experiment file with its property, tables included, in the order of the
/// declarations.
#[must_use]
pub fn keys() -> Vec<(String, &'static Value)> {
    fn collect(schema: &'static Value, prefix: &str, found: &mut Vec<(String, &'static Value)>) {
        for (name, property) in resolve(&SCHEMA, schema)["properties"].as_object().into_iter().flatten() {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            found.push((key.clone(), property));
            collect(property, &key, found);
        }
    }
    let mut found = Vec::new();
    collect(&SCHEMA, "", &mut found);
    found
}

/// What a schema refers to, or itself.
pub(super) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    reference.and_then(|reference| root.pointer(reference.trim_start_matches('#'))).unwrap_or(schema)
}

/// TOML has no null: a key that may be absent is absent. A number's width is a bound like others,
/// and a doc comment's lines are one paragraph.
#[derive(Debug, Clone)]
struct Tidy;

impl Transform for Tidy {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        if object.get("default").is_some_and(Value::is_null) {
            object.remove("default");
        }
        if let Some(Value::String(width)) = object.remove("format")
            && width == "uint32"
        {
            object.entry("maximum").or_insert(u32::MAX.into());
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
            } else if let Some(choices) = object.remove("anyOf") {
                object.insert("oneOf".to_owned(), choices);
            }
        }
    }
}
