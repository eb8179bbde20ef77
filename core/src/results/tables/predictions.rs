//! `predictions.parquet`: a logit and a probability column a class, under the class's own name.

use std::path::Path;

use super::{
    PredictionRow,
    frame::{Reader, Writer},
    names,
};
use crate::results::Error;

/// Writes the predictions; `classes` names the logits and probabilities of each row, in order.
pub fn write_predictions(path: &Path, classes: &[String], rows: &[PredictionRow]) -> Result<(), Error> {
    let mut table = Writer::new(rows.len())
        .column("id", rows.iter().map(|row| row.id.as_str()))
        .column("split", rows.iter().map(|row| names::of(row.split)))
        .column("label", rows.iter().map(|row| row.label.as_str()))
        .column("predicted", rows.iter().map(|row| row.predicted.as_str()));
    for (index, class) in classes.iter().enumerate() {
        table = table.column(&format!("logit_{class}"), rows.iter().map(|row| row.logits[index]));
    }
    for (index, class) in classes.iter().enumerate() {
        table = table.column(&format!("probability_{class}"), rows.iter().map(|row| row.probabilities[index]));
    }
    table.write(path)
}

/// The rows, and the names of the classes in their order.
pub fn read_predictions(path: &Path) -> Result<(Vec<String>, Vec<PredictionRow>), Error> {
    let table = Reader::open(path)?;
    let classes: Vec<String> = table.suffixes("logit_").map(str::to_owned).collect();
    let id = table.required::<String>("id")?;
    let split = table.named("split", names::parse)?;
    let (label, predicted) = (table.required::<String>("label")?, table.required::<String>("predicted")?);
    let logits = per_class(&table, "logit", &classes)?;
    let probabilities = per_class(&table, "probability", &classes)?;
    let row = |i: usize| PredictionRow {
        id: id[i].clone(),
        split: split[i],
        label: label[i].clone(),
        predicted: predicted[i].clone(),
        logits: logits.iter().map(|column| column[i]).collect(),
        probabilities: probabilities.iter().map(|column| column[i]).collect(),
    };
    let rows = (0..table.height()).map(row).collect();
    Ok((classes, rows))
}

fn per_class<T: super::frame::Cell>(table: &Reader, prefix: &str, classes: &[String]) -> Result<Vec<Vec<T>>, Error> {
    classes.iter().map(|class| table.required(&format!("{prefix}_{class}"))).collect()
}
