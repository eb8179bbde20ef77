//! The values that may be of several kinds. Written by hand: serde's `untagged` would answer every mistake with "did not match any
//! variant".

use std::{borrow::Cow, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};

use super::words::word;
use crate::experiment::settings::ModelSize;

/// `tokens.max-length`.
#[derive(Debug, Clone, PartialEq)]
pub enum MaxLength {
    Longest,
    Table(MaxLengthTable),
}

/// `{ fixed = N }` or `{ percentile = P, sample = N, seed = S, limit = N }`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MaxLengthTable {
    pub fixed: Option<i64>,
    pub percentile: Option<f64>,
    pub sample: Option<i64>,
    pub seed: Option<i64>,
    pub limit: Option<i64>,
}

/// `model.weights`.
#[derive(Debug, Clone, PartialEq)]
pub enum Weights {
    /// A Hub name or a folder.
    Name(String),
    Table(WeightsTable),
}

/// `{ random = "esm2-8m" }`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WeightsTable {
    #[serde(default, deserialize_with = "word")]
    pub random: Option<ModelSize>,
}

/// `train.finetune`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finetune {
    Full,
    Frozen,
    Table(FinetuneTable),
}

/// `{ last = N }`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FinetuneTable {
    pub last: Option<i64>,
}

/// `split.train` and its siblings.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Share(f64),
    /// The value of the split column.
    Value(String),
}

/// `grid`. Its axes are read by [`crate::experiment::axes`] from the document, because their order matters and maps have none here.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grid;

/// Reads a text or a table, whichever is there.
struct TextOrTable<T, B>(&'static str, fn(&str) -> Option<T>, fn(B) -> T, PhantomData<B>);

impl<'de, T, B: Deserialize<'de>> Visitor<'de> for TextOrTable<T, B> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.1)(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        B::deserialize(MapAccessDeserializer::new(map)).map(self.2)
    }
}

impl<'de> Deserialize<'de> for MaxLength {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = |text: &str| (text == "longest").then_some(Self::Longest);
        let expected = "\"longest\", { fixed = N } or { percentile = P, … }";
        deserializer.deserialize_any(TextOrTable(expected, text, Self::Table, PhantomData))
    }
}

impl<'de> Deserialize<'de> for Weights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = |text: &str| Some(Self::Name(text.to_owned()));
        let expected = "a model of the Hub, a folder, or { random = \"esm2-8m\" }";
        deserializer.deserialize_any(TextOrTable(expected, text, Self::Table, PhantomData))
    }
}

impl<'de> Deserialize<'de> for Finetune {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = |text: &str| match text {
            "full" => Some(Self::Full),
            "frozen" => Some(Self::Frozen),
            _ => None,
        };
        let expected = "\"full\", \"frozen\" or { last = N }";
        deserializer.deserialize_any(TextOrTable(expected, text, Self::Table, PhantomData))
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PartVisitor;

        impl Visitor<'_> for PartVisitor {
            type Value = Part;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a share, or a value of the split column")
            }

            fn visit_f64<E: Error>(self, share: f64) -> Result<Part, E> {
                Ok(Part::Share(share))
            }

            fn visit_i64<E: Error>(self, share: i64) -> Result<Part, E> {
                Ok(Part::Share(share as f64))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Part, E> {
                Ok(Part::Value(value.to_owned()))
            }
        }

        deserializer.deserialize_any(PartVisitor)
    }
}

impl<'de> Deserialize<'de> for Grid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl JsonSchema for MaxLength {
    fn schema_name() -> Cow<'static, str> {
        "MaxLength".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let whole = |minimum: u32, about: &str| json_schema!({ "description": about, "type": "integer", "minimum": minimum });
        json_schema!({
            "oneOf": [
                { "description": "No protein is truncated.", "const": "longest" },
                {
                    "description": "So many tokens.",
                    "type": "object",
                    "properties": { "fixed": whole(3, "The most tokens.") },
                    "required": ["fixed"],
                    "additionalProperties": false,
                },
                {
                    "description": "A percentile of the token counts, and never more than a limit.",
                    "type": "object",
                    "properties": {
                        "percentile": {
                            "description": "The percentile, above 0 and up to 100, by linear interpolation.",
                            "type": "number", "exclusiveMinimum": 0, "maximum": 100,
                        },
                        "sample": whole(1, "How many proteins are looked at, drawn as `df.sample(n, random_state=seed)` draws them; all without it."),
                        "seed": {
                            "description": "Seeds the sample; 42 without it.",
                            "type": "integer", "minimum": 0, "maximum": u32::MAX,
                        },
                        "limit": whole(3, "The most tokens whatever the percentile; 1024 without it."),
                    },
                    "required": ["percentile"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

impl JsonSchema for Weights {
    fn schema_name() -> Cow<'static, str> {
        "Weights".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let size = generator.subschema_for::<ModelSize>();
        json_schema!({
            "oneOf": [
                {
                    "description": "A model of the Hugging Face Hub, such as `facebook/esm2_t6_8M_UR50D`; or a folder with `config.json` and \
                        `model.safetensors`, relative to the folder titer is called in. A text is a folder where it starts with `.` or `/` \
                        or does not have exactly one `/`.",
                    "type": "string",
                    "minLength": 1,
                },
                {
                    "description": "Weights drawn at random, seeded by `train.seed`.",
                    "type": "object",
                    "properties": { "random": size },
                    "required": ["random"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

impl JsonSchema for Finetune {
    fn schema_name() -> Cow<'static, str> {
        "Finetune".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "oneOf": [
                { "description": "All of it.", "const": "full" },
                { "description": "The classification head alone.", "const": "frozen" },
                {
                    "description": "The last encoder layers, the LayerNorm above them, and the classification head.",
                    "type": "object",
                    "properties": {
                        "last": {
                            "description": "How many layers, at most as many as the model has.",
                            "type": "integer", "minimum": 1, "maximum": u32::MAX,
                        },
                    },
                    "required": ["last"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

impl JsonSchema for Part {
    fn schema_name() -> Cow<'static, str> {
        "Part".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "oneOf": [
                { "description": "A share of the proteins.", "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1 },
                { "description": "A value of the split column.", "type": "string" },
            ],
        })
    }
}

impl JsonSchema for Grid {
    fn schema_name() -> Cow<'static, str> {
        "Grid".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": {
                "oneOf": [
                    { "description": "The values the key takes.", "type": "array", "minItems": 1, "uniqueItems": true },
                    { "description": "A dotted key written without quotes.", "type": "object" },
                ],
            },
        })
    }
}
