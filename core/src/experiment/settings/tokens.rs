//! `[tokens]`: how sequences become tokens.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::table::table;

table! {
    /// How sequences become tokens.
    #[serde(deny_unknown_fields)]
    TokenSettings {
        /// The most tokens a protein may have, including `<cls>` and `<eos>`.
        max_length: MaxLength = MaxLength::Percentile { percentile: 95.0, sample: Some(1000), seed: SEED, limit: LIMIT },
        /// Which residues a protein that is too long loses.
        truncate: Truncate = Truncate::End,
    }
}

const SEED: u32 = 42;
const LIMIT: usize = 1024;

/// The most tokens a protein may have. Three hold `<cls>`, one residue and `<eos>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum MaxLength {
    /// No protein is truncated.
    #[serde(serialize_with = "Word::write", deserialize_with = "Word::read")]
    #[schemars(with = "Word")]
    Longest,
    /// A fixed number of tokens.
    Fixed {
        /// The most tokens.
        #[serde(rename = "fixed")]
        #[schemars(range(min = 3))]
        tokens: usize,
    },
    /// A percentile of the token counts, up to a limit: `int(min(percentile, limit))`.
    Percentile {
        /// The percentile, above 0 and up to 100, by linear interpolation.
        #[schemars(range(max = 100), extend("exclusiveMinimum" = 0))]
        percentile: f64,
        /// How many proteins are sampled, drawn as `df.sample(n, random_state=seed)` draws them;
        /// all without it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1))]
        sample: Option<usize>,
        /// Seeds the sample; 42 without it.
        #[serde(default = "seed")]
        seed: u32,
        /// The most tokens whatever the percentile; 1024 without it.
        #[serde(default = "limit")]
        #[schemars(range(min = 3))]
        limit: usize,
    },
}

const fn seed() -> u32 {
    SEED
}

const fn limit() -> usize {
    LIMIT
}

/// How [`MaxLength::Longest`] is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Longest,
}

impl JsonSchema for Word {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Word".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "const": "longest" })
    }
}

impl Word {
    fn write<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
        Self::Longest.serialize(serializer)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        Self::deserialize(deserializer).map(|Self::Longest| ())
    }
}

/// Which residues a protein that is too long loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Truncate {
    /// The last ones.
    End,
    /// The first ones.
    Start,
    /// Those in the middle: both termini stay, and the N-terminal part is one longer if the number
    /// is odd.
    Middle,
}
