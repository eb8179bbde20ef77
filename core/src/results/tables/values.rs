//! `predictions.parquet` of a regression: what was measured and what was predicted, in the data's
//! unit.

use std::path::Path;

use super::{
    ValueRow,
    frame::{Reader, Writer},
    names,
};
use crate::results::Error;

pub fn write_values(path: &Path, rows: &[ValueRow]) -> Result<(), Error> {
    Writer::new(rows.len())
        .column("id", rows.iter().map(|row| row.id.as_str()))
        .column("split", rows.iter().map(|row| names::of(row.split)))
        .column("label", rows.iter().map(|row| row.label))
        .column("predicted", rows.iter().map(|row| row.predicted))
        .write(path)
}

pub fn read_values(path: &Path) -> Result<Vec<ValueRow>, Error> {
    let table = Reader::open(path)?;
    let (id, split) = (table.required::<String>("id")?, table.named("split", names::parse)?);
    let (label, predicted) = (table.required::<f64>("label")?, table.required::<f64>("predicted")?);
    let values = id.into_iter().zip(split).zip(label.into_iter().zip(predicted));
    Ok(values.map(|((id, split), (label, predicted))| ValueRow { id, split, label, predicted }).collect())
}
