//! The tuned decision threshold: what validation would choose instead of one half, and what it does
//! on the test set.

use serde::Serialize;

use super::{
    calibration::RunCalibration,
    format,
    pairs::LEVEL,
    predicted::ByClass,
    table::{Cell, Kind, Table},
};
use titer_core::statistics;

/// A threshold for class 1, chosen on validation by the balanced accuracy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chosen {
    pub threshold: f64,
    pub at_half: OnTest,
    pub at_threshold: OnTest,
    /// The mid-p value of `McNemar`'s test of the two on the same proteins.
    pub p: f64,
}

/// What a threshold reaches on the test set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OnTest {
    pub proteins: u64,
    pub right: u64,
    /// `None` where a class is without a protein.
    pub balanced_accuracy: Option<f64>,
}

impl Chosen {
    /// `None` where there are not two classes, or validation has one of them only.
    #[must_use]
    pub(super) fn new(validation: &ByClass, test: &ByClass) -> Option<Self> {
        let threshold = statistics::best_threshold(&validation.positive()?, &validation.believed())?;
        let (positive, believed) = (test.positive()?, test.believed());
        let right = |threshold: f64| -> Vec<bool> {
            positive.iter().zip(&believed).map(|(&is, &believed)| is == (believed >= threshold)).collect()
        };
        let (half, chosen) = (right(0.5), right(threshold));
        let (only_half, only_chosen) = statistics::discordant(&half, &chosen);
        Some(Self {
            threshold,
            at_half: OnTest::new(&positive, &half),
            at_threshold: OnTest::new(&positive, &chosen),
            p: statistics::mcnemar_mid_p(only_half, only_chosen),
        })
    }

    /// What it changes on the test set, which way, and whether that is significant.
    #[must_use]
    pub(super) fn in_words(&self, label: &str, positive: &str) -> String {
        let Self { threshold, at_half, at_threshold, p } = self;
        let (half, chosen) = (format::count(at_half.right), format::count(at_threshold.right));
        let of = format::count(at_half.proteins);
        let threshold = format::decimal(*threshold, 3);
        let start = format!(
            "For {label}, validation would tune the decision threshold for {positive} to {threshold} (balanced accuracy)"
        );
        if at_half.right == at_threshold.right {
            return format!("{start}: on the test set {half} of {of} are correct, as many as at 0.5.");
        }
        let change = if at_threshold.right > at_half.right { "a gain" } else { "a loss" };
        let verdict = if *p < LEVEL { "significant" } else { "compatible with chance" };
        format!("{start}: on the test set {chosen} of {of} are correct instead of {half}, {change} that is {verdict}.")
    }
}

impl OnTest {
    fn new(positive: &[bool], right: &[bool]) -> Self {
        let share = |class: bool| {
            let of_class = || positive.iter().zip(right).filter(move |(is, _)| **is == class);
            let count = of_class().count();
            (count > 0).then(|| of_class().filter(|(_, right)| **right).count() as f64 / count as f64)
        };
        Self {
            proteins: right.len() as u64,
            right: right.iter().filter(|right| **right).count() as u64,
            balanced_accuracy: share(true).zip(share(false)).map(|(positive, negative)| f64::midpoint(positive, negative)),
        }
    }

    fn cells(&self) -> [Cell; 2] {
        let balanced =
            self.balanced_accuracy.map_or_else(|| Cell::none(Some("a class has no protein")), |of| format::percent(of).into());
        [format::percent(self.right as f64 / self.proteins as f64).into(), balanced]
    }
}

/// `None` where no run has a threshold.
#[must_use]
pub(super) fn table(runs: &[RunCalibration], positive: &str) -> Option<Table> {
    let caption = format!(
        "The threshold for {positive}, chosen on validation by the balanced accuracy (the mean of both classes' recalls), and the test scores at it and at 0.5. \
         p: McNemar's test (mid-p) of the two accuracies, not adjusted."
    );
    let names = ["threshold", "accuracy at 0.5", "accuracy at threshold", "balanced at 0.5", "balanced at threshold", "p"];
    let mut columns = vec![("run", Kind::Text)];
    columns.extend(names.map(|name| (name, Kind::Number)));
    let mut table = Table::new(caption, &columns);
    for (run, chosen) in runs.iter().filter_map(|run| Some((run, run.threshold.as_ref()?))) {
        let [half, balanced_half] = chosen.at_half.cells();
        let [at, balanced_at] = chosen.at_threshold.cells();
        let p = format::p_value(chosen.p);
        table
            .row([
                run.label.clone().into(),
                format::decimal(chosen.threshold, 3).into(),
                half,
                at,
                balanced_half,
                balanced_at,
                p.into(),
            ])
            .of_run(run.run);
    }
    (!table.rows.is_empty()).then_some(table)
}
