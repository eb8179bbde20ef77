//! Has the proteins prepared as the experiment's runs will have them, and adds what they need.

use std::{collections::BTreeMap, path::Path};

use super::{Error, draft::Draft, guess::Unsuited, write};
use titer_core::{
    data::{self, Card, Dropped},
    experiment,
};

/// Proteins that a class must have, tried in this order once a class is too small for the splits.
const CLASS_SIZES: [usize; 3] = [10, 5, 3];

/// The proteins as the experiment's runs will have them, in counts.
#[derive(Debug)]
pub struct Settled {
    pub card: Card,
    /// Rows that are left out, by reason.
    pub dropped: BTreeMap<Dropped, usize>,
}

/// Prepares the data; what is refused and can be helped by a setting is tried again with it.
pub fn settle(draft: &mut Draft, path: &Path, project: &Path) -> Result<Settled, Error> {
    loop {
        let text = write::settings(draft);
        let base = experiment::parse(path, &text, &[])?.experiment.base;
        match data::prepare(&base.task, &base.data, &base.split, &base.tokens, project) {
            Ok(dataset) => {
                let mut dropped = BTreeMap::new();
                for reason in dataset.proteins.iter().filter_map(|protein| protein.dropped) {
                    *dropped.entry(reason).or_default() += 1;
                }
                return Ok(Settled { card: dataset.card, dropped });
            }
            Err(error) => remedy(draft, error)?,
        }
    }
}

/// Sets what helps against an error, each remedy once; gives the error back where none does.
fn remedy(draft: &mut Draft, error: data::Error) -> Result<(), Error> {
    match error {
        data::Error::RepeatedIds { .. } if !draft.number_ids => draft.number_ids = true,
        data::Error::ClassWithoutProtein { .. } if draft.min_class_size.is_none() => draft.min_class_size = Some(CLASS_SIZES[0]),
        // So large that too few classes are left.
        data::Error::SmallClasses { .. } => {
            let next = CLASS_SIZES.into_iter().find(|size| Some(*size) < draft.min_class_size);
            let Some(next) = next else {
                let unsuited = Unsuited::new(
                    "fewer than two of its classes have proteins enough for training, validation and test",
                    "join small classes to larger ones, or label more proteins",
                );
                return Err(Error::Unsuited {
                    path: draft.files.paths[0].clone(),
                    problem: unsuited.problem,
                    help: unsuited.help,
                });
            };
            draft.min_class_size = Some(next);
        }
        error => return Err(error.into()),
    }
    Ok(())
}
