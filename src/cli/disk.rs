//! What a sweep will write, beside what there is room for.

use std::path::Path;

use serde::Serialize;

use super::{
    prepared::{self, Prepared},
    resolved::{Reach, ResolvedRun, resolve},
    target::Target,
};
use titer_core::{
    checkpoint::{self, Config},
    data::Split,
    experiment::{Finetune, Loaded},
    results::{ExperimentFolder, Keep, RunState},
    text::significant,
};

/// A parameter, and each of the two moments of its optimiser.
const FLOAT: u64 = 4;

/// About what `run.json`, the log and a Parquet file's own words take.
const SMALL: u64 = 25_000;

/// About a row of the steps, and of a protein's predictions beside its numbers.
const STEP: u64 = 50;
const PROTEIN: u64 = 24;

/// What the runs that are not done will write, in bytes: an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Estimate {
    /// The runs that are not done.
    pub runs: usize,
    /// What stays of all of them.
    pub stays: u64,
    /// The most that is there of all of them at any time, but for what runs need while they go on.
    pub at_most: u64,
    /// What a run needs beside while it goes on: two checkpoints and a second best one while they
    /// are replaced.
    pub working: u64,
    /// What frozen runs share, in `results/.cache`.
    pub cache: u64,
    /// Which runs keep their weights.
    pub keep: Keep,
}

impl Estimate {
    /// Of runs that are not done, as the data will be for them.
    pub fn new(open: &[&ResolvedRun], prepared: &Prepared, keep: Keep) -> Self {
        let mut all = Self { runs: open.len(), keep, ..Self::default() };
        let mut largest = 0;
        let mut tables = 0;
        for run in open {
            let Some(config) = prepared::config(run) else { continue };
            let Size { weights, trained } = Size::of(&config, run, prepared);
            let of_tables = of_tables(run, prepared);
            tables += of_tables;
            all.at_most += weights * FLOAT + of_tables;
            all.working = all.working.max((3 * weights + 4 * trained) * FLOAT);
            largest = largest.max(weights * FLOAT);
            all.cache = all.cache.max(of_cache(&config, run, prepared));
        }
        match keep {
            Keep::All => all.stays = all.at_most,
            Keep::Best => all.stays = tables + largest,
            Keep::None => {
                all.stays = tables;
                all.at_most = tables;
                // Its own go when it ends.
                all.working += largest;
            }
        }
        all
    }

    /// A sentence where so many runs at a time may not fit beside what lies on the disk.
    pub fn short_of(&self, results: &Path, at_once: usize) -> Option<String> {
        let free = free(results)?;
        let wanted = self.at_most + self.cache + self.working * at_once.clamp(1, self.runs.max(1)) as u64;
        (self.runs > 0 && wanted > free).then(|| {
            let less = if self.keep == Keep::None { "" } else { "; `titer sweep --keep none` needs less" };
            format!("the disk may be too small: about {} are needed, and {} are free{less}", bytes(wanted), bytes(free))
        })
    }

    /// What `titer plan` says.
    pub fn sentence(&self, results: &Path) -> String {
        let free = free(results).map(|free| format!("; {} free", bytes(free))).unwrap_or_default();
        let cache = if self.cache > 0 { format!(", {} shared in .cache", bytes(self.cache)) } else { String::new() };
        format!("disk: about {} when all are done, {} more for each at work{cache}{free}", bytes(self.stays), bytes(self.working))
    }
}

/// A sentence where what a sweep of the experiment will write may not fit; nothing where that
/// cannot be told.
pub fn short_of(loaded: &Loaded, prepared: Option<&Prepared>, project: &Path, target: &Target, results: &Path) -> Option<String> {
    let runs = resolve(loaded, project, Reach::Cached, target).ok()?;
    let folder = ExperimentFolder::new(results, &loaded.experiment.name);
    let open: Vec<&ResolvedRun> = runs.iter().filter(|run| !matches!(folder.run(&run.key).state(), RunState::Ended(_))).collect();
    Estimate::new(&open, prepared?, Keep::All).short_of(folder.path(), 1)
}

