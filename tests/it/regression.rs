//! The metrics of a regression against `SciPy` and scikit-learn on stored cases, their values by
//! protein, and their intervals from the same draws.

pub mod whole;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use titer_core::{
    metric::{KENDALL, MAE, MSE, Metric, NDCG, PEARSON, R2, RMSE, SPEARMAN},
    predictions::{Predictions, Values},
    scores::Scores,
    statistics::{self, Pairing, Resamples, Resampling},
    task::Kind,
};

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
    errors: Vec<Errors>,
    paired: Paired,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    targets: Vec<f64>,
    predicted: Vec<f64>,
    metrics: BTreeMap<String, Option<f64>>,
    weighted: Vec<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
struct Errors {
    name: String,
    seed: u32,
    resamples: usize,
    metrics: BTreeMap<String, Spread>,
    influence: BTreeMap<String, Vec<f64>>,
}

#[derive(Deserialize)]
struct Spread {
    bca: [f64; 2],
    jackknife: f64,
    standard_error: f64,
}

#[derive(Deserialize)]
struct Paired {
    targets: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
    differences: BTreeMap<String, Difference>,
}

#[derive(Deserialize)]
struct Difference {
    difference: f64,
    standard_error: f64,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../reference/regression.json")).unwrap()
}

fn metrics() -> Vec<Metric> {
    let metrics = Kind::Regression.task().metrics();
    assert_eq!(metrics, [MSE, RMSE, MAE, R2, PEARSON, SPEARMAN, KENDALL, NDCG]);
    metrics
}

/// Of the two values that are stored of the NDCG under weights, the one whose gains stay.
fn stored(metric: Metric) -> &'static str {
    if metric == NDCG { "ndcg_fixed" } else { metric.id }
}

fn of(targets: &[f64], predicted: &[f64]) -> Predictions {
    Predictions::Values(Values::new(targets.to_vec(), predicted.to_vec()))
}

fn prepared(reference: &Reference, name: &str) -> Predictions {
    let case = reference.cases.iter().find(|case| case.name == name).unwrap();
    of(&case.targets, &case.predicted)
}

fn assert_same(ours: Option<f64>, theirs: Option<f64>, what: &str) {
    let same = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
        (ours, theirs) => ours == theirs,
    };
    assert!(same, "{what}: {ours:?} is not {theirs:?}");
}

#[test]
fn every_metric_is_scipys_or_scikit_learns_also_under_weights() {
    let reference = reference();
    assert_eq!(reference.cases.len(), 14);
    for case in &reference.cases {
        let predictions = of(&case.targets, &case.predicted);
        for metric in metrics() {
            let what = format!("{metric} of {}", case.name);
            assert_same(metric.score(&predictions), case.metrics[metric.id], &what);
            for weighted in &case.weighted {
                let weights: Vec<u32> = serde_json::from_value(weighted["weights"].clone()).unwrap();
                let theirs = weighted[stored(metric)].as_f64();
                assert_same((metric.value)(&predictions, &weights), theirs, &format!("{what} under {weights:?}"));
            }
        }
    }
}

#[test]
fn what_has_no_value_says_why() {
    let why = |targets: &[f64], predicted: &[f64]| -> BTreeMap<String, String> {
        let scores = Scores::of(&of(targets, predicted));
        scores.undefined.into_iter().map(|of| (of.metric.id.to_owned(), of.reason)).collect()
    };
    let flat = why(&[1.0, 2.0, 3.0], &[2.0; 3]);
    assert_eq!(flat.keys().collect::<Vec<_>>(), ["kendall", "pearson", "spearman"]);
    assert!(flat.values().all(|reason| reason == "every prediction is the same"), "{flat:?}");
    let same = why(&[1.0; 3], &[1.0, 2.0, 3.0]);
    assert_eq!(same.len(), 5);
    assert!(same.values().all(|reason| reason == "every label is the same"), "{same:?}");
    assert!(why(&[1.0], &[2.0]).values().all(|reason| reason == "there is one protein alone"));
}

#[test]
fn values_by_protein_have_the_score_for_their_mean_and_its_error_for_their_spread() {
    let reference = reference();
    for errors in &reference.errors {
        let predictions = prepared(&reference, &errors.name);
        let count = predictions.count() as f64;
        for metric in metrics() {
            let what = format!("{metric} of {}", errors.name);
            let values = metric.by_protein(&predictions).unwrap();
            let mean = values.iter().sum::<f64>() / count;
            assert_same(Some(mean), metric.score(&predictions), &what);
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            if [RMSE, R2, PEARSON, NDCG].contains(&metric) {
                let error = (squares / (count * (count - 1.0))).sqrt();
                assert!((error / errors.metrics[stored(metric)].jackknife - 1.0).abs() < 1e-6, "{what}: {error}");
            } else {
                let theirs = &errors.influence[metric.id];
                let scale = (squares / count).sqrt();
                let apart = values.iter().zip(theirs).map(|(ours, theirs)| (ours - theirs).abs() / scale).fold(0.0, f64::max);
                assert!(apart < 1e-5, "{what}: {apart}");
            }
        }
    }
}

#[test]
fn bootstrap_intervals_are_those_of_the_same_draws() {
    let reference = reference();
    for errors in &reference.errors {
        let predictions = prepared(&reference, &errors.name);
        let plan = Resampling { resamples: errors.resamples, seed: errors.seed };
        let resamples = Resamples::draw(&vec![0; predictions.count()], &plan);
        for metric in metrics() {
            let found = resamples.bootstrap(|weights| (metric.value)(&predictions, weights)).unwrap();
            let theirs = &errors.metrics[stored(metric)];
            let near = |ours: f64, theirs: f64| (ours - theirs).abs() <= 1e-8 * theirs.abs().max(1.0);
            assert!(near(found.standard_error, theirs.standard_error), "{metric} of {}: {found:?}", errors.name);
            assert!(found.interval.iter().zip(theirs.bca).all(|(ours, theirs)| near(*ours, theirs)), "{metric}: {found:?}");
        }
    }
}

#[test]
fn an_interval_holds_the_score_and_knows_the_range() {
    let reference = reference();
    for errors in &reference.errors {
        let predictions = prepared(&reference, &errors.name);
        let resamples = Resamples::draw(&vec![0; predictions.count()], &Resampling { resamples: 200, seed: 0 });
        for metric in metrics() {
            let ([low, high], _) = metric.interval(&predictions, &resamples).unwrap();
            let score = metric.score(&predictions).unwrap();
            assert!(low < score && score < high && metric.range[0] <= low && high <= metric.range[1], "{metric}: {low} {high}");
        }
    }
}

/// The test that the report makes of two runs, beside the paired bootstrap of their difference.
#[test]
fn the_difference_of_two_on_the_same_proteins_is_as_sure_as_the_paired_bootstrap_has_it() {
    let Paired { targets, first, second, differences } = reference().paired;
    let [first, second] = [first, second].map(|predicted| of(&targets, &predicted));
    for metric in [SPEARMAN, PEARSON, KENDALL, R2] {
        let values = |of: &Predictions| vec![metric.by_protein(of).unwrap()];
        let found = statistics::crossed_values_difference(&values(&first), &values(&second), Pairing::Paired).unwrap();
        let theirs = &differences[metric.id];
        assert!((found.estimate - theirs.difference).abs() < 1e-9, "{metric}: {found:?}");
        let ratio = found.standard_error / theirs.standard_error;
        assert!((0.85..1.18).contains(&ratio), "{metric}: {ratio}");
    }
}
