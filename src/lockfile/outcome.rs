//! What a run gave, as the lock holds it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use titer_core::{
    data::Split,
    experiment::Precision,
    metric::Metric,
    results::{Manifest, manifest::Status},
    scores::Scores,
};

/// The end of a run: its numbers, and what they were computed on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Outcome {
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected_epoch: Option<u32>,
    pub steps: u64,
    pub train_loss: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Metrics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<Metrics>,
    pub computed: Computed,
}

/// The metrics of the best checkpoint, by their names in an experiment file; one without a value is
/// `nan` in the file. A run that diverged has none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics(pub BTreeMap<Metric, Option<f64>>);

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(metric, value)| (metric, value.unwrap_or(f64::NAN))))
    }
}

impl<'de> Deserialize<'de> for Metrics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = BTreeMap::<Metric, f64>::deserialize(deserializer)?.into_iter();
        Ok(Self(values.map(|(metric, value)| (metric, Some(value).filter(|value| !value.is_nan()))).collect()))
    }
}

/// What a run was computed on, and by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Computed {
    /// `cpu` or `cuda`.
    pub device: String,
    pub precision: Precision,
    pub cpu: String,
    pub threads: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu: Option<String>,
    /// The instruction set of titer's own kernels, on a CPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernels: Option<String>,
    pub libtorch: String,
    pub titer: String,
}

impl Computed {
    /// Whether the same run gives the same bits on both. Another titer may well move a number: that
    /// is to be seen.
    #[must_use]
    pub fn is_same_machine(&self, other: &Self) -> bool {
        Self { titer: other.titer.clone(), ..self.clone() } == *other
    }
}

impl From<&Manifest> for Outcome {
    fn from(manifest: &Manifest) -> Self {
        let (outcome, machine) = (&manifest.outcome, &manifest.machine);
        Self {
            status: manifest.status,
            selected_epoch: outcome.selected_epoch,
            steps: outcome.steps,
            train_loss: outcome.train_loss,
            validation: manifest.scored(Split::Validation).map(Metrics::from),
            test: manifest.scored(Split::Test).map(Metrics::from),
            computed: Computed {
                // Which of several GPUs it was does not matter, their model does.
                device: machine.device.split(':').next().unwrap_or_default().to_owned(),
                precision: outcome.precision,
                cpu: machine.cpu.clone(),
                threads: machine.threads,
                gpu: machine.gpu.clone(),
                kernels: machine.kernels.clone(),
                libtorch: manifest.versions.libtorch.clone(),
                titer: manifest.versions.titer.clone(),
            },
        }
    }
}

impl From<&Scores> for Metrics {
    fn from(scores: &Scores) -> Self {
        Self(scores.metrics.iter().collect())
    }
}
