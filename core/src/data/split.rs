//! The proteins as the experiment's split method divides them.

use super::{
    Error, Protein,
    rows::{Row, Rows},
};
use crate::{
    experiment::split::{Divide, Kept, NoMark, Split, Splits},
    task::{Target, Task},
    text::short,
};

/// The split that the data gives each row, `None` for a row that it gives none; `None` where the
/// method reads no column. `missing` are the words that stand for a missing value.
pub(super) fn given(method: &dyn Divide, rows: &Rows, missing: &[String]) -> Result<Option<Vec<Option<Split>>>, Error> {
    if method.columns().is_empty() {
        return Ok(None);
    }
    let refused = |row: &Row, value: &str| Error::NoMark { place: rows.place_in_file(row), value: short(value) };
    let given = |row: &Row| method.given(&row.split, missing).map_err(|NoMark { value }| refused(row, value));
    rows.all.iter().map(given).collect::<Result<_, _>>().map(Some)
}

/// Divides the kept proteins, `kept` as indices into all.
pub(super) fn divide(
    method: &dyn Divide,
    task: &dyn Task,
    proteins: &[Protein],
    kept: &[usize],
    given: Option<&[Option<Split>]>,
) -> Splits {
    let targets: Vec<Target> = kept.iter().filter_map(|&index| proteins[index].target).collect();
    let strata = task.strata(&targets);
    let given: Vec<Option<Split>> = given.map(|given| kept.iter().map(|&index| given[index]).collect()).unwrap_or_default();
    method.divide(&Kept { strata: &strata, given: &given }).mapped(kept)
}

/// Refuses splits without a protein, and those in which a class that the task requires has none: no
/// score could be computed.
pub(super) fn require_proteins(splits: &Splits, proteins: &[Protein], required: &[String]) -> Result<(), Error> {
    for split in Split::ALL {
        let mut present = vec![false; required.len()];
        for class in splits.of(split).iter().filter_map(|&index| proteins[index].class()) {
            if let Some(present) = present.get_mut(class) {
                *present = true;
            }
        }
        if let Some(absent) = present.iter().position(|present| !present) {
            let is_one = |protein: &&Protein| protein.dropped.is_none() && protein.class() == Some(absent);
            let kept = proteins.iter().filter(is_one).count();
            return Err(Error::ClassWithoutProtein { class: short(&required[absent]), split, kept });
        }
        if splits.of(split).is_empty() {
            return Err(Error::EmptySplit { split });
        }
    }
    Ok(())
}
