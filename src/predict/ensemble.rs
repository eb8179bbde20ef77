//! The runs that predict together: the seeds of the recommended configuration, or one run.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::Error;
use titer_core::{
    data::Split,
    experiment::{DataSettings, Precision, Source, Truncate},
    predictions::Output,
    results::{
        BestCheckpoint, ExperimentFolder, Manifest, Removed, RunFolder,
        manifest::{self, Status},
        tables::ProteinRow,
    },
    task::{Scaling, Task},
    text,
};
use titer_report::{Inputs, Recommended, inputs::RunTables};

/// Runs of one configuration whose outputs are averaged; of one run its own.
#[derive(Debug)]
pub struct Ensemble {
    /// Finished, at least one, all of the same classes and validation proteins; the best by
    /// validation first.
    pub runs: Vec<RunTables>,
    folders: Vec<RunFolder>,
    /// The configuration, as the report names it; `None` where a run was asked for.
    pub configuration: Option<String>,
    /// What a reader must know of the choice: a sentence each.
    pub cautions: Vec<String>,
}

impl Ensemble {
    /// The run of this key, or without one the recommended configuration's runs.
    pub fn of(file: &Path, folder: &ExperimentFolder, inputs: &Inputs, key: Option<&str>) -> Result<Self, Error> {
        match key {
            Some(key) => Self::run(file, folder, inputs, key),
            None => Self::recommended(file, folder, inputs),
        }
    }

    /// The scored runs of the recommended configuration that were split alike: of several splits
    /// those of the one that most runs have, of equal ones the first of the plan. Validation has no
    /// say in that: the proteins of the luckiest split would promise too much.
    ///
    /// # Errors
    ///
    /// Where no run has been scored.
    fn recommended(file: &Path, folder: &ExperimentFolder, inputs: &Inputs) -> Result<Self, Error> {
        let nothing = || Error::NothingScored { experiment: file.to_owned() };
        let Recommended { configuration, runs, mut cautions } = titer_report::recommended(inputs).ok_or_else(nothing)?;
        let mut in_order = runs.clone();
        in_order.sort_unstable();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for run in in_order {
            match groups.iter_mut().find(|group| are_alike(&inputs.runs[group[0]], &inputs.runs[run])) {
                Some(group) => group.push(run),
                None => groups.push(vec![run]),
            }
        }
        let largest = groups.iter().map(Vec::len).max().ok_or_else(nothing)?;
        let group = groups.iter().find(|group| group.len() == largest).ok_or_else(nothing)?;
        if groups.len() > 1 {
            cautions.push(format!(
                "The configuration's {} runs have {} different splits or data: {}.",
                runs.len(),
                groups.len(),
                if largest == 1 {
                    "the first of them predicts".to_owned()
                } else {
                    format!("{largest} of one split predict together")
                },
            ));
        }
        let runs: Vec<RunTables> =
            runs.into_iter().filter(|run| group.contains(run)).map(|run| inputs.runs[run].clone()).collect();
        Ok(Self { folders: folders(folder, &runs), runs, configuration: Some(configuration), cautions })
    }

    /// One run, by the first digits of its key.
    fn run(file: &Path, folder: &ExperimentFolder, inputs: &Inputs, asked: &str) -> Result<Self, Error> {
        let named: Vec<&RunTables> = inputs.runs.iter().filter(|run| run.manifest.key.as_str().starts_with(asked)).collect();
        let [run] = named.as_slice() else {
            let keys = |runs: &mut dyn Iterator<Item = &RunTables>| {
                runs.map(|run| run.manifest.key.as_str()).collect::<Vec<_>>().join(", ")
            };
            let known = match (inputs.runs.is_empty(), named.len()) {
                (true, _) => "no run has ended".to_owned(),
                (_, 0) => format!("the runs that have ended are {}", keys(&mut inputs.runs.iter())),
                _ => format!("several begin so: {}", keys(&mut named.iter().copied())),
            };
            return Err(Error::NoSuchRun { experiment: file.to_owned(), asked: text::short(asked), known });
        };
        if run.manifest.status != Status::Finished {
            return Err(Error::Diverged { key: run.manifest.key.clone() });
        }
        let runs = vec![(*run).clone()];
        Ok(Self { folders: folders(folder, &runs), runs, configuration: None, cautions: Vec::new() })
    }

    /// Keeps of the runs the one with the best validation score whose weights are there.
    ///
    /// # Errors
    ///
    /// Where none are.
    pub fn best(mut self) -> Result<Self, Error> {
        let has_weights = |folder: &RunFolder| Ok::<_, Error>(matches!(folder.best_checkpoint()?, BestCheckpoint::There(_)));
        let there = self.folders.iter().map(has_weights).collect::<Result<Vec<bool>, Error>>()?;
        // Without any, the error is that of the best.
        let place = there.iter().position(|there| *there).unwrap_or(0);
        if place > 0 {
            self.cautions.push(format!(
                "The weights of {place} of the configuration's {} runs, which are better by validation, are gone.",
                self.runs.len()
            ));
        }
        self.runs = vec![self.runs.swap_remove(place)];
        self.folders = vec![self.folders.swap_remove(place)];
        self.with_weights()
    }

