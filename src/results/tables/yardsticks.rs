//! `yardsticks.parquet`: a row a test protein and yardstick. How each was made stands in the file's metadata.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    ProteinRow, YardstickRow, Yardsticks,
    frame::{Reader, Writer},
    names,
};
use crate::{results::Error, yardstick};

/// The key, in a file's metadata, of the digest of the proteins.
const PROTEINS_KEY: &str = "titer.proteins";

/// The key of how each yardstick was made: JSON.
const MADE_KEY: &str = "titer.yardsticks";

/// How a yardstick was made, or why it was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    pub yardstick: String,
    /// A sentence.
    pub made: String,
    /// The version of the program that made it, where that is not titer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
}

/// A digest of all that yardsticks depend on: the proteins that take part, and the methods.
#[must_use]
pub fn digest(proteins: &[ProteinRow]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&yardstick::VERSION.to_le_bytes());
    for row in proteins {
        let Some(split) = row.split else { continue };
        for text in [&row.id, &row.sequence, row.label.as_deref().unwrap_or_default(), &names::of(split)] {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

pub fn write_yardsticks(path: &Path, Yardsticks { proteins, classes, made, rows }: &Yardsticks) -> Result<(), Error> {
    let made = serde_json::to_string(made).map_err(|source| Error::Json { path: path.to_owned(), source })?;
    let mut table = Writer::new(rows.len())
        .note(PROTEINS_KEY, proteins.clone())
        .note(MADE_KEY, made)
        .column("yardstick", rows.iter().map(|row| row.yardstick.as_str()))
        .column("id", rows.iter().map(|row| row.id.as_str()))
        .column("label", rows.iter().map(|row| row.label.as_str()))
        .column("predicted", rows.iter().map(|row| row.predicted.as_str()));
    for (index, class) in classes.iter().enumerate() {
        let of_class = |row: &YardstickRow| row.probabilities.as_ref().map(|probabilities| probabilities[index]);
        table = table.column(&format!("probability_{class}"), rows.iter().map(of_class));
    }
    table.write(path)
}

pub fn read_yardsticks(path: &Path) -> Result<Yardsticks, Error> {
    let table = Reader::open(path)?;
    let note = |key: &str| table.note(key).unwrap_or_default();
    let made = serde_json::from_str(note(MADE_KEY)).map_err(|source| Error::Json { path: path.to_owned(), source })?;
    let classes: Vec<String> = table.suffixes("probability_").map(str::to_owned).collect();
    let columns = classes.iter().map(|class| table.optional::<f64>(&format!("probability_{class}")));
    let probabilities = columns.collect::<Result<Vec<_>, Error>>()?;
    let (yardstick, id) = (table.required::<String>("yardstick")?, table.required::<String>("id")?);
    let (label, predicted) = (table.required::<String>("label")?, table.required::<String>("predicted")?);
    let row = |i: usize| YardstickRow {
        yardstick: yardstick[i].clone(),
        id: id[i].clone(),
        label: label[i].clone(),
        predicted: predicted[i].clone(),
        probabilities: probabilities.iter().map(|column| column[i]).collect(),
    };
    Ok(Yardsticks { proteins: note(PROTEINS_KEY).to_owned(), made, rows: (0..table.height()).map(row).collect(), classes })
}
