//! ROC and precision-recall curves with their areas, of one class against the rest: scikit-learn's
//! definitions (`sklearn.metrics.roc_curve`, `precision_recall_curve`, `roc_auc_score`,
//! `average_precision_score`), ties included.
//!
//! `positive[i]` says whether example i is of the class, `scores[i]` how much the model believes
//! so; no score is NaN.

use super::ranked;

/// A curve through the operating points of a classifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// ROC: the false positive rate, rising. Precision-recall: the recall, falling.
    pub x: Vec<f64>,
    /// ROC: the true positive rate. Precision-recall: the precision.
    pub y: Vec<f64>,
    /// What a score must reach to count as positive at each point. ROC: falling from infinity.
    /// Precision-recall: rising, one shorter than the curve, whose last point (0, 1) belongs to no
    /// threshold.
    pub thresholds: Vec<f64>,
}

/// The ROC curve, without the points that lie on a straight line between their neighbours
/// (`drop_intermediate=True`).
///
/// `None` where either side is empty: a rate of nothing has no value.
#[must_use]
pub fn roc(positive: &[bool], scores: &[f64]) -> Option<Curve> {
    let points = operating_points(positive, scores);
    let (positives, negatives) = totals(&points);
    if positives == 0 || negatives == 0 {
        return None;
    }
    let mut curve = Curve { x: vec![0.0], y: vec![0.0], thresholds: vec![f64::INFINITY] };
    for (i, point) in points.iter().enumerate() {
        let corner = i == 0 || i + 1 == points.len() || {
            let (before, after) = (&points[i - 1], &points[i + 1]);
            before.true_positives + after.true_positives != 2 * point.true_positives
                || before.false_positives + after.false_positives != 2 * point.false_positives
        };
        if corner {
            curve.x.push(point.false_positives as f64 / negatives as f64);
            curve.y.push(point.true_positives as f64 / positives as f64);
            curve.thresholds.push(point.threshold);
        }
    }
    Some(curve)
}

/// The area under the ROC curve: the chance that a random positive scores above a random negative,
/// ties counted half.
///
/// `None` where either side is empty.
#[must_use]
pub fn roc_auc(positive: &[bool], scores: &[f64]) -> Option<f64> {
    ranked::area_under_roc(&ranked::of(positive, scores), &vec![1; scores.len()])
}

/// The precision-recall curve with every threshold (`drop_intermediate=False`).
///
/// `None` where nothing is positive: there is nothing to recall.
#[must_use]
pub fn precision_recall(positive: &[bool], scores: &[f64]) -> Option<Curve> {
    let points = operating_points(positive, scores);
    let (positives, _) = totals(&points);
    if positives == 0 {
        return None;
    }
    let mut curve = Curve { x: Vec::new(), y: Vec::new(), thresholds: Vec::new() };
    for point in points.iter().rev() {
        curve.x.push(point.true_positives as f64 / positives as f64);
        curve.y.push(point.precision());
        curve.thresholds.push(point.threshold);
    }
    curve.x.push(0.0);
    curve.y.push(1.0);
    Some(curve)
}

/// The average precision: precisions weighted by the recall each threshold adds, without
/// interpolation.
///
/// `None` where nothing is positive.
#[must_use]
pub fn average_precision(positive: &[bool], scores: &[f64]) -> Option<f64> {
    ranked::average_precision(&ranked::of(positive, scores), &vec![1; scores.len()])
}

/// What is found when everything that scores `threshold` or more counts as positive.
struct OperatingPoint {
    threshold: f64,
    true_positives: u64,
    false_positives: u64,
}

impl OperatingPoint {
    fn precision(&self) -> f64 {
        self.true_positives as f64 / (self.true_positives + self.false_positives) as f64
    }
}

/// One point a distinct score, the highest first: examples of equal score enter together.
fn operating_points(positive: &[bool], scores: &[f64]) -> Vec<OperatingPoint> {
    assert_eq!(positive.len(), scores.len(), "an example has one score");
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let mut points: Vec<OperatingPoint> = Vec::new();
    let (mut true_positives, mut false_positives) = (0, 0);
    for index in order {
        if positive[index] {
            true_positives += 1;
        } else {
            false_positives += 1;
        }
        let threshold = scores[index];
        match points.last_mut() {
            Some(last) if last.threshold == threshold => {
                (last.true_positives, last.false_positives) = (true_positives, false_positives);
            }
            _ => points.push(OperatingPoint { threshold, true_positives, false_positives }),
        }
    }
    points
}

/// How many are positive and how many negative: what the lowest threshold finds.
fn totals(points: &[OperatingPoint]) -> (u64, u64) {
    points.last().map_or((0, 0), |all| (all.true_positives, all.false_positives))
}
