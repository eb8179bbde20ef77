//! The test proteins with what the runs of a regression predict for them.

use crate::{
    inputs::{Inputs, RunTables},
    view::{baselines::BaselineView, format},
};
use titer_core::{
    data::Split,
    metric::Metric,
    results::tables::{ProteinRow, ValueRow},
    statistics,
};

/// Digits of a number where decimals would not do.
const DIGITS: usize = 4;
/// Decimals, at most.
const MOST: f64 = 6.0;

/// The runs that were tested on the same proteins.
pub struct Tested<'a> {
    /// By id.
    pub proteins: Vec<&'a ProteinRow>,
    pub observed: Vec<f64>,
    pub runs: Vec<TestedRun<'a>>,
    /// What is predicted for each protein, the mean over the runs.
    pub mean: Vec<f64>,
    /// Decimals of all numbers in the labels' unit; `None` where they would be too many or too few.
    places: Option<usize>,
    /// How far the predictions lie from what was observed, the mean over the runs.
    pub apart: Vec<f64>,
}

/// Decimals at which numbers of that standard deviation differ in three digits.
fn places(deviation: f64) -> Option<usize> {
    let places = DIGITS as f64 - 2.0 - deviation.log10().floor();
    (0.0..=MOST).contains(&places).then_some(places as usize)
}

/// One run's predictions, in the order of the proteins.
#[derive(Clone)]
pub struct TestedRun<'a> {
    /// In the report's order of runs.
    pub index: usize,
    run: &'a RunTables,
    /// The place of each protein among the run's own rows.
    places: Vec<usize>,
    pub predicted: Vec<f64>,
}

impl<'a> Tested<'a> {
    /// The test proteins of the dataset, and the runs that predicted just these; `None` where none
    /// did.
    pub fn new(inputs: &'a Inputs) -> Option<Self> {
        let in_test = inputs.proteins.iter().filter(|row| row.split == Some(Split::Test));
        let mut rows: Vec<(&ProteinRow, f64)> = in_test.filter_map(|row| Some((row, row.value?))).collect();
        rows.sort_by(|(one, value), (other, with)| one.id.cmp(&other.id).then(value.total_cmp(with)));
        let (proteins, observed): (Vec<&ProteinRow>, Vec<f64>) = rows.into_iter().unzip();
        let of = |(index, run)| TestedRun::new(index, run, &proteins, &observed);
        let runs: Vec<TestedRun<'_>> = inputs.runs.iter().enumerate().filter_map(of).collect();
        (!runs.is_empty()).then(|| Self::with(proteins.clone(), observed.clone(), runs))
    }

    fn with(proteins: Vec<&'a ProteinRow>, observed: Vec<f64>, runs: Vec<TestedRun<'a>>) -> Self {
        let over = |value: &dyn Fn(&TestedRun<'_>, usize) -> f64| -> Vec<f64> {
            let mean = |place: usize| runs.iter().map(|run| value(run, place)).sum::<f64>() / runs.len() as f64;
            (0..proteins.len()).map(mean).collect()
        };
        let mean = over(&|run, place| run.predicted[place]);
        let apart = over(&|run, place| (run.predicted[place] - observed[place]).abs());
        let deviation = statistics::spread(&observed).and_then(|spread| spread.deviation);
        let places = deviation.and_then(places);
        Self { proteins, observed, runs, mean, places, apart }
    }

    /// The same proteins with some of the runs alone, by their index; `None` where none of them
    /// predicted these proteins.
    pub fn of(&self, runs: &[usize]) -> Option<Self> {
        let runs: Vec<TestedRun<'a>> = self.runs.iter().filter(|run| runs.contains(&run.index)).cloned().collect();
        (!runs.is_empty()).then(|| Self::with(self.proteins.clone(), self.observed.clone(), runs))
    }

    /// A number in the labels' unit.
    pub fn told(&self, value: f64) -> String {
        match self.places {
            Some(places) => format::signed(value, places),
            None => format::significant(value, DIGITS),
        }
    }

    /// What is predicted less what was observed.
    pub fn residuals(&self) -> Vec<f64> {
        self.mean.iter().zip(&self.observed).map(|(predicted, observed)| predicted - observed).collect()
    }

    /// What a baseline predicts for each protein; `None` where it was taken on others.
    pub fn by_baseline(&self, baseline: &BaselineView, metric: Metric) -> Option<Vec<f64>> {
        let first = self.runs.first()?;
        let found = baseline.about(first.run, metric)?;
        let predicted = &found.by_value()?.predicted;
        Some(first.places.iter().map(|&place| predicted[place]).collect())
    }
}

impl<'a> TestedRun<'a> {
    fn new(index: usize, run: &'a RunTables, proteins: &[&ProteinRow], observed: &[f64]) -> Option<Self> {
        let rows: Vec<&ValueRow> = run.valued(Split::Test).collect();
        let mut places: Vec<usize> = (0..rows.len()).collect();
        places.sort_by(|&one, &other| {
            let (one, other) = (rows[one], rows[other]);
            one.id.cmp(&other.id).then(one.label.total_cmp(&other.label))
        });
        let same = |(&place, (protein, value)): (&usize, (&&ProteinRow, &f64))| {
            rows[place].id == protein.id && rows[place].label == *value && rows[place].predicted.is_finite()
        };
        let all = !rows.is_empty() && rows.len() == proteins.len() && places.iter().zip(proteins.iter().zip(observed)).all(same);
        let predicted: Vec<f64> = places.iter().map(|&place| rows[place].predicted).collect();
        all.then_some(Self { index, run, places, predicted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_follow_the_spread_of_the_labels() {
        assert_eq!([0.28, 1.0, 14.0, 99.0].map(places), [Some(3), Some(2), Some(1), Some(1)]);
        assert_eq!([1e-9, 5e4, 0.0].map(places), [None; 3]);
    }
}
