//! The experiments that are reported or compared: which runs are shown, and whether the files are
//! still those that were swept.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{
    place, prepared,
    resolved::{Reach, resolve},
    swept::{self, Swept},
    target::Target,
};
use crate::{error::Error, schedule::DeviceChoice};
use titer_core::{
    data,
    experiment::{self, Loaded, as_run},
    identity::Difference,
    results::{ExperimentFolder, LastSweep, tables},
    task::Kind,
};
use titer_report::{self as report, Inputs, inputs::Plan};

/// An experiment file and its results.
pub struct Experiment {
    pub file: PathBuf,
    pub folder: ExperimentFolder,
    pub kind: Kind,
    /// The sequence that variants differ from, where the experiment gives it.
    pub wild_type: Option<String>,
    /// What of the file, its grid or its inputs changed since the sweep whose runs are shown.
    pub changes: Vec<Difference>,
    inputs: Inputs,
}

/// A change, and of which experiment.
#[derive(Debug, Serialize)]
pub struct Changed<'a> {
    experiment: &'a str,
    #[serde(flatten)]
    difference: &'a Difference,
}

impl Experiment {
    /// Without `set` the runs are those of the last sweep, whatever the file says today; with it
    /// those of the plan that the file makes with these settings, as far as they are done.
    pub fn read(file: &Path, results: &Path, set: &[String]) -> Result<Self, Error> {
        let project = place::project()?;
        let loaded = experiment::load(file, set)?;
        let folder = place::owned(file, &loaded, results)?;
        let target = Target::as_swept(&folder, &DeviceChoice::Auto)?;
        let (inputs, changes) = if set.is_empty() {
            let inputs = Inputs::read(&folder)?;
            let changes = match Swept::read(&folder)? {
                Some(swept) => {
                    let now = experiment::load(file, &swept.set)?;
                    swept.changes(file, &now, &folder, &project, &target)?
                }
                None => Vec::new(),
            };
            (inputs, changes)
        } else {
            (Inputs::of(planned(file, &loaded, set, &folder, results, &project, &target)?, &folder), Vec::new())
        };
        Ok(Self {
            file: file.to_owned(),
            folder,
            kind: loaded.experiment.base.task.kind,
            wild_type: loaded.experiment.report.wild_type.clone(),
            changes,
            inputs,
        })
    }

    /// What the runs left.
    pub const fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// What changed, in one line; nothing where nothing did.
    pub fn line(&self) -> Option<String> {
        swept::line(&self.file, &self.changes)
    }

    pub fn changed(&self) -> impl Iterator<Item = Changed<'_>> {
        self.changes.iter().map(|difference| Changed { experiment: &self.inputs.name, difference })
    }

    /// Says what changed.
    pub fn warn(&self) {
        if let Some(line) = self.line() {
            tracing::warn!("{line} (what is shown is that sweep; `titer sweep {}` runs what is new)", self.file.display());
        }
    }
}

/// The experiments as one.
pub fn joined(experiments: &[Experiment]) -> Result<Inputs, Error> {
    Ok(report::joined(experiments.iter().map(|experiment| experiment.inputs.clone()).collect())?)
}

/// The plan of a file with what is set beside it, its data as they are now.
fn planned(
    file: &Path,
    loaded: &Loaded,
    set: &[String],
    folder: &ExperimentFolder,
    results: &Path,
    project: &Path,
    target: &Target,
) -> Result<Plan, Error> {
    let runs = resolve(loaded, project, Reach::Cached, target)?;
    let base = &loaded.experiment.base;
    let dataset = data::prepare(&base.task, &base.data, &base.split, &base.tokens, project)?;
    let proteins = tables::protein_rows(&dataset, &prepared::texts(&loaded.experiment, project)?);
    Ok(Plan {
        text: as_run(&loaded.experiment.text, set),
        call: Some(LastSweep::new(file, results, set, project).call),
        card: dataset.card,
        proteins,
        runs: runs.iter().map(|run| folder.run(&run.key).state().row(&run.key, &run.point)).collect(),
    })
}
