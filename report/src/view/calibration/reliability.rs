//! The reliability of a configuration: its seeds' bins in one.

use serde::Serialize;

use super::RunCalibration;
use crate::view::believed::{Believed, Reliability};
use titer_core::statistics::calibration::BINS;

/// One configuration's line of a reliability diagram.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReliabilityLine {
    /// Its place among the configurations.
    pub line: usize,
    pub label: String,
    pub seeds: usize,
    /// Test proteins of a run.
    pub proteins: u64,
    pub before: Vec<Point>,
    /// `None` where validation names no temperature for some seed.
    pub after: Option<Vec<Point>>,
}

/// Predictions of about the same confidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// How many; the mean over the seeds.
    pub count: f64,
    pub confidence: f64,
    pub accuracy: f64,
    /// Of one seed Wilson's 95 % interval, of several the range over them.
    pub ends: [f64; 2],
}

impl ReliabilityLine {
    /// Joins the runs of one configuration; `None` where there is none.
    #[must_use]
    pub(super) fn new(line: usize, label: &str, runs: &[RunCalibration]) -> Option<Self> {
        let first = runs.first()?;
        let before: Vec<&Believed> = runs.iter().map(|run| &run.before).collect();
        let after: Option<Vec<&Believed>> = runs.iter().map(|run| Some(&run.scaled.as_ref()?.after)).collect();
        Some(Self {
            line,
            label: label.to_owned(),
            seeds: runs.len(),
            proteins: first.proteins,
            before: points(&before),
            after: after.map(|after| points(&after)),
        })
    }
}

fn points(seeds: &[&Believed]) -> Vec<Point> {
    let of_place = |place: usize| -> Vec<&Reliability> {
        seeds.iter().flat_map(|seed| &seed.bins).filter(|bin| self::place(bin.confidence) == place).collect()
    };
    (0..BINS).filter_map(|place| Point::new(&of_place(place), seeds.len())).collect()
}

/// The bin that a confidence lies in: above its lower end, up to its upper.
fn place(confidence: f64) -> usize {
    ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1
}

impl Point {
    fn new(bins: &[&Reliability], seeds: usize) -> Option<Self> {
        let all: f64 = bins.iter().map(|bin| bin.count as f64).sum();
        let mean = |value: fn(&Reliability) -> f64| bins.iter().map(|bin| bin.count as f64 * value(bin)).sum::<f64>() / all;
        let accuracies = || bins.iter().map(|bin| bin.accuracy);
        let ends = match bins {
            [] => return None,
            [only] if seeds == 1 => only.interval,
            _ => [accuracies().fold(1.0, f64::min), accuracies().fold(0.0, f64::max)],
        };
        Some(Self { count: all / seeds as f64, confidence: mean(|bin| bin.confidence), accuracy: mean(|bin| bin.accuracy), ends })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_joined_by_their_counts() {
        let bin = |count, accuracy| Reliability { count, confidence: 0.9, accuracy, interval: [0.1, 0.95] };
        let point = Point::new(&[&bin(10, 0.5), &bin(30, 0.9)], 2).unwrap();
        assert_eq!((point.count, point.ends), (20.0, [0.5, 0.9]));
        assert!((point.accuracy - 0.8).abs() < 1e-12, "{point:?}");
        assert_eq!(Point::new(&[&bin(10, 0.5)], 1).unwrap().ends, [0.1, 0.95], "of one seed its interval");
        assert_eq!(Point::new(&[], 2), None);
    }

    #[test]
    fn a_confidence_belongs_to_the_bin_that_ends_at_it() {
        assert_eq!([0.0, 1.0 / 15.0, 0.067, 1.0].map(place), [0, 0, 1, 14]);
    }
}
