//! What of an experiment changed since its last sweep: results show that sweep, whatever the file
//! says today.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Map, Value, json};

use super::{
    resolved::{Reach, ResolvedRun, resolve},
    target::Target,
    why,
};
use crate::error::Error;
use titer_core::{
    exit::Exit,
    experiment::{self, Experiment, Loaded, Settings, Weights, noted_sets},
    identity::{Difference, Identity},
    results::{self, ExperimentFolder, LastSweep, RunKey, RunState, manifest::Inputs, tables},
    text::shown,
};

/// Changes that a line lists; the rest it counts.
const LISTED: usize = 6;

/// The last sweep of an experiment, as it left its folder.
pub struct Swept {
    /// Its `--set`s.
    pub set: Vec<String>,
    /// Absolute paths were cut out of them: where they led is not known any more.
    abridged: bool,
    /// The experiment file as it was.
    text: String,
    runs: Vec<RunKey>,
}

impl Swept {
    /// `None` where there was none, or it left nothing that can be read: whoever needs it says so.
    pub fn read(folder: &ExperimentFolder) -> Result<Option<Self>, Error> {
        if !folder.runs_table().exists() {
            return Ok(None);
        }
        let Ok(text) = fs_err::read_to_string(folder.experiment()) else { return Ok(None) };
        let runs = match tables::read_runs(&folder.runs_table()) {
            Err(results::Error::TooOld { .. }) => return Ok(None),
            rows => rows?.into_iter().map(|row| row.key).collect(),
        };
        let noted = LastSweep::read(folder)?.map(|last| last.call);
        // Titers before noted the sets below the file alone.
        let (set, abridged) = noted.map_or_else(|| (noted_sets(&text), false), |call| (call.set, call.abridged));
        Ok(Some(Self { set, abridged, text, runs }))
    }

    /// In what the experiment as it is now differs from what was swept: settings, grid, and what
    /// data and weights hold. What is not here is not compared: results may lie where their inputs
    /// do not.
    pub fn changes(
        &self,
        file: &Path,
        now: &Loaded,
        folder: &ExperimentFolder,
        project: &Path,
        target: &Target,
    ) -> Result<Vec<Difference>, Error> {
        let then = experiment::parse(file, &self.text, &self.set).map(|loaded| loaded.experiment);
        let Ok(then) = then else {
            let note = Some("what was swept is no experiment file of this titer".to_owned());
            return Ok(vec![Difference { what: "file".to_owned(), before: Value::Null, now: Value::Null, note }]);
        };
        let mut found = of_settings(&then, &now.experiment);
        found.extend(of_grid(&then, &now.experiment));
        let runs = match resolve(now, project, Reach::Cached, target) {
            Ok(runs) => runs,
            Err(error) if error.exit() == Exit::Input => return Ok([found, of_report(&then, &now.experiment)].concat()),
            Err(error) => return Err(error),
        };
        let is_planned = |key: &RunKey| runs.iter().any(|run| run.key == *key);
        let is_same = runs.len() == self.runs.len() && self.runs.iter().all(is_planned);
        if is_same {
            // Whatever was written otherwise came to the same.
            found.clear();
        } else if !self.abridged {
            for difference in of_inputs(&self.runs, &runs, folder) {
                if !found.contains(&difference) {
                    found.push(difference);
                }
            }
            if found.is_empty() {
                let note = Some("they have other keys: what they read changed, or titer itself".to_owned());
                found.push(Difference { what: "runs".to_owned(), before: Value::Null, now: Value::Null, note });
            }
        }
        found.extend(of_report(&then, &now.experiment));
        why::explain(&mut found, &now.experiment.base.data, project);
        Ok(found)
    }
}

/// Says in one line what changed; nothing where nothing did.
pub fn line(file: &Path, changes: &[Difference]) -> Option<String> {
    if changes.is_empty() {
        return None;
    }
    let mut said: Vec<String> = changes.iter().take(LISTED).map(why::line).collect();
    if changes.len() > LISTED {
        said.push(format!("and {} more", changes.len() - LISTED));
    }
    Some(format!("{} changed since its last sweep: {}", shown(&file.to_string_lossy()), said.join("; ")))
}

fn of_settings(then: &Experiment, now: &Experiment) -> Vec<Difference> {
    let identity = |settings: &Settings| Identity::of(settings, &names(settings));
    identity(&now.base).differences(&identity(&then.base))
}

/// What the settings call the inputs, where that says which they are: what a file holds, its digest
/// tells.
fn names(settings: &Settings) -> Inputs {
    let weights = match &settings.model.weights {
        Weights::Hub { name, revision, .. } => format!("{name}@{revision}"),
        Weights::Random { size } => json!(size).to_string(),
        Weights::Folder { .. } => String::new(),
    };
    Inputs { data: String::new(), weights }
}

fn of_grid(then: &Experiment, now: &Experiment) -> Vec<Difference> {
    let axes = |experiment: &Experiment| -> Map<String, Value> {
        experiment.grid.iter().map(|axis| (format!("grid.{:?}", axis.key), json!(axis.values))).collect()
    };
    apart(&axes(then), &axes(now))
}

fn of_report(then: &Experiment, now: &Experiment) -> Vec<Difference> {
    let told = |experiment: &Experiment| -> Map<String, Value> {
        let settings = json!(experiment.report).as_object().cloned().unwrap_or_default();
        settings.into_iter().map(|(key, value)| (format!("report.{key}"), value)).collect()
    };
    apart(&told(then), &told(now))
}

/// The keys that have another value, or are in one of the two alone.
fn apart(then: &Map<String, Value>, now: &Map<String, Value>) -> Vec<Difference> {
    let gone = then.keys().filter(|key| !now.contains_key(*key));
    let of = |map: &Map<String, Value>, key: &str| map.get(key).cloned().unwrap_or_default();
    let difference = |key: &String| {
        let (before, now) = (of(then, key), of(now, key));
        (before != now).then(|| Difference { what: key.clone(), before, now, note: None })
    };
    now.keys().chain(gone).filter_map(difference).collect()
}

/// What data and weights held when runs of the same settings were made.
fn of_inputs(swept: &[RunKey], now: &[ResolvedRun], folder: &ExperimentFolder) -> Vec<Difference> {
    let identities: Vec<Identity> = now.iter().map(|run| Identity::of(&run.settings, &run.inputs)).collect();
    let ended = swept.iter().filter_map(|key| match folder.run(key).state() {
        RunState::Ended(manifest) => Some(manifest),
        _ => None,
    });
    let mut found: BTreeMap<String, Difference> = BTreeMap::new();
    // Runs that read what is read now did not see anything else.
    for then in ended.filter(|manifest| now.iter().all(|run| run.inputs != manifest.inputs)) {
        let then = Identity::of(&then.settings, &then.inputs);
        for differences in identities.iter().map(|now| now.differences(&then)) {
            let of_inputs = |difference: &Difference| matches!(difference.what.as_str(), "data" | "weights");
            if differences.iter().all(of_inputs) {
                found.extend(differences.into_iter().map(|difference| (json!(difference).to_string(), difference)));
            }
        }
    }
    found.into_values().collect()
}
