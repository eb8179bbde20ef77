//! The tables of the calibration: a row per configuration, a row per run.

use super::{Group, RunCalibration, Scaled};
use crate::view::{
    believed::{Believed, Verdict},
    format,
    table::{Badge, Cell, Kind, Table},
};

const CAPTION: &str = "Probabilities on the test set. Mean confidence: of the predicted class, to be compared with the \
                       accuracy. Scaled: with the logits divided by the temperature that fits validation best. ECE: the \
                       expected calibration error over 15 bins; by chance: its mean if every probability were exact; p: how \
                       often it would then be at least as large.";
const NO_TEMPERATURE: &str =
    "no temperature can be fitted on validation: its predictions are missing, all correct, or no better than chance";
const NUMBERS: [&str; 11] = [
    "mean confidence",
    "accuracy",
    "temperature",
    "ECE",
    "scaled ECE",
    "ECE by chance",
    "p",
    "Brier",
    "scaled Brier",
    "loss",
    "scaled loss",
];

/// Lists every run, and whether it is of the choice.
pub(super) fn by_run(runs: &[(bool, RunCalibration)]) -> Table {
    let mut table = start("run", CAPTION, &NUMBERS);
    for (chosen, run) in runs {
        let mut cells = vec![run.label.clone().into()];
        cells.extend(means(std::slice::from_ref(run)));
        cells.insert(7, format::p_value(run.before.ece_p).into());
        table.row(cells).of_run(run.run).mark(*chosen);
    }
    table
}

/// Lists the configurations with the means over their seeds; of `several` the choice bears a badge.
pub(super) fn by_configuration(groups: &[Group<'_>], several: bool) -> Table {
    let caption = CAPTION.replace(
        "by chance: its mean if every probability were exact; p: how often it would then be at least as large.",
        "by chance: its mean if every probability were exact. Means over the seeds; miscalibrated: seeds whose ECE is significantly above chance.",
    );
    let numbers = NUMBERS.map(|name| if name == "p" { "miscalibrated" } else { name });
    let mut table = start("configuration", &caption, &numbers);
    for group in groups {
        let beyond = group.runs.iter().filter(|run| run.before.verdict() != Verdict::Within).count();
        let mut cells = vec![group.label.into()];
        cells.extend(means(&group.runs));
        cells.insert(7, format!("{beyond} of {}", group.runs.len()).into());
        table.row(cells).mark(several && group.chosen);
    }
    table
}

fn start(what: &str, caption: &str, numbers: &[&str]) -> Table {
    let mut columns = vec![(what, Kind::Text)];
    columns.extend(numbers.iter().map(|name| (*name, Kind::Number)));
    Table::new(caption, &columns).with_badge(Badge::Choice)
}

/// All columns but the first and the p-value.
fn means(runs: &[RunCalibration]) -> Vec<Cell> {
    let mean = |value: &dyn Fn(&RunCalibration) -> f64| runs.iter().map(value).sum::<f64>() / runs.len() as f64;
    let before = |value: fn(&Believed) -> f64| mean(&|run| value(&run.before));
    let number = |value: f64| Cell::from(format::decimal(value, 3));
    let after = |value: &dyn Fn(&Scaled) -> f64, places: usize| {
        let known: Option<Vec<f64>> = runs.iter().map(|run| run.scaled.as_ref().map(value)).collect();
        known.map_or_else(
            || Cell::none(Some(NO_TEMPERATURE)),
            |known| format::decimal(known.iter().sum::<f64>() / known.len() as f64, places).into(),
        )
    };
    vec![
        format::percent(before(|of| of.confidence)).into(),
        format::percent(before(|of| of.accuracy)).into(),
        after(&|scaled| scaled.temperature, 2),
        number(before(|of| of.ece)),
        after(&|scaled| scaled.after.ece, 3),
        number(before(|of| of.ece_by_chance)),
        number(before(|of| of.brier)),
        after(&|scaled| scaled.after.brier, 3),
        number(before(|of| of.log_loss)),
        after(&|scaled| scaled.after.log_loss, 3),
    ]
}
