//! `stratified`: shares of the proteins, each class in proportion.

use serde::{Deserialize, Serialize};

use super::{Divide, Kept, Keys, Method, Splits, Written, shares};
use crate::{experiment::validate::Checker, numpy::RandomState};

/// The shares, which add up to 1, and what seeds the shuffle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stratified {
    pub train: f64,
    pub validation: f64,
    pub test: f64,
    pub seed: u32,
}

impl Method for Stratified {
    const KEYS: Keys = Keys { named: false, seed: true, column: false };

    fn read(raw: Written, checker: &mut Checker) -> Option<Self> {
        let [train, validation, test] = shares(&raw, checker)?;
        Some(Self { train, validation, test, seed: raw.seed })
    }
}

impl Divide for Stratified {
    /// Splits as scikit-learn does: `train_test_split(test_size=test)`, then
    /// `test_size=validation / (train + validation)` on the rest, both stratified, both seeded
    /// afresh.
    fn divide(&self, kept: &Kept<'_>) -> Splits {
        let (rest, test) = train_test_split(kept.strata, self.test, self.seed);
        let rest_strata: Vec<usize> = rest.iter().map(|&index| kept.strata[index]).collect();
        let (train, validation) = train_test_split(&rest_strata, self.validation / (self.train + self.validation), self.seed);
        let of_rest = |indices: Vec<usize>| indices.into_iter().map(|index| rest[index]).collect();
        Splits { train: of_rest(train), validation: of_rest(validation), test }
    }
}

/// scikit-learn's `train_test_split` of `range(n)` with `test_size=share`, `stratify=classes` and
/// `random_state=seed`, index for index.
pub(super) fn train_test_split(classes: &[usize], share: f64, seed: u32) -> (Vec<usize>, Vec<usize>) {
    let test_size = (share * classes.len() as f64).ceil() as usize;
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (index, &class) in classes.iter().enumerate() {
        if class >= members.len() {
            members.resize_with(class + 1, Vec::new);
        }
        members[class].push(index);
    }
    // scikit-learn numbers the classes that occur.
    members.retain(|members| !members.is_empty());

    let mut random = RandomState::new(seed);
    let counts: Vec<usize> = members.iter().map(Vec::len).collect();
    let train_counts = approximate_mode(&counts, classes.len().saturating_sub(test_size), &mut random);
    let left: Vec<usize> = counts.iter().zip(&train_counts).map(|(count, train)| count - train).collect();
    let test_counts = approximate_mode(&left, test_size, &mut random);

    let (mut train, mut test) = (Vec::new(), Vec::with_capacity(test_size));
    for ((members, train_count), test_count) in members.iter().zip(train_counts).zip(test_counts) {
        let drawn: Vec<usize> = random.permutation(members.len()).into_iter().map(|index| members[index]).collect();
        train.extend_from_slice(&drawn[..train_count]);
        test.extend_from_slice(&drawn[train_count..train_count + test_count]);
    }
    random.shuffle(&mut train);
    random.shuffle(&mut test);
    (train, test)
}

/// `sklearn.utils.extmath._approximate_mode`: how many of `draws` fall to each class, ties among
/// the remainders drawn by lot.
fn approximate_mode(counts: &[usize], draws: usize, random: &mut RandomState) -> Vec<usize> {
    let total: usize = counts.iter().sum();
    if total == 0 {
        return vec![0; counts.len()];
    }
    let ideal: Vec<f64> = counts.iter().map(|&count| count as f64 / total as f64 * draws as f64).collect();
    let mut mode: Vec<usize> = ideal.iter().map(|ideal| ideal.floor() as usize).collect();
    let remainders: Vec<f64> = ideal.iter().map(|ideal| ideal - ideal.floor()).collect();
    let mut missing = draws.saturating_sub(mode.iter().sum());

    let mut by_size = remainders.clone();
    by_size.sort_by(|a, b| b.total_cmp(a));
    by_size.dedup();
    for remainder in by_size {
        if missing == 0 {
            break;
        }
        let tied: Vec<usize> = (0..counts.len()).filter(|&class| remainders[class] == remainder).collect();
        let lots = random.permutation(tied.len());
        for &lot in lots.iter().take(missing) {
            mode[tied[lot]] += 1;
        }
        missing -= missing.min(tied.len());
    }
    mode
}
