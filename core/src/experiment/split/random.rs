//! `random`: shares of the proteins, whatever their class.

use serde::{Deserialize, Serialize};

use super::{Divide, Kept, Keys, Method, Splits, Written, shares};
use crate::{experiment::validate::Checker, numpy::RandomState};

/// The shares, which add up to 1, and what seeds the shuffle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Random {
    pub train: f64,
    pub validation: f64,
    pub test: f64,
    pub seed: u32,
}

impl Method for Random {
    const KEYS: Keys = Keys { named: false, seed: true, column: false };

    fn read(raw: Written, checker: &mut Checker) -> Option<Self> {
        let [train, validation, test] = shares(&raw, checker)?;
        Some(Self { train, validation, test, seed: raw.seed })
    }
}

impl Divide for Random {
    /// Splits as scikit-learn does: `train_test_split(test_size=test)`, then
    /// `test_size=validation / (train + validation)` on the rest, both seeded afresh.
    fn divide(&self, kept: &Kept<'_>) -> Splits {
        let (rest, test) = train_test_split(kept.strata.len(), self.test, self.seed);
        let (train, validation) = train_test_split(rest.len(), self.validation / (self.train + self.validation), self.seed);
        let of_rest = |indices: Vec<usize>| indices.into_iter().map(|index| rest[index]).collect();
        Splits { train: of_rest(train), validation: of_rest(validation), test }
    }
}

/// scikit-learn's `train_test_split` of `range(count)` with `test_size=share` and
/// `random_state=seed`, index for index.
fn train_test_split(count: usize, share: f64, seed: u32) -> (Vec<usize>, Vec<usize>) {
    let mut test = RandomState::new(seed).permutation(count);
    let train = test.split_off((share * count as f64).ceil() as usize);
    (train, test)
}
