//! Several experiments that share a test set, as one: which of them a run is of becomes a key like
//! any other.

use std::collections::BTreeSet;

use super::{
    Error, Inputs,
    inputs::{Beside, Label},
};
use titer_core::data::Split;

/// The key that distinguishes the experiments.
const KEY: &str = "experiment";

/// Joins the experiments: what is said of data, split and tokens is the first one's.
///
/// # Errors
///
/// Where their test proteins are not the same ones in the same order: their scores say nothing
/// about each other.
pub fn joined(experiments: Vec<Inputs>) -> Result<Inputs, Error> {
    let mut experiments = experiments.into_iter();
    let Some(mut all) = experiments.next() else { return Err(Error::Nothing) };
    if experiments.len() == 0 {
        return Ok(all);
    }
    let mut names = BTreeSet::from([all.name.clone()]);
    mark(&mut all);
    for mut other in experiments {
        if !names.insert(other.name.clone()) {
            return Err(Error::Twice { name: other.name });
        }
        if let (Some(one), Some(another)) = (tested(&all), tested(&other))
            && one != another
        {
            return Err(Error::OtherProteins { first: all.name, second: other.name });
        }
        mark(&mut other);
        all.runs.append(&mut other.runs);
        all.failures.append(&mut other.failures);
        all.open += other.open;
        all.beside.push(Beside { name: other.name, text: other.text, call: other.call });
        all.beside.append(&mut other.beside);
    }
    Ok(all)
}

/// Names the experiment in every run's point, before the grid's own keys.
fn mark(experiment: &mut Inputs) {
    let points = experiment.runs.iter_mut().map(|run| &mut run.manifest.point);
    for point in points.chain(experiment.failures.iter_mut().map(|failure| &mut failure.point)) {
        point.shift_insert(0, KEY.to_owned(), experiment.name.clone().into());
    }
}

/// The test proteins of an experiment: those of its first run that has any.
fn tested(experiment: &Inputs) -> Option<Vec<(&str, Label<'_>)>> {
    experiment.runs.iter().map(|run| run.proteins(Split::Test)).find(|proteins| !proteins.is_empty())
}
