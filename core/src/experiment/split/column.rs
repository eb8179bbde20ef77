//! `column`: the data names each protein's split.

use serde::{Deserialize, Serialize};

use super::{Divide, Kept, Keys, Method, NoMark, Split, Splits, Written, names};
use crate::experiment::validate::Checker;

/// A column of the table, or what `column` captures of a FASTA header, and the value that marks
/// each split. The proteins that validate may be marked by a column of their own instead, among
/// those that `train` marks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Column {
    pub column: String,
    pub train: String,
    /// `None` where `validation_column` says it.
    pub validation: Option<String>,
    pub test: String,
    pub validation_column: Option<String>,
}

/// What marks a protein that validates, and what does not, beside an empty field.
const MARKS: [&str; 5] = ["true", "True", "TRUE", "1", "yes"];
const NO_MARKS: [&str; 5] = ["false", "False", "FALSE", "0", "no"];

impl Method for Column {
    const KEYS: Keys = Keys { named: true, seed: false, column: true };

    fn read(mut raw: Written, checker: &mut Checker) -> Option<Self> {
        let help = "name the column that says which split a protein belongs to";
        let column = checker.need("split.column", raw.column.take(), "split.method", help);
        let column = checker.text("split.column", column);
        let (train, validation, test) = names(&raw, checker)?;
        let validation_column = checker.text("split.validation-column", raw.validation_column.take());
        Some(Self { column: column?, train, validation, test, validation_column })
    }
}

impl Divide for Column {
    fn columns(&self) -> Vec<&str> {
        [&self.column].into_iter().chain(&self.validation_column).map(String::as_str).collect()
    }

    fn given<'a>(&self, values: &'a [String], missing: &[String]) -> Result<Option<Split>, NoMark<'a>> {
        let Some((value, marks)) = values.split_first() else { return Ok(None) };
        let split = if *value == self.train {
            Split::Train
        } else if *value == self.test {
            Split::Test
        } else if self.validation.as_ref() == Some(value) {
            Split::Validation
        } else {
            return Ok(None);
        };
        match marks.first() {
            Some(mark) if split == Split::Train && marks_validation(mark, missing)? => Ok(Some(Split::Validation)),
            _ => Ok(Some(split)),
        }
    }

    /// Keeps the order of the data.
    fn divide(&self, kept: &Kept<'_>) -> Splits {
        let of = |split| (0..kept.given.len()).filter(|&index| kept.given[index] == Some(split)).collect();
        Splits { train: of(Split::Train), validation: of(Split::Validation), test: of(Split::Test) }
    }
}

fn marks_validation<'a>(value: &'a str, missing: &[String]) -> Result<bool, NoMark<'a>> {
    if MARKS.contains(&value) {
        Ok(true)
    } else if value.is_empty() || NO_MARKS.contains(&value) || missing.iter().any(|word| word == value) {
        Ok(false)
    } else {
        Err(NoMark { value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given<'a>(values: &'a [String], missing: &[String]) -> Result<Option<Split>, NoMark<'a>> {
        let [column, train, test] = ["set", "train", "test"].map(str::to_owned);
        let validation_column = Some("validation".to_owned());
        Column { column, train, validation: None, test, validation_column }.given(values, missing)
    }

    #[test]
    fn a_column_of_its_own_marks_the_proteins_that_validate_among_those_that_train() {
        let of = |set: &str, mark: &str| given(&[set.to_owned(), mark.to_owned()], &[]).ok().flatten();
        for mark in MARKS {
            assert_eq!(of("train", mark), Some(Split::Validation), "{mark}");
        }
        for mark in NO_MARKS.into_iter().chain([""]) {
            assert_eq!(of("train", mark), Some(Split::Train), "{mark}");
        }
        assert_eq!((of("test", "True"), of("test", "maybe")), (Some(Split::Test), Some(Split::Test)));
        assert_eq!(of("validation", "True"), None);
    }

    #[test]
    fn what_is_no_mark_is_refused_unless_it_stands_for_a_missing_value() {
        let values = ["train".to_owned(), "NA".to_owned()];
        assert_eq!(given(&values, &[]), Err(NoMark { value: "NA" }));
        assert_eq!(given(&values, &["NA".to_owned()]), Ok(Some(Split::Train)));
        let yes = ["train".to_owned(), "Yes".to_owned()];
        assert_eq!(given(&yes, &[]), Err(NoMark { value: "Yes" }));
    }
}
