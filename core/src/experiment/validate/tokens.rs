//! `[tokens]`.

use super::Checker;
use crate::experiment::{
    raw::{self, MaxLengthTable, Tokens},
    settings::{MaxLength, TokenSettings},
};

/// `<cls>`, one residue, `<eos>`.
const LEAST: usize = 3;
/// What the keys of a percentile are where it does not give them.
const SEED: u32 = 42;
const LIMIT: usize = 1024;

pub fn tokens(raw: Tokens, checker: &mut Checker) -> Option<TokenSettings> {
    let max_length = match raw.max_length {
        Some(raw::MaxLength::Longest) => Some(MaxLength::Longest),
        Some(raw::MaxLength::Table(table)) => table_of(&table, checker),
        None => None,
    };
    Some(TokenSettings { max_length: max_length?, truncate: raw.truncate? })
}

fn table_of(table: &MaxLengthTable, checker: &mut Checker) -> Option<MaxLength> {
    const KEY: &str = "tokens.max-length";
    const HELP: &str = "write \"longest\", { fixed = 512 } or { percentile = 95, sample = 1000, seed = 42, limit = 1024 }";
    match (table.fixed, table.percentile) {
        (Some(fixed), None) => {
            let beside = "beside `fixed`";
            checker.out_of_place("tokens.max-length.sample", table.sample.as_ref(), beside, HELP);
            checker.out_of_place("tokens.max-length.seed", table.seed.as_ref(), beside, HELP);
            checker.out_of_place("tokens.max-length.limit", table.limit.as_ref(), beside, HELP);
            let tokens = checker.count("tokens.max-length.fixed", Some(fixed), LEAST)?;
            Some(MaxLength::Fixed { tokens })
        }
        (None, Some(percentile)) => {
            let in_range = |percentile: f64| percentile > 0.0 && percentile <= 100.0;
            let percentile =
                checker.number("tokens.max-length.percentile", Some(percentile), in_range, "above 0 and at most 100");
            let sample = match table.sample {
                None => Some(None),
                given => checker.count("tokens.max-length.sample", given, 1).map(Some),
            };
            let seed = table.seed.map_or(Some(SEED), |seed| checker.seed("tokens.max-length.seed", Some(seed)));
            let limit = table.limit.map_or(Some(LIMIT), |limit| checker.count("tokens.max-length.limit", Some(limit), LEAST));
            Some(MaxLength::Percentile { percentile: percentile?, sample: sample?, seed: seed?, limit: limit? })
        }
        (Some(_), Some(_)) => {
            checker.refuse(KEY, "`tokens.max-length` is both fixed and a percentile", HELP);
            None
        }
        (None, None) => {
            if !checker.is_broken(KEY) {
                checker.refuse(KEY, "`tokens.max-length` is neither fixed nor a percentile", HELP);
            }
            None
        }
    }
}
