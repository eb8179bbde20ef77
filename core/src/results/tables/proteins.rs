//! `dataset.parquet`.

use std::path::Path;

use super::{
    ProteinRow,
    frame::{Reader, Writer},
    names,
};
use crate::{
    data::{Dataset, Protein, Split},
    results::Error,
    task::Target,
};

/// The rows of a dataset, every protein in the order of the file; `texts` are about them, in the
/// same order, or none.
#[must_use]
pub fn protein_rows(dataset: &Dataset, texts: &[String]) -> Vec<ProteinRow> {
    let label = |class: Option<usize>, written: &str| match class {
        Some(class) => Some(dataset.classes[class].clone()),
        None => (!written.is_empty()).then(|| written.to_owned()),
    };
    let row = |(index, (protein, split)): (usize, (&Protein, Option<Split>))| ProteinRow {
        id: protein.id.clone(),
        sequence: protein.sequence.clone(),
        length: protein.sequence.len() as u32,
        tokens: protein.tokens as u32,
        label: label(protein.class(), &protein.label),
        value: protein.target.and_then(Target::value),
        split,
        dropped: protein.dropped,
        text: texts.get(index).filter(|text| !text.is_empty()).cloned(),
    };
    dataset.proteins.iter().zip(dataset.split_of_proteins()).enumerate().map(row).collect()
}

pub fn write_proteins(path: &Path, rows: &[ProteinRow]) -> Result<(), Error> {
    let table = Writer::new(rows.len())
        .column("id", rows.iter().map(|row| row.id.as_str()))
        .column("sequence", rows.iter().map(|row| row.sequence.as_str()))
        .column("length", rows.iter().map(|row| row.length))
        .column("tokens", rows.iter().map(|row| row.tokens))
        .column("label", rows.iter().map(|row| row.label.as_deref()));
    let has_values = rows.iter().any(|row| row.value.is_some());
    let table = if has_values { table.column("value", rows.iter().map(|row| row.value)) } else { table };
    table
        .column("split", rows.iter().map(|row| row.split.map(names::of)))
        .column("dropped", rows.iter().map(|row| row.dropped.map(names::of)))
        .column("text", rows.iter().map(|row| row.text.as_deref()))
        .write(path)
}

pub fn read_proteins(path: &Path) -> Result<Vec<ProteinRow>, Error> {
    let table = Reader::open(path)?;
    let (id, sequence) = (table.required::<String>("id")?, table.required::<String>("sequence")?);
    let (length, tokens) = (table.required("length")?, table.required("tokens")?);
    let label = table.optional::<String>("label")?;
    let value = if table.has("value") { table.optional::<f64>("value")? } else { vec![None; table.height()] };
    let split = table.optional_named("split", names::parse)?;
    let dropped = table.optional_named("dropped", names::parse)?;
    let mut text = table.optional::<String>("text")?;
    let texts = id.into_iter().zip(sequence).zip(label);
    let rows = texts.enumerate().map(|(i, ((id, sequence), label))| ProteinRow {
        id,
        sequence,
        length: length[i],
        tokens: tokens[i],
        label,
        value: value[i],
        split: split[i],
        dropped: dropped[i],
        text: text[i].take(),
    });
    Ok(rows.collect())
}
