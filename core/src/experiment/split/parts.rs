//! What the table of a split says, as the methods read it.

use super::Keys;
use crate::experiment::{
    raw::{Part, SEED, Split, TEST, TRAIN, VALIDATION},
    validate::Checker,
};

/// The table as it is written; keys that mean nothing to the method are refused.
pub(in crate::experiment) struct Written {
    parts: [Option<Part>; 3],
    pub seed: u32,
    pub column: Option<String>,
    pub validation_column: Option<String>,
    method: String,
}

/// The three keys, with what they are where the file says nothing.
const PARTS: [(&str, f64, &str); 3] =
    [("split.train", TRAIN, "train"), ("split.validation", VALIDATION, "validation"), ("split.test", TEST, "test")];

impl Written {
    pub(super) fn new(raw: Split, keys: Keys, checker: &mut Checker) -> Self {
        let method = serde_json::to_value(raw.method).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
        let beside = format!("where `split.method` is {method}");
        if !keys.seed {
            checker.out_of_place("split.seed", raw.seed.as_ref(), &beside, "leave it out: nothing is drawn at random");
        }
        if !keys.column {
            let help = "leave it out, or set method = \"column\"";
            checker.out_of_place("split.column", raw.column.as_ref(), &beside, help);
            checker.out_of_place("split.validation-column", raw.validation_column.as_ref(), &beside, help);
        }
        let Split { train, validation, test, seed, column, validation_column, .. } = raw;
        Self { parts: [train, validation, test], seed: seed.unwrap_or(SEED), column, validation_column, method }
    }
}

/// The shares of training, validation and test, which add up to 1.
pub(in crate::experiment) fn shares(raw: &Written, checker: &mut Checker) -> Option<[f64; 3]> {
    let mut found = Vec::new();
    for ((key, otherwise, _), part) in PARTS.into_iter().zip(&raw.parts) {
        match part {
            None => found.push(otherwise),
            Some(Part::Share(share)) => found.push(*share),
            Some(Part::Value(value)) => {
                let help = "a share of the proteins, such as 0.2; values of a column belong to method = \"column\"";
                let message = format!("`{key}` is the text {value:?}, where `split.method` is {}", raw.method);
                checker.refuse_together(key, message, help);
            }
        }
    }
    let shares: [f64; 3] = found.try_into().ok()?;
    let sum: f64 = shares.iter().sum();
    // Decimal shares do not add up exactly in binary.
    if (sum - 1.0).abs() > 1e-9 {
        let message = format!("the shares of the splits add up to {}, not to 1", (sum * 1e9).round() / 1e9);
        let [train, validation, test] = shares;
        let help = format!("train = {train}, validation = {validation}, test = {test}: all three together are the whole data");
        checker.refuse_together("split.test", message, help);
        return None;
    }
    Some(shares)
}

/// The values of a column that mark training, validation and test: no two are the same. Validation
/// has none where it is marked by a column of its own.
pub(in crate::experiment) fn names(raw: &Written, checker: &mut Checker) -> Option<(String, Option<String>, String)> {
    let own_column = raw.validation_column.is_some();
    if own_column {
        let help = "leave one of the two out: the column marks the proteins that validate";
        checker.out_of_place("split.validation", raw.parts[1].as_ref(), "beside `split.validation-column`", help);
    }
    let mut found = Vec::new();
    for ((key, _, otherwise), part) in PARTS.into_iter().zip(&raw.parts) {
        match part {
            _ if own_column && key == "split.validation" => {}
            None => found.push(otherwise.to_owned()),
            Some(Part::Value(value)) => found.extend(checker.text(key, Some(value.clone()))),
            Some(Part::Share(share)) => {
                let help =
                    "the value that marks the split in the column, in quotes; shares belong to \"stratified\" and \"random\"";
                let message = format!("`{key}` is the number {share}, where `split.method` is {}", raw.method);
                checker.refuse_together(key, message, help);
            }
        }
    }
    let needed = PARTS.len() - usize::from(own_column);
    if found.len() < needed {
        return None;
    }
    if (1..needed).any(|index| found[..index].contains(&found[index])) {
        let message = "two splits are marked by the same value of the column";
        let help = match found.as_slice() {
            [train, validation, test] => format!("train = {train:?}, validation = {validation:?}, test = {test:?}"),
            names => format!("train = {:?}, test = {:?}", names[0], names[1]),
        };
        checker.refuse_together("split.test", message, help);
        return None;
    }
    let mut found = found.into_iter();
    let train = found.next()?;
    let validation = if own_column { None } else { found.next() };
    Some((train, validation, found.next()?))
}
