//! Intervals, tests and calibration against `SciPy`, statsmodels and scikit-learn on stored cases.

mod errors;
mod laws;
mod simulation;

use serde::Deserialize;
use titer_core::metric::{ACCURACY, AVERAGE_PRECISION, F1, LOSS, MACRO_F1, MACRO_RECALL, MCC, PRECISION, RECALL, ROC_AUC};
use titer_core::predictions::Predictions;
use titer_core::scores::score;
use titer_core::statistics::{
    Enough, Pairing, Resamples, Resampling, auc, auc_difference, best_threshold,
    bootstrap::{LeftOut, bca, percentile},
    calibration, crossed, crossed_difference, crossed_values, crossed_values_difference, holm, mcnemar, mcnemar_mid_p, optimism,
    power, probabilities, spread, temperature, tempered, wilson,
};

#[derive(Deserialize)]
struct Reference {
    wilson: Vec<(u64, u64, f64, f64)>,
    mcnemar: Vec<(u64, u64, f64, f64)>,
    bootstrap: Vec<StoredBootstrap>,
    weighted: Vec<StoredPredictions>,
    delong: Vec<StoredAreas>,
    spread: Vec<StoredSpread>,
    crossed: Vec<StoredCrossed>,
    connor: Vec<StoredPower>,
    holm: Vec<StoredHolm>,
    calibration: Vec<StoredCalibration>,
    thresholds: Vec<StoredThresholds>,
    optimism: StoredOptimism,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../reference/statistics.json")).unwrap()
}

/// Equal to nine digits, or to 1e-12 near 0.
#[track_caller]
fn close(what: &str, ours: f64, reference: f64) {
    assert!((ours - reference).abs() <= 1e-12 + 1e-9 * reference.abs(), "{what}: {ours} is not {reference}");
}

#[track_caller]
fn both_close(what: &str, ours: [f64; 2], reference: [f64; 2]) {
    close(&format!("{what}, lower"), ours[0], reference[0]);
    close(&format!("{what}, upper"), ours[1], reference[1]);
}

#[test]
fn shares_and_discordant_pairs_are_statsmodels() {
    let reference = reference();
    for (part, whole, low, high) in reference.wilson {
        both_close(&format!("{part} of {whole}"), wilson(part, whole), [low, high]);
    }
    for (first, second, exact, mid_p) in reference.mcnemar {
        close(&format!("{first}:{second}"), mcnemar(first, second), exact);
        close(&format!("{first}:{second} mid-p"), mcnemar_mid_p(first, second), mid_p);
    }
}

#[derive(Deserialize)]
struct StoredBootstrap {
    name: String,
    samples: Vec<Vec<f64>>,
    seed: u32,
    resamples: usize,
    estimate: f64,
    replicates: Vec<f64>,
    standard_error: f64,
    percentile: [f64; 2],
    bca: [f64; 2],
}

impl StoredBootstrap {
    /// The mean of one sample; of two the log ratio of the means.
    fn statistic(&self, weights: &[u32]) -> f64 {
        let mut rest = weights;
        let means = self.samples.iter().map(|sample| {
            let (of_sample, after) = rest.split_at(sample.len());
            rest = after;
            let sum: f64 = sample.iter().zip(of_sample).map(|(value, &weight)| value * f64::from(weight)).sum();
            sum / f64::from(of_sample.iter().sum::<u32>())
        });
        let means: Vec<f64> = means.collect();
        if let [first, second] = means[..] { (first / second).ln() } else { means[0] }
    }

    fn strata(&self) -> Vec<usize> {
        self.samples.iter().enumerate().flat_map(|(stratum, sample)| vec![stratum; sample.len()]).collect()
    }
}

#[test]
fn the_bootstrap_draws_as_numpy_does_and_its_intervals_are_scipys() {
    for case in reference().bootstrap {
        let plan = Resampling { resamples: case.resamples, seed: case.seed };
        let resamples = Resamples::draw(&case.strata(), &plan);
        for (index, replicate) in case.replicates.iter().enumerate() {
            close(&format!("{}, resample {index}", case.name), case.statistic(&resamples.weights(index)), *replicate);
        }
        both_close(&format!("{}: percentile", case.name), percentile(&case.replicates, 0.95), case.percentile);
        let whole = resamples.bootstrap(|weights| Some(case.statistic(weights))).unwrap();
        close(&case.name, whole.estimate, case.estimate);
        close(&format!("{}: standard error", case.name), whole.standard_error, case.standard_error);
        both_close(&format!("{}: BCa", case.name), whole.interval, case.bca);
        assert_eq!(whole.undefined, 0);
    }
}

