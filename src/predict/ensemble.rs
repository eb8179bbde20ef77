//! The runs that predict together: the seeds of the recommended configuration, or one run.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::Error;
use titer_core::{
    data::Split,
    experiment::{DataSettings, Precision, Truncate},
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
    /// The runs of the recommended configuration that are scored.
    ///
    /// # Errors
    ///
    /// Where no run has been scored.
    pub fn recommended(file: &Path, folder: &ExperimentFolder, inputs: &Inputs) -> Result<Self, Error> {
        let nothing = || Error::NothingScored { experiment: file.to_owned() };
        let Recommended { configuration, mut runs, without_scores, doubt } =
            titer_report::recommended(inputs).ok_or_else(nothing)?;
        let best = *runs.first().ok_or_else(nothing)?;
        let mut cautions: Vec<String> = doubt.into_iter().collect();
        if without_scores > 0 {
            let planned = runs.len() + without_scores;
            cautions.push(format!("{without_scores} of the configuration's {planned} runs diverged and take no part."));
        }
        // A protein that validates one run trains another of another split: together they have no validation set.
        let validated: HashSet<&str> = ids(&inputs.runs[best], Split::Validation);
        let count = runs.len();
        runs.retain(|&run| ids(&inputs.runs[run], Split::Validation) == validated);
        if runs.len() < count {
            cautions.push(format!(
                "The configuration's runs have different splits: {} of {count} predict together, those of the split of the run with \
                 the best validation score.",
                runs.len()
            ));
        }
        let runs: Vec<RunTables> = runs.into_iter().map(|run| inputs.runs[run].clone()).collect();
        Ok(Self { folders: folders(folder, &runs), runs, configuration: Some(configuration), cautions })
    }

    /// One run, by the first digits of its key.
    pub fn run(file: &Path, folder: &ExperimentFolder, inputs: &Inputs, asked: &str) -> Result<Self, Error> {
        let named: Vec<&RunTables> = inputs.runs.iter().filter(|run| run.manifest.key.as_str().starts_with(asked)).collect();
        let [run] = named.as_slice() else {
            let known: Vec<&str> = inputs.runs.iter().map(|run| run.manifest.key.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Error::NoSuchRun { experiment: file.to_owned(), asked: text::short(asked), known });
        };
        if run.manifest.status != Status::Finished {
            return Err(Error::Diverged { key: run.manifest.key.clone() });
        }
        let runs = vec![(*run).clone()];
        Ok(Self { folders: folders(folder, &runs), runs, configuration: None, cautions: Vec::new() })
    }

    /// Keeps of the runs the one with the best validation score.
    #[must_use]
    pub fn best(mut self) -> Self {
        self.runs.truncate(1);
        self.folders.truncate(1);
        self
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

    fn first(&self) -> &Manifest {
        &self.runs[0].manifest
    }
}

fn folders(folder: &ExperimentFolder, runs: &[RunTables]) -> Vec<RunFolder> {
    runs.iter().map(|run| folder.run(&run.manifest.key)).collect()
}

fn ids(run: &RunTables, split: Split) -> HashSet<&str> {
    run.proteins(split).into_iter().map(|(id, _)| id).collect()
}
