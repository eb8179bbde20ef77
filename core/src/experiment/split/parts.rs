//! What the table of a split says, as the methods read it.

use super::{DRAWN, Marks, SplitMethod, Validation};
use crate::experiment::{
    Paths, PathsBySplit,
    raw::{Part, SEED, Split, TEST, TRAIN, VALIDATION, Word},
    split,
    validate::Checker,
};

/// The table as it is written; keys that mean nothing to the method are refused.
pub(in crate::experiment) struct Written {
    parts: [Option<Part>; 3],
    pub seed: u32,
    pub column: Option<String>,
    pub validation_column: Option<String>,
    /// `data.path` names files that validate.
    pub validation_files: bool,
    method: String,
}

/// The three keys, with what they are where the file says nothing.
const PARTS: [(&str, f64, split::Split); 3] = [
    ("split.train", TRAIN, split::Split::Train),
    ("split.validation", VALIDATION, split::Split::Validation),
    ("split.test", TEST, split::Split::Test),
];

impl Written {
    pub(super) fn new(raw: Split, method: SplitMethod, by_file: Option<&PathsBySplit>, checker: &mut Checker) -> Self {
        let keys = method.keys();
        let name = name(method);
        let beside = format!("where `split.method` is {name}");
        let draws = method.draws() && matches!(raw.validation, Some(Part::Share(_)));
        let validation_files = by_file.is_some_and(|files| files.validation.is_some());
        // Beside files without any that validate, they are drawn in any case.
        if !keys.seed && !draws && (by_file.is_none() || validation_files) {
            let help = if method.draws() {
                "leave it out: nothing is drawn at random, unless `split.validation` is a share, such as 0.1"
            } else {
                "leave it out: nothing is drawn at random"
            };
            checker.out_of_place("split.seed", raw.seed.as_ref(), &beside, help);
        }
        if !keys.column {
            let help = "leave it out, or set method = \"column\"";
            checker.out_of_place("split.column", raw.column.as_ref(), &beside, help);
            checker.out_of_place("split.validation-column", raw.validation_column.as_ref(), &beside, help);
        }
        let Split { train, validation, test, seed, column, validation_column, .. } = raw;
        let parts = [train, validation, test];
        Self { parts, seed: seed.unwrap_or(SEED), column, validation_column, validation_files, method: name }
    }
}

