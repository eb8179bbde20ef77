//! `live.json`: how far a run is that goes on, for whoever looks from outside.

use serde::{Deserialize, Serialize};

use super::{
    Error, RunFolder, atomic,
    manifest::{FORMAT, read_versioned},
};
use crate::eval::null_as_nan;

/// A look at a run that goes on. It is written every few seconds by the sweep that runs it, and removed at the run's end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    pub format: u32,
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
    pub epochs: u32,
    /// The mean of the last steps; `null` in the file where it is not finite.
    #[serde(deserialize_with = "null_as_nan")]
    pub loss: f64,
    /// Of the last epoch that was evaluated.
    pub validation_loss: Option<f64>,
    /// Until the last step, at the pace of the last ones.
    pub seconds_left: Option<f64>,
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
            validation_loss: None,
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
