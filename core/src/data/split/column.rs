//! `column`: the data names each protein's split.

use super::{Kept, Method};
use crate::data::{Split, Splits, rows::Rows};

/// The settings: the column, and the value that marks each split.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "the keys of the settings")]
pub struct Column {
    pub column: String,
    pub train: String,
    pub validation: String,
    pub test: String,
}

impl Method for Column {
    fn column(&self) -> Option<&str> {
        Some(&self.column)
    }

    fn given(&self, rows: &Rows) -> Option<Vec<Option<Split>>> {
        let names = [(&self.train, Split::Train), (&self.validation, Split::Validation), (&self.test, Split::Test)];
        let split_of = |text: &str| names.into_iter().find(|(name, _)| *name == text).map(|(_, split)| split);
        Some(rows.all.iter().map(|row| split_of(&row.split)).collect())
    }

    /// Keeps the order of the data.
    fn divide(&self, kept: &Kept<'_>) -> Splits {
        let of = |split| kept.indices.iter().copied().filter(|&index| kept.given(index) == Some(split)).collect();
        Splits { train: of(Split::Train), validation: of(Split::Validation), test: of(Split::Test) }
    }
}
