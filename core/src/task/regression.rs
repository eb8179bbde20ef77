//! `regression`: a number a protein.

use super::{Scaling, Target, Targets, Task, Unfit};
use crate::{
    metric::{MAE, MSE, Metric, PEARSON, R2, RMSE, SPEARMAN},
    predictions::{Output, Predictions, Values},
};

pub(super) const TASK: Regression = Regression;

/// Strata that a split has in proportion: tenths of the proteins by their labels.
const STRATA: usize = 10;

/// The fewest proteins of a stratum: a split of ten parts has one of each.
const LEAST: usize = 10;

/// The task.
#[derive(Debug)]
pub(super) struct Regression;

impl Task for Regression {
    fn id(&self) -> &'static str {
        "regression"
    }

    fn output(&self) -> Output {
        Output::Values
    }

    fn loss(&self) -> Metric {
        MSE
    }

    fn selects(&self) -> Metric {
        SPEARMAN
    }

    fn compares(&self) -> Metric {
        SPEARMAN
    }

    fn beside(&self) -> &'static [Metric] {
        &[SPEARMAN, PEARSON, R2, RMSE, MAE]
    }

    fn by_epoch(&self) -> &'static [Metric] {
        &[SPEARMAN, PEARSON, R2, RMSE, MAE]
    }

    /// Every label is a finite number.
    fn targets(&self, labels: &[Option<&str>], _: &[(&str, &str)]) -> Result<Targets, Unfit> {
        let mut of_rows = Vec::with_capacity(labels.len());
        let mut rows = Vec::new();
        for (row, label) in labels.iter().enumerate() {
            let value = label.map(|label| label.parse::<f64>().ok().filter(|value| value.is_finite()));
            rows.extend((value == Some(None)).then_some(row));
            of_rows.push(value.flatten().map(Target::Value));
        }
        if rows.is_empty() { Ok(Targets { names: Vec::new(), of_rows }) } else { Err(Unfit::NoNumber { rows }) }
    }

    /// Tenths by rank, fewer where a tenth would have too few proteins. Equal labels are of one
    /// stratum.
    fn strata(&self, targets: &[Target]) -> Vec<usize> {
        let values: Vec<f64> = targets.iter().filter_map(|target| target.value()).collect();
        let strata = (values.len() / LEAST).clamp(1, STRATA);
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&one, &other| values[one].total_cmp(&values[other]));
        let mut of = vec![0; values.len()];
        let mut first = 0;
        for place in 0..order.len() {
            if values[order[place]] != values[order[first]] {
                first = place;
            }
            of[order[place]] = first * strata / values.len();
        }
        of
    }

    /// Every score is of all proteins.
    fn required<'a>(&self, _: &'a Targets) -> &'a [String] {
        &[]
    }

    fn outputs(&self, _: &[String]) -> usize {
        1
    }

    fn predictions(&self, targets: &[Target], outputs: &[f32], _: usize, scaling: Option<Scaling>) -> Predictions {
        let targets = targets.iter().filter_map(|target| target.value()).collect();
        let outputs = outputs.iter().copied().map(f64::from);
        let predicted = outputs.map(|output| scaling.map_or(output, |scaling| scaling.unscaled(output))).collect();
        Predictions::Values(Values::new(targets, predicted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_numbers_and_what_is_none_is_named_by_its_row() {
        let read = |labels: &[Option<&str>]| TASK.targets(labels, &[]).map(|targets| targets.of_rows);
        let value = |value| Some(Target::Value(value));
        assert_eq!(read(&[Some("1.5"), None, Some("-2e3"), Some("0")]), Ok(vec![value(1.5), None, value(-2000.0), value(0.0)]));
        assert_eq!(
            read(&[Some("1.5"), Some("1,5"), Some("NaN"), None, Some("inf")]),
            Err(Unfit::NoNumber { rows: vec![1, 2, 4] })
        );
    }

    #[test]
    fn strata_are_tenths_by_rank_and_hold_equal_labels_together() {
        let of = |values: &[f64]| TASK.strata(&values.iter().copied().map(Target::Value).collect::<Vec<_>>());
        let falling: Vec<f64> = (0..100).rev().map(f64::from).collect();
        let expected: Vec<usize> = (0..100).rev().map(|place| place / 10).collect();
        assert_eq!(of(&falling), expected);
        assert_eq!(of(&[3.0, 1.0, 2.0]), [0, 0, 0]);
        let tied = [vec![1.0; 55], (0..45).map(|i| 2.0 + f64::from(i)).collect()].concat();
        assert_eq!(of(&tied)[..55], [0; 55]);
        assert_eq!(of(&tied)[55..60], [5; 5]);
        assert!(of(&[]).is_empty());
    }
}
