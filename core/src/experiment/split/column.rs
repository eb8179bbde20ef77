//! `column`: the data names each protein's split.

use serde::{Deserialize, Serialize};

use super::{Divide, Kept, Keys, Method, Split, Splits, Written, names};
use crate::experiment::validate::Checker;

/// A column of the table, or what `column` captures of a FASTA header, and the value that marks
/// each split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub column: String,
    pub train: String,
    pub validation: String,
    pub test: String,
}

impl Method for Column {
    const KEYS: Keys = Keys { named: true, seed: false, column: true };

    fn read(mut raw: Written, checker: &mut Checker) -> Option<Self> {
        let help = "name the column that says which split a protein belongs to";
        let column = checker.need("split.column", raw.column.take(), "split.method", help);
        let column = checker.text("split.column", column);
        let [train, validation, test] = names(&raw, checker)?;
        Some(Self { column: column?, train, validation, test })
    }
}

impl Divide for Column {
    fn column(&self) -> Option<&str> {
        Some(&self.column)
    }

    fn given(&self, value: &str) -> Option<Split> {
        let names = [(&self.train, Split::Train), (&self.validation, Split::Validation), (&self.test, Split::Test)];
        names.into_iter().find(|(name, _)| *name == value).map(|(_, split)| split)
    }

    /// Keeps the order of the data.
    fn divide(&self, kept: &Kept<'_>) -> Splits {
        let of = |split| (0..kept.given.len()).filter(|&index| kept.given[index] == Some(split)).collect();
        Splits { train: of(Split::Train), validation: of(Split::Validation), test: of(Split::Test) }
    }
}
