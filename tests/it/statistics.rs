//! Intervals, tests and calibration against `SciPy`, statsmodels and scikit-learn on stored cases; laws on drawn ones; and how often the tests err
//! where the truth is known.

use proptest::prelude::*;
use rand_mt::Mt;
use serde::Deserialize;
use titer::eval::{
    Objective, Pairing, Prepared, Resamples, Resampling, auc, auc_difference, best_threshold, bootstrap,
    bootstrap::{LeftOut, bca, percentile},
    calibration, crossed, crossed_difference, holm, mcnemar, mcnemar_mid_p, optimism, power, probabilities, score, spread,
    temperature, tempered, wilson,
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
    let found = bootstrap(&[0; 9], &Resampling { resamples: 400, seed: 2 }, largest).unwrap();
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
    brier: f64,
    ece: f64,
}

#[test]
fn metrics_under_weights_are_scikit_learns() {
    for case in reference().weighted {
        let prepared = Prepared::new(&case.labels, &case.logits, case.classes);
        for expected in &case.weighted {
            let name = &case.name;
            let check =
                |metric: &str, value: Option<f64>, expected: f64| close(&format!("{name}: {metric}"), value.unwrap(), expected);
            let weights = &expected.weights;
            check("accuracy", prepared.accuracy(weights), expected.accuracy);
            check("precision", prepared.precision(weights), expected.precision);
            check("recall", prepared.recall(weights), expected.recall);
            check("f1", prepared.f1(weights), expected.f1);
            check("macro_f1", prepared.macro_f1(weights), expected.macro_f1);
            check("mcc", prepared.mcc(weights), expected.mcc);
            check("roc_auc", prepared.roc_auc(weights), expected.roc_auc);
            check("average_precision", prepared.average_precision(weights), expected.average_precision);
            check("log_loss", prepared.log_loss(weights), expected.log_loss);
            check("brier", prepared.brier(weights), expected.brier);
            check("ece", prepared.ece(weights), expected.ece);
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
    resolvable: f64,
    wanted: f64,
    proteins_needed: Option<u64>,
    seeds_needed: Option<u64>,
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
        check("resolvable", found.resolvable(), case.resolvable);
        // The script tries 4,000 numbers one by one and takes the first that suffices.
        assert_eq!(found.proteins_needed(case.wanted), case.proteins_needed, "{}", case.name);
        assert_eq!(found.seeds_needed(case.wanted), case.seeds_needed, "{}", case.name);
        if case.of_seeds > 0.0 { with_seeds += 1 } else { without += 1 }
    }
    assert!(with_seeds > 2 && without > 2, "both kinds are among the cases: {with_seeds} {without}");
}

#[derive(Deserialize)]
struct StoredPower {
    proteins: u64,
    share: f64,
    difference: f64,
    power: f64,
}

#[test]
fn the_resolvable_difference_is_connors_and_is_found_four_times_of_five() {
    for case in reference().connor {
        close("difference", power::resolvable(case.proteins, case.share).unwrap(), case.difference);
        let needed = power::proteins_needed(case.difference, case.share).unwrap();
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
        let loss = |logits: &[f32]| score(&case.labels, logits, case.classes).log_loss;
        close(&format!("{name}: loss"), loss(&case.logits), case.loss);
        // The divided logits are f32 again.
        assert!((loss(&tempered(&case.logits, best)) - case.loss_at_temperature).abs() < 1e-7, "{name}");
        assert!(case.loss_at_temperature < case.loss);
    }
}

#[test]
fn predictions_that_are_right_as_often_as_they_say_have_the_ece_of_chance() {
    let mut chance = Chance(Mt::new(4));
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
    accuracy: (f64, f64),
    f1: (f64, f64),
    balanced_accuracy: (f64, f64),
}

#[test]
fn no_threshold_is_better_than_the_one_found() {
    for case in reference().thresholds {
        let expected = [
            (Objective::Accuracy, case.accuracy),
            (Objective::F1, case.f1),
            (Objective::BalancedAccuracy, case.balanced_accuracy),
        ];
        for (objective, (threshold, value)) in expected {
            let found = best_threshold(&case.positive, &case.scores, objective).unwrap();
            close(&format!("{objective:?}"), found.value, value);
            close(&format!("{objective:?}: threshold"), found.threshold, threshold);
        }
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
    assert!(found.optimism > 0.0);
}

fn share_right(right: &[bool], weights: &[u32]) -> Option<f64> {
    let whole: u32 = weights.iter().sum();
    let part: u32 = weights.iter().zip(right).map(|(weight, &right)| weight * u32::from(right)).sum();
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

/// Labels and logits of few distinct values: ties, absent classes and one-sided predictions come up often.
fn predictions() -> impl Strategy<Value = (usize, Vec<usize>, Vec<f32>)> {
    (2_usize..5, 1_usize..40).prop_flat_map(|(classes, n)| {
        let labels = prop::collection::vec(0..classes, n);
        let logits = prop::collection::vec((-3_i8..4).prop_map(|v| f32::from(v) / 2.0), n * classes);
        (Just(classes), labels, logits)
    })
}

/// Two configurations' `right[seed][protein]`, as many seeds of each.
fn two_configurations() -> impl Strategy<Value = (Vec<Vec<bool>>, Vec<Vec<bool>>)> {
    (1_usize..5, 2_usize..25).prop_flat_map(|(seeds, proteins)| {
        let right = || prop::collection::vec(prop::collection::vec(any::<bool>(), proteins), seeds);
        (right(), right())
    })
}

#[track_caller]
fn same(what: &str, ours: Option<f64>, reference: Option<f64>) {
    match (ours, reference) {
        (Some(a), Some(b)) => assert!((a - b).abs() < 1e-12, "{what}: {a} is not {b}"),
        (a, b) => assert_eq!(a, b, "{what}"),
    }
}

proptest! {
    #[test]
    fn weights_of_one_are_no_weights((classes, labels, logits) in predictions()) {
        let (prepared, scores) = (Prepared::new(&labels, &logits, classes), score(&labels, &logits, classes));
        let ones = vec![1; labels.len()];
        same("accuracy", prepared.accuracy(&ones), Some(scores.accuracy));
        same("precision", prepared.precision(&ones), Some(scores.precision));
        same("recall", prepared.recall(&ones), Some(scores.recall));
        same("f1", prepared.f1(&ones), Some(scores.f1));
        same("macro_f1", prepared.macro_f1(&ones), Some(scores.macro_f1));
        same("mcc", prepared.mcc(&ones), scores.mcc);
        same("roc_auc", prepared.roc_auc(&ones), scores.roc_auc);
        same("average_precision", prepared.average_precision(&ones), scores.average_precision);
        same("log_loss", prepared.log_loss(&ones), Some(scores.log_loss));
        let calibrated = calibration(&labels, &probabilities(&logits, classes), classes, 15);
        same("brier", prepared.brier(&ones), Some(calibrated.brier));
        same("ece", prepared.ece(&ones), Some(calibrated.ece));
    }

    #[test]
    fn a_weight_counts_a_protein_so_often(
        ((classes, labels, logits), seed) in (predictions(), any::<u32>())
    ) {
        let weights = Resamples::draw(&vec![0; labels.len()], &Resampling { resamples: 1, seed }).weights(0).into_owned();
        let repeated = |protein: usize| std::iter::repeat_n(protein, weights[protein] as usize);
        let drawn: Vec<usize> = (0..labels.len()).flat_map(repeated).collect();
        let drawn_labels: Vec<usize> = drawn.iter().map(|&protein| labels[protein]).collect();
        let drawn_logits: Vec<f32> = drawn.iter().flat_map(|&protein| logits[protein * classes..][..classes].to_vec()).collect();
        let (prepared, scores) = (Prepared::new(&labels, &logits, classes), score(&drawn_labels, &drawn_logits, classes));
        same("f1", prepared.f1(&weights), Some(scores.f1));
        same("mcc", prepared.mcc(&weights), scores.mcc);
        same("roc_auc", prepared.roc_auc(&weights), scores.roc_auc);
        same("average_precision", prepared.average_precision(&weights), scores.average_precision);
        same("log_loss", prepared.log_loss(&weights), Some(scores.log_loss));
        let nothing = vec![0; labels.len()];
        assert_eq!([prepared.accuracy(&nothing), prepared.f1(&nothing), prepared.log_loss(&nothing), prepared.ece(&nothing)], [None; 4]);
        assert_eq!([prepared.mcc(&nothing), prepared.roc_auc(&nothing), prepared.average_precision(&nothing)], [None; 3]);
    }

    #[test]
    fn the_bootstrap_of_an_accuracy_agrees_with_wilson((n, wrong, seed) in (100_usize..300, 5_usize..50, any::<u32>())) {
        let right: Vec<bool> = (0..n).map(|protein| protein >= wrong).collect();
        let found = bootstrap(&vec![0; n], &Resampling { resamples: 500, seed }, |weights| share_right(&right, weights)).unwrap();
        let [low, high] = wilson((n - wrong) as u64, n as u64);
        let width = high - low;
        prop_assert!((found.interval[0] - low).abs() < 0.25 * width && (found.interval[1] - high).abs() < 0.25 * width, "{found:?} {low} {high}");
    }

    #[test]
    fn adjusted_p_values_keep_their_order_and_never_fall(p in prop::collection::vec(0.0..1.0_f64, 1..12)) {
        let adjusted = holm(&p);
        for (i, &a) in p.iter().enumerate() {
            prop_assert!(adjusted[i] >= a && adjusted[i] <= 1.0);
            prop_assert!(p.iter().enumerate().all(|(j, &b)| a > b || adjusted[i] <= adjusted[j]));
        }
    }

    #[test]
    fn exchanged_configurations_differ_the_other_way((first, second) in two_configurations()) {
        for pairing in [Pairing::Paired, Pairing::Independent] {
            let (there, back) =
                (crossed_difference(&first, &second, pairing).unwrap(), crossed_difference(&second, &first, pairing).unwrap());
            close("estimate", there.estimate, -back.estimate);
            close("standard error", there.standard_error, back.standard_error);
            close("degrees of freedom", there.degrees_of_freedom, back.degrees_of_freedom);
            close("p", there.p, back.p);
            close("lower end", there.interval[0], -back.interval[1]);
        }
        let (all, none) = (crossed_difference(&first, &first, Pairing::Paired).unwrap(), crossed(&first).unwrap());
        prop_assert_eq!((all.estimate, all.standard_error, all.p), (0.0, 0.0, 1.0));
        let right = first.iter().flatten().filter(|right| **right).count();
        close("mean", none.estimate, right as f64 / first.iter().flatten().count() as f64);
    }

    #[test]
    fn exchanged_areas_differ_the_other_way(
        proteins in prop::collection::vec((any::<bool>(), 0_u8..9, 0_u8..9), 4..40)
    ) {
        let positive: Vec<bool> = proteins.iter().map(|protein| protein.0).collect();
        let scores = |of: fn(&(bool, u8, u8)) -> u8| -> Vec<f64> { proteins.iter().map(|protein| f64::from(of(protein)) / 8.0).collect() };
        let (first, second) = (scores(|protein| protein.1), scores(|protein| protein.2));
        let (there, back) = (auc_difference(&positive, &first, &second), auc_difference(&positive, &second, &first));
        prop_assert_eq!(there.is_some(), back.is_some());
        if let (Some(there), Some(back)) = (there, back) {
            prop_assert!((there.difference + back.difference).abs() < 1e-12 && (there.p - back.p).abs() < 1e-9);
            prop_assert!((there.interval[0] + back.interval[1]).abs() < 1e-12);
        }
        if let Some(found) = auc(&positive, &first) {
            let [low, high] = found.interval();
            prop_assert!(0.0 <= low && low <= found.area && found.area <= high && high <= 1.0, "{:?} {} {}", found, low, high);
            same("area", Some(found.area), titer::eval::curves::roc_auc(&positive, &first));
        }
    }
}

/// Normal and other variates of a Mersenne Twister.
struct Chance(Mt);

impl Chance {
    fn unit(&mut self) -> f64 {
        (f64::from(self.0.next_u32()) + 0.5) / 4_294_967_296.0
    }

    fn normal(&mut self, deviation: f64) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos() * deviation
    }

    /// Two configurations on the same proteins, right where protein + configuration's own view of it + seed + chance exceeds 0; the
    /// second's seeds are `ahead`. Some 84 % are right; two runs differ on some 11 %.
    fn configurations(&mut self, seeds: usize, proteins: usize, of_seeds: f64, ahead: f64) -> [Vec<Vec<bool>>; 2] {
        let ease: Vec<f64> = (0..proteins).map(|_| 2.0 + self.normal(1.9)).collect();
        [0.0, ahead].map(|ahead| {
            let own: Vec<f64> = ease.iter().map(|ease| ease + ahead + self.normal(0.6)).collect();
            let seed = |chance: &mut Self| {
                let seed = chance.normal(of_seeds);
                own.iter().map(|own| own + seed + chance.normal(0.5) > 0.0).collect()
            };
            (0..seeds).map(|_| seed(self)).collect()
        })
    }
}

/// How often p stays below 5 %: seed by seed, with seeds of their own, and `McNemar`'s on the first seed of each.
fn found_different(repetitions: u32, seeds: usize, of_seeds: f64, ahead: f64) -> [f64; 3] {
    let mut chance = Chance(Mt::new(1));
    let mut found = [0_u32; 3];
    for _ in 0..repetitions {
        let [first, second] = chance.configurations(seeds, 200, of_seeds, ahead);
        let only = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| **a && !**b).count() as u64;
        let p_values = [
            crossed_difference(&first, &second, Pairing::Paired).unwrap().p,
            crossed_difference(&first, &second, Pairing::Independent).unwrap().p,
            mcnemar(only(&first[0], &second[0]), only(&second[0], &first[0])),
        ];
        found.iter_mut().zip(p_values).for_each(|(found, p)| *found += u32::from(p < 0.05));
    }
    found.map(|found| f64::from(found) / f64::from(repetitions))
}

#[test]
fn equal_configurations_are_called_different_about_once_in_twenty_and_mcnemar_errs_where_seeds_vary() {
    // Seeds that do not matter, and seeds whose accuracy varies by some 3 points: a run against a run then says nothing of configurations.
    let [paired, independent, one_seed] = found_different(600, 5, 0.0, 0.0);
    assert!(
        (0.02..0.08).contains(&paired) && (0.02..0.08).contains(&independent) && one_seed < 0.08,
        "{paired} {independent} {one_seed}"
    );
    let [paired, independent, one_seed] = found_different(600, 5, 0.3, 0.0);
    assert!(
        (0.02..0.08).contains(&paired) && (0.02..0.08).contains(&independent) && one_seed > 0.25,
        "{paired} {independent} {one_seed}"
    );
    // With three seeds too few degrees of freedom are left to be exact: too careful where seeds do not matter.
    let [paired, independent, _] = found_different(600, 3, 0.0, 0.0);
    assert!(paired < 0.05 && independent < 0.05, "{paired} {independent}");
    let [paired, independent, _] = found_different(600, 3, 0.3, 0.0);
    assert!(paired < 0.1 && independent < 0.08, "{paired} {independent}");
}

#[test]
fn the_resolvable_difference_over_seeds_is_found_about_four_times_of_five() {
    let mut chance = Chance(Mt::new(2));
    for pairing in [Pairing::Paired, Pairing::Independent] {
        let (mut resolvable, mut difference, mut found) = (0.0, 0.0, 0.0);
        for _ in 0..400 {
            let [first, second] = chance.configurations(5, 200, 0.15, 0.53);
            let compared = crossed_difference(&second, &first, pairing).unwrap();
            resolvable += compared.resolvable() / 400.0;
            difference += compared.estimate / 400.0;
            found += if compared.p < 0.05 { 1.0 / 400.0 } else { 0.0 };
        }
        assert!((resolvable / difference - 1.0).abs() < 0.15, "the case is made to fit: {resolvable} {difference}");
        assert!((0.7..0.9).contains(&found), "{pairing:?} {found}");
    }
}
