//! Enumerations, read strictly.

use serde::{
    Deserialize, Deserializer,
    de::{IntoDeserializer, value::StringDeserializer},
};

/// Reads one of an enumeration's words. A number is refused: derived enumerations would take it as a variant's index.
pub fn word<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let word = String::deserialize(deserializer)?;
    let word: StringDeserializer<D::Error> = word.into_deserializer();
    T::deserialize(word).map(Some)
}

/// The same for a list of them.
pub fn words<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let words = Vec::<String>::deserialize(deserializer)?;
    let read = |word: String| {
        let word: StringDeserializer<D::Error> = word.into_deserializer();
        T::deserialize(word)
    };
    words.into_iter().map(read).collect::<Result<_, _>>().map(Some)
}
