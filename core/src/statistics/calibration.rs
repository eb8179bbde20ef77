//! Whether probabilities mean what they say: of the predictions made with 80 % confidence, 80 %
//! should be right.

use super::interval::wilson;
use crate::numpy::RandomState;

/// Bins of equal width that the report uses: those of Guo et al. 2017.
pub const BINS: usize = 15;

/// Sets of answers that are drawn as the confidences say, to see what ECE chance makes.
const DRAWS: u32 = 1000;
/// Predictions in a bin up to which each is drawn by itself; the number of right ones of more is as
/// good as normal.
const DRAWN_ONE_BY_ONE: usize = 50;

/// Predictions of about the same confidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Bin {
    /// Confidences above this …
    pub low: f64,
    /// … up to this.
    pub high: f64,
    pub count: u64,
    /// The mean probability of the predicted class.
    pub confidence: f64,
    /// The share of right predictions.
    pub accuracy: f64,
    /// The 95 % interval of the accuracy (Wilson).
    pub interval: [f64; 2],
}

/// How far confidences are from accuracies.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Those that hold a prediction, from the least confident up.
    pub bins: Vec<Bin>,
    /// The expected calibration error (Naeini et al. 2015; Guo et al. 2017): how far the bins'
    /// accuracies are from their confidences, by their counts. Never 0 on a finite test set, and
    /// greater the smaller it is.
    pub ece: f64,
    /// What it would be on average if every prediction were right exactly as often as it says (the
    /// mean of each bin's absolute normal error): an ECE of about this is chance.
    pub ece_by_chance: f64,
    /// How often chance alone makes an ECE as great as this one: of 1,000 sets of answers that are
    /// right exactly as often as the predictions say, how many have one (Bröcker & Smith 2007;
    /// Widmann, Lindsten & Zachariah 2019). It finds too much confidence here that too little there
    /// makes up for, which a mean confidence does not.
    pub ece_p: f64,
    /// The mean squared error of the probabilities (Brier 1950), as scikit-learn has it: of two
    /// classes that of class 1 (0 to 1), of many the sum over the classes (0 to 2).
    pub brier: f64,
}

/// Compares how sure the predictions are (the predicted class's probability) with how often they
/// are right. `probabilities` is `[n, classes]`, row by row; bins are of equal width.
///
/// # Panics
///
/// Where there is nothing to compare, no bin, or the shapes disagree.
#[must_use]
pub fn calibration(labels: &[usize], probabilities: &[f64], classes: usize, bins: usize) -> Calibration {
    assert!(!labels.is_empty() && bins > 0, "there are predictions and bins");
    assert_eq!(probabilities.len(), labels.len() * classes, "probabilities are [n, classes]");
    let mut sums = vec![(0_u64, 0_u64, 0.0_f64); bins];
    let mut confidences = vec![Vec::new(); bins];
    for (&label, row) in labels.iter().zip(probabilities.chunks_exact(classes)) {
        let predicted = most_probable(row);
        let bin = bin_of(row[predicted], bins);
        confidences[bin].push(row[predicted]);
        let (count, right, confidence) = &mut sums[bin];
        *count += 1;
        *right += u64::from(predicted == label);
        *confidence += row[predicted];
    }
    let total = labels.len() as f64;
    let bin = |(index, &(count, right, confidence)): (usize, &(u64, u64, f64))| Bin {
        low: index as f64 / bins as f64,
        high: (index + 1) as f64 / bins as f64,
        count,
        confidence: confidence / count as f64,
        accuracy: right as f64 / count as f64,
        interval: wilson(right, count),
    };
    let error: f64 = sums.iter().map(|&(_, right, confidence)| (right as f64 - confidence).abs()).sum();
    let brier: f64 = labels.iter().zip(probabilities.chunks_exact(classes)).map(|(&label, row)| brier_of(label, row)).sum();
    Calibration {
        bins: sums.iter().enumerate().filter(|(_, (count, ..))| *count > 0).map(bin).collect(),
        ece: error / total,
        // A normal error of deviation σ is σ√(2/π) in the mean of its absolute value.
        ece_by_chance: confidences.iter().map(|bin| (variance(bin) * std::f64::consts::FRAC_2_PI).sqrt()).sum::<f64>() / total,
        ece_p: as_great_by_chance(error, &confidences),
        brier: brier / total,
    }
}

/// The variance of how many of the predictions are right.
fn variance(confidences: &[f64]) -> f64 {
    confidences.iter().map(|confidence| confidence * (1.0 - confidence)).sum()
}

/// How often the bins' errors add up to as much where each prediction is right as often as it says.
fn as_great_by_chance(error: f64, bins: &[Vec<f64>]) -> f64 {
    let mut random = RandomState::new(0);
    let mut unit = || (f64::from(random.bits()) + 0.5) / 4_294_967_296.0;
    let deviations: Vec<f64> = bins.iter().map(|bin| variance(bin).sqrt()).collect();
    let mut drawn = |(bin, deviation): (&Vec<f64>, &f64)| -> f64 {
        if bin.len() <= DRAWN_ONE_BY_ONE {
            return bin.iter().map(|&confidence| f64::from(u8::from(unit() < confidence)) - confidence).sum::<f64>().abs();
        }
        let normal = (-2.0 * unit().ln()).sqrt() * (std::f64::consts::TAU * unit()).cos();
        (normal * deviation).abs()
    };
    // The same sum in another order must not count as less.
    let least = error * (1.0 - 1e-12);
    let as_great = (0..DRAWS).filter(|_| bins.iter().zip(&deviations).map(&mut drawn).sum::<f64>() >= least).count();
    (as_great as f64 + 1.0) / (f64::from(DRAWS) + 1.0)
}

