//! Layers → settings, with every fault on the way.

use figment::{
    error::{Actual, Kind},
    value::Value,
};

use super::{
    diagnostic::{Fault, MOST_MISTAKES, Scope},
    document::Pointer,
    keys,
    layers::{self, Layer, Path},
    validate::{Validated, validate},
};
use crate::text::nearest;

/// Reads the layers as the settings of one run.
///
/// A key that cannot be read is taken out of every layer and the rest is read again, so that one fault does not hide the next.
pub fn read(below: &[&Layer]) -> Result<Validated, Vec<Fault>> {
    match layers::extract(below) {
        Ok(raw) => validate(raw, &[]),
        Err(error) => Err(read_around(below, *error)),
    }
}

fn read_around(below: &[&Layer], first: figment::Error) -> Vec<Fault> {
    let mut layers: Vec<Layer> = below.iter().map(|layer| (*layer).clone()).collect();
    let mut broken: Vec<Path> = Vec::new();
    let mut faults = Vec::new();
    let mut error = first;
    loop {
        let value = layers.iter().rev().find_map(|layer| layers::find(&layer.dict, &error.path).cloned());
        faults.push(fault(&error, value.as_ref()));
        let mut removed = false;
        for layer in &mut layers {
            removed |= layers::remove(&mut layer.dict, &error.path);
        }
        broken.push(error.path);
        if !removed || faults.len() > MOST_MISTAKES {
            return faults;
        }
        match layers::extract(&layers.iter().collect::<Vec<_>>()) {
            Ok(raw) => {
                faults.extend(validate(raw, &broken).err().unwrap_or_default());
                return faults;
            }
            Err(next) => error = *next,
        }
    }
}

/// Puts what serde found wrong with one key into words.
fn fault(error: &figment::Error, value: Option<&Value>) -> Fault {
    let path = error.path.clone();
    let key = path.join(".");
    let found = value.map_or_else(|| "something else".to_owned(), describe);
    let (pointer, message, help) = match &error.kind {
        Kind::UnknownField(name, siblings) => {
            (Pointer::Key, format!("there is no key `{key}`"), keys::suggest(&path, name, siblings))
        }
        Kind::UnknownVariant(name, allowed) => {
            let help = match nearest(name, allowed.iter().copied()) {
                Some(near) if allowed.len() > 1 => format!("did you mean \"{near}\"? It may be {}", keys::list(allowed)),
                _ => format!("it may be {}", keys::list(allowed)),
            };
            (Pointer::Value, format!("`{key}` cannot be {name:?}"), help)
        }
        Kind::InvalidType(Actual::Unsigned(number), _) if *number > i64::MAX as u128 => {
            (Pointer::Value, format!("`{key}` is {number}"), "it is larger than any number here may be".to_owned())
        }
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            (Pointer::Value, format!("`{key}` is {found}"), format!("it must be {}", kind(expected)))
        }
        Kind::InvalidLength(_, _) => (Pointer::Value, format!("`{key}` is {found}"), "it must be a table".to_owned()),
        other => (Pointer::Value, format!("`{key}` cannot be read: {other}"), "see `titer schema`".to_owned()),
    };
    Fault { path, pointer, message, help: Some(help), scope: Scope::Key }
}

/// A value, as a reader would call it.
fn describe(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("the text {text:?}"),
        Value::Char(_, text) => format!("the text \"{text}\""),
        Value::Bool(_, truth) => truth.to_string(),
        Value::Num(_, number) => {
            let number = number
                .to_i128()
                .map_or_else(|| number.to_f64().map(|number| number.to_string()), |number| Some(number.to_string()));
            format!("the number {}", number.unwrap_or_default())
        }
        Value::Empty(..) => "nothing".to_owned(),
        // What the toml crate makes of a date.
        Value::Dict(_, inner) if inner.keys().any(|key| key.starts_with("$__toml")) => "a date".to_owned(),
        Value::Dict(..) => "a table".to_owned(),
        Value::Array(..) => "a list".to_owned(),
    }
}

/// What serde calls a type, as a reader would call it.
fn kind(expected: &str) -> String {
    let readable = match expected {
        "i64" | "u32" | "u64" | "usize" => "a whole number",
        "f64" => "a number",
        "a string" => "a text, in quotes",
        "a sequence" => "a list, in [ ]",
        "a map" => "a table",
        other if other.starts_with("struct ") => "a table",
        other => other,
    };
    readable.to_owned()
}
