//! `epochs.parquet`: a row an evaluation. What it gave by every metric lies in `metrics.parquet`.
//!
//! The confusion matrix is JSON text, `[[344,41],[65,265]]` (rows: the true class); the names of
//! the classes stand in the file's metadata.

use super::{
    EpochRow,
    frame::{Reader, Writer},
    metrics, names,
};
use crate::{
    results::{Error, RunFolder},
    scores::Scores,
};

/// The key, in the file's metadata, of the names of the classes: JSON.
const CLASSES_KEY: &str = "titer.classes";

/// Writes the evaluations of a run and their metrics; `classes` are the names of the classes.
pub fn write_epochs(folder: &RunFolder, classes: &[String], rows: &[EpochRow]) -> Result<(), Error> {
    metrics::write(folder, classes, rows)?;
    Writer::new(rows.len())
        .note(CLASSES_KEY, json(&classes))
        .column("epoch", rows.iter().map(|row| row.epoch))
        .column("split", rows.iter().map(|row| names::of(row.split)))
        .column("selected", rows.iter().map(|row| row.selected))
        .column("seconds", rows.iter().map(|row| row.seconds))
        .column("count", rows.iter().map(|row| row.scores.count as u64))
        .column("confusion", rows.iter().map(|row| json(&row.scores.confusion)))
        .write(&folder.epochs())
}

/// The names of the classes, and the evaluations with their metrics.
pub fn read_epochs(folder: &RunFolder) -> Result<(Vec<String>, Vec<EpochRow>), Error> {
    let table = Reader::open(&folder.epochs())?;
    let classes: Vec<String> = table.note(CLASSES_KEY).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let (epoch, split) = (table.required("epoch")?, table.named("split", names::parse)?);
    let (selected, seconds) = (table.required("selected")?, table.required("seconds")?);
    let count = table.required::<u64>("count")?;
    let confusion = table.named::<Vec<Vec<u64>>>("confusion", |text| {
        let read: Vec<Vec<u64>> = serde_json::from_str(text).ok()?;
        let square = read.len() == classes.len() && read.iter().all(|row| row.len() == classes.len());
        (square || read.is_empty()).then_some(read)
    })?;
    let mut rows: Vec<EpochRow> = (0..table.height())
        .map(|i| EpochRow {
            epoch: epoch[i],
            split: split[i],
            selected: selected[i],
            seconds: seconds[i],
            scores: Scores::counted(count[i] as usize, confusion[i].clone()),
        })
        .collect();
    metrics::read(folder, &classes, &mut rows)?;
    Ok((classes, rows))
}

/// Counts and text: there is no value among them that JSON cannot hold.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