#[test]
fn an_interval_that_bca_cannot_give_is_the_percentile_one() {
    let replicates = [0.2, 0.3, 0.3, 0.5];
    let varied = [LeftOut { size: 3, values: vec![0.1, 0.2, 0.6] }];
    assert_eq!(bca(0.6, &replicates, &varied, 0.95), None);
    assert_eq!(bca(0.3, &replicates, &[LeftOut { size: 3, values: vec![0.2; 3] }], 0.95), None);
    assert!(bca(0.3, &replicates, &varied, 0.95).is_some());
    // The largest of a sample: no resample exceeds it.
    let largest = |weights: &[u32]| (0..9).filter(|&i| weights[i] > 0).max().map(|i| i as f64);
    let found = Resamples::draw(&[0; 9], &Resampling { resamples: 400, seed: 2 }).bootstrap(largest).unwrap();
    assert_eq!((found.estimate, found.interval[1]), (8.0, 8.0));
    assert!(found.interval[0] < 8.0);
}

#[derive(Deserialize)]
struct StoredPredictions {
    name: String,
    classes: usize,
    labels: Vec<usize>,
    logits: Vec<f32>,
    weighted: Vec<StoredMetrics>,
}

#[derive(Deserialize)]
struct StoredMetrics {
    weights: Vec<u32>,
    accuracy: f64,
    precision: f64,
    recall: f64,
    f1: f64,
    macro_f1: f64,
    mcc: f64,
    roc_auc: f64,
    average_precision: f64,
    log_loss: f64,
}

#[test]
fn metrics_under_weights_are_scikit_learns() {
    for case in reference().weighted {
        let prepared = Predictions::of_classes(&case.labels, &case.logits, case.classes);
        for expected in &case.weighted {
            let name = &case.name;
            let check =
                |metric: &str, value: Option<f64>, expected: f64| close(&format!("{name}: {metric}"), value.unwrap(), expected);
            let weights = &expected.weights;
            check("accuracy", (ACCURACY.value)(&prepared, weights), expected.accuracy);
            check("precision", (PRECISION.value)(&prepared, weights), expected.precision);
            check("recall", (RECALL.value)(&prepared, weights), expected.recall);
            check("f1", (F1.value)(&prepared, weights), expected.f1);
            check("macro_f1", (MACRO_F1.value)(&prepared, weights), expected.macro_f1);
            check("mcc", (MCC.value)(&prepared, weights), expected.mcc);
            check("roc_auc", (ROC_AUC.value)(&prepared, weights), expected.roc_auc);
            check("average_precision", (AVERAGE_PRECISION.value)(&prepared, weights), expected.average_precision);
            check("log_loss", (LOSS.value)(&prepared, weights), expected.log_loss);
        }
    }
}

#[derive(Deserialize)]
struct StoredAreas {
    positive: Vec<bool>,
    first: Vec<f64>,
    second: Vec<f64>,
    areas: [f64; 2],
    variances: [f64; 2],
    intervals: [Option<[f64; 2]>; 2],
    difference: f64,
    standard_error: f64,
    p: f64,
}

#[test]
fn areas_vary_as_delongs_components_over_all_pairs_say() {
    for case in reference().delong {
        for (k, scores) in [&case.first, &case.second].into_iter().enumerate() {
            let found = auc(&case.positive, scores).unwrap();
            close("area", found.area, case.areas[k]);
            close("variance", found.variance, case.variances[k]);
            if let Some(interval) = case.intervals[k] {
                both_close("interval", found.interval(), interval);
            }
        }
        let found = auc_difference(&case.positive, &case.first, &case.second).unwrap();
        close("difference", found.difference, case.difference);
        close("standard error", found.standard_error, case.standard_error);
        close("p", found.p, case.p);
        close("interval", found.interval[1] - found.interval[0], 2.0 * 1.959_963_984_540_054 * case.standard_error);
    }
}

