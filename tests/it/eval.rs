//! Metrics against scikit-learn's on stored cases, and against slow definitions on drawn ones.

use proptest::prelude::*;
use serde::Deserialize;
use titer_core::metric::Metric;
use titer_core::{
    metric::{ACCURACY, AVERAGE_PRECISION, F1, LOSS, MACRO_F1, MACRO_PRECISION, MACRO_RECALL, MCC, PRECISION, RECALL, ROC_AUC},
    scores::score,
    statistics::{Curve, curves, probabilities},
};

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    classes: usize,
    labels: Vec<usize>,
    logits: Vec<f32>,
    accuracy: f64,
    weighted: Averages,
    r#macro: Averages,
    mcc: Option<f64>,
    roc_auc: Option<f64>,
    average_precision: Option<f64>,
    log_loss: f64,
    by_class: Vec<StoredClass>,
    confusion: Vec<Vec<u64>>,
    roc: Option<StoredCurve>,
    precision_recall: Option<StoredCurve>,
}

#[derive(Deserialize)]
struct StoredClass {
    precision: Option<f64>,
    recall: Option<f64>,
    f1: Option<f64>,
    support: u64,
    predicted: u64,
    roc_auc: Option<f64>,
    average_precision: Option<f64>,
}

#[derive(Deserialize)]
struct Averages {
    precision: f64,
    recall: f64,
    f1: f64,
}

#[derive(Deserialize)]
struct StoredCurve {
    x: Vec<f64>,
    y: Vec<f64>,
    thresholds: Vec<Option<f64>>,
}

fn cases() -> Vec<Case> {
    let text = include_str!("../reference/eval.json");
    serde_json::from_str::<Reference>(text).unwrap().cases
}

fn close(what: &str, ours: impl Into<Option<f64>>, reference: impl Into<Option<f64>>) {
    match (ours.into(), reference.into()) {
        (Some(a), Some(b)) => assert!((a - b).abs() < 1e-12, "{what}: {a} is not {b}"),
        (a, b) => assert_eq!(a, b, "{what}"),
    }
}

