//! Makes `baselines.parquet` where it is missing, or was made for other proteins or by other
//! versions of the baselines.

use titer_core::{
    data::Split,
    predictions::Output,
    results::{
        Error, ExperimentFolder,
        tables::{self, BaselineRow, BaselineValue, Baselines, Made, ProteinRow},
    },
    task::{Kind, Target},
    text::with_causes,
};

use super::{Baseline, Outcome, Predictions, Question};

/// As [`refresh`]; a sweep and a report want baselines, and neither fails for lack of them: what
/// cannot be kept is told.
pub fn offer(
    folder: &ExperimentFolder,
    kind: Kind,
    proteins: &[ProteinRow],
    wild_type: Option<&str>,
    goes_on: impl Fn() -> bool,
) {
    if let Err(error) = refresh(folder, kind, proteins, wild_type, &goes_on) {
        tracing::warn!("no baselines: {}", with_causes(&error));
    }
}

/// Makes the baselines of the experiment's proteins where they are missing or out of date, and logs
/// which could not be made. `goes_on` is called again and again: where it returns false, nothing is
/// written.
pub fn refresh(
    folder: &ExperimentFolder,
    kind: Kind,
    proteins: &[ProteinRow],
    wild_type: Option<&str>,
    goes_on: &dyn Fn() -> bool,
) -> Result<(), Error> {
    if !goes_on() || is_up_to_date(folder, kind, proteins, wild_type) {
        return Ok(());
    }
    tracing::info!("baselines: what simple methods predict for the test proteins");
    let taken = of(kind, proteins, wild_type, goes_on);
    if !goes_on() {
        return Ok(());
    }
    for Made { baseline, made, .. } in &taken.made {
        let has_rows = taken.rows.iter().map(|row| &row.baseline).chain(taken.values.iter().map(|row| &row.baseline));
        if !has_rows.into_iter().any(|of| of == baseline) {
            tracing::info!("baseline {baseline}: {made}");
        }
    }
    tables::write_baselines(&folder.baselines(), &taken)
}

/// Whether the stored baselines are of these proteins and of today's versions, and no program that
/// a baseline lacked then has been installed since.
fn is_up_to_date(folder: &ExperimentFolder, kind: Kind, proteins: &[ProteinRow], wild_type: Option<&str>) -> bool {
    let Ok(stored) = tables::read_baselines(&folder.baselines()) else { return false };
    let listed = || Baseline::of_task(kind);
    let versions = listed().map(|baseline| (baseline.id, baseline.version));
    let still_lacking =
        |(baseline, made): (&Baseline, &Made)| made.tool.is_some() || baseline.tool.is_none_or(|version| version().is_none());
    stored.proteins == digest(proteins, wild_type)
        && stored.made.iter().map(|made| (made.baseline.as_str(), made.version)).eq(versions)
        && listed().zip(&stored.made).all(still_lacking)
}

/// Names the proteins that baselines are made for, and behind them what else they depend on.
fn digest(proteins: &[ProteinRow], wild_type: Option<&str>) -> String {
    let beside = wild_type.map_or_else(String::new, |wild_type| format!(" {}", blake3::hash(wild_type.as_bytes()).to_hex()));
    format!("{}{beside}", tables::digest(proteins))
}

/// The baselines of these proteins that have predictions for this kind of task.
#[must_use]
pub fn of(kind: Kind, proteins: &[ProteinRow], wild_type: Option<&str>, goes_on: &dyn Fn() -> bool) -> Baselines {
    let rows = |split: Split| proteins.iter().filter(move |row| row.split == Some(split));
    let label = |row: &ProteinRow| row.label.clone().unwrap_or_default();
    let numeric = kind.task().output() == Output::Values;
    let mut classes: Vec<String> = if numeric { Vec::new() } else { rows(Split::Train).map(label).collect() };
    classes.sort_unstable();
    classes.dedup();
    // Asked of the training split alone, whose labels are all in the list.
    let class = |row: &ProteinRow| classes.binary_search(&label(row)).ok().map(Target::Class);
    let target = |row: &ProteinRow| row.value.map(Target::Value).or_else(|| class(row));
    let question = Question {
        classes: &classes,
        known: rows(Split::Train).filter_map(|row| Some((row.sequence.as_str(), target(row)?))).collect(),
        asked: rows(Split::Test).map(|row| row.sequence.as_str()).collect(),
        wild_type,
    };
    let digest = digest(proteins, wild_type);
    if question.known.is_empty() {
        return Baselines { proteins: digest, classes, made: Vec::new(), rows: Vec::new(), values: Vec::new() };
    }
    let (mut made, mut predicted, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for baseline in Baseline::of_task(kind) {
        let Outcome { made: sentence, tool, predictions } = (baseline.predict)(&question, goes_on);
        match predictions {
            None => {}
            Some(Predictions::Classes { classes: of_rows, probabilities }) => {
                let mut probabilities = probabilities.map(Vec::into_iter);
                predicted.extend(rows(Split::Test).zip(of_rows).map(|(row, class)| BaselineRow {
                    baseline: baseline.id.to_owned(),
                    id: row.id.clone(),
                    label: label(row),
                    predicted: classes[class].clone(),
                    probabilities: probabilities.as_mut().and_then(Iterator::next),
                }));
            }
            Some(Predictions::Values(of_rows)) => {
                values.extend(rows(Split::Test).zip(of_rows).map(|(row, predicted)| BaselineValue {
                    baseline: baseline.id.to_owned(),
                    id: row.id.clone(),
                    label: row.value.unwrap_or(f64::NAN),
                    predicted,
                }));
            }
        }
        made.push(Made {
            baseline: baseline.id.to_owned(),
            version: baseline.version,
            name: baseline.name.to_owned(),
            made: sentence,
            tool,
        });
    }
    Baselines { proteins: digest, made, rows: predicted, values, classes }
}
