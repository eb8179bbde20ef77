//! Why a run is not done: what made it another than the runs that ended.

use std::{cmp::Reverse, collections::HashMap};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Difference, Identity};
use titer_core::results::{EarlierRun, Failure, RunState};

/// Why a run is not done.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Why {
    /// No run of the experiment ended yet.
    Never,
    /// Runs ended; this is the one that differs least.
    Differs { key: String, point: Map<String, Value>, differences: Vec<Difference> },
    /// This very run was tried, and failed.
    Failed { message: String },
    /// This very run was begun, and has not ended.
    Unfinished,
}

/// The runs of an experiment that ended, ready to be compared.
#[derive(Debug, Clone)]
pub struct Earlier {
    runs: Vec<(EarlierRun, Identity)>,
    /// Indices into `runs`, by the point of the grid as JSON.
    of_points: HashMap<String, Vec<usize>>,
}

impl Earlier {
    #[must_use]
    pub fn new(runs: Vec<EarlierRun>) -> Self {
        let mut of_points: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, run) in runs.iter().enumerate() {
            of_points.entry(json!(run.point).to_string()).or_default().push(index);
        }
        let identified = |run| {
            let identity = Identity::from(&run);
            (run, identity)
        };
        Self { runs: runs.into_iter().map(identified).collect(), of_points }
    }

    /// Why a run is not done; `None` where it is.
    #[must_use]
    pub fn why(&self, state: &RunState, point: &Map<String, Value>, identity: &Identity) -> Option<Why> {
        match state {
            RunState::Ended(_) => None,
            RunState::Failed(Failure { message, .. }) | RunState::Unusable { message, .. } => {
                Some(Why::Failed { message: message.clone() })
            }
            RunState::Running | RunState::Interrupted => Some(Why::Unfinished),
            RunState::Pending => Some(self.nearest(point, identity)),
        }
    }

    /// The run that differs least.
    fn nearest(&self, point: &Map<String, Value>, identity: &Identity) -> Why {
        let of_point = self.of_points.get(&json!(point).to_string()).into_iter().flatten().map(|&index| &self.runs[index]);
        // One of the same point that differs in one thing: none is nearer, and the others, thousands in a large sweep, are passed over.
        let nearest = least(of_point, point, identity)
            .filter(|(_, differences)| differences.len() == 1 && differences[0].what != "semantics");
        let nearest = nearest.or_else(|| least(self.runs.iter(), point, identity));
        nearest.map_or(Why::Never, |(run, differences)| Why::Differs {
            key: run.key.clone(),
            point: run.point.clone(),
            differences,
        })
    }
}

/// The run that differs least: of several, one of the same point of the grid, then the latest.
fn least<'a>(
    runs: impl Iterator<Item = &'a (EarlierRun, Identity)>,
    point: &Map<String, Value>,
    identity: &Identity,
) -> Option<(&'a EarlierRun, Vec<Difference>)> {
    let compared = runs.map(|(run, earlier)| (run, identity.differences(earlier)));
    compared.min_by_key(|&(run, ref differences)| {
        // Of a run that another titer made nothing else is told, however much it differs in.
        let another = differences.iter().any(|difference| difference.what == "semantics");
        (another, differences.len(), run.point != *point, Reverse(run.outcome.finished.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::{collection::vec, prelude::*};

    use super::*;
    use titer_core::{
        experiment::{Settings, parse},
        identity::SEMANTICS,
        results::{FORMAT, manifest::Inputs},
    };

    fn settings(sets: &[&str]) -> Settings {
        let text = "[data]\nsource = \"synthetic\"\n[model]\nweights = { random = \"esm2-tiny\" }\n";
        let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
        parse(Path::new("try.toml"), text, &sets).unwrap().experiment.base
    }

    fn inputs() -> Inputs {
        Inputs { data: "d".into(), weights: "w".into() }
    }

    /// A run that ended: its key, its seed as the point of a grid, when it ended, and what else was
    /// set.
    fn ended(key: &str, seed: u32, finished: &str, set: &str) -> EarlierRun {
        let json = json!({
            "format": FORMAT,
            "semantics": SEMANTICS,
            "key": key,
            "point": { "train.seed": seed },
            "settings": settings(&[&format!("train.seed={seed}"), set]),
            "inputs": inputs(),
            "outcome": { "finished": finished },
        });
        serde_json::from_value(json).unwrap()
    }

    /// The key of the run that is nearest to that of this seed.
    fn nearest(runs: Vec<EarlierRun>, seed: u32) -> Option<(String, usize)> {
        let identity = Identity::of(&settings(&[&format!("train.seed={seed}")]), &inputs());
        let point = json!({ "train.seed": seed }).as_object().unwrap().clone();
        match Earlier::new(runs).why(&RunState::Pending, &point, &identity) {
            Some(Why::Differs { key, differences, .. }) => Some((key, differences.len())),
            Some(Why::Never) => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_run_that_differs_least_is_named() {
        let decay = "train.weight-decay=0.1";
        let two = ended("two", 1, "2026-01-02", "train.epochs=9");
        let mut far = ended("far", 1, "2026-01-03", decay);
        far.inputs.insert("data".into(), "other".into());
        assert_eq!(nearest(Vec::new(), 1), None);
        assert_eq!(nearest(vec![far.clone()], 1), Some(("far".into(), 2)));
        assert_eq!(nearest(vec![far, two], 1), Some(("two".into(), 1)));
    }

    #[test]
    fn of_several_the_one_of_the_same_point_and_then_the_latest() {
        let decay = "train.weight-decay=0.1";
        // Another seed with today's decay, or the same seed with yesterday's: one difference each.
        let (other, same) = (ended("other", 2, "2026-01-09", "train.epochs=5"), ended("same", 1, "2026-01-01", decay));
        let latest = ended("latest", 1, "2026-01-05", "train.epochs=9");
        assert_eq!(settings(&[]).train.epochs, 5);
        assert_eq!(nearest(vec![other.clone(), same.clone()], 1), Some(("same".into(), 1)));
        assert_eq!(nearest(vec![other, same, latest], 1), Some(("latest".into(), 1)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// Passing over the runs of other points changes nothing of what is named.
        #[test]
        fn the_run_named_is_that_of_a_look_at_all(ends in vec((0_u32..3, 3_u32..7, 0..4), 0..8), seed in 0_u32..3) {
            let run = |(index, (seed, epochs, day)): (usize, (u32, u32, i32))| {
                ended(&index.to_string(), seed, &format!("2026-01-0{day}"), &format!("train.epochs={epochs}"))
            };
            let all = Earlier::new(ends.into_iter().enumerate().map(run).collect());
            let point = json!({ "train.seed": seed }).as_object().unwrap().clone();
            let identity = Identity::of(&settings(&[&format!("train.seed={seed}")]), &inputs());
            let named = match all.nearest(&point, &identity) {
                Why::Differs { key, .. } => Some(key),
                _ => None,
            };
            prop_assert_eq!(named, least(all.runs.iter(), &point, &identity).map(|(run, _)| run.key.clone()));
        }
    }
}
