//! What runs would fail on, found before any of them begins: their data, their weights, and a
//! precision that no device here has.

use std::{collections::BTreeSet, path::Path};

use serde_json::json;

use super::{idle, prepared::Prepared, target::Target};
use crate::{
    error::Error,
    fetch::{self, uniprot},
    plan,
    schedule::{self, Devices},
};
use titer_core::{
    checkpoint,
    data::{Split, files},
    experiment::{Experiment, Finetune, Loaded, Precision, Settings, Source, Weights},
};

/// An experiment that was looked at from end to end.
pub struct Examined {
    /// Everything that stands in the way.
    pub errors: Vec<Error>,
    /// Settings that do nothing, a line each.
    pub notes: Vec<String>,
}

/// Examines every point of the grid, with what is on this machine: nothing is fetched.
pub fn examine(loaded: &Loaded, points: &[plan::Point], project: &Path, target: &Target) -> Examined {
    let settings = || points.iter().map(|point| &point.settings);
    let (prepared, mut errors) = match Prepared::new(&loaded.experiment, points, project) {
        Ok(prepared) => (Some(prepared), Vec::new()),
        Err(errors) => (None, errors),
    };
    let doubt = fetched(&loaded.experiment, project);
    let mut notes = idle::notes(loaded, settings(), prepared.as_ref());
    notes.extend(prepared.as_ref().map(|prepared| prepared.base.card.notes()).unwrap_or_default());
    notes.extend(named_as_splits(loaded, project));
    match doubt {
        Ok(note) => notes.extend(note),
        Err(error) => errors.push(error),
    }
    errors.extend(weights(settings(), project));
    errors.extend(precision(settings(), target).err());
    Examined { errors, notes }
}

/// Whether the data file is the one that `[data.fetch]` describes: an error where it is not what is
/// pinned, a note where it is doubtful.
pub fn fetched(experiment: &Experiment, project: &Path) -> Result<Option<String>, Error> {
    let (Some(settings), Source::Table { path, .. } | Source::Uniprot { path, .. }) =
        (&experiment.fetch, &experiment.base.data.source)
    else {
        return Ok(None);
    };
    let Some(path) = path.one() else { return Ok(None) };
    let doubt = uniprot::doubt(settings, &project.join(path))?;
    Ok(doubt.map(|doubt| format!("the data file {}: {doubt}", path.display())))
}

/// A note where several files are named like splits and are divided anew all the same, which nobody
/// asked for.
fn named_as_splits(loaded: &Loaded, project: &Path) -> Option<String> {
    let paths = loaded.experiment.base.data.source.paths()?;
    if loaded.gives("split.method") {
        return None;
    }
    let files = files::expand(paths, project).ok()?;
    let of = |split: Split| {
        let names = files.iter().filter(|file| file.split.is_none()).filter(|file| files::is_named_as(split, &file.path));
        names.map(|file| file.path.display().to_string()).next()
    };
    let found = Split::ALL.map(|split| Some((split.name(), of(split)?)));
    let named: Vec<String> = found.iter().flatten().map(|(split, path)| format!("{split} = {path:?}")).collect();
    (named.len() > 1).then(|| {
        format!(
            "the files are named like splits, and their proteins are divided anew: path = {{ {} }} keeps them apart, \
             split.method = \"stratified\" says that this is meant",
            named.join(", ")
        )
    })
}

/// The data of runs that may begin: `wanted` are those that are not done, `target` where they
/// compute. All that stands in their way is told, but for weights that a sweep fetches.
pub fn ready(
    loaded: &Loaded,
    points: &[plan::Point],
    wanted: &[&Settings],
    target: &Target,
    project: &Path,
) -> Result<Prepared, Error> {
    let is_fetched_later = |error: &Error| matches!(error, Error::Fetch(fetch::Error::NotCached { .. }));
    let mut errors = weights(wanted.iter().copied(), project);
    errors.retain(|error| !is_fetched_later(error));
    errors.extend(precision(wanted.iter().copied(), target).err());
    match Prepared::new(&loaded.experiment, points, project) {
        Ok(prepared) if errors.is_empty() => Ok(prepared),
        Ok(_) => Err(Error::several(errors)),
        Err(of_data) => Err(Error::several([of_data, errors].into_iter().flatten().collect())),
    }
}

/// What is wrong with the weights that these runs begin from.
pub fn weights<'a>(runs: impl Iterator<Item = &'a Settings>, project: &Path) -> Vec<Error> {
    let (mut seen, mut told) = (BTreeSet::new(), BTreeSet::new());
    let distinct = runs.filter(|run| seen.insert(json!([run.model, run.train.finetune]).to_string()));
    let mut errors: Vec<Error> = distinct.filter_map(|run| of(&run.model.weights, run.train.finetune, project).err()).collect();
    errors.retain(|error| told.insert(error.to_string()));
    errors
}

fn of(weights: &Weights, finetune: Finetune, project: &Path) -> Result<(), Error> {
    let Some(folder) = fetch::cached_weights(weights, project)? else { return Ok(()) };
    let config = checkpoint::examine(&folder)?;
    match finetune {
        Finetune::Last(last) if i64::from(last.get()) > config.num_hidden_layers => {
            Err(checkpoint::Error::Layers { folder, last: last.get(), there: config.num_hidden_layers }.into())
        }
        _ => Ok(()),
    }
}

/// Refuses fp16 where a run may get a CPU, and `auto` where nobody can say what it is.
fn precision<'a>(runs: impl Iterator<Item = &'a Settings>, target: &Target) -> Result<(), Error> {
    let (mut wanting, mut of) = (0, 0);
    for run in runs {
        target.named(run.train.precision)?;
        wanting += usize::from(run.train.precision == Precision::Fp16);
        of += 1;
    }
    if wanting > 0 && *target.devices()? == Devices::Cpu {
        return Err(schedule::Error::Fp16OnCpu { wanting, of }.into());
    }
    Ok(())
}
