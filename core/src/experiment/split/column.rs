//! `column`: the data names each protein's split.

use serde::{Deserialize, Serialize};

use super::{
    DRAWN, Divide, Drawn, Given, Kept, Keys, Marks, Method, NoMark, Said, Split, Splits, Validation, Written, divide_given,
    marks::is_usual, names,
};
use crate::experiment::{raw::SEED, validate::Checker};

/// A column of the table, or what `column` names or captures in a FASTA header, and the values that
/// mark each split. The proteins that validate may be marked by a column of their own instead,
/// among those that `train` marks, or drawn from those.
///
/// A split that is marked by its own name alone (the default) is marked by the usual words for it,
/// in any case, if no row has that name; `validation` is then drawn from training if no row has any
/// of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Column {
    pub column: String,
    pub train: Marks,
    /// `None` where `validation_column` says it.
    pub validation: Option<Validation>,
    pub test: Marks,
    pub validation_column: Option<String>,
    /// Of the draw of validation.
    #[serde(default = "seed", skip_serializing_if = "is_seed")]
    pub seed: u32,
}

const fn seed() -> u32 {
    SEED
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_seed(seed: &u32) -> bool {
    *seed == SEED
}

/// What marks a protein that validates, and what does not, beside an empty field.
const MARKS: [&str; 5] = ["true", "True", "TRUE", "1", "yes"];
const NO_MARKS: [&str; 5] = ["false", "False", "FALSE", "0", "no"];

impl Method for Column {
    const KEYS: Keys = Keys { named: true, seed: false, column: true };
    const DRAWS: bool = true;

    fn read(mut raw: Written, checker: &mut Checker) -> Option<Self> {
        let help = "name the column that says which split a protein belongs to";
        let column = checker.need("split.column", raw.column.take(), "split.method", help);
        let column = checker.text("split.column", column);
        let (train, validation, test) = names(&raw, checker)?;
        let validation_column = checker.text("split.validation-column", raw.validation_column.take());
        Some(Self { column: column?, train, validation, test, validation_column, seed: raw.seed })
    }
}

impl Divide for Column {
    fn columns(&self) -> Vec<&str> {
        [&self.column].into_iter().chain(&self.validation_column).map(String::as_str).collect()
    }

    fn given<'a>(&self, rows: &[Said<'a>], missing: &[String]) -> Result<Option<Given>, NoMark<'a>> {
        let values = || rows.iter().filter_map(|row| row.values.first().map(String::as_str));
        let validation = match &self.validation {
            Some(Validation::Marked(marks)) => Some(marks),
            Some(Validation::Share(_)) | None => None,
        };
        let marked = [(Split::Train, Some(&self.train)), (Split::Test, Some(&self.test)), (Split::Validation, validation)];
        let marked = marked.into_iter().filter_map(|(split, marks)| Some((split, marks?)));
        // Whether the usual words mark the split, besides its name.
        let widened = |split: Split, marks: &Marks| *marks == Marks::usual(split) && !values().any(|value| marks.hold(value));
        let marked: Vec<(Split, &Marks, bool)> = marked.map(|(split, marks)| (split, marks, widened(split, marks))).collect();
        let of = |value: &str| {
            let marks = marked.iter().find(|(_, marks, _)| marks.hold(value));
            let usual = || marked.iter().find(|(split, _, widened)| *widened && is_usual(*split, value));
            marks.or_else(usual).map(|(split, ..)| *split)
        };
        let mut splits: Vec<Option<Split>> = rows.iter().map(|row| of(row.values.first()?)).collect();
        for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.values.len() > 1) {
            let value = row.values[1].as_str();
            if splits[index] == Some(Split::Train) && marks_validation(value, missing).ok_or(NoMark { row: index, value })? {
                splits[index] = Some(Split::Validation);
            }
        }
        let draw = |share, asked| Some(Drawn { share, seed: self.seed, asked });
        let drawn = match &self.validation {
            Some(Validation::Share(share)) => draw(*share, true),
            Some(Validation::Marked(marks)) if *marks == Marks::usual(Split::Validation) => {
                if splits.contains(&Some(Split::Validation)) { None } else { draw(DRAWN, false) }
            }
            Some(Validation::Marked(_)) | None => None,
        };
        Ok(Some(Given { splits, drawn }))
    }

    fn divide(&self, kept: &Kept<'_>) -> Splits {
        divide_given(kept)
    }
}

