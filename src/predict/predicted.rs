//! Outputs of each run → predictions of the runs together.

use super::{Calibrated, Ensemble};
use titer_core::{
    predictions::{self, Output},
    statistics::{self, conformal},
    task::Scaling,
};

/// Several runs' answers for one protein, averaged.
#[derive(Debug, Clone, PartialEq)]
pub struct Mean {
    /// A probability a class, or one number.
    pub values: Vec<f64>,
    /// The standard deviation over the runs of each; `None` of one run.
    pub deviations: Option<Vec<f64>>,
}

impl Mean {
    /// Averages probabilities, a row a run.
    pub fn of_probabilities(rows: &[Vec<f64>]) -> Self {
        let count = rows.len() as f64;
        let width = rows.first().map_or(0, Vec::len);
        let values: Vec<f64> = (0..width).map(|at| rows.iter().map(|row| row[at]).sum::<f64>() / count).collect();
        let deviation = |at: usize| {
            let squares: f64 = rows.iter().map(|row| (row[at] - values[at]).powi(2)).sum();
            (squares / (count - 1.0)).sqrt()
        };
        let deviations = (rows.len() > 1).then(|| (0..width).map(deviation).collect());
        Self { values, deviations }
    }

    /// Averages numbers, one a run.
    pub fn of_values(values: &[f64]) -> Self {
        Self::of_probabilities(&values.iter().map(|value| vec![*value]).collect::<Vec<_>>())
    }

    /// The number.
    pub fn value(&self) -> f64 {
        self.values[0]
    }

    /// Logits whose softmax the probabilities are.
    pub fn logits(&self) -> Vec<f32> {
        // What rounds to 0 keeps a finite logarithm.
        self.values.iter().map(|value| value.max(f64::from(f32::MIN_POSITIVE)).ln() as f32).collect()
    }
}

/// What is predicted for a protein.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicted {
    Class {
        /// The most probable class, the first of several.
        class: usize,
        mean: Mean,
        /// The mean's probabilities, calibrated.
        calibrated: Vec<f64>,
        /// The classes of the prediction set, from the most probable down.
        set: Vec<usize>,
    },
    Value {
        mean: Mean,
        /// `None` where validation has too few proteins for one.
        interval: Option<[f64; 2]>,
    },
}

/// The predictions of a part's proteins; `None` where a run gave no finite number.
pub struct Outputs(pub Vec<Option<Predicted>>);

impl Outputs {
    /// Puts together what each run gave, `[proteins, outputs]` row by row.
    pub fn new(ensemble: &Ensemble, calibrated: &Calibrated, outputs: &[Vec<Option<f32>>], proteins: usize) -> Self {
        let width = ensemble.outputs();
        let of = |protein: usize| {
            let rows: Option<Vec<Vec<f32>>> =
                outputs.iter().map(|run| run[protein * width..(protein + 1) * width].iter().copied().collect()).collect();
            let rows = rows?;
            Some(match ensemble.output() {
                Output::Classes => class(&rows, calibrated),
                Output::Values => value(&rows, &ensemble.scalings(), calibrated),
            })
        };
        Self((0..proteins).map(of).collect())
    }
}

fn class(rows: &[Vec<f32>], calibrated: &Calibrated) -> Predicted {
    let probabilities: Vec<Vec<f64>> = rows.iter().map(|row| statistics::probabilities(row, row.len())).collect();
    let mean = Mean::of_probabilities(&probabilities);
    // Of one run its own logits: probabilities that round to 0 lose what a temperature brings back.
    let logits = if let [row] = rows { row.clone() } else { mean.logits() };
    let calibrated_row = calibrated.probabilities(&logits);
    Predicted::Class {
        class: predictions::predicted(&logits),
        set: conformal::set(&calibrated_row, calibrated.limit),
        calibrated: calibrated_row,
        mean,
    }
}

fn value(rows: &[Vec<f32>], scalings: &[Option<Scaling>], calibrated: &Calibrated) -> Predicted {
    let value = |(row, scaling): (&Vec<f32>, &Option<Scaling>)| {
        let output = f64::from(row[0]);
        scaling.map_or(output, |scaling| scaling.unscaled(output))
    };
    let mean = Mean::of_values(&rows.iter().zip(scalings).map(value).collect::<Vec<_>>());
    let interval = calibrated.limit.map(|limit| [mean.value() - limit, mean.value() + limit]);
    Predicted::Value { mean, interval }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibrated(temperature: Option<f64>, limit: Option<f64>) -> Calibrated {
        Calibrated { coverage: 0.9, validated: 100, temperature, limit }
    }

    #[test]
    fn the_runs_probabilities_are_averaged_before_they_are_calibrated() {
        let logit = |p: f64| vec![(1.0 - p).ln() as f32, p.ln() as f32];
        let Predicted::Class { class, mean, calibrated, set } =
            class(&[logit(0.9), logit(0.6)], &calibrated(Some(2.0), Some(0.5)))
        else {
            panic!("a class")
        };
        assert_eq!((class, set), (1, vec![1]));
        assert!((mean.values[1] - 0.75).abs() < 1e-6 && (mean.deviations.unwrap()[1] - 0.045_f64.sqrt()).abs() < 1e-6);
        // √3 to 1.
        assert!((calibrated[1] - 3_f64.sqrt() / (1.0 + 3_f64.sqrt())).abs() < 1e-6, "{calibrated:?}");
    }

    #[test]
    fn values_come_back_in_the_datas_unit_with_an_interval_about_their_mean() {
        let scaling = Some(Scaling { mean: 10.0, deviation: 2.0 });
        let Predicted::Value { mean, interval } =
            value(&[vec![1.0], vec![2.0]], &[scaling, scaling], &calibrated(None, Some(0.5)))
        else {
            panic!("a value")
        };
        assert_eq!((mean.value(), mean.deviations, interval), (13.0, Some(vec![2_f64.sqrt()]), Some([12.5, 13.5])));
    }

    #[test]
    fn one_run_has_no_deviation() {
        assert_eq!(Mean::of_values(&[1.0]), Mean { values: vec![1.0], deviations: None });
    }
}
