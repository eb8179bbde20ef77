//! Where runs compute, and what `train.precision = "auto"` stands for there: it is settled before a
//! run gets its key.

use std::cell::{Cell, OnceCell};

use crate::{
    error::Error,
    schedule::{DeviceChoice, Devices, Worker},
};
use titer_core::{
    experiment::{Precision, Settings},
    results::{ExperimentFolder, LastSweep},
};

/// Where the runs of an experiment compute. The worker is asked once, and only where the answer
/// matters.
#[derive(Debug)]
pub struct Target {
    choice: DeviceChoice,
    devices: OnceCell<Devices>,
    /// What `auto` is; known beforehand where an earlier sweep noted it.
    precision: OnceCell<Precision>,
    /// Whether a run left its precision open.
    is_open: Cell<bool>,
}

impl Target {
    /// What `--device` asks for.
    #[must_use]
    pub fn new(choice: &DeviceChoice) -> Self {
        Self { choice: choice.clone(), devices: OnceCell::new(), precision: OnceCell::new(), is_open: Cell::new(false) }
    }

    /// As the last sweep into this folder, which may have run on another machine; where there was
    /// none, what `--device` asks for.
    pub fn as_swept(folder: &ExperimentFolder, choice: &DeviceChoice) -> Result<Self, Error> {
        let swept = LastSweep::read(folder)?.and_then(|last| last.precision);
        Ok(Self { precision: swept.map_or_else(OnceCell::new, OnceCell::from), ..Self::new(choice) })
    }

    pub fn devices(&self) -> Result<&Devices, Error> {
        if let Some(known) = self.devices.get() {
            return Ok(known);
        }
        let devices = Devices::choose(&self.choice, || Worker::find()?.devices())?;
        Ok(self.devices.get_or_init(|| devices))
    }

    /// Names the precision of a run that leaves it to the device.
    pub fn settle(&self, settings: &mut Settings) -> Result<(), Error> {
        settings.train.precision = self.named(settings.train.precision)?;
        Ok(())
    }

    /// What a run computes in that asks for this precision.
    pub fn named(&self, precision: Precision) -> Result<Precision, Error> {
        if precision != Precision::Auto {
            return Ok(precision);
        }
        self.is_open.set(true);
        self.precision()
    }

    /// What `auto` was settled to, where a run asked.
    #[must_use]
    pub fn settled(&self) -> Option<Precision> {
        self.precision.get().copied().filter(|_| self.is_open.get())
    }

    /// Says in one line where `auto` is another precision than in the last sweep into this folder.
    pub fn moved(&self, folder: &ExperimentFolder) -> Result<Option<String>, Error> {
        let Some(here) = self.settled() else { return Ok(None) };
        let noted = LastSweep::read(folder)?.and_then(|last| last.precision);
        Ok(noted.filter(|then| *then != here).map(|then| {
            let (here, then) = (here.name(), then.name());
            format!(
                "train.precision is auto, which is {here} here and was {then} in the last sweep: these are other runs; \
                 precision = \"{then}\" names those"
            )
        }))
    }

    fn precision(&self) -> Result<Precision, Error> {
        if let Some(&known) = self.precision.get() {
            return Ok(known);
        }
        let precision = self.devices()?.precision()?;
        Ok(*self.precision.get_or_init(|| precision))
    }
}
