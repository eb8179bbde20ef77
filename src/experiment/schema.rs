//! The JSON schema of the experiment file, made from [`super::raw`]: what editors complete and check with.

use schemars::{
    Schema,
    generate::SchemaSettings,
    transform::{Transform, transform_subschemas},
};
use serde_json::Value;

use super::raw::Raw;

/// The JSON schema (draft 7) of an experiment file.
#[must_use]
pub fn json() -> Value {
    let generator = SchemaSettings::draft07().with_transform(WithoutNull).into_generator();
    let mut schema = generator.into_root_schema_for::<Raw>().to_value();
    if let Some(root) = schema.as_object_mut() {
        // Editors that read TOML add this key to the file themselves.
        root.insert("$id".to_owned(), Value::from("experiment.schema.json"));
    }
    schema
}

/// What a schema refers to, or itself.
pub fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    reference.and_then(|reference| root.pointer(reference.trim_start_matches('#'))).unwrap_or(schema)
}

/// TOML has no null: a key that may be absent is absent.
#[derive(Debug, Clone)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
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