    /// Leaves out the runs whose weights were removed on purpose, where those of others are there.
    ///
    /// # Errors
    ///
    /// Where none are there, or some are gone for no known reason.
    pub fn with_weights(mut self) -> Result<Self, Error> {
        let mut removed = Vec::new();
        for (run, folder) in self.folders.iter().enumerate() {
            match folder.best_checkpoint()? {
                BestCheckpoint::There(_) => {}
                BestCheckpoint::Removed(Removed { keep, .. }) => removed.push((run, keep)),
                BestCheckpoint::Missing => {
                    let key = self.runs[run].manifest.key.clone();
                    return Err(Error::NoWeights { key, folder: folder.path().to_owned() });
                }
            }
        }
        let Some(&(first, keep)) = removed.first() else { return Ok(self) };
        if removed.len() == self.runs.len() {
            let folders: Vec<String> = removed.iter().map(|&(run, _)| self.folders[run].path().display().to_string()).collect();
            let key = self.runs[first].manifest.key.clone();
            return Err(Error::Removed { key, more: removed.len() - 1, keep, folders: folders.join(" ") });
        }
        self.cautions.push(format!(
            "The weights of {} of the configuration's {} runs were removed (--keep {keep}): the others predict.",
            removed.len(),
            self.runs.len()
        ));
        for &(run, _) in removed.iter().rev() {
            self.runs.remove(run);
            self.folders.remove(run);
        }
        Ok(self)
    }

    /// The folders of the best checkpoints, each as its run left it.
    ///
    /// # Errors
    ///
    /// Where one has changed since.
    pub fn weights(&self) -> Result<Vec<PathBuf>, Error> {
        for (run, folder) in self.runs.iter().zip(&self.folders) {
            for (name, noted) in run.manifest.files.iter().filter(|(name, _)| name.starts_with("best/")) {
                let path = folder.path().join(name);
                if manifest::digest(&path)? != *noted {
                    return Err(Error::Damaged { path });
                }
            }
        }
        Ok(self.folders.iter().map(RunFolder::best).collect())
    }

    /// What the models give.
    #[must_use]
    pub fn output(&self) -> Output {
        self.task().output()
    }

    #[must_use]
    pub fn task(&self) -> &'static dyn Task {
        self.first().settings.task.kind.task()
    }

    /// The names of the classes, in label order.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.first().outcome.classes
    }

    /// How many outputs each model has.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.task().outputs(self.classes())
    }

    /// How the data of the experiment is read.
    #[must_use]
    pub fn data(&self) -> &DataSettings {
        &self.first().settings.data
    }

    /// The most tokens of a protein, and what is cut beyond them.
    #[must_use]
    pub fn tokens(&self) -> (usize, Truncate) {
        (self.first().outcome.max_length, self.first().settings.tokens.truncate)
    }

    /// What the runs were computed in, where it is one precision.
    #[must_use]
    pub fn precision(&self) -> Option<Precision> {
        let first = self.first().outcome.precision;
        self.runs.iter().all(|run| run.manifest.outcome.precision == first).then_some(first)
    }

    /// How each run's labels were scaled for training.
    #[must_use]
    pub fn scalings(&self) -> Vec<Option<Scaling>> {
        self.runs.iter().map(|run| run.manifest.outcome.scaling).collect()
    }

    /// The seeds of the runs.
    #[must_use]
    pub fn seeds(&self) -> Vec<u32> {
        self.runs.iter().map(|run| run.manifest.settings.train.seed).collect()
    }

    /// The proteins that trained the runs: those of the data that none of them was validated or
    /// tested on. Nothing where the runs were not of these data.
    #[must_use]
    pub fn trained_on<'a>(&self, proteins: &'a [ProteinRow]) -> Vec<&'a ProteinRow> {
        let kept = || proteins.iter().filter(|protein| protein.dropped.is_none());
        let known: HashSet<&str> = kept().map(|protein| protein.id.as_str()).collect();
        let mut held_out = HashSet::new();
        for split in [Split::Validation, Split::Test] {
            held_out.extend(self.runs.iter().flat_map(|run| ids(run, split)));
        }
        if !held_out.is_subset(&known) {
            return Vec::new();
        }
        kept().filter(|protein| !held_out.contains(protein.id.as_str())).collect()
    }

    /// The sequences that validated the runs: they chose the epoch and calibrate the predictions.
    #[must_use]
    pub fn validated_on<'a>(&self, proteins: &'a [ProteinRow]) -> HashSet<&'a str> {
        let validated = ids(&self.runs[0], Split::Validation);
        let rows = proteins.iter().filter(|protein| protein.dropped.is_none() && validated.contains(protein.id.as_str()));
        rows.map(|protein| protein.sequence.as_str()).collect()
    }

    fn first(&self) -> &Manifest {
        &self.runs[0].manifest
    }
}

fn folders(folder: &ExperimentFolder, runs: &[RunTables]) -> Vec<RunFolder> {
    runs.iter().map(|run| folder.run(&run.manifest.key)).collect()
}

/// Whether two runs can predict together: they read proteins alike, and the same ones validated
/// them. (A protein that validates one run trains another of another split.)
fn are_alike(one: &RunTables, other: &RunTables) -> bool {
    let reads = |run: &RunTables| {
        let Manifest { settings, outcome, .. } = &run.manifest;
        (outcome.classes.clone(), outcome.max_length, settings.tokens.truncate)
    };
    // The ids of made-up proteins say nothing of what they are.
    let made = |run: &RunTables| match &run.manifest.settings.data.source {
        Source::Synthetic(made) => Some(made.clone()),
        Source::Table { .. } | Source::Fasta { .. } | Source::Uniprot { .. } => None,
    };
    let validated = |run: &RunTables| {
        let mut rows: Vec<(String, String)> =
            run.proteins(Split::Validation).into_iter().map(|(id, label)| (id.to_owned(), format!("{label:?}"))).collect();
        rows.sort_unstable();
        rows
    };
    reads(one) == reads(other) && made(one) == made(other) && validated(one) == validated(other)
}

fn ids(run: &RunTables, split: Split) -> HashSet<&str> {
    run.proteins(split).into_iter().map(|(id, _)| id).collect()
}
