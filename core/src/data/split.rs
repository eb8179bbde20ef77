//! Who trains, who validates, who tests.

use super::{Error, Protein, Split, Splits, mt19937::RandomState, rows::Rows};
use crate::{experiment::SplitSettings, text::short};

/// The split each row names, where a column gives the splits; `None` where its value names none.
pub(super) fn given(rows: &Rows, settings: &SplitSettings) -> Option<Vec<Option<Split>>> {
    let SplitSettings::Column { train, validation, test, .. } = settings else { return None };
    let names = [(train, Split::Train), (validation, Split::Validation), (test, Split::Test)];
    let split_of = |text: &str| names.into_iter().find(|(name, _)| *name == text).map(|(_, split)| split);
    Some(rows.all.iter().map(|row| split_of(&row.split)).collect())
}

/// Divides the kept proteins: as `given`, in their order, or stratified.
pub(super) fn divide(proteins: &[Protein], kept: &[usize], given: Option<&[Option<Split>]>, settings: &SplitSettings) -> Splits {
    match (settings, given) {
        (&SplitSettings::Stratified { train, validation, test, seed }, _) => {
            let classes: Vec<usize> = kept.iter().filter_map(|&index| proteins[index].class).collect();
            stratified(&classes, [train, validation, test], seed).mapped(kept)
        }
        (SplitSettings::Column { .. }, given) => {
            let of =
                |split| kept.iter().copied().filter(|&index| given.is_some_and(|given| given[index] == Some(split))).collect();
            Splits { train: of(Split::Train), validation: of(Split::Validation), test: of(Split::Test) }
        }
    }
}

/// Refuses splits in which a class has no protein: no score of such a class could be computed.
pub(super) fn require_every_class(splits: &Splits, proteins: &[Protein], names: &[String]) -> Result<(), Error> {
    for split in Split::ALL {
        let mut present = vec![false; names.len()];
        for class in splits.of(split).iter().filter_map(|&index| proteins[index].class) {
            present[class] = true;
        }
        if let Some(absent) = present.iter().position(|present| !present) {
            let kept = proteins.iter().filter(|protein| protein.dropped.is_none() && protein.class == Some(absent)).count();
            return Err(Error::ClassWithoutProtein { class: short(&names[absent]), split, kept });
        }
    }
    Ok(())
}

/// Splits as the reference does: `train_test_split(test_size=test)`, then `test_size=validation / (train + validation)` on the rest,
/// both stratified, both seeded afresh. `classes` holds a class index a protein, `shares` add up to 1.
fn stratified(classes: &[usize], shares: [f64; 3], seed: u32) -> Splits {
    let [train, validation, test] = shares;
    let (rest, test) = train_test_split(classes, test, seed);
    let rest_classes: Vec<usize> = rest.iter().map(|&index| classes[index]).collect();
    let (train, validation) = train_test_split(&rest_classes, validation / (train + validation), seed);
    let of_rest = |indices: Vec<usize>| indices.into_iter().map(|index| rest[index]).collect();
    Splits { train: of_rest(train), validation: of_rest(validation), test }
}

/// `sklearn.model_selection.train_test_split(range(n), test_size=share, stratify=classes, random_state=seed)`, index for index.
fn train_test_split(classes: &[usize], share: f64, seed: u32) -> (Vec<usize>, Vec<usize>) {
    let test_size = (share * classes.len() as f64).ceil() as usize;
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (index, &class) in classes.iter().enumerate() {
        if class >= members.len() {
            members.resize_with(class + 1, Vec::new);
        }
        members[class].push(index);
    }
    // The reference numbers the classes that occur.
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

/// `sklearn.utils.extmath._approximate_mode`: how many of `draws` fall to each class, ties among the remainders drawn by lot.
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
