//! `baselines.parquet`: a row a test protein and baseline. How each was made stands in the file's
//! metadata.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    BaselineRow, BaselineValue, Baselines, ProteinRow,
    frame::{Reader, Writer},
    names,
};
use crate::results::Error;

/// The key, in a file's metadata, of the digest of the proteins.
const PROTEINS_KEY: &str = "titer.proteins";

/// The key of how each baseline was made: JSON.
const MADE_KEY: &str = "titer.baselines";

/// How a baseline was made, or why it was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its id.
    pub baseline: String,
    /// Another version gives other predictions.
    pub version: u32,
    /// What a reader calls it.
    pub name: String,
    /// A sentence.
    pub made: String,
    /// The version of the program that made it, where that is not titer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
}

/// A digest of the proteins that baselines are made for: those that take part, with their labels
/// and splits.
#[must_use]
pub fn digest(proteins: &[ProteinRow]) -> String {
    let mut hasher = blake3::Hasher::new();
    for row in proteins {
        let Some(split) = row.split else { continue };
        for text in [&row.id, &row.sequence, row.label.as_deref().unwrap_or_default(), &names::of(split)] {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

pub fn write_baselines(path: &Path, Baselines { proteins, classes, made, rows, values }: &Baselines) -> Result<(), Error> {
    let made = serde_json::to_string(made).map_err(|source| Error::Json { path: path.to_owned(), source })?;
    let noted = |height| Writer::new(height).note(PROTEINS_KEY, proteins.clone()).note(MADE_KEY, made.clone());
    if !values.is_empty() {
        return noted(values.len())
            .column("baseline", values.iter().map(|row| row.baseline.as_str()))
            .column("id", values.iter().map(|row| row.id.as_str()))
            .column("label", values.iter().map(|row| row.label))
            .column("predicted", values.iter().map(|row| row.predicted))
            .write(path);
    }
    let mut table = noted(rows.len())
        .column("baseline", rows.iter().map(|row| row.baseline.as_str()))
        .column("id", rows.iter().map(|row| row.id.as_str()))
        .column("label", rows.iter().map(|row| row.label.as_str()))
        .column("predicted", rows.iter().map(|row| row.predicted.as_str()));
    for (index, class) in classes.iter().enumerate() {
        let of_class = |row: &BaselineRow| row.probabilities.as_ref().map(|probabilities| probabilities[index]);
        table = table.column(&format!("probability_{class}"), rows.iter().map(of_class));
    }
    table.write(path)
}

pub fn read_baselines(path: &Path) -> Result<Baselines, Error> {
    let table = Reader::open(path)?;
    let note = |key: &str| table.note(key).unwrap_or_default();
    let made = serde_json::from_str(note(MADE_KEY)).map_err(|source| Error::Json { path: path.to_owned(), source })?;
    let classes: Vec<String> = table.suffixes("probability_").map(str::to_owned).collect();
    let columns = classes.iter().map(|class| table.optional::<f64>(&format!("probability_{class}")));
    let probabilities = columns.collect::<Result<Vec<_>, Error>>()?;
    let (baseline, id) = (table.required::<String>("baseline")?, table.required::<String>("id")?);
    let proteins = note(PROTEINS_KEY).to_owned();
    if table.is_text("label") == Some(false) {
        let (label, predicted) = (table.required::<f64>("label")?, table.required::<f64>("predicted")?);
        let value = |i: usize| BaselineValue {
            baseline: baseline[i].clone(),
            id: id[i].clone(),
            label: label[i],
            predicted: predicted[i],
        };
        let values = (0..table.height()).map(value).collect();
        return Ok(Baselines { proteins, classes, made, rows: Vec::new(), values });
    }
    let (label, predicted) = (table.required::<String>("label")?, table.required::<String>("predicted")?);
    let row = |i: usize| BaselineRow {
        baseline: baseline[i].clone(),
        id: id[i].clone(),
        label: label[i].clone(),
        predicted: predicted[i].clone(),
        probabilities: probabilities.iter().map(|column| column[i]).collect(),
    };
    Ok(Baselines { proteins, made, rows: (0..table.height()).map(row).collect(), values: Vec::new(), classes })
}
