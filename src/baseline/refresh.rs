//! Makes `baselines.parquet` where it is missing, or was made for other proteins or by other
//! versions of the baselines.

use titer_core::{
    data::Split,
    results::{
        Error, ExperimentFolder,
        tables::{self, BaselineRow, Baselines, Made, ProteinRow},
    },
    task::Kind,
    text::with_causes,
};

use super::{Baseline, Outcome, Question};

/// As [`refresh`]; a sweep and a report want baselines, and neither fails for lack of them: what
/// cannot be kept is told.
pub fn offer(folder: &ExperimentFolder, kind: Kind, proteins: &[ProteinRow], goes_on: impl Fn() -> bool) {
    if let Err(error) = refresh(folder, kind, proteins, &goes_on) {
        tracing::warn!("no baselines: {}", with_causes(&error));
    }
}

/// Makes the baselines of the experiment's proteins where they are missing or out of date, and logs
/// which could not be made. `goes_on` is called again and again: where it returns false, nothing is
/// written.
pub fn refresh(folder: &ExperimentFolder, kind: Kind, proteins: &[ProteinRow], goes_on: &dyn Fn() -> bool) -> Result<(), Error> {
    if !goes_on() || is_up_to_date(folder, kind, proteins) {
        return Ok(());
    }
    tracing::info!("baselines: what simple methods predict for the test proteins");
    let taken = of(kind, proteins, goes_on);
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

/// Whether the stored baselines are of these proteins and of today's versions, and no program that
/// a baseline lacked then has been installed since.
fn is_up_to_date(folder: &ExperimentFolder, kind: Kind, proteins: &[ProteinRow]) -> bool {
    let Ok(stored) = tables::read_baselines(&folder.baselines()) else { return false };
    let listed = || Baseline::of_task(kind);
    let versions = listed().map(|baseline| (baseline.id, baseline.version));
    let still_lacking =
        |(baseline, made): (&Baseline, &Made)| made.tool.is_some() || baseline.tool.is_none_or(|version| version().is_none());
    stored.proteins == tables::digest(proteins)
        && stored.made.iter().map(|made| (made.baseline.as_str(), made.version)).eq(versions)
        && listed().zip(&stored.made).all(still_lacking)
}

/// The baselines of these proteins that have predictions for this kind of task.
#[must_use]
pub fn of(kind: Kind, proteins: &[ProteinRow], goes_on: &dyn Fn() -> bool) -> Baselines {
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
    let question = Question {
        classes: &classes,
        known: rows(Split::Train).map(|row| (row.sequence.as_str(), class(row))).collect(),
        asked: rows(Split::Test).map(|row| row.sequence.as_str()).collect(),
    };
    let (mut made, mut predicted) = (Vec::new(), Vec::new());
    for baseline in Baseline::of_task(kind) {
        let Outcome { made: sentence, tool, predictions } = (baseline.predict)(&question, goes_on);
        if let Some(predictions) = predictions {
            let mut probabilities = predictions.probabilities.map(Vec::into_iter);
            predicted.extend(rows(Split::Test).zip(predictions.classes).map(|(row, class)| BaselineRow {
                baseline: baseline.id.to_owned(),
                id: row.id.clone(),
                label: label(row),
                predicted: classes[class].clone(),
                probabilities: probabilities.as_mut().and_then(Iterator::next),
            }));
        }
        made.push(Made {
            baseline: baseline.id.to_owned(),
            version: baseline.version,
            name: baseline.name.to_owned(),
            made: sentence,
            tool,
        });
    }
    Baselines { proteins: tables::digest(proteins), made, rows: predicted, classes }
}
