//! `steps.parquet`.

use std::path::Path;

use super::{
    StepRow,
    frame::{Reader, Writer},
};
use crate::results::Error;

pub fn write_steps(path: &Path, rows: &[StepRow]) -> Result<(), Error> {
    Writer::new(rows.len())
        .column("step", rows.iter().map(|row| row.step))
        .column("epoch", rows.iter().map(|row| row.epoch))
        .finite("loss", rows.iter().map(|row| row.loss))
        .column("learning_rate", rows.iter().map(|row| row.learning_rate))
        .finite("grad_norm", rows.iter().map(|row| row.grad_norm))
        .column("tokens", rows.iter().map(|row| row.tokens))
        .column("seconds", rows.iter().map(|row| row.seconds))
        .write(path)
}

/// A loss or norm that was not finite comes back as NaN.
pub fn read_steps(path: &Path) -> Result<Vec<StepRow>, Error> {
    let table = Reader::open(path)?;
    let (step, epoch, loss) = (table.required("step")?, table.required("epoch")?, table.finite("loss")?);
    let (learning_rate, grad_norm) = (table.required("learning_rate")?, table.finite("grad_norm")?);
    let (tokens, seconds) = (table.required("tokens")?, table.required("seconds")?);
    let row = |i: usize| StepRow {
        step: step[i],
        epoch: epoch[i],
        loss: loss[i],
        learning_rate: learning_rate[i],
        grad_norm: grad_norm[i],
        tokens: tokens[i],
        seconds: seconds[i],
    };
    Ok((0..table.height()).map(row).collect())
}