/// The bin of a confidence: above its lower edge, up to its upper one, as in scikit-learn's
/// `calibration_curve`.
fn bin_of(confidence: f64, bins: usize) -> usize {
    (1..bins).take_while(|&edge| confidence > edge as f64 / bins as f64).count()
}

/// The squared error of one protein's probabilities.
fn brier_of(label: usize, probabilities: &[f64]) -> f64 {
    let square = |(class, p): (usize, &f64)| (p - f64::from(u8::from(class == label))).powi(2);
    let sum: f64 = probabilities.iter().enumerate().map(square).sum();
    if probabilities.len() == 2 { sum / 2.0 } else { sum }
}

fn most_probable(row: &[f64]) -> usize {
    (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
}

/// The temperature that logits are to be divided by for the least log loss (Guo et al. 2017): above
/// 1 where a model is too sure.
///
/// The loss is convex in the reciprocal of the temperature; the root of its slope is bracketed and
/// bisected. `None` where there is no least: everything is right (the surer the better), or the
/// logits say nothing of the labels or the opposite (the less sure the better).
///
/// # Panics
///
/// Where the shapes disagree or a label is no class.
#[must_use]
pub fn temperature(labels: &[usize], logits: &[f32], classes: usize) -> Option<f64> {
    assert_eq!(logits.len(), labels.len() * classes, "logits are [n, classes]");
    let slope = |sharpness: f64| -> f64 {
        labels.iter().zip(logits.chunks_exact(classes)).map(|(&label, row)| slope_of(label, row, sharpness)).sum()
    };
    let below_the_highest = |(&label, row): (&usize, &[f32])| row.iter().any(|logit| *logit > row[label]);
    if !labels.iter().zip(logits.chunks_exact(classes)).any(below_the_highest) || slope(0.0) >= 0.0 {
        return None;
    }
    let mut high = 1.0;
    while slope(high) < 0.0 {
        high *= 2.0;
    }
    let mut low = high / 2.0;
    while slope(low) > 0.0 {
        (low, high) = (low / 2.0, low);
    }
    // Fifty-three halvings are all that an f64 holds.
    for _ in 0..53 {
        let middle = f64::midpoint(low, high);
        if slope(middle) < 0.0 { low = middle } else { high = middle }
    }
    Some(1.0 / f64::midpoint(low, high))
}

/// The slope of one protein's log loss: the mean logit under the softmax of `sharpness` × logits,
/// less the right class's.
fn slope_of(label: usize, row: &[f32], sharpness: f64) -> f64 {
    let highest = row.iter().copied().map(f64::from).fold(f64::NEG_INFINITY, f64::max);
    let (mut sum, mut expected) = (0.0, 0.0);
    for &logit in row {
        let below = f64::from(logit) - highest;
        let weight = (sharpness * below).exp();
        sum += weight;
        expected += weight * below;
    }
    expected / sum - (f64::from(row[label]) - highest)
}

/// Logits divided by a temperature.
#[must_use]
pub fn tempered(logits: &[f32], temperature: f64) -> Vec<f32> {
    logits.iter().map(|&logit| (f64::from(logit) / temperature) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_belongs_to_the_bin_below_it() {
        assert_eq!([0.0, 0.25, 0.250_001, 0.5, 0.999, 1.0].map(|confidence| bin_of(confidence, 4)), [0, 0, 1, 1, 3, 3]);
        assert_eq!((1..=15).map(|edge| bin_of(f64::from(edge) / 15.0, 15)).collect::<Vec<_>>(), (0..15).collect::<Vec<_>>());
    }

    #[test]
    fn one_sure_and_right_prediction_is_calibrated_and_one_sure_and_wrong_is_not() {
        let right = calibration(&[1], &[0.0, 1.0], 2, 10);
        assert_eq!((right.ece, right.brier, right.bins.len()), (0.0, 0.0, 1));
        assert_eq!((right.bins[0].low, right.bins[0].high, right.bins[0].count), (0.9, 1.0, 1));
        let wrong = calibration(&[0], &[0.0, 1.0], 2, 10);
        assert_eq!((wrong.ece, wrong.brier, wrong.bins[0].accuracy), (1.0, 1.0, 0.0));
        assert_eq!((right.ece_p, wrong.ece_p), (1.0, 1.0 / 1001.0));
        assert_eq!(calibration(&[0], &[0.0, 1.0, 0.0], 3, 10).brier, 2.0);
    }

    #[test]
    fn no_temperature_is_the_best_where_all_is_right_all_is_wrong_or_nothing_is_said() {
        assert_eq!(temperature(&[0, 1], &[1.0, 0.0, 0.0, 2.0], 2), None);
        assert_eq!(temperature(&[0, 1], &[0.0, 1.0, 2.0, 0.0], 2), None);
        assert_eq!(temperature(&[0, 1], &[0.0; 4], 2), None);
        assert_eq!(temperature(&[0, 1, 0, 1], &[1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0], 2), None);
        assert_eq!(temperature(&[], &[], 2), None);
    }

    #[test]
    fn a_model_right_three_times_of_four_is_to_be_three_quarters_sure() {
        // Two logits d apart say 1 / (1 + e^(−d/T)): three quarters where d/T is ln 3.
        for apart in [1e-6_f32, 0.5, 10.0, 1e6] {
            let logits = [apart, 0.0, apart, 0.0, apart, 0.0, 0.0, apart];
            let found = temperature(&[0; 4], &logits, 2).unwrap();
            assert!((found * 3_f64.ln() / f64::from(apart) - 1.0).abs() < 1e-12, "{apart} {found}");
        }
        assert_eq!(tempered(&[3.0, -1.0], 2.0), [1.5, -0.5]);
    }
}
