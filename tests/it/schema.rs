//! The JSON schema and the reference are what the code makes of its doc comments, and both agree
//! with the code.

use std::path::Path;

use serde_json::Value;
use titer_core::experiment::{parse, reference, schema};

use crate::check::{configs, load};

fn stored(path: &str) -> String {
    fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

fn as_json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

#[test]
fn the_stored_schema_is_fresh() {
    let fresh = format!("{:#}\n", *schema::SCHEMA);
    assert!(stored("schema/experiment.schema.json") == fresh, "run: titer schema > schema/experiment.schema.json");
}

#[test]
fn the_reference_in_the_docs_is_fresh() {
    let docs = stored("docs/experiment.md");
    let (_, below) = docs.split_once("<!-- titer schema --reference -->\n").expect("the mark where the reference begins");
    assert!(below.trim_start() == reference::markdown(), "put the output of `titer schema --reference` below its mark");
}

#[test]
fn every_key_of_the_schema_is_described() {
    fn look(schema: &Value, place: &str) {
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            let about = property["description"].as_str().unwrap_or_default();
            assert!(about.len() > 10, "{place}.{key}: {about:?}");
        }
    }
    let schema = &*schema::SCHEMA;
    look(schema, "");
    for (name, definition) in schema["definitions"].as_object().unwrap() {
        look(definition, name);
    }
}

#[test]
fn what_the_schema_shows_as_a_default_is_what_a_file_without_the_key_has() {
    // Written at their defaults, the settings are those of a file that says nothing; at anything else they are others.
    let least = "[data]\nsource = \"synthetic\"\n[model]\nweights = { random = \"esm2-tiny\" }\n";
    let settings = |sets: &[String]| parse(Path::new("try.toml"), least, sets).unwrap().experiment.base;
    let set = |(key, value): (&String, &Value)| format!("{key}={}", toml::Value::try_from(value).unwrap());
    let all: Vec<String> = schema::DEFAULTS.iter().map(set).collect();
    assert!(all.len() > 30, "{all:?}");
    assert_eq!(settings(&all), settings(&[]));
    assert_ne!(settings(&["train.epochs=7".to_owned()]), settings(&[]));
}

#[test]
fn the_schema_takes_every_valid_file() {
    let validator = jsonschema::validator_for(&schema::SCHEMA).unwrap();
    for file in [configs("tests/configs/valid"), configs("experiments")].concat() {
        let text = fs_err::read_to_string(&file).unwrap();
        let errors: Vec<_> = validator.iter_errors(&as_json(&text)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
    }
}

#[test]
fn the_schema_refuses_nothing_that_the_code_takes() {
    // What the schema finds wrong in a file, the code finds wrong too.
    let validator = jsonschema::validator_for(&schema::SCHEMA).unwrap();
    let mut refused = 0;
    for file in configs("tests/configs/invalid") {
        let text = fs_err::read_to_string(&file).unwrap();
        if let Ok(table) = toml::from_str::<toml::Table>(&text) {
            assert!(load(&file).is_err());
            refused += usize::from(!validator.is_valid(&serde_json::to_value(table).unwrap()));
        }
    }
    // Misspelt keys and words, types, ranges: most mistakes are seen while the file is being written.
    assert!(refused >= 20, "{refused}");
}
