//! An experiment beside its lock: what is here as a lock has it, and what the lock does not know.

use std::{collections::BTreeSet, path::Path};

use super::{
    resolved::{self, Reach, ResolvedRun, name},
    target::Target,
    why::short,
};
use crate::{
    error::Error,
    fetch,
    lockfile::{self, Data, FORMAT, Lockfile, Mismatch, Run, Weights},
    plan,
};
use titer_core::{checkpoint, experiment::Loaded, text::shown};

/// Differences that an error lists; the rest it counts.
const LISTED: usize = 20;

/// The inputs and the runs that are here, without what the runs gave.
pub fn here(runs: &[ResolvedRun], project: &Path) -> Result<Lockfile, Error> {
    let mut here = Lockfile { format: FORMAT, data: Vec::new(), weights: Vec::new(), runs: Vec::new() };
    let (mut data, mut weights) = (BTreeSet::new(), BTreeSet::new());
    for run in runs {
        if data.insert(&run.inputs.data) {
            here.data.push(Data::look(&run.settings, &run.inputs.data, project)?);
        }
        if weights.insert(&run.inputs.weights) {
            here.weights.push(Weights::look(&run.settings.model.weights, run.weights.as_deref())?);
        }
        here.runs.push(Run { key: run.key.clone(), point: run.point.clone(), outcome: None });
    }
    Ok(here)
}

/// Names every run of the experiment as [`resolved::resolve`] does, and refuses inputs and runs
/// that the lock beside `file` does not know: weights that it does not name before they are
/// fetched.
pub fn resolve(file: &Path, loaded: &Loaded, project: &Path, target: &Target) -> Result<Vec<ResolvedRun>, Error> {
    let lock = Lockfile::read(file)?;
    let runs = match resolved::resolve(loaded, project, Reach::Cached, target) {
        Err(Error::Fetch(fetch::Error::NotCached { .. })) => {
            let points = plan::expand(loaded)?;
            let wanted = points.iter().map(|point| &point.settings.model.weights);
            refuse(file, &lockfile::unknown_weights(&lock, wanted))?;
            resolved::resolve(loaded, project, Reach::Network, target)?
        }
        runs => runs?,
    };
    refuse(file, &mismatches(&lock, &runs, project)?)?;
    Ok(runs)
}

/// What the lock does not know of these runs and their inputs, with the reason where it is known.
pub fn mismatches(lock: &Lockfile, runs: &[ResolvedRun], project: &Path) -> Result<Vec<Mismatch>, Error> {
    let mut found = lockfile::mismatches(lock, &here(runs, project)?);
    for mismatch in &mut found {
        let (parts, files) = match mismatch {
            Mismatch::Data { name, parts } => (parts, vec![project.join(name)]),
            Mismatch::Weights { parts, .. } => {
                let folders: BTreeSet<&Path> = runs.iter().filter_map(|run| run.weights.as_deref()).collect();
                (parts, folders.into_iter().map(|folder| folder.join(checkpoint::CONFIG)).collect())
            }
            Mismatch::Run { .. } => continue,
        };
        for part in parts {
            part.note = files.iter().find_map(|file| lockfile::line_ends(file, &part.lock));
        }
    }
    Ok(found)
}

/// An error for what the lock beside `file` does not know, where there is anything.
pub fn refuse(file: &Path, mismatches: &[Mismatch]) -> Result<(), lockfile::Error> {
    if mismatches.is_empty() {
        return Ok(());
    }
    let rest = mismatches.len().saturating_sub(LISTED);
    let rest = (rest > 0).then(|| format!("\n  and {rest} more"));
    let list = mismatches.iter().take(LISTED).map(|mismatch| format!("\n  {}", sentence(mismatch))).chain(rest).collect();
    Err(lockfile::Error::Differs { path: lockfile::beside(file), experiment: file.to_owned(), list })
}

/// What the lock does not know, in words.
fn sentence(mismatch: &Mismatch) -> String {
    let input = |kind: &str, name: &str, parts: &[lockfile::Part]| {
        let part = |part: &lockfile::Part| {
            let note = part.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
            format!("{} {} in the lock, {} here{note}", part.part, short(&part.lock), short(&part.here))
        };
        let parts: Vec<String> = parts.iter().map(part).collect();
        let said = if parts.is_empty() { "not in the lock".to_owned() } else { parts.join("; ") };
        format!("{kind} {}: {said}", shown(name))
    };
    match mismatch {
        Mismatch::Data { name, parts } => input("data", name, parts),
        Mismatch::Weights { name, parts } => input("weights", name, parts),
        Mismatch::Run { point, lock: None, here } => format!("{} ({here}): not in the lock", run(point)),
        Mismatch::Run { point, lock: Some(lock), here } => {
            format!("{} has the key {lock} in the lock, {here} here (titer plan --why says more)", run(point))
        }
    }
}

fn run(point: &serde_json::Map<String, serde_json::Value>) -> String {
    if point.is_empty() { name(point) } else { format!("the run {}", name(point)) }
}
