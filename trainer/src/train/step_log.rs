//! Losses and norms on their way from the device to the table.

use std::time::Instant;

use tch::{Device, Kind, Tensor};
use titer_core::results::tables::StepRow;

/// A step whose numbers may still be on the device.
#[derive(Debug)]
pub struct Entry {
    pub step: u64,
    pub epoch: u32,
    pub learning_rate: f64,
    pub tokens: u64,
    /// Scalars.
    pub loss: Tensor,
    pub grad_norm: Tensor,
    /// fp16: the gradients overflowed and nothing was changed.
    pub skipped: bool,
}

/// A step whose numbers are known.
#[derive(Debug)]
pub struct Settled {
    pub row: StepRow,
    pub skipped: bool,
}

/// Steps taken and not read yet. Reading makes the host wait for the device: on a GPU several steps
/// are read at once, and each is given the same share of the time they took together.
#[derive(Debug)]
pub struct StepLog {
    open: Vec<Entry>,
    interval: usize,
    since: Instant,
}

impl StepLog {
    const GPU_INTERVAL: usize = 10;

    #[must_use]
    pub fn new(device: Device) -> Self {
        let interval = if device.is_cuda() { Self::GPU_INTERVAL } else { 1 };
        Self { open: Vec::new(), interval, since: Instant::now() }
    }

    pub fn enter(&mut self, entry: Entry) {
        self.open.push(entry);
    }

    /// The rows that are due: all open ones when there are enough of them, or when asked for `all`.
    pub fn settle(&mut self, all: bool) -> Vec<Settled> {
        if self.open.is_empty() || !(all || self.open.len() >= self.interval) {
            return Vec::new();
        }
        let read = |pick: fn(&Entry) -> &Tensor| {
            let stacked = Tensor::stack(&self.open.iter().map(pick).collect::<Vec<_>>(), 0).to_kind(Kind::Double);
            let mut values = vec![0.0; self.open.len()];
            stacked.to_device(Device::Cpu).copy_data(&mut values, self.open.len());
            values
        };
        let (losses, norms) = (read(|entry| &entry.loss), read(|entry| &entry.grad_norm));
        let seconds = self.since.elapsed().as_secs_f64() / self.open.len() as f64;
        self.since = Instant::now();
        self.open
            .drain(..)
            .zip(losses.into_iter().zip(norms))
            .map(|(entry, (loss, grad_norm))| Settled {
                row: StepRow {
                    step: entry.step,
                    epoch: entry.epoch,
                    loss,
                    learning_rate: entry.learning_rate,
                    grad_norm,
                    tokens: entry.tokens,
                    seconds,
                },
                skipped: entry.skipped,
            })
            .collect()
    }

    /// Starts the clock anew: what happened since the last step was not training.
    pub fn resume(&mut self) {
        self.since = Instant::now();
    }
}