/// Parameters of a model.
struct Size {
    weights: u64,
    trained: u64,
}

impl Size {
    fn of(config: &Config, run: &ResolvedRun, prepared: &Prepared) -> Self {
        let count = |shape: &[i64]| shape.iter().product::<i64>() as u64;
        let hidden = config.hidden_size as u64;
        let head = hidden * hidden + hidden + prepared.base.outputs() as u64 * (hidden + 1);
        let tensors = checkpoint::encoder(config);
        let encoder: u64 = tensors.iter().map(|(_, shape)| count(shape)).sum();
        let trained = match run.settings.train.finetune {
            Finetune::Full => encoder + head,
            Finetune::Frozen => head,
            Finetune::Last(last) => {
                let first = config.num_hidden_layers - i64::from(last.get());
                let is_trained = |name: &str| {
                    let layer = name.strip_prefix("esm.encoder.layer.").and_then(|rest| rest.split('.').next());
                    layer.and_then(|layer| layer.parse().ok()).is_some_and(|layer: i64| layer >= first)
                };
                let layers = tensors.iter().filter(|(name, _)| is_trained(name));
                layers.map(|(_, shape)| count(shape)).sum::<u64>() + 2 * hidden + head
            }
        };
        Self { weights: encoder + head, trained }
    }
}

/// Steps, epochs and predictions.
fn of_tables(run: &ResolvedRun, prepared: &Prepared) -> u64 {
    let steps = prepared.steps(&run.settings).map_or(0, |steps| steps.total);
    let base = &prepared.base;
    let proteins = (base.split(Split::Validation).len() + base.split(Split::Test).len()) as u64;
    // A logit and a probability for each class.
    SMALL + steps * STEP + proteins * (PROTEIN + 12 * base.outputs() as u64)
}

/// What comes out of the frozen part for each protein, or each token.
fn of_cache(config: &Config, run: &ResolvedRun, prepared: &Prepared) -> u64 {
    let rows = match run.settings.train.finetune {
        Finetune::Full => 0,
        Finetune::Frozen => prepared.base.proteins.len(),
        Finetune::Last(_) => {
            prepared.base.proteins.iter().map(|protein| (protein.sequence.len() + 2).min(prepared.base.max_length)).sum()
        }
    };
    rows as u64 * config.hidden_size as u64 * FLOAT
}

/// What is free where the results will lie.
pub fn free(results: &Path) -> Option<u64> {
    let there = results.ancestors().find(|path| path.is_dir()).filter(|path| !path.as_os_str().is_empty());
    fs4::available_space(there.unwrap_or(Path::new("."))).ok()
}

/// A size as a person reads it: `30 MB`, `1.2 GB`.
pub fn bytes(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000_000 => (1e3, "kB"),
        1_000_000..1_000_000_000 => (1e6, "MB"),
        1_000_000_000..1_000_000_000_000 => (1e9, "GB"),
        _ => (1e12, "TB"),
    };
    format!("{} {name}", significant(bytes as f64 / unit, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        for (size, told) in
            [(0, "0 kB"), (1_500, "1.5 kB"), (30_049_772, "30 MB"), (1_234_000_000, "1.2 GB"), (5_000_000_000_000, "5.0 TB")]
        {
            assert_eq!(bytes(size), told);
        }
    }

    #[test]
    fn what_does_not_fit_is_said_and_what_does_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let results = folder.path().join("results/lr");
        let estimate = |bytes| Estimate { runs: 2, stays: bytes, at_most: bytes, ..Estimate::default() };
        assert_eq!(estimate(1).short_of(&results, 1), None);
        let told = estimate(u64::MAX / 4).short_of(&results, 1).unwrap();
        assert!(told.contains("--keep none") && told.contains("are free"), "{told}");
        assert_eq!(Estimate::default().short_of(&results, 8), None);
        assert!(estimate(30_000_000).sentence(&results).starts_with("disk: about 30 MB when all are done"));
    }
}
