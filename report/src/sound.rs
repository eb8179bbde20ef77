//! Whether the numbers of a file hang together: what titer wrote does, and figures of anything else
//! would lie or break.

use titer_core::{
    data::Card,
    predictions::Output,
    results::manifest::{Manifest, Outcome},
    scores::Scores,
};

/// What in a run's manifest contradicts itself.
pub fn manifest(Manifest { settings, outcome, .. }: &Manifest) -> Result<(), &'static str> {
    let Outcome { classes, parameters, validation, test, .. } = outcome;
    let of_classes = settings.task.kind.task().output() == Output::Classes;
    if of_classes && classes.len() < 2 {
        return Err("it names fewer than two classes");
    }
    if !of_classes && !classes.is_empty() {
        return Err("it names classes, and its task has none");
    }
    sum(parameters.blocks.iter().map(|block| block.parameters)).ok_or("its parameters cannot be counted")?;
    [validation, test].into_iter().flatten().try_for_each(|found| scores(found, classes.len()))
}

fn scores(scores: &Scores, classes: usize) -> Result<(), &'static str> {
    let rows = &scores.confusion;
    if scores.classes.len() != classes || rows.len() != classes || rows.iter().any(|row| row.len() != classes) {
        return Err("its scores are of other classes");
    }
    if classes > 0 && sum(rows.iter().flatten().copied()) != Some(scores.count as u64) {
        return Err("its confusion matrix counts other proteins than were scored");
    }
    Ok(())
}

/// What in the data's card contradicts itself.
pub fn card(card: &Card) -> Result<(), &'static str> {
    let kept = sum(card.classes.iter().map(|class| class.count as u64));
    if card.kept > card.rows || card.values.is_none() && kept != Some(card.kept as u64) {
        return Err("its classes do not add up to what was kept");
    }
    Ok(())
}

fn sum(mut numbers: impl Iterator<Item = u64>) -> Option<u64> {
    numbers.try_fold(0_u64, u64::checked_add)
}
