//! `[split]`.

use super::Checker;
use crate::experiment::{
    raw::{Part, SEED, Split, SplitMethod, TEST, TRAIN, VALIDATION},
    settings::SplitSettings,
};

pub fn split(raw: Split, checker: &mut Checker) -> Option<SplitSettings> {
    match raw.method {
        SplitMethod::Stratified => stratified(raw, checker),
        SplitMethod::Column => by_column(raw, checker),
    }
}

fn stratified(raw: Split, checker: &mut Checker) -> Option<SplitSettings> {
    checker.out_of_place(
        "split.column",
        raw.column.as_ref(),
        "where `split.method` is stratified",
        "leave it out, or set method = \"column\"",
    );
    let train = share("split.train", raw.train, TRAIN, checker);
    let validation = share("split.validation", raw.validation, VALIDATION, checker);
    let test = share("split.test", raw.test, TEST, checker);
    let (train, validation, test) = (train?, validation?, test?);
    let sum = train + validation + test;
    // Decimal shares do not add up exactly in binary.
    if (sum - 1.0).abs() > 1e-9 {
        let message = format!("the shares of the splits add up to {}, not to 1", (sum * 1e9).round() / 1e9);
        let help = format!("train = {train}, validation = {validation}, test = {test}: all three together are the whole data");
        checker.refuse_together("split.test", message, help);
        return None;
    }
    Some(SplitSettings::Stratified { train, validation, test, seed: raw.seed.unwrap_or(SEED) })
}

fn share(key: &str, part: Option<Part>, otherwise: f64, checker: &mut Checker) -> Option<f64> {
    match part {
        None => Some(otherwise),
        Some(Part::Share(share)) => Some(share),
        Some(Part::Value(value)) => {
            let help = "a share of the proteins, such as 0.2; values of a column belong to method = \"column\"";
            checker.refuse_together(key, format!("`{key}` is the text {value:?}, where `split.method` is stratified"), help);
            None
        }
    }
}

fn by_column(raw: Split, checker: &mut Checker) -> Option<SplitSettings> {
    checker.out_of_place("split.seed", raw.seed.as_ref(), "where `split.method` is column", "leave it out: the column decides");
    let column =
        checker.need("split.column", raw.column, "split.method", "name the column that says which split a protein belongs to");
    let column = checker.text("split.column", column);
    let train = value("split.train", raw.train, "train", checker);
    let validation = value("split.validation", raw.validation, "validation", checker);
    let test = value("split.test", raw.test, "test", checker);
    let (train, validation, test) = (train?, validation?, test?);
    if train == validation || validation == test || train == test {
        let message = "two splits are marked by the same value of the column";
        checker.refuse_together(
            "split.test",
            message,
            format!("train = {train:?}, validation = {validation:?}, test = {test:?}"),
        );
        return None;
    }
    Some(SplitSettings::Column { column: column?, train, validation, test })
}

fn value(key: &str, part: Option<Part>, otherwise: &str, checker: &mut Checker) -> Option<String> {
    match part {
        None => Some(otherwise.to_owned()),
        Some(Part::Value(value)) => checker.text(key, Some(value)),
        Some(Part::Share(share)) => {
            let help = "the value that marks the split in the column, in quotes; shares belong to method = \"stratified\"";
            checker.refuse_together(key, format!("`{key}` is the number {share}, where `split.method` is column"), help);
            None
        }
    }
}
