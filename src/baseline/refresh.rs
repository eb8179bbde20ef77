//! Makes `baselines.parquet` where it is missing, or was made for other proteins.

use titer_core::{
    data::Split,
    results::{
        Error, ExperimentFolder,
        tables::{self, BaselineRow, Baselines, Made, ProteinRow},
    },
    text::with_causes,
};

use super::{Task, measure, mmseqs_version};

/// As [`refresh`]; a sweep and a report want baselines, and neither fails for lack of them: what cannot be kept is told.
pub fn offer(folder: &ExperimentFolder, proteins: &[ProteinRow], goes_on: impl Fn() -> bool) {
    if let Err(error) = refresh(folder, proteins, &goes_on) {
        tracing::warn!("no baselines: {}", with_causes(&error));
    }
}

/// Takes the baselines of the experiment's proteins where they are not there, and says which could not be taken. `goes_on` is asked
/// again and again: where it says no, nothing is written.
pub fn refresh(folder: &ExperimentFolder, proteins: &[ProteinRow], goes_on: &dyn Fn() -> bool) -> Result<(), Error> {
    if !goes_on() || is_up_to_date(folder, proteins) {
        return Ok(());
    }
    tracing::info!("baselines: what simple methods make of the test proteins");
    let taken = of(proteins, goes_on);
    if !goes_on() {
        return Ok(());
    }
    for Made { baseline, made, .. } in &taken.made {
        if !taken.rows.iter().any(|row| row.baseline == *baseline) {
            tracing::info!("baseline {baseline}: {made}");
        }
    }
    tables::write_baselines(&folder.baselines(), &taken)
}

/// What lies there is of these proteins, and no program has come since that could not be found then.
fn is_up_to_date(folder: &ExperimentFolder, proteins: &[ProteinRow]) -> bool {
    let Ok(there) = tables::read_baselines(&folder.baselines()) else { return false };
    let searched = there.made.iter().any(|made| made.tool.is_some());
    there.proteins == tables::digest(proteins) && (searched || mmseqs_version().is_none())
}

/// The baselines of these proteins.
#[must_use]
pub fn of(proteins: &[ProteinRow], goes_on: &dyn Fn() -> bool) -> Baselines {
    let rows = |split: Split| proteins.iter().filter(move |row| row.split == Some(split));
    let label = |row: &ProteinRow| row.label.clone().unwrap_or_default();
    let mut classes: Vec<String> = rows(Split::Train).map(label).collect();
    classes.sort_unstable();
    classes.dedup();
    if classes.is_empty() {
        return Baselines { proteins: tables::digest(proteins), classes, made: Vec::new(), rows: Vec::new() };
    }
    // Asked of the training split alone, whose labels are all in the list.
    let class = |row: &ProteinRow| classes.binary_search(&label(row)).unwrap_or_default();
    let task = Task {
        classes: &classes,
        known: rows(Split::Train).map(|row| (row.sequence.as_str(), class(row))).collect(),
        asked: rows(Split::Test).map(|row| row.sequence.as_str()).collect(),
    };
    let (mut made, mut predicted) = (Vec::new(), Vec::new());
    for baseline in measure(&task, goes_on) {
        let name = baseline.name.to_owned();
        if let Some(predictions) = baseline.predictions {
            let mut probabilities = predictions.probabilities.map(Vec::into_iter);
            predicted.extend(rows(Split::Test).zip(predictions.classes).map(|(row, class)| BaselineRow {
                baseline: name.clone(),
                id: row.id.clone(),
                label: label(row),
                predicted: classes[class].clone(),
                probabilities: probabilities.as_mut().and_then(Iterator::next),
            }));
        }
        made.push(Made { baseline: name, made: baseline.made, tool: baseline.tool });
    }
    Baselines { proteins: tables::digest(proteins), made, rows: predicted, classes }
}
