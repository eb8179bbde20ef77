//! Splits, statuses and reasons as the tables write them: by the names they have in JSON.

use serde::{
    Serialize,
    de::{
        DeserializeOwned, IntoDeserializer as _,
        value::{Error, StrDeserializer},
    },
};

/// The name of a variant without fields.
pub(super) fn of<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("a variant without fields serialises as its name, not as {other:?}"),
    }
}

/// The variant of a name, where there is one.
pub(super) fn parse<T: DeserializeOwned>(name: &str) -> Option<T> {
    let name: StrDeserializer<'_, Error> = name.into_deserializer();
    T::deserialize(name).ok()
}
