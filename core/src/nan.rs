//! Floats that JSON cannot hold.

use serde::{Deserialize, Deserializer};

/// Reads `null`, which `serde_json` writes for a float that is not finite, as NaN.
pub(crate) fn null_as_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
