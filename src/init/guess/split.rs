//! Which column says how the proteins are divided.

use std::collections::BTreeMap;

use titer_core::data::Split;

use crate::init::column::Column;

/// A column that divides the proteins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// Its values are the usual words.
    Words {
        column: usize,
        /// Where validation proteins are marked.
        validation: Validation,
        /// Values that name no split.
        others: Vec<String>,
    },
    /// Its values number parts of like size; the last validate and test.
    Folds { column: usize, train: Vec<String>, validation: String, test: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    /// By a word of the same column.
    Word,
    /// By a column of its own.
    Column(usize),
    /// Nowhere: drawn from the training proteins.
    Drawn,
}

/// What was found, and what a column that divides the proteins lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub given: Option<Given>,
    /// A column that has words of splits and not those that are needed.
    pub incomplete: Option<usize>,
}

/// Names of columns that number parts.
const PARTS: [&str; 9] = ["partition", "fold", "folds", "cvfold", "kfold", "cv", "split", "set", "subset"];

/// Parts at most.
const MOST: usize = 20;

/// The split that a word names, in any case.
pub fn word(text: &str) -> Option<Split> {
    Some(match text.to_lowercase().as_str() {
        "train" | "training" => Split::Train,
        "valid" | "val" | "dev" | "validation" => Split::Validation,
        "test" | "testing" => Split::Test,
        _ => return None,
    })
}

/// Finds the column among those that are not `taken`.
pub fn find(columns: &[Column], taken: &[usize]) -> Found {
    let free = || (0..columns.len()).filter(|index| !taken.contains(index));
    let mut found = Found::default();
    for index in free() {
        let Some(values) = columns[index].values.as_ref().filter(|values| (1..=MOST).contains(&values.len())) else { continue };
        let has = |split: Split| values.keys().any(|value| word(value) == Some(split));
        if !values.keys().any(|value| word(value).is_some()) {
            continue;
        }
        if !(has(Split::Train) && has(Split::Test)) {
            found.incomplete.get_or_insert(index);
            continue;
        }
        let mask = free().find(|other| *other != index && is_mask(&columns[*other]));
        let validation = match mask {
            _ if has(Split::Validation) => Validation::Word,
            Some(mask) => Validation::Column(mask),
            None => Validation::Drawn,
        };
        let others = values.keys().filter(|value| word(value).is_none()).cloned().collect();
        found.given = Some(Given::Words { column: index, validation, others });
        return found;
    }
    found.given = free().find_map(|index| folds(index, &columns[index]));
    found
}

/// Whether a column marks proteins that validate.
fn is_mask(column: &Column) -> bool {
    const MARKS: [&str; 7] = ["true", "false", "1", "0", "yes", "no", "1.0"];
    let is_named = column.plain().starts_with("val");
    is_named && column.values.as_ref().is_some_and(|values| values.keys().all(|value| MARKS.contains(&&*value.to_lowercase())))
}

/// A column of numbered parts: three or more, none of them tiny beside another.
fn folds(index: usize, column: &Column) -> Option<Given> {
    let values: &BTreeMap<String, usize> = column.values.as_ref()?;
    let number = |value: &str| value.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse::<u32>().ok();
    let mut numbered: Vec<(u32, &String)> = values.keys().map(|value| Some((number(value)?, value))).collect::<Option<_>>()?;
    numbered.sort_unstable();
    let (smallest, largest) = (values.values().min()?, values.values().max()?);
    if !PARTS.contains(&&*column.plain()) || !(3..=MOST).contains(&numbered.len()) || smallest * 10 < *largest {
        return None;
    }
    let mut parts: Vec<String> = numbered.into_iter().map(|(_, value)| value.clone()).collect();
    let (test, validation) = (parts.pop()?, parts.pop()?);
    Some(Given::Folds { column: index, train: parts, validation, test })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_words_are_a_split_and_a_mask_marks_validation() {
        let set = |values: &[&str]| Column::of("set", values);
        let words = |validation| Given::Words { column: 0, validation, others: Vec::new() };
        assert_eq!(find(&[set(&["Train", "valid", "test"])], &[]).given, Some(words(Validation::Word)));
        assert_eq!(find(&[set(&["train", "test"])], &[]).given, Some(words(Validation::Drawn)));
        let mask = Column::of("validation", ["True", "False", ""]);
        assert_eq!(find(&[set(&["train", "test"]), mask.clone()], &[]).given, Some(words(Validation::Column(1))));
        assert_eq!(find(&[set(&["train", "test"]), mask], &[1]).given, Some(words(Validation::Drawn)));
        let others = Given::Words { column: 0, validation: Validation::Drawn, others: vec!["unused".to_owned()] };
        assert_eq!(find(&[set(&["train", "test", "unused"])], &[]).given, Some(others));
        let half = find(&[set(&["train", "val"])], &[]);
        assert_eq!((half.given, half.incomplete), (None, Some(0)));
    }

    #[test]
    fn numbered_parts_are_a_split_where_the_column_is_called_so() {
        let parts = ["0", "1", "2", "3", "10"];
        let given = find(&[Column::of("Partition", parts)], &[]).given;
        let train = ["0", "1", "2"].map(str::to_owned).to_vec();
        assert_eq!(given, Some(Given::Folds { column: 0, train, validation: "3".to_owned(), test: "10".to_owned() }));
        assert_eq!(find(&[Column::of("charge", parts)], &[]), Found::default());
        assert_eq!(find(&[Column::of("fold", ["0", "1"])], &[]), Found::default());
        assert_eq!(find(&[Column::of("fold", ["a-helix", "b-sheet", "mixed"])], &[]), Found::default());
    }
}