/// As an experiment file writes it.
fn name(method: SplitMethod) -> String {
    serde_json::to_value(method).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Refuses a method that divides other than the paths of the data say, where those could be read.
pub(in crate::experiment) fn require_paths(
    raw: &Split,
    method: SplitMethod,
    paths: Option<&Paths>,
    checker: &mut Checker,
) -> Option<()> {
    if paths.is_none() && checker.is_broken("data.path") {
        // What is wrong with them is told, and that is enough.
        return (method != SplitMethod::Files).then_some(());
    }
    match (paths.and_then(Paths::by_split), method) {
        (Some(_), SplitMethod::Files) => Some(()),
        (Some(_), _) => {
            let message = format!("`data.path` names files for each split, and `split.method` is {}", name(method));
            let help = "leave `split.method` out; to divide the proteins anew, list the files: path = [\"…\", \"…\"]";
            checker.refuse_together("split.method", message, help);
            None
        }
        (None, SplitMethod::Files) => {
            let given = |part: &Option<Part>| match part {
                Some(Part::Value(file)) => format!("{file:?}"),
                _ => "\"…\"".to_owned(),
            };
            let files = [("train", &raw.train), ("validation", &raw.validation), ("test", &raw.test)];
            let files = files.map(|(key, part)| format!("{key} = {}", given(part)));
            let help = format!("name the files of each split in [data]: path = {{ {} }}", files.join(", "));
            checker.refuse_together("split.method", "`data.path` does not name the files of each split", help);
            None
        }
        (None, _) => Some(()),
    }
}

/// The share of training that is drawn for validation; nothing else may be given.
pub(in crate::experiment) fn drawn_share(raw: &Written, checker: &mut Checker) -> Option<f64> {
    let beside = format!("where `split.method` is {}", raw.method);
    let [train, validation, test] = &raw.parts;
    let help = "leave it out: the files of the split are named in `data.path`";
    checker.out_of_place("split.train", train.as_ref(), &beside, help);
    checker.out_of_place("split.test", test.as_ref(), &beside, help);
    if raw.validation_files {
        checker.out_of_place(
            "split.validation",
            validation.as_ref(),
            "beside `data.path.validation`",
            "leave one of the two out",
        );
    }
    match validation {
        None => Some(DRAWN),
        Some(Part::Share(share)) => Some(*share),
        Some(_) => {
            let help = "a share of the training proteins, such as 0.1; files that validate are named in `data.path`";
            checker.refuse_together("split.validation", "`split.validation` is not a share", help);
            None
        }
    }
}

/// The shares of training, validation and test, which add up to 1.
pub(in crate::experiment) fn shares(raw: &Written, checker: &mut Checker) -> Option<[f64; 3]> {
    let mut found = Vec::new();
    for ((key, otherwise, _), part) in PARTS.into_iter().zip(&raw.parts) {
        match part {
            None => found.push(otherwise),
            Some(Part::Share(share)) => found.push(*share),
            Some(Part::Number(number)) => {
                checker.refuse(key, format!("`{key}` is {number}"), "it must be above 0 and below 1");
            }
            Some(part) => {
                let what = match part {
                    Part::Value(value) => format!("the text {value:?}"),
                    _ => "a list".to_owned(),
                };
                let help = "a share of the proteins, such as 0.2; values of a column belong to method = \"column\"";
                checker.refuse_together(key, format!("`{key}` is {what}, where `split.method` is {}", raw.method), help);
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

/// The values of a column that mark training, validation and test: no two splits have one in
/// common. Validation has none where it is marked by a column of its own, or drawn.
pub(in crate::experiment) fn names(raw: &Written, checker: &mut Checker) -> Option<(Marks, Option<Validation>, Marks)> {
    let own_column = raw.validation_column.is_some();
    if own_column {
        let help = "leave one of the two out: the column marks the proteins that validate";
        checker.out_of_place("split.validation", raw.parts[1].as_ref(), "beside `split.validation-column`", help);
    }
    let mut found: Vec<(&'static str, Option<Validation>)> = Vec::new();
    let mut sound = true;
    for ((key, _, split), part) in PARTS.into_iter().zip(&raw.parts) {
        let marks = match part {
            _ if own_column && split == split::Split::Validation => {
                found.push((key, None));
                continue;
            }
            None => Some(Marks::usual(split)),
            Some(Part::Share(share)) if split == split::Split::Validation => {
                found.push((key, Some(Validation::Share(*share))));
                continue;
            }
            Some(Part::Share(share)) => {
                let help =
                    "the value that marks the split in the column, in quotes; shares belong to \"stratified\" and \"random\"";
                let message = format!("`{key}` is the number {share}, where `split.method` is {}", raw.method);
                checker.refuse_together(key, message, help);
                None
            }
            Some(Part::Number(number)) => Some(Marks::One(number.to_string())),
            Some(Part::Value(value)) => checker.text(key, Some(value.clone())).map(Marks::One),
            Some(Part::Values(values)) if values.is_empty() => {
                checker.refuse(
                    key,
                    format!("`{key}` names no value"),
                    "name the values that mark the split, or leave the key out",
                );
                None
            }
            Some(Part::Values(values)) => {
                let texts = values.iter().map(|word| match word {
                    Word::Number(number) => Some(number.to_string()),
                    Word::Text(text) => checker.text(key, Some(text.clone())),
                });
                texts.collect::<Option<Vec<String>>>().map(Marks::new)
            }
        };
        sound &= marks.is_some();
        found.extend(marks.map(|marks| (key, Some(Validation::Marked(marks)))));
    }
    if !sound {
        return None;
    }
    let marks = |found: &(&'static str, Option<Validation>)| match &found.1 {
        Some(Validation::Marked(marks)) => Some((found.0, marks.clone())),
        Some(Validation::Share(_)) | None => None,
    };
    let marked: Vec<(&str, Marks)> = found.iter().filter_map(marks).collect();
    for (index, (_, one)) in marked.iter().enumerate() {
        if one.all().iter().any(|mark| marked[..index].iter().any(|(_, other)| other.hold(mark))) {
            let told = |(key, marks): &(&str, Marks)| {
                let key = key.trim_start_matches("split.");
                match marks {
                    Marks::One(mark) => format!("{key} = {mark:?}"),
                    Marks::Several(marks) => format!("{key} = {marks:?}"),
                }
            };
            let help = marked.iter().map(told).collect::<Vec<_>>().join(", ");
            checker.refuse_together("split.test", "two splits are marked by the same value of the column", help);
            return None;
        }
    }
    let [train, validation, test]: [Option<Validation>; 3] =
        found.into_iter().map(|(_, part)| part).collect::<Vec<_>>().try_into().ok()?;
    match (train, test) {
        (Some(Validation::Marked(train)), Some(Validation::Marked(test))) => Some((train, validation, test)),
        _ => None,
    }
}
