//! Histograms and boxes: numbers that a figure draws of many.

use serde::Serialize;
use titer_core::numpy::quantile;

/// Bars of a histogram, at most.
const BINS: u32 = 50;

/// Counts of whole numbers in bins of one width, a row of counts a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Histogram {
    /// The lowest value of the first bin.
    pub start: u32,
    /// Whole numbers in a bin.
    pub width: u32,
    pub counts: Vec<Vec<u64>>,
}

/// A box plot's numbers: quartiles by linear interpolation, whiskers after Tukey.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BoxStats {
    pub class: String,
    pub low: f64,
    pub q1: f64,
    pub median: f64,
    pub q3: f64,
    pub high: f64,
    /// Proteins beyond the whiskers.
    pub beyond: u64,
}

impl Histogram {
    /// Bins the values of every class alike.
    #[must_use]
    pub fn new(classes: &[Vec<u32>]) -> Self {
        let values = || classes.iter().flatten().copied();
        let (start, end) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
        let width = (end - start + 1).div_ceil(BINS).max(1);
        let bins = ((end - start) / width + 1) as usize;
        let count = |values: &Vec<u32>| {
            let mut counts = vec![0; bins];
            for value in values {
                counts[((value - start) / width) as usize] += 1;
            }
            counts
        };
        Self { start, width, counts: classes.iter().map(count).collect() }
    }

    /// The middle of every bin.
    #[must_use]
    pub fn middles(&self) -> Vec<f64> {
        let bins = self.counts.first().map_or(0, Vec::len) as u32;
        (0..bins).map(|bin| f64::from(self.start + bin * self.width) + f64::from(self.width - 1) / 2.0).collect()
    }

    /// The counts over all classes.
    #[must_use]
    pub fn totals(&self) -> Vec<u64> {
        let bins = self.counts.first().map_or(0, Vec::len);
        (0..bins).map(|bin| self.counts.iter().map(|class| class[bin]).sum()).collect()
    }
}

impl BoxStats {
    /// The numbers of one class; `None` where it has no protein.
    #[must_use]
    pub fn new<T: Copy + Into<f64>>(class: &str, values: &[T]) -> Option<Self> {
        let mut sorted: Vec<f64> = values.iter().copied().map(Into::into).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.first()?;
        let [q1, median, q3] = [0.25, 0.5, 0.75].map(|share| quantile(&sorted, share));
        let reach = 1.5 * (q3 - q1);
        let within: Vec<f64> = sorted.iter().copied().filter(|x| (q1 - reach..=q3 + reach).contains(x)).collect();
        let (low, high) = (*within.first()?, *within.last()?);
        Some(Self { class: class.to_owned(), low, q1, median, q3, high, beyond: (sorted.len() - within.len()) as u64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_falls_into_one_bin() {
        let histogram = Histogram::new(&[vec![80, 81, 500], vec![300]]);
        assert_eq!((histogram.start, histogram.width), (80, 9));
        assert_eq!(histogram.totals().iter().sum::<u64>(), 4);
        assert_eq!(histogram.totals().len(), histogram.middles().len());
        assert_eq!(histogram.middles()[0], 84.0);
    }

    #[test]
    fn one_length_makes_one_bin() {
        let histogram = Histogram::new(&[vec![7, 7]]);
        assert_eq!((histogram.start, histogram.width, histogram.totals()), (7, 1, vec![2]));
        assert_eq!(Histogram::new(&[]).totals(), Vec::<u64>::new());
    }

    #[test]
    fn whiskers_end_at_proteins_within_reach() {
        let stats = BoxStats::new("a", &[1, 2, 3, 4, 100]).unwrap();
        assert_eq!((stats.q1, stats.median, stats.q3), (2.0, 3.0, 4.0));
        assert_eq!((stats.low, stats.high, stats.beyond), (1.0, 4.0, 1));
        assert_eq!(BoxStats::new::<u32>("a", &[]), None);
    }
}
