//! The inputs and runs that a lock does not know.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Data, Lockfile, Weights};
use titer_core::{experiment, results::RunKey};

/// An input or a run that is not as the lock has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Mismatch {
    /// `parts` is empty where the lock has nothing of this name.
    Data {
        name: String,
        parts: Vec<Part>,
    },
    Weights {
        name: String,
        parts: Vec<Part>,
    },
    /// `lock` is `None` where the lock has no run at this point of the grid.
    Run {
        point: Map<String, Value>,
        lock: Option<RunKey>,
        here: RunKey,
    },
}

/// What of an input differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    pub part: &'static str,
    pub lock: String,
    pub here: String,
}

/// The inputs and runs of `here` that are not those of the lock.
///
/// An input may lie elsewhere than the lock says: what it holds decides. A lock may hold more than
/// there is here, such as the runs that a `--set` leaves out.
#[must_use]
pub fn mismatches(lock: &Lockfile, here: &Lockfile) -> Vec<Mismatch> {
    let data = among(&lock.data, &here.data).map(|(name, parts)| Mismatch::Data { name, parts });
    let weights = among(&lock.weights, &here.weights).map(|(name, parts)| Mismatch::Weights { name, parts });
    let keys: BTreeSet<&RunKey> = lock.runs.iter().map(|run| &run.key).collect();
    let points: BTreeMap<String, &RunKey> = lock.runs.iter().map(|run| (sorted(&run.point), &run.key)).collect();
    let runs = here.runs.iter().filter(|run| !keys.contains(&run.key)).map(|run| {
        let same = points.get(&sorted(&run.point)).map(|&key| key.clone());
        Mismatch::Run { point: run.point.clone(), lock: same, here: run.key.clone() }
    });
    data.chain(weights).chain(runs).collect()
}

/// A point of the grid as a text, whatever the order of its keys.
fn sorted(point: &Map<String, Value>) -> String {
    json!(point.iter().collect::<BTreeMap<_, _>>()).to_string()
}

/// The models of the Hub that the lock does not know by name and revision: told before anything is
/// fetched.
#[must_use]
pub fn unknown_weights<'a>(lock: &Lockfile, wanted: impl Iterator<Item = &'a experiment::Weights>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    for weights in wanted {
        let experiment::Weights::Hub { name, revision, .. } = weights else { continue };
        let locked = lock.weights.iter().filter_map(|locked| match locked {
            Weights::Hub { name: known, revision, .. } if known == name => Some(revision),
            _ => None,
        });
        let locked: Vec<&String> = locked.collect();
        if !locked.contains(&revision) {
            let part = |lock: &&String| Part { part: "revision", lock: (*lock).clone(), here: revision.clone() };
            let mismatch = Mismatch::Weights { name: name.clone(), parts: locked.first().map(part).into_iter().collect() };
            if !found.contains(&mismatch) {
                found.push(mismatch);
            }
        }
    }
    found
}

/// An input by what it is called and by what it holds.
trait Input {
    fn name(&self) -> String;
    /// Each part with its digest.
    fn content(&self) -> Vec<(&'static str, String)>;
}

impl Input for Data {
    fn name(&self) -> String {
        match self {
            Self::File { path, .. } => path.display().to_string(),
            Self::Files { path, .. } => path.to_string(),
            Self::Synthetic { .. } => "synthetic".to_owned(),
        }
    }

    fn content(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::File { sha256, .. } => vec![("sha256", sha256.clone())],
            Self::Files { digest, .. } | Self::Synthetic { digest, .. } => vec![("digest", digest.clone())],
        }
    }
}

impl Input for Weights {
    fn name(&self) -> String {
        match self {
            Self::Hub { name, .. } => name.clone(),
            Self::Folder { path, .. } => path.display().to_string(),
            Self::Random { .. } => "random".to_owned(),
        }
    }

    fn content(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Hub { config_sha256, model_sha256, .. } | Self::Folder { config_sha256, model_sha256, .. } => {
                vec![("config.json sha256", config_sha256.clone()), ("model.safetensors sha256", model_sha256.clone())]
            }
            Self::Random { size } => vec![("size", json!(size).as_str().unwrap_or_default().to_owned())],
        }
    }
}

