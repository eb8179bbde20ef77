//! `live.json`: how far a run is that goes on, for whoever looks from outside.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Error, FORMAT, Format, RunFolder, atomic, manifest::read_versioned};
use crate::{metric::Metric, nan::null_as_nan, scores::Values, task::Kind};

/// A look at a run that goes on. It is written every few seconds by the sweep that runs it, and
/// removed at the run's end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    pub format: Format,
    /// When this attempt began: RFC 3339, UTC.
    pub since: String,
    /// `cpu` or `cuda:0`.
    pub device: String,
    /// Where it was taken up again; 0 where it began anew.
    pub from_step: u64,
    pub step: u64,
    /// 0 while data and model are prepared.
    pub steps: u64,
    pub epoch: u32,
    /// Epochs that are begun in all; the last one may be cut short.
    pub epochs: u32,
    /// The mean of the last steps; `null` in the file where it is not finite.
    #[serde(deserialize_with = "null_as_nan")]
    pub loss: f64,
    /// Of the last epoch that was evaluated.
    pub validation: Option<Validated>,
    /// The epoch whose checkpoint is the best so far.
    pub best_epoch: Option<u32>,
    /// Until the last step, at the pace of the last ones.
    pub seconds_left: Option<f64>,
}

/// An epoch's validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Validated {
    pub epoch: u32,
    /// The metric that selects the best checkpoint.
    pub select: Metric,
    /// Every metric of the task.
    pub metrics: Values,
}

/// `macro F1 0.7511, accuracy 0.7986, loss 0.4427`: the metric that selects comes first, then the
/// first of the task's, and the loss.
impl fmt::Display for Validated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let losses: Vec<Metric> = Kind::ALL.iter().map(|kind| kind.task().loss()).collect();
        let of_task = || self.metrics.iter().map(|(metric, _)| metric);
        let first = of_task().find(|metric| !losses.contains(metric));
        let loss = of_task().find(|metric| losses.contains(metric));
        let mut shown = vec![self.select];
        shown.extend(first.into_iter().chain(loss).filter(|metric| *metric != self.select));
        for (index, metric) in shown.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            match self.metrics.get(metric) {
                Some(value) => write!(f, "{comma}{} {}", metric.label, metric.written(value))?,
                None => write!(f, "{comma}{} undefined", metric.label)?,
            }
        }
        Ok(())
    }
}

impl Live {
    #[must_use]
    pub const fn new(since: String, device: String) -> Self {
        Self {
            format: FORMAT,
            since,
            device,
            from_step: 0,
            step: 0,
            steps: 0,
            epoch: 0,
            epochs: 0,
            loss: f64::NAN,
            validation: None,
            best_epoch: None,
            seconds_left: None,
        }
    }

    /// Writes it into the run's folder.
    pub fn write(&self, folder: &RunFolder) -> Result<(), Error> {
        let path = folder.live();
        let text = serde_json::to_vec(self).map_err(|source| Error::Json { path: path.clone(), source })?;
        atomic::write_lightly(&path, &text)
    }

    /// Reads it; `None` where there is none.
    pub fn read(folder: &RunFolder) -> Result<Option<Self>, Error> {
        read_versioned(&folder.live())
    }
}
