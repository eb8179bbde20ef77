//! How far another draw of proteins may move a curve: pointwise bands around ROC and
//! precision-recall curves.

use super::{
    bootstrap::{LEVEL, percentile},
    ranked::{self, Ranked},
    resample::Resamples,
};

/// A 95 % band, pointwise: at each place alone the curve of another draw lies within it in 95 of
/// 100 cases.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Band {
    pub x: Vec<f64>,
    pub low: Vec<f64>,
    pub high: Vec<f64>,
}

/// Which curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The true positive rate over the false positive rate.
    Roc,
    /// The precision over the recall.
    PrecisionRecall,
}

/// The band around the mean curve of several runs on the same proteins (`scores[run][protein]`), at
/// `places` evenly from 0 to 1, by the percentile bootstrap over proteins within their classes
/// (vertical averaging: Fawcett 2006). `None` where either side is empty or there is no run.
///
/// # Panics
///
/// Where a run has not a score a protein.
#[must_use]
pub fn band(positive: &[bool], scores: &[Vec<f64>], which: Which, places: usize, resamples: &Resamples) -> Option<Band> {
    if scores.is_empty() || places < 2 || !positive.contains(&true) || !positive.contains(&false) {
        return None;
    }
    let runs: Vec<Vec<Ranked>> = scores.iter().map(|scores| ranked::of(positive, scores)).collect();
    let x: Vec<f64> = (0..places).map(|place| place as f64 / (places - 1) as f64).collect();
    let curves = resamples.map(|weights| {
        let mut mean = vec![0.0; places];
        for run in &runs {
            for (sum, value) in mean.iter_mut().zip(curve(run, which, weights, &x)) {
                *sum += value / runs.len() as f64;
            }
        }
        mean
    });
    let ends = |place: usize| percentile(&curves.iter().map(|curve| curve[place]).collect::<Vec<f64>>(), LEVEL);
    let (low, high) = (0..places).map(ends).map(|[low, high]| (low, high)).unzip();
    Some(Band { x, low, high })
}

/// A run's curve at each of `x`, rising: what lies on the straight line between the operating
/// points around it (ROC), or the best precision at that recall or beyond (between points of
/// precision and recall lies no straight line).
fn curve(ranked: &[Ranked], which: Which, weights: &[u32], x: &[f64]) -> Vec<f64> {
    let found = ranked::found(ranked, weights);
    let &(positives, negatives) = found.last().unwrap_or(&(0, 0));
    let share = |part: u64, whole: u64| part as f64 / whole as f64;
    match which {
        Which::Roc => {
            let corner = std::iter::once((0.0, 0.0));
            let points = found.iter().map(|(hits, alarms)| (share(*alarms, negatives), share(*hits, positives)));
            let points: Vec<(f64, f64)> = corner.chain(points).collect();
            x.iter().map(|&x| between(&points, x)).collect()
        }
        Which::PrecisionRecall => {
            let mut best = 0.0_f64;
            let mut rest =
                found.iter().rev().map(|(hits, alarms)| (share(*hits, positives), share(*hits, hits + alarms))).peekable();
            let at_least = |recall: &f64| {
                while let Some((_, precision)) = rest.next_if(|(reached, _)| reached >= recall) {
                    best = best.max(precision);
                }
                best
            };
            let mut values: Vec<f64> = x.iter().rev().map(at_least).collect();
            values.reverse();
            values
        }
    }
}

/// The value of a rising line at `x`; of a vertical part the upper end.
fn between(points: &[(f64, f64)], x: f64) -> f64 {
    let after = points.partition_point(|(at, _)| *at <= x);
    let (Some(&(x0, y0)), next) = (points.get(after.wrapping_sub(1)), points.get(after)) else { return 0.0 };
    next.map_or(y0, |&(x1, y1)| y0 + (y1 - y0) * (x - x0) / (x1 - x0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{Resampling, curves};

    fn drawn(n: usize) -> (Vec<bool>, Vec<f64>) {
        let positive: Vec<bool> = (0..n).map(|i| i % 3 == 0).collect();
        let score = |(i, positive): (usize, &bool)| {
            ((i * 37 % 101) as f64 / 101.0 + f64::from(u8::from(*positive)) * 0.4).round_ties_even()
        };
        let scores = positive.iter().enumerate().map(score).zip(0..).map(|(score, i)| score + f64::from(i % 7) / 10.0).collect();
        (positive, scores)
    }

    #[test]
    fn unweighted_curves_are_those_of_the_curves_module() {
        let (positive, scores) = drawn(200);
        let ranked = ranked::of(&positive, &scores);
        let roc = curves::roc(&positive, &scores).unwrap();
        let ours = curve(&ranked, Which::Roc, &[1; 200], &roc.x);
        // At a vertical part the curve has two values for one rate: the upper one is ours.
        for (place, value) in ours.iter().enumerate() {
            let upper = roc.x.iter().zip(&roc.y).filter(|(x, _)| **x == roc.x[place]).map(|(_, y)| *y).fold(0.0, f64::max);
            assert!((value - upper).abs() < 1e-12, "{place}: {value} {upper}");
        }
        let reference = curves::precision_recall(&positive, &scores).unwrap();
        let ours = curve(&ranked, Which::PrecisionRecall, &[1; 200], &[0.0, 0.5, 1.0]);
        for (recall, value) in [0.0, 0.5, 1.0].into_iter().zip(ours) {
            let beyond = reference.x.iter().zip(&reference.y).filter(|(x, y)| **x >= recall && !(**x == 0.0 && **y == 1.0));
            assert!((value - beyond.map(|(_, y)| *y).fold(0.0, f64::max)).abs() < 1e-12, "{recall}");
        }
    }

    #[test]
    fn a_band_holds_its_curve_and_narrows_with_more_proteins() {
        let width = |n: usize| {
            let (positive, scores) = drawn(n);
            let strata: Vec<usize> = positive.iter().map(|&of| usize::from(of)).collect();
            let resamples = Resamples::draw(&strata, &Resampling { resamples: 200, seed: 1 });
            let band = band(&positive, std::slice::from_ref(&scores), Which::Roc, 21, &resamples).unwrap();
            let middle = curve(&ranked::of(&positive, &scores), Which::Roc, &vec![1; n], &band.x);
            assert!(middle.iter().enumerate().all(|(place, y)| band.low[place] - 1e-9 <= *y && *y <= band.high[place] + 1e-9));
            band.high.iter().zip(&band.low).map(|(high, low)| high - low).sum::<f64>()
        };
        assert!(width(2000) < 0.5 * width(200));
    }

    #[test]
    fn where_a_side_is_empty_there_is_no_band() {
        let resamples = Resamples::draw(&[0, 0], &Resampling { resamples: 5, seed: 1 });
        assert_eq!(band(&[true, true], &[vec![0.1, 0.2]], Which::Roc, 11, &resamples), None);
    }
}
