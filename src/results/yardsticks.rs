//! Makes `yardsticks.parquet` where it is missing, or was made for other proteins.

use super::{
    Error, ExperimentFolder,
    tables::{self, Made, ProteinRow, YardstickRow, Yardsticks},
};
use crate::{
    data::Split,
    yardstick::{self, Task},
};

/// Takes the yardsticks of the experiment's proteins where they are not there, and says which could not be taken. `goes_on` is asked
/// again and again: where it says no, nothing is written.
pub fn refresh(folder: &ExperimentFolder, proteins: &[ProteinRow], goes_on: &dyn Fn() -> bool) -> Result<(), Error> {
    if !goes_on() || is_up_to_date(folder, proteins) {
        return Ok(());
    }
    tracing::info!("yardsticks: what simple methods make of the test proteins");
    let taken = of(proteins, goes_on);
    if !goes_on() {
        return Ok(());
    }
    for Made { yardstick, made, .. } in &taken.made {
        if !taken.rows.iter().any(|row| row.yardstick == *yardstick) {
            tracing::info!("yardstick {yardstick}: {made}");
        }
    }
    tables::write_yardsticks(&folder.yardsticks(), &taken)
}

/// What lies there is of these proteins, and no program has come since that could not be found then.
fn is_up_to_date(folder: &ExperimentFolder, proteins: &[ProteinRow]) -> bool {
    let Ok(there) = tables::read_yardsticks(&folder.yardsticks()) else { return false };
    let searched = there.made.iter().any(|made| made.tool.is_some());
    there.proteins == tables::digest(proteins) && (searched || yardstick::mmseqs_version().is_none())
}

/// The yardsticks of these proteins.
#[must_use]
pub fn of(proteins: &[ProteinRow], goes_on: &dyn Fn() -> bool) -> Yardsticks {
    let rows = |split: Split| proteins.iter().filter(move |row| row.split == Some(split));
    let label = |row: &ProteinRow| row.label.clone().unwrap_or_default();
    let mut classes: Vec<String> = rows(Split::Train).map(label).collect();
    classes.sort_unstable();
    classes.dedup();
    if classes.is_empty() {
        return Yardsticks { proteins: tables::digest(proteins), classes, made: Vec::new(), rows: Vec::new() };
    }
    // Asked of the training split alone, whose labels are all in the list.
    let class = |row: &ProteinRow| classes.binary_search(&label(row)).unwrap_or_default();
    let task = Task {
        classes: &classes,
        known: rows(Split::Train).map(|row| (row.sequence.as_str(), class(row))).collect(),
        asked: rows(Split::Test).map(|row| row.sequence.as_str()).collect(),
    };
    let (mut made, mut predicted) = (Vec::new(), Vec::new());
    for yardstick in yardstick::measure(&task, goes_on) {
        let name = yardstick.name.to_owned();
        if let Some(predictions) = yardstick.predictions {
            let mut probabilities = predictions.probabilities.map(Vec::into_iter);
            predicted.extend(rows(Split::Test).zip(predictions.classes).map(|(row, class)| YardstickRow {
                yardstick: name.clone(),
                id: row.id.clone(),
                label: label(row),
                predicted: classes[class].clone(),
                probabilities: probabilities.as_mut().and_then(Iterator::next),
            }));
        }
        made.push(Made { yardstick: name, made: yardstick.made, tool: yardstick.tool });
    }
    Yardsticks { proteins: tables::digest(proteins), made, rows: predicted, classes }
}