#[test]
fn the_values_of_proteins_have_the_score_for_a_mean_and_its_variance() {
    let reference = reference();
    for case in &reference.weighted {
        let prepared = Predictions::of_classes(&case.labels, &case.logits, case.classes);
        let measures = [ROC_AUC, AVERAGE_PRECISION, F1, MACRO_F1, MCC, LOSS];
        for measure in measures {
            let values = measure.by_protein(&prepared).unwrap();
            let found = crossed_values(std::slice::from_ref(&values)).unwrap();
            assert!((found.estimate - measure.score(&prepared).unwrap()).abs() < 1e-6, "{}: {measure:?} {found:?}", case.name);
            // The jackknife moves the score about as far by leaving a protein out as its value says.
            let n = values.len() as f64;
            let without = |protein: usize| {
                let weights: Vec<u32> = (0..values.len()).map(|of| u32::from(of != protein)).collect();
                (measure.value)(&prepared, &weights)
            };
            for (protein, value) in values.iter().enumerate() {
                let moved = (n - 1.0) * (found.estimate - without(protein).unwrap());
                let told = value - found.estimate;
                assert!((moved - told).abs() < 0.12 + 0.12 * told.abs(), "{}: {measure:?} {protein} {moved} {told}", case.name);
            }
        }
    }
    // DeLong's variance of an area, and of a difference, on the same proteins.
    for case in &reference.delong {
        let labels: Vec<usize> = case.positive.iter().map(|&positive| usize::from(positive)).collect();
        let values = |scores: &[f64]| {
            let logits: Vec<f32> = scores.iter().flat_map(|score| [0.0, *score as f32]).collect();
            vec![ROC_AUC.by_protein(&Predictions::of_classes(&labels, &logits, 2)).unwrap()]
        };
        let (first, second) = (values(&case.first), values(&case.second));
        let n = labels.len() as f64;
        let of_one = crossed_values(&first).unwrap().standard_error.powi(2) * (n - 1.0) / n;
        assert!((of_one / case.variances[0] - 1.0).abs() < 1e-9, "{of_one} {}", case.variances[0]);
        let apart = crossed_values_difference(&first, &second, Pairing::Paired).unwrap();
        assert!((apart.standard_error * ((n - 1.0) / n).sqrt() / case.standard_error - 1.0).abs() < 1e-9);
    }
}

#[derive(Deserialize)]
struct StoredSpread {
    values: Vec<f64>,
    mean: f64,
    deviation: f64,
    interval: [f64; 2],
}

#[test]
fn the_interval_over_seeds_is_scipys_student_t() {
    for case in reference().spread {
        let found = spread(&case.values).unwrap();
        close("mean", found.mean, case.mean);
        close("deviation", found.deviation.unwrap(), case.deviation);
        both_close("interval", found.interval.unwrap(), case.interval);
        assert!(case.values.contains(&found.low) && case.values.iter().all(|&value| found.low <= value && value <= found.high));
        assert!(case.values.contains(&found.high) && found.n == case.values.len());
    }
}

#[derive(Deserialize)]
struct StoredCrossed {
    name: String,
    first: Vec<String>,
    second: Option<Vec<String>>,
    pairing: Option<String>,
    estimate: f64,
    standard_error: f64,
    degrees_of_freedom: f64,
    interval: [f64; 2],
    p: f64,
    of_seeds: f64,
    of_proteins: f64,
    of_both: f64,
    lent: bool,
    level: f64,
    detectable: [f64; 2],
    wanted: f64,
    proteins_needed: [Option<u64>; 2],
    seeds_needed: [Option<u64>; 2],
    /// Of one configuration.
    share_interval: Option<[f64; 2]>,
}

fn rows(text: &[String]) -> Vec<Vec<bool>> {
    text.iter().map(|row| row.chars().map(|digit| digit == '1').collect()).collect()
}

