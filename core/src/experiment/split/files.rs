//! `files`: `data.path` names the files of each split.

use serde::{Deserialize, Serialize};

use super::{Divide, Drawn, Given, Kept, Keys, Method, NoMark, Said, Splits, Written, divide_given, parts};
use crate::experiment::validate::Checker;

/// The share of the training proteins that validate, where no file is named for that, and what
/// seeds their draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
}

impl Method for Files {
    const KEYS: Keys = Keys { named: true, seed: false, column: false };
    const DRAWS: bool = true;

    fn read(raw: Written, checker: &mut Checker) -> Option<Self> {
        let share = parts::drawn_share(&raw, checker)?;
        let drawn = (!raw.validation_files).then_some(share);
        Some(Self { validation: drawn, seed: drawn.map(|_| raw.seed) })
    }
}

impl Divide for Files {
    fn given<'a>(&self, rows: &[Said<'a>], _: &[String]) -> Result<Option<Given>, NoMark<'a>> {
        let drawn = self.validation.zip(self.seed).map(|(share, seed)| Drawn { share, seed, asked: false });
        Ok(Some(Given { splits: rows.iter().map(|row| row.file).collect(), drawn }))
    }

    fn divide(&self, kept: &Kept<'_>) -> Splits {
        divide_given(kept)
    }
}