/// Whether a value marks a protein that validates; `None` where it says neither.
fn marks_validation(value: &str, missing: &[String]) -> Option<bool> {
    if MARKS.contains(&value) {
        Some(true)
    } else if value.is_empty() || NO_MARKS.contains(&value) || missing.iter().any(|word| word == value) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column() -> Column {
        let column = "set".to_owned();
        Column {
            column,
            train: "train".into(),
            validation: Some("validation".into()),
            test: "test".into(),
            validation_column: None,
            seed: 42,
        }
    }

    /// What a method gives rows of these values, and what it draws.
    fn given(method: &Column, rows: &[&[&str]], missing: &[&str]) -> Result<Given, (usize, String)> {
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|&value| value.to_owned()).collect()).collect();
        let said: Vec<Said> = rows.iter().map(|values| Said { values, file: None }).collect();
        let missing: Vec<String> = missing.iter().map(|&word| word.to_owned()).collect();
        method.given(&said, &missing).map(Option::unwrap).map_err(|NoMark { row, value }| (row, value.to_owned()))
    }

    /// One letter a row: what it is given, `-` for nothing.
    fn letters(method: &Column, values: &[&str]) -> String {
        let rows: Vec<&[&str]> = values.iter().map(std::slice::from_ref).collect();
        let letter = |split: &Option<Split>| split.map_or("-", |split| &split.name()[..2]);
        given(method, &rows, &[]).unwrap().splits.iter().map(letter).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn usual_words_mark_a_split_if_no_row_has_its_name() {
        assert_eq!(letters(&column(), &["train", "validation", "test", "", "x"]), "tr va te - -");
        assert_eq!(letters(&column(), &["TRAIN", "valid", "Test"]), "tr va te");
        assert_eq!(letters(&column(), &["Training", "dev", "val", "testing"]), "tr va va te");
        assert_eq!(letters(&column(), &["train", "Train", "validation", "val", "test"]), "tr - va - te");
        // What the experiment names comes first.
        let odd = Column { train: "val".into(), test: Marks::new(vec!["dev".to_owned(), "x".to_owned()]), ..column() };
        assert_eq!(letters(&odd, &["val", "dev", "x", "valid", "test"]), "tr te te va -");
    }

    #[test]
    fn several_values_mark_a_split_and_numbers_are_numbers() {
        let marks = |marks: &[&str]| Marks::new(marks.iter().map(|&mark| mark.to_owned()).collect());
        let folds = Column {
            train: marks(&["2", "0", "1"]),
            validation: Some(Validation::Marked("3".into())),
            test: "4".into(),
            ..column()
        };
        assert_eq!(letters(&folds, &["0", "1.0", "2", "3", "4.0", "5", "train"]), "tr tr tr va te - -");
        assert_eq!(marks(&["1", "1"]), "1".into());
    }

    #[test]
    fn validation_is_drawn_where_the_column_marks_none_or_the_experiment_says_so() {
        let rows: Vec<&[&str]> = vec![&["train"], &["test"]];
        let drawn = |method: &Column, rows: &[&[&str]]| given(method, rows, &[]).unwrap().drawn;
        assert_eq!(drawn(&column(), &rows), Some(Drawn { share: 0.1, seed: 42, asked: false }));
        assert_eq!(drawn(&column(), &[&["train"], &["Val"], &["test"]]), None);
        let share = Column { validation: Some(Validation::Share(0.2)), seed: 7, ..column() };
        assert_eq!(drawn(&share, &rows), Some(Drawn { share: 0.2, seed: 7, asked: true }));
        let named = Column { validation: Some("holdout".into()), ..column() };
        assert_eq!(drawn(&named, &rows), None);
        let own = Column { validation: None, validation_column: Some("v".to_owned()), ..column() };
        assert_eq!(drawn(&own, &[&["train", "0"], &["test", "0"]]), None);
    }

    #[test]
    fn what_is_drawn_is_a_share_of_training_with_each_class_in_proportion() {
        let strata: Vec<usize> = (0..60).map(|index| usize::from(index % 3 == 0)).collect();
        let given: Vec<Option<Split>> = (0..60).map(|index| Some(if index < 50 { Split::Train } else { Split::Test })).collect();
        let drawn = Some(Drawn { share: 0.2, seed: 42, asked: true });
        let splits = column().divide(&Kept { strata: &strata, given: &given, drawn });
        assert_eq!((splits.train.len(), splits.validation.len(), splits.test.len()), (40, 10, 10));
        assert!(splits.validation.iter().all(|index| *index < 50 && !splits.train.contains(index)));
        assert!((3..=4).contains(&splits.validation.iter().filter(|&&index| strata[index] == 1).count()));
    }

    fn marked(set: &str, mark: &str, missing: &[&str]) -> Result<Option<Split>, String> {
        let own = Column { validation: None, validation_column: Some("validation".to_owned()), ..column() };
        given(&own, &[&[set, mark]], missing).map(|given| given.splits[0]).map_err(|(_, value)| value)
    }

    #[test]
    fn a_column_of_its_own_marks_the_proteins_that_validate_among_those_that_train() {
        for mark in MARKS {
            assert_eq!(marked("train", mark, &[]), Ok(Some(Split::Validation)), "{mark}");
        }
        for mark in NO_MARKS.into_iter().chain([""]) {
            assert_eq!(marked("train", mark, &[]), Ok(Some(Split::Train)), "{mark}");
        }
        assert_eq!((marked("test", "True", &[]), marked("test", "maybe", &[])), (Ok(Some(Split::Test)), Ok(Some(Split::Test))));
        assert_eq!(marked("validation", "True", &[]), Ok(None));
    }

    #[test]
    fn what_is_no_mark_is_refused_unless_it_stands_for_a_missing_value() {
        assert_eq!(marked("train", "NA", &[]), Err("NA".to_owned()));
        assert_eq!(marked("train", "NA", &["NA"]), Ok(Some(Split::Train)));
        assert_eq!(marked("train", "Yes", &[]), Err("Yes".to_owned()));
    }

    #[test]
    fn one_value_is_recorded_as_before() {
        let recorded = serde_json::json!({
            "column": "set", "train": "train", "validation": "validation", "test": "test", "validation-column": null,
        });
        assert_eq!(serde_json::to_value(column()).unwrap(), recorded);
        assert_eq!(serde_json::from_value::<Column>(recorded).unwrap(), column());
        let share = Column { validation: Some(Validation::Share(0.25)), seed: 1, ..column() };
        assert_eq!(serde_json::from_value::<Column>(serde_json::to_value(&share).unwrap()).unwrap(), share);
    }
}