#[test]
fn seeds_and_proteins_vary_as_statsmodels_mean_squares_say() {
    let (mut with_seeds, mut without) = (0, 0);
    for case in reference().crossed {
        let pairing = if case.pairing.as_deref() == Some("independent") { Pairing::Independent } else { Pairing::Paired };
        let first = rows(&case.first);
        let found = match &case.second {
            None => crossed(&first),
            Some(second) => crossed_difference(&first, &rows(second), pairing),
        };
        let found = found.unwrap();
        let check = |what: &str, value: f64, expected: f64| close(&format!("{}: {what}", case.name), value, expected);
        check("estimate", found.estimate, case.estimate);
        check("standard error", found.standard_error, case.standard_error);
        check("degrees of freedom", found.degrees_of_freedom, case.degrees_of_freedom);
        check("lower end", found.interval[0], case.interval[0]);
        check("upper end", found.interval[1], case.interval[1]);
        check("p", found.p, case.p);
        check("of seeds", found.of_seeds, case.of_seeds);
        check("of proteins", found.of_proteins, case.of_proteins);
        check("of both", found.of_both, case.of_both);
        assert_eq!(found.lent, case.lent, "{}", case.name);
        both_close(&format!("{}: detectable", case.name), found.detectable(case.level).unwrap(), case.detectable);
        // The script tries some thousand numbers one by one and takes the first that suffices.
        let [from, to] = case.proteins_needed;
        assert_eq!(found.proteins_needed(case.wanted, case.level), Enough { from, to }, "{}", case.name);
        let [from, to] = case.seeds_needed;
        assert_eq!(found.seeds_needed(case.wanted, case.level), Enough { from, to }, "{}", case.name);
        if let Some(interval) = case.share_interval {
            both_close(&format!("{}: interval", case.name), found.share_interval(), interval);
        }
        if case.of_seeds > 0.0 { with_seeds += 1 } else { without += 1 }
    }
    assert!(with_seeds > 2 && without > 2, "both kinds are among the cases: {with_seeds} {without}");
}

/// The least width of a difference is that of so many proteins: it does not keep more of them from
/// showing a small one.
#[test]
fn more_proteins_show_what_few_leave_open() {
    let first = vec![vec![true; 100]];
    let mut second = first.clone();
    second[0][0] = false;
    let found = crossed_difference(&first, &second, Pairing::Paired).unwrap();
    close("least width", found.standard_error, std::f64::consts::SQRT_2 / 102.0);
    // A variance of 0.01 per protein: 0.01 · 2.805² / 0.01² of them.
    let Enough { from, to } = found.proteins_needed(found.estimate, 0.05);
    assert!(from == to && to.is_some_and(|to| (770..800).contains(&to)), "{from:?} {to:?}");
}

#[derive(Deserialize)]
struct StoredPower {
    proteins: u64,
    share: f64,
    level: f64,
    difference: f64,
    power: f64,
}

#[test]
fn the_detectable_difference_is_connors_and_is_found_four_times_of_five() {
    for case in reference().connor {
        close("difference", power::detectable(case.proteins, case.share, case.level).unwrap(), case.difference);
        let needed = power::proteins_needed(case.difference, case.share, case.level).unwrap();
        assert!(needed.abs_diff(case.proteins) <= 1, "{needed} {}", case.proteins);
        assert!((0.79..0.83).contains(&case.power), "{}", case.power);
    }
}

#[derive(Deserialize)]
struct StoredHolm {
    p: Vec<f64>,
    adjusted: Vec<f64>,
}

#[test]
fn adjusted_p_values_are_statsmodels() {
    for case in reference().holm {
        let found = holm(&case.p);
        assert_eq!(found.len(), case.adjusted.len());
        found.iter().zip(&case.adjusted).for_each(|(&ours, &reference)| close("adjusted", ours, reference));
    }
    assert!(holm(&[]).is_empty());
}

#[derive(Deserialize)]
struct StoredCalibration {
    name: String,
    classes: usize,
    labels: Vec<usize>,
    logits: Vec<f32>,
    bins: usize,
    counts: Vec<u64>,
    accuracies: Vec<f64>,
    confidences: Vec<f64>,
    ece: f64,
    brier: f64,
    temperature: f64,
    loss: f64,
    loss_at_temperature: f64,
}

#[test]
fn calibration_is_scikit_learns_and_the_temperature_scipys() {
    for case in reference().calibration {
        let name = &case.name;
        let found = calibration(&case.labels, &probabilities(&case.logits, case.classes), case.classes, case.bins);
        assert_eq!(found.bins.iter().map(|bin| bin.count).collect::<Vec<_>>(), case.counts, "{name}");
        for (k, bin) in found.bins.iter().enumerate() {
            close(name, bin.accuracy, case.accuracies[k]);
            close(name, bin.confidence, case.confidences[k]);
            assert!(bin.low < bin.confidence && bin.confidence <= bin.high, "{name}: {bin:?}");
            assert_eq!(bin.interval, wilson((bin.accuracy * bin.count as f64).round() as u64, bin.count));
        }
        close(&format!("{name}: ECE"), found.ece, case.ece);
        close(&format!("{name}: Brier"), found.brier, case.brier);
        let best = temperature(&case.labels, &case.logits, case.classes).unwrap();
        close(&format!("{name}: temperature"), best, case.temperature);
        let loss = |logits: &[f32]| score(&case.labels, logits, case.classes).number(LOSS);
        close(&format!("{name}: loss"), loss(&case.logits), case.loss);
        // The divided logits are f32 again.
        assert!((loss(&tempered(&case.logits, best)) - case.loss_at_temperature).abs() < 1e-7, "{name}");
        assert!(case.loss_at_temperature < case.loss);
    }
}

