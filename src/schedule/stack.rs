//! Which runs may share a worker, computed as one or in lanes, and how many of them.

use std::{collections::BTreeMap, fmt, num::NonZeroUsize, str::FromStr};

use super::protocol::{Company, Device, Job};
use crate::experiment::{Finetune, Settings, TrainSettings};

/// What `--stack` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StackChoice {
    /// Small models on a GPU, which idles between their many short computations.
    #[default]
    Auto,
    /// At most so many, whatever the model.
    Most(NonZeroUsize),
}

impl StackChoice {
    /// Of the models stacked unasked the largest, ESM-2 35M; with a little to spare.
    const LARGEST: f64 = 40e6;

    /// That many of them: what is gained by more has not been measured on a GPU.
    const MOST: usize = 8;

    /// How many runs of a model of so many parameters are computed as one.
    #[must_use]
    pub fn most(self, device: Device, parameters: f64) -> usize {
        match self {
            // The claims of several runs are handed down to one process, which takes Unix.
            _ if cfg!(not(unix)) => 1,
            Self::Most(most) => most.get(),
            Self::Auto if device != Device::Cpu && parameters <= Self::LARGEST => Self::MOST,
            Self::Auto => 1,
        }
    }
}

impl FromStr for StackChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            _ => text.parse().map(Self::Most).map_err(|_| format!("{text:?} is neither auto nor a number from 1 on")),
        }
    }
}

impl fmt::Display for StackChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Most(most) => most.fmt(f),
        }
    }
}

/// Whether the jobs agree in all that their company takes. Runs computed as one must share their data, their model, and how many
/// batches of what size they take; they may differ in learning rate, weight decay, warm-up, clipping and seed. Runs in lanes share data
/// and weights.
#[must_use]
pub fn agree(jobs: &[Job]) -> bool {
    let alike = |one: &Job, other: &Job| match one.company {
        Company::Alone => false,
        Company::Stacked(_) => stacks(one) && shared(one) == shared(other),
        Company::Lanes(_) => inputs(one) == inputs(other),
    };
    jobs.windows(2).all(|pair| pair[0].company == pair[1].company && alike(&pair[0], &pair[1]))
}

/// Runs that train a part of the model are computed alone: what is frozen they share in a cache already.
fn stacks(job: &Job) -> bool {
    job.settings.train.finetune == Finetune::Full
}

/// The kind of each job, a number: those of one kind agree. `most` says of how many runs its stack may be; a job that is to be
/// computed alone, and one that trains only a part of the model, is of a kind of its own.
#[must_use]
pub fn kinds(jobs: &[Job], most: &[usize]) -> Vec<usize> {
    let mut seen = BTreeMap::new();
    let kind = |(index, (job, &most)): (usize, (&Job, &usize))| {
        if most > 1 && stacks(job) { *seen.entry(shared(job)).or_insert(index) } else { index }
    };
    jobs.iter().zip(most).enumerate().map(kind).collect()
}

/// The kind of each job, where they go in lanes.
#[must_use]
pub fn lanes(jobs: &[Job]) -> Vec<usize> {
    let mut seen = BTreeMap::new();
    jobs.iter().enumerate().map(|(index, job)| *seen.entry(inputs(job)).or_insert(index)).collect()
}

/// What a job has in common with those in the lanes beside it.
fn inputs(job: &Job) -> String {
    let Settings { data, split, tokens, model, .. } = &job.settings;
    serde_json::json!([data, split, tokens, model, job.inputs, job.weights, job.project]).to_string()
}

/// What a job has in common with those it may be stacked with.
fn shared(job: &Job) -> String {
    let mut settings = job.settings.clone();
    let TrainSettings { learning_rate, weight_decay, warmup_steps, max_grad_norm, seed, .. } = &mut settings.train;
    (*learning_rate, *weight_decay, *warmup_steps, *max_grad_norm, *seed) = (0.0, 0.0, 0, 0.0, 0);
    serde_json::json!([settings, job.inputs, job.weights, job.project]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn most(choice: &str, device: Device, parameters: f64) -> usize {
        choice.parse::<StackChoice>().unwrap().most(device, parameters)
    }

    #[cfg(unix)]
    #[test]
    fn unasked_small_models_on_a_gpu_are_stacked() {
        let gpu = Device::Cuda(0);
        assert_eq!([most("auto", gpu, 8e6), most("auto", gpu, 35e6), most("auto", gpu, 150e6)], [8, 8, 1]);
        assert_eq!(most("auto", Device::Cpu, 8e6), 1);
        assert_eq!([most("3", Device::Cpu, 8e6), most("16", gpu, 650e6), most("1", gpu, 8e6)], [3, 16, 1]);
    }

    #[test]
    fn what_is_neither_auto_nor_a_number_is_refused() {
        for text in ["0", "-1", "", "all", "1.5"] {
            assert!(text.parse::<StackChoice>().is_err(), "{text:?}");
        }
        for text in ["auto", "1", "12"] {
            assert_eq!(text.parse::<StackChoice>().unwrap().to_string(), text);
        }
    }
}