#[test]
fn every_metric_is_scikit_learns() {
    let cases = cases();
    assert_eq!(cases.len(), 17);
    for case in cases {
        let scores = score(&case.labels, &case.logits, case.classes);
        let name = &case.name;
        assert_eq!(scores.count, case.labels.len(), "{name}");
        assert_eq!(scores.confusion, case.confusion, "{name}");
        close(name, scores.get(ACCURACY), case.accuracy);
        close(name, scores.get(PRECISION), case.weighted.precision);
        close(name, scores.get(RECALL), case.weighted.recall);
        close(name, scores.get(F1), case.weighted.f1);
        close(name, scores.get(MACRO_PRECISION), case.r#macro.precision);
        close(name, scores.get(MACRO_RECALL), case.r#macro.recall);
        close(name, scores.get(MACRO_F1), case.r#macro.f1);
        close(&format!("{name}: mcc"), scores.get(MCC), case.mcc);
        close(&format!("{name}: roc_auc"), scores.get(ROC_AUC), case.roc_auc);
        close(&format!("{name}: average_precision"), scores.get(AVERAGE_PRECISION), case.average_precision);
        close(&format!("{name}: log_loss"), scores.get(LOSS), case.log_loss);
        assert_eq!(scores.classes.len(), case.by_class.len());
        for (k, (ours, reference)) in scores.classes.iter().zip(&case.by_class).enumerate() {
            let of = |metric: &str| format!("{name}: {metric}[{k}]");
            assert_eq!((ours.support, ours.predicted), (reference.support, reference.predicted), "{name}, class {k}");
            close(&of("precision"), ours.get(PRECISION), reference.precision);
            close(&of("recall"), ours.get(RECALL), reference.recall);
            close(&of("f1"), ours.get(F1), reference.f1);
            close(&of("roc_auc"), ours.get(ROC_AUC), reference.roc_auc);
            close(&of("average_precision"), ours.get(AVERAGE_PRECISION), reference.average_precision);
        }
    }
}

#[test]
fn curves_are_scikit_learns_point_for_point() {
    let mut compared = 0;
    for case in cases() {
        let (Some(roc), Some(precision_recall)) = (&case.roc, &case.precision_recall) else { continue };
        let positive: Vec<bool> = case.labels.iter().map(|&label| label == 1).collect();
        let scores: Vec<f64> = probabilities(&case.logits, 2).chunks(2).map(|row| row[1]).collect();
        same_curve(&case.name, &curves::roc(&positive, &scores).unwrap(), roc);
        same_curve(&case.name, &curves::precision_recall(&positive, &scores).unwrap(), precision_recall);
        compared += 1;
    }
    assert_eq!(compared, 5);
}

fn same_curve(name: &str, ours: &Curve, reference: &StoredCurve) {
    let same = |what: &str, ours: &[f64], reference: &[f64]| {
        assert_eq!(ours.len(), reference.len(), "{name}: {what}");
        for (&a, &b) in ours.iter().zip(reference) {
            close(&format!("{name}: {what}"), a, b);
        }
    };
    same("x", &ours.x, &reference.x);
    same("y", &ours.y, &reference.y);
    // JSON has no infinity: the first threshold of a ROC curve is stored as null.
    assert!(reference.thresholds.iter().skip(1).all(Option::is_some));
    let finite = |thresholds: Vec<f64>| thresholds.into_iter().filter(|t| t.is_finite()).collect::<Vec<_>>();
    assert_eq!(ours.thresholds.len(), reference.thresholds.len(), "{name}");
    same("thresholds", &finite(ours.thresholds.clone()), &reference.thresholds.iter().flatten().copied().collect::<Vec<_>>());
}

#[test]
fn a_metric_without_a_value_says_why_and_no_other_does() {
    for case in cases() {
        let scores = score(&case.labels, &case.logits, case.classes);
        let mut missing = Vec::new();
        let mut look = |value: Option<f64>, metric: (Metric, Option<usize>)| missing.extend(value.is_none().then_some(metric));
        look(scores.get(MCC), (MCC, None));
        look(scores.get(ROC_AUC), (ROC_AUC, None));
        look(scores.get(AVERAGE_PRECISION), (AVERAGE_PRECISION, None));
        for (k, class) in scores.classes.iter().enumerate() {
            look(class.get(PRECISION), (PRECISION, Some(k)));
            look(class.get(RECALL), (RECALL, Some(k)));
            look(class.get(F1), (F1, Some(k)));
            look(class.get(ROC_AUC), (ROC_AUC, Some(k)));
            look(class.get(AVERAGE_PRECISION), (AVERAGE_PRECISION, Some(k)));
        }
        let said: Vec<(Metric, Option<usize>)> =
            scores.undefined.iter().map(|undefined| (undefined.metric, undefined.class)).collect();
        assert_eq!(said, missing, "{}", case.name);
    }
}

#[test]
fn reasons_tell_an_absent_class_from_one_that_was_never_predicted() {
    let reasons = |labels: &[usize], logits: &[f32]| -> Vec<String> {
        score(labels, logits, 2)
            .undefined
            .into_iter()
            .map(|undefined| {
                format!(
                    "{}{}: {}",
                    undefined.metric.column(),
                    undefined.class.map_or_else(String::new, |class| format!("[{class}]")),
                    undefined.reason
                )
            })
            .collect()
    };
    insta::assert_snapshot!(reasons(&[0, 1], &[1.0, 0.0, 2.0, 0.0]).join("\n"), @r"
    mcc: every prediction is of one class
    precision[1]: nothing was predicted to be of this class
    ");
    insta::assert_snapshot!(reasons(&[1, 1], &[1.0, 0.0, 0.0, 1.0]).join("\n"), @r"
    mcc: every protein is of one class
    roc_auc: every protein is of class 1
    recall[0]: no protein is of this class
    roc_auc[0]: no protein is of this class
    average_precision[0]: no protein is of this class
    roc_auc[1]: every protein is of this class
    ");
}

/// Labels and logits of few distinct values: ties, absent classes and one-sided predictions come up
/// often.
fn predictions() -> impl Strategy<Value = (usize, Vec<usize>, Vec<f32>)> {
    (2_usize..5, 1_usize..40).prop_flat_map(|(classes, n)| {
        let labels = prop::collection::vec(0..classes, n);
        let logits = prop::collection::vec((-3_i8..4).prop_map(|v| f32::from(v) / 2.0), n * classes);
        (Just(classes), labels, logits)
    })
}

proptest! {
    #[test]
    fn the_area_is_the_share_of_pairs_in_order((_, labels, logits) in predictions()) {
        let positive: Vec<bool> = labels.iter().map(|&label| label == 1).collect();
        let scores: Vec<f64> = logits[..labels.len()].iter().map(|&v| f64::from(v)).collect();
        let (mut pairs, mut ordered) = (0.0, 0.0);
        for (i, _) in positive.iter().enumerate().filter(|(_, p)| **p) {
            for (j, _) in positive.iter().enumerate().filter(|(_, p)| !**p) {
                pairs += 1.0;
                ordered += if scores[i] > scores[j] { 1.0 } else if scores[i] == scores[j] { 0.5 } else { 0.0 };
            }
        }
        close("roc_auc", curves::roc_auc(&positive, &scores), (pairs > 0.0).then(|| ordered / pairs));
        // The trapezoids under the drawn curve add up to it: dropping points on a straight line loses nothing.
        let trapezoids = curves::roc(&positive, &scores).map(|curve| {
            curve.x.windows(2).zip(curve.y.windows(2)).map(|(x, y)| (x[1] - x[0]) * f64::midpoint(y[0], y[1])).sum::<f64>()
        });
        close("trapezoids", trapezoids, curves::roc_auc(&positive, &scores));
    }

    #[test]
    fn the_average_precision_is_the_mean_precision_at_each_positive((_, labels, logits) in predictions()) {
        let positive: Vec<bool> = labels.iter().map(|&label| label == 1).collect();
        let scores: Vec<f64> = logits[..labels.len()].iter().map(|&v| f64::from(v)).collect();
        let precision_at = |threshold: f64| {
            let found: Vec<bool> = scores.iter().zip(&positive).filter(|(s, _)| **s >= threshold).map(|(_, p)| *p).collect();
            found.iter().filter(|p| **p).count() as f64 / found.len() as f64
        };
        let at_positives: Vec<f64> = scores.iter().zip(&positive).filter(|(_, p)| **p).map(|(s, _)| precision_at(*s)).collect();
        let mean = (!at_positives.is_empty()).then(|| at_positives.iter().sum::<f64>() / at_positives.len() as f64);
        close("average_precision", curves::average_precision(&positive, &scores), mean);
    }

    #[test]
    fn scores_follow_from_the_confusion_as_their_definitions_say((classes, labels, logits) in predictions()) {
        let scores = score(&labels, &logits, classes);
        let n = labels.len() as f64;
        let predicted: Vec<usize> = logits
            .chunks(classes)
            .map(|row| (0..classes).find(|&k| row.iter().all(|&v| v <= row[k])).unwrap())
            .collect();
        let right = labels.iter().zip(&predicted).filter(|(l, p)| l == p).count();
        close("accuracy", scores.get(ACCURACY), right as f64 / n);
        // Weighted recall is the accuracy by another road.
        close("recall", scores.get(RECALL), scores.get(ACCURACY));
        prop_assert_eq!(scores.confusion.iter().flatten().sum::<u64>(), labels.len() as u64);

        // R_K is the correlation of the one-hot matrices of labels and predictions.
        let hot = |of: &[usize]| -> Vec<Vec<f64>> {
            (0..classes).map(|k| {
                let column: Vec<f64> = of.iter().map(|&c| f64::from(u8::from(c == k))).collect();
                let mean = column.iter().sum::<f64>() / n;
                column.into_iter().map(|v| v - mean).collect()
            }).collect()
        };
        let covariance = |a: &[Vec<f64>], b: &[Vec<f64>]| -> f64 {
            a.iter().flatten().zip(b.iter().flatten()).map(|(x, y)| x * y).sum()
        };
        let (truth, guess) = (hot(&labels), hot(&predicted));
        let (spread_truth, spread_guess) = (covariance(&truth, &truth), covariance(&guess, &guess));
        let defined = spread_truth > 1e-9 && spread_guess > 1e-9;
        let correlation = defined.then(|| covariance(&truth, &guess) / (spread_truth * spread_guess).sqrt());
        close("mcc", scores.get(MCC), correlation);
    }

    #[test]
    fn the_order_of_the_proteins_changes_no_score((classes, labels, logits) in predictions()) {
        let backwards: Vec<f32> = logits.chunks(classes).rev().flatten().copied().collect();
        let reversed: Vec<usize> = labels.iter().rev().copied().collect();
        let (a, mut b) = (score(&labels, &logits, classes), score(&reversed, &backwards, classes));
        close("loss", a.get(LOSS), b.get(LOSS));
        b.metrics.set(LOSS, a.get(LOSS));
        prop_assert_eq!(a, b);
    }
}