#[test]
fn predictions_that_are_right_as_often_as_they_say_have_the_ece_of_chance() {
    let mut chance = errors::Chance::new(4);
    let (proteins, repetitions) = (300, 300);
    let believed: Vec<f64> = (0..proteins)
        .flat_map(|_| {
            let p = 1.0 / (1.0 + chance.normal(2.0).exp());
            [1.0 - p, p]
        })
        .collect();
    let (mut mean, mut expected) = (0.0, 0.0);
    for _ in 0..repetitions {
        let labels: Vec<usize> = believed.chunks(2).map(|row| usize::from(chance.unit() < row[1])).collect();
        let found = calibration(&labels, &believed, 2, 15);
        mean += found.ece / f64::from(repetitions);
        expected = found.ece_by_chance;
    }
    assert!((mean / expected - 1.0).abs() < 0.06, "{mean} {expected}");
}

#[derive(Deserialize)]
struct StoredThresholds {
    positive: Vec<bool>,
    scores: Vec<f64>,
    balanced_accuracy: (f64, f64),
}

#[test]
fn no_threshold_is_better_than_the_one_found() {
    for case in reference().thresholds {
        let (threshold, value) = case.balanced_accuracy;
        let found = best_threshold(&case.positive, &case.scores).unwrap();
        close("threshold", found, threshold);
        let recall = |class: bool| {
            let of_class: Vec<&f64> =
                case.scores.iter().zip(&case.positive).filter(|(_, is)| **is == class).map(|(score, _)| score).collect();
            of_class.iter().filter(|score| (***score >= found) == class).count() as f64 / of_class.len() as f64
        };
        close("balanced accuracy", f64::midpoint(recall(true), recall(false)), value);
    }
}

#[derive(Deserialize)]
struct StoredOptimism {
    right: Vec<String>,
    strata: Vec<usize>,
    seed: u32,
    resamples: usize,
    chosen: usize,
    apparent: f64,
    corrected: f64,
}

#[test]
fn the_optimism_is_that_of_the_slow_definition() {
    let case = reference().optimism;
    let right = rows(&case.right);
    let plan = Resampling { resamples: case.resamples, seed: case.seed };
    let found = optimism(right.len(), &case.strata, &plan, |candidate, weights| share_right(&right[candidate], weights)).unwrap();
    assert_eq!(found.chosen, case.chosen);
    close("apparent", found.apparent, case.apparent);
    close("corrected", found.corrected, case.corrected);
    assert!(found.apparent > found.corrected);
}

/// A class that is not among the proteins left out would count as one of which none is found.
#[test]
fn a_perfect_classifier_owes_nothing_to_luck_with_a_rare_class_either() {
    let corrected = |rare: usize| {
        let labels: Vec<usize> = [vec![0; 20], vec![1; rare]].concat();
        let logits: Vec<f32> = labels.iter().flat_map(|&label| if label == 0 { [1.0, 0.0] } else { [0.0, 1.0] }).collect();
        let perfect = Predictions::of_classes(&labels, &logits, 2);
        let plan = Resampling { resamples: 300, seed: 1 };
        let found = optimism(1, &labels, &plan, |_, weights| (MACRO_RECALL.value)(&perfect, weights))?;
        Some(found.corrected)
    };
    assert_eq!(corrected(2), Some(1.0));
    assert_eq!(corrected(1), None, "the only protein of its class is never left out");
}

fn share_right(right: &[bool], weights: &[u32]) -> Option<f64> {
    let whole: u32 = weights.iter().sum();
    let part: u32 = weights.iter().zip(right).map(|(weight, &right)| weight * u32::from(right)).sum();
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}
