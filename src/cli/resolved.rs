//! The runs of an experiment with their names: the grid's points, the digests of what they read,
//! and the keys that follow.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};

use super::target::Target;
use crate::{error::Error, fetch, plan};
use titer_core::{
    checkpoint, data,
    experiment::{Loaded, Settings, Weights},
    results::{RunKey, manifest::Inputs, point},
    text::shown,
};

/// One run of the plan, named.
#[derive(Debug, Clone)]
pub struct ResolvedRun {
    pub key: RunKey,
    /// The grid keys and their values, in the file's order.
    pub point: Map<String, Value>,
    pub settings: Settings,
    pub inputs: Inputs,
    /// The folder of the weights; `None` for random ones.
    pub weights: Option<PathBuf>,
}

impl ResolvedRun {
    /// The run in words.
    #[must_use]
    pub fn name(&self) -> String {
        name(&self.point)
    }
}

/// A run's name by its point, harmless for a terminal.
#[must_use]
pub fn name(point: &Map<String, Value>) -> String {
    shown(&point::name(point))
}

/// What a count of runs that are done says of those that diverged: a run that did is done, and has
/// no scores.
#[must_use]
pub fn diverged_of(diverged: usize) -> String {
    if diverged == 0 { String::new() } else { format!(" ({diverged} diverged)") }
}

/// Where weights may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Fetched where they are missing.
    Network,
    /// The caches alone.
    Cached,
}

/// Names every run of the experiment, in the grid's order. Points that come to the same run are
/// one.
pub fn resolve(loaded: &Loaded, project: &Path, reach: Reach, target: &Target) -> Result<Vec<ResolvedRun>, Error> {
    let mut data = Once::default();
    let mut weights = Once::default();
    let mut points = Vec::new();
    for mut point in plan::expand(loaded)? {
        target.settle(&mut point.settings)?;
        let settings = &point.settings;
        let (folder, weights) = weights.get(&settings.model.weights, || locate(&settings.model.weights, project, reach))?;
        let data = data.get(&settings.data, || Ok(data::digest(&settings.data, project)?))?;
        points.push((point, Inputs { data, weights }, folder));
    }
    let named = points.into_par_iter().map(|(plan::Point { values, settings }, inputs, weights)| {
        let key = plan::key(&settings, &inputs);
        ResolvedRun { key, point: values, settings, inputs, weights }
    });
    let mut runs: Vec<ResolvedRun> = named.collect();
    let mut seen = BTreeSet::new();
    runs.retain(|run| seen.insert(run.key.clone()));
    Ok(runs)
}

/// The folder of weights, and their digest.
fn locate(weights: &Weights, project: &Path, reach: Reach) -> Result<(Option<PathBuf>, String), Error> {
    let folder = match reach {
        Reach::Network => fetch::weights(weights, project)?,
        Reach::Cached => fetch::cached_weights(weights, project)?,
    };
    let digest = checkpoint::digest(weights, folder.as_deref())?;
    Ok((folder, digest))
}

/// Answers by question, each worked out once: weights are large, and a grid asks for the same ones
/// again and again.
#[derive(Debug)]
struct Once<T>(BTreeMap<String, T>);

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Clone> Once<T> {
    fn get(&mut self, question: &impl Serialize, answer: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let question = serde_json::to_string(question).expect("settings are plain data");
        if let Some(known) = self.0.get(&question) {
            return Ok(known.clone());
        }
        let answer = answer()?;
        self.0.insert(question, answer.clone());
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_runs_are_harmless_for_a_terminal() {
        let name = |point: Value| super::name(point.as_object().unwrap());
        assert_eq!(name(json!({ "data.label": "a\u{1b}[2J", "train.seed": 1 })), "label a\\u{1b}[2J, seed 1");
    }

    #[test]
    fn each_question_is_answered_once() {
        let mut once = Once::default();
        for _ in 0..2 {
            assert_eq!(once.get(&1, || Ok("one")).unwrap(), "one");
            once.get(&1, || unreachable!()).unwrap();
        }
        assert_eq!(once.get(&2, || Ok("two")).unwrap(), "two");
    }
}
