//! What holds of any predictions.

use proptest::prelude::*;
use titer_core::metric::{ACCURACY, AVERAGE_PRECISION, F1, LOSS, MACRO_F1, MCC, PRECISION, RECALL, ROC_AUC};
use titer_core::predictions::Predictions;
use titer_core::scores::score;
use titer_core::statistics::{Pairing, Resamples, Resampling, auc, auc_difference, crossed, crossed_difference, holm, wilson};

use super::{close, share_right};

/// Labels and logits of few distinct values: ties, absent classes and one-sided predictions come up
/// often.
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
        let (prepared, scores) = (Predictions::of_classes(&labels, &logits, classes), score(&labels, &logits, classes));
        let ones = vec![1; labels.len()];
        same("accuracy", (ACCURACY.value)(&prepared, &ones), scores.get(ACCURACY));
        same("precision", (PRECISION.value)(&prepared, &ones), scores.get(PRECISION));
        same("recall", (RECALL.value)(&prepared, &ones), scores.get(RECALL));
        same("f1", (F1.value)(&prepared, &ones), scores.get(F1));
        same("macro_f1", (MACRO_F1.value)(&prepared, &ones), scores.get(MACRO_F1));
        same("mcc", (MCC.value)(&prepared, &ones), scores.get(MCC));
        same("roc_auc", (ROC_AUC.value)(&prepared, &ones), scores.get(ROC_AUC));
        same("average_precision", (AVERAGE_PRECISION.value)(&prepared, &ones), scores.get(AVERAGE_PRECISION));
        same("log_loss", (LOSS.value)(&prepared, &ones), scores.get(LOSS));
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
        let (prepared, scores) = (Predictions::of_classes(&labels, &logits, classes), score(&drawn_labels, &drawn_logits, classes));
        same("f1", (F1.value)(&prepared, &weights), scores.get(F1));
        same("mcc", (MCC.value)(&prepared, &weights), scores.get(MCC));
        same("roc_auc", (ROC_AUC.value)(&prepared, &weights), scores.get(ROC_AUC));
        same("average_precision", (AVERAGE_PRECISION.value)(&prepared, &weights), scores.get(AVERAGE_PRECISION));
        same("log_loss", (LOSS.value)(&prepared, &weights), scores.get(LOSS));
        let nothing = vec![0; labels.len()];
        assert_eq!([(ACCURACY.value)(&prepared, &nothing), (F1.value)(&prepared, &nothing), (LOSS.value)(&prepared, &nothing)], [None; 3]);
        assert_eq!([(MCC.value)(&prepared, &nothing), (ROC_AUC.value)(&prepared, &nothing), (AVERAGE_PRECISION.value)(&prepared, &nothing)], [None; 3]);
    }

    #[test]
    fn the_bootstrap_of_an_accuracy_agrees_with_wilson((n, wrong, seed) in (100_usize..300, 5_usize..50, any::<u32>())) {
        let right: Vec<bool> = (0..n).map(|protein| protein >= wrong).collect();
        let found = Resamples::draw(&vec![0; n], &Resampling { resamples: 2000, seed }).bootstrap(|weights| share_right(&right, weights)).unwrap();
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
        prop_assert_eq!((all.estimate, all.p), (0.0, 1.0));
        // The same predictions do not prove that others agree too: one protein more to either side, as Bonett and Price have it.
        close("width of no difference", all.standard_error, std::f64::consts::SQRT_2 / (first[0].len() as f64 + 2.0));
        prop_assert!(all.interval[0] < 0.0, "{:?}", all.interval);
        close("ends of no difference", all.interval[0], -all.interval[1]);
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
            same("area", Some(found.area), titer_core::statistics::curves::roc_auc(&positive, &first));
        }
    }
}