/// The inputs whose content is not among the lock's, each with what differs from the one of its
/// name.
fn among<T: Input>(lock: &[T], here: &[T]) -> impl Iterator<Item = (String, Vec<Part>)> {
    let unknown = here.iter().filter(|input| lock.iter().all(|locked| locked.content() != input.content()));
    unknown.map(|input| {
        let same = lock.iter().find(|locked| locked.name() == input.name());
        let pairs = same.into_iter().flat_map(|locked| locked.content().into_iter().zip(input.content()));
        let differ = pairs.filter(|((_, lock), (_, here))| lock != here);
        (input.name(), differ.map(|((part, lock), (_, here))| Part { part, lock, here }).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lockfile::{FORMAT, Run};

    fn file(path: &str, sha256: &str) -> Data {
        Data::File { path: path.into(), rows: 3, sha256: sha256.into(), release: None }
    }

    fn hub(revision: &str, model: &str) -> Weights {
        let (config_sha256, model_sha256) = ("c".into(), model.into());
        Weights::Hub { name: "a/b".into(), revision: revision.into(), config_sha256, model_sha256 }
    }

    fn run(key: char, seed: u32) -> Run {
        let point = json!({ "train.seed": seed }).as_object().unwrap().clone();
        Run { key: String::from(key).repeat(16).parse().unwrap(), point, outcome: None }
    }

    fn lock(data: Vec<Data>, weights: Vec<Weights>, runs: Vec<Run>) -> Lockfile {
        Lockfile { format: FORMAT, data, weights, runs }
    }

    fn part(part: &'static str, lock: &str, here: &str) -> Part {
        Part { part, lock: lock.into(), here: here.into() }
    }

    #[test]
    fn what_is_the_same_or_less_is_known() {
        let locked = lock(vec![file("x.csv", "1"), file("y.csv", "2")], vec![hub("r", "m")], vec![run('a', 1), run('b', 2)]);
        assert_eq!(mismatches(&locked, &locked), []);
        assert_eq!(mismatches(&locked, &lock(vec![file("y.csv", "2")], Vec::new(), vec![run('b', 2)])), []);
    }

    #[test]
    fn content_counts_and_not_the_place() {
        let locked = lock(vec![file("x.csv", "1")], vec![hub("r", "m")], Vec::new());
        let folder = Weights::Folder { path: "./m".into(), config_sha256: "c".into(), model_sha256: "m".into() };
        assert_eq!(mismatches(&locked, &lock(vec![file("moved.csv", "1")], vec![folder], Vec::new())), []);
    }

    #[test]
    fn each_mismatch_is_named_with_what_differs() {
        let made = |digest: &str| Data::Synthetic { rows: 9, digest: digest.into() };
        let locked = lock(vec![file("x.csv", "1"), made("d")], vec![hub("r", "m")], vec![run('a', 1)]);
        let here =
            lock(vec![file("x.csv", "2"), file("new.csv", "3"), made("e")], vec![hub("r", "n")], vec![run('b', 1), run('c', 2)]);
        let expected = [
            Mismatch::Data { name: "x.csv".into(), parts: vec![part("sha256", "1", "2")] },
            Mismatch::Data { name: "new.csv".into(), parts: Vec::new() },
            Mismatch::Data { name: "synthetic".into(), parts: vec![part("digest", "d", "e")] },
            Mismatch::Weights { name: "a/b".into(), parts: vec![part("model.safetensors sha256", "m", "n")] },
            Mismatch::Run { point: run('b', 1).point, lock: Some(run('a', 1).key), here: run('b', 1).key },
            Mismatch::Run { point: run('c', 2).point, lock: None, here: run('c', 2).key },
        ];
        assert_eq!(mismatches(&locked, &here), expected);
    }

    #[test]
    fn another_model_of_the_hub_is_known_before_it_is_fetched() {
        let locked = lock(Vec::new(), vec![hub("r", "m")], Vec::new());
        let wanted =
            |name: &str, revision: &str| experiment::Weights::Hub { name: name.into(), revision: revision.into(), sha256: None };
        let folder = experiment::Weights::Folder { path: "m".into(), sha256: None };
        assert_eq!(unknown_weights(&locked, [&wanted("a/b", "r"), &folder].into_iter()), []);
        let (revised, other) = (wanted("a/b", "s"), wanted("x/y", "r"));
        let expected = [
            Mismatch::Weights { name: "a/b".into(), parts: vec![part("revision", "r", "s")] },
            Mismatch::Weights { name: "x/y".into(), parts: Vec::new() },
        ];
        assert_eq!(unknown_weights(&locked, [&revised, &other, &revised].into_iter()), expected);
    }
}
