//! The answer is about the metric that selects, whichever it is, and tells three relations apart.

use serde_json::Value;
use titer_core::metric::{ACCURACY, F1, LOSS, MACRO_F1, MCC, Metric, ROC_AUC};
use titer_report::{
    Inputs, View,
    view::{
        pairs::{About, Relation, Test},
        verdict::Outcome,
    },
};

use crate::report::{fixture::Course, of_classes};

/// Two rates with three seeds each, all selected by `select`.
fn selected_by(select: Metric, signals: [f64; 2], seeds: u32) -> Inputs {
    let course = |rate: f64, signal: f64| {
        (42..42 + seeds).map(move |seed| Course { seed, select, ..Course::at(rate, signal) }).collect::<Vec<_>>()
    };
    of_classes(&["Cytoplasm", "Nucleus"], &[325, 275], &[course(2e-5, signals[0]), course(1e-4, signals[1])].concat())
}

/// The same with a region of practical equivalence.
fn with_margin(mut inputs: Inputs, margin: f64) -> Inputs {
    inputs.text = format!(
        "[data]\nsource = \"synthetic\"\n[model]\nweights = {{ random = \"esm2-tiny\" }}\n[report]\nequivalent = {margin}\n"
    );
    inputs
}

#[test]
fn whatever_selects_is_compared_and_the_better_one_leads() {
    for select in titer_core::task::Kind::Classification.task().metrics() {
        let view = View::new(&selected_by(select, [0.1, 4.0], 3));
        assert_eq!(view.comparison.metric, select);
        let [first, second] = [0, 1].map(|of| view.decision.configurations[of].score.as_ref().unwrap());
        let mean = |runs: std::ops::Range<usize>| {
            runs.map(|run| view.comparison.runs[run].scores.as_ref().unwrap().metrics.number(select)).sum::<f64>() / 3.0
        };
        assert!((first.mean - mean(0..3)).abs() < 1e-12 && (second.mean - mean(3..6)).abs() < 1e-12, "{select}");
        assert!(first.interval[0] < first.mean && first.mean < first.interval[1], "{select}: {first:?}");
        let pair = view.decision.pairs.of(0, 1).unwrap();
        assert!((pair.difference - (first.mean - second.mean)).abs() < 1e-5, "{select}: {pair:?}");
        assert!(select.is_better(second.mean, first.mean), "{select}");
        assert_eq!((pair.relation(), pair.about), (Relation::Different, About::Configurations), "{select}: {pair:?}");
        let verdict = view.decision.verdict.as_ref().unwrap();
        assert_eq!((verdict.chosen, verdict.outcome, &verdict.worse), (1, Outcome::Best, &vec![0]), "{select}");
        assert!(view.answer.headline.contains(select.label), "{}", view.answer.headline);
    }
}

#[test]
fn the_words_say_which_way_is_better() {
    let headline = |select| View::new(&selected_by(select, [0.1, 4.0], 3)).answer.headline;
    let (loss, f1) = (headline(LOSS), headline(F1));
    assert!(loss.contains("a loss of 0.") && loss.ends_with(" less."), "{loss}");
    assert!(f1.contains("an F1 of 0.") && f1.ends_with(" more."), "{f1}");
}

#[test]
fn two_runs_are_compared_protein_by_protein() {
    let pair = |select| View::new(&selected_by(select, [0.1, 4.0], 1)).decision.pairs.of(0, 1).unwrap();
    assert!(matches!(pair(ACCURACY).test, Test::Mcnemar { .. }));
    for select in [F1, MCC, ROC_AUC, LOSS] {
        let found = pair(select);
        assert!(matches!(found.test, Test::Proteins { .. }) && found.about == About::Runs, "{select}: {found:?}");
    }
    // DeLong's test of two correlated areas, but for Bessel's correction and Student's tail.
    let inputs = selected_by(ROC_AUC, [0.8, 1.4], 1);
    let test: Vec<_> = inputs.runs.iter().map(|run| run.predicted(titer_core::data::Split::Test).collect::<Vec<_>>()).collect();
    let positive: Vec<bool> = test[0].iter().map(|row| row.label == "Nucleus").collect();
    let scores = |run: usize| test[run].iter().map(|row| row.probabilities[1]).collect::<Vec<f64>>();
    let delong = titer_core::statistics::auc_difference(&positive, &scores(0), &scores(1)).unwrap();
    let found = View::new(&inputs).decision.pairs.of(0, 1).unwrap();
    assert!((found.difference - delong.difference).abs() < 1e-9 && (found.p - delong.p).abs() < 0.01, "{found:?} {delong:?}");
}

#[test]
fn a_baseline_without_probabilities_has_no_loss_and_the_best_is_the_best_by_the_metric() {
    for select in [F1, ROC_AUC, LOSS] {
        let view = View::new(&selected_by(select, [1.0, 1.0], 2));
        let (beside, baselines) = (view.decision.beside.unwrap(), view.baselines.unwrap());
        let valued: Vec<f64> = baselines.taken.iter().filter_map(|baseline| baseline.metrics.get(select)).collect();
        assert!(valued.iter().all(|value| !select.is_better(*value, beside.score)), "{select}: {valued:?} {beside:?}");
        let has = |name: &str| baselines.taken.iter().find(|of| of.name == name).unwrap().metrics.get(select).is_some();
        assert_eq!((has("majority class"), has("amino-acid composition")), (select == F1, true), "{select}");
    }
}

#[test]
fn equivalent_unknown_and_different_are_three_answers() {
    let relation = |signals, margin: Option<f64>| {
        let inputs = selected_by(ACCURACY, signals, 5);
        let inputs = margin.map_or(inputs.clone(), |margin| with_margin(inputs, margin));
        let view = View::new(&inputs);
        (view.decision.pairs.of(0, 1).unwrap().relation(), view.answer.headline)
    };
    let (unknown, headline) = relation([1.0, 1.0], None);
    assert_eq!(unknown, Relation::Unknown);
    assert!(headline.starts_with("No significant difference: "), "{headline}");
    let (equivalent, headline) = relation([1.0, 1.0], Some(0.3));
    assert_eq!(equivalent, Relation::Equivalent);
    assert!(headline.starts_with("Equivalent (within 30.0 points): "), "{headline}");
    assert_eq!(relation([1.0, 1.0], Some(0.0001)).0, Relation::Unknown, "these proteins cannot say so much");
    assert_eq!(relation([0.1, 4.0], Some(0.01)).0, Relation::Different);
}

#[test]
fn a_difference_that_is_significant_and_smaller_than_matters_is_equivalence() {
    // By far the larger of the two, and still within what the experiment calls no difference.
    let view = View::new(&with_margin(selected_by(ACCURACY, [0.1, 4.0], 5), 0.99));
    let pair = view.decision.pairs.of(0, 1).unwrap();
    assert!(pair.corrected < 0.05 && pair.equivalence.unwrap() < 0.05, "{pair:?}");
    assert_eq!(pair.relation(), Relation::Equivalent);
    let table = serde_json::to_value(view.decision.pairs.table(&view.decision.configurations)).unwrap();
    assert!(table.to_string().contains("  verdict") && table.to_string().contains("  equivalent"), "{table}");
}

#[test]
fn runs_that_were_selected_by_several_metrics_are_compared_by_accuracy() {
    let mut inputs = selected_by(F1, [1.0, 1.0], 2);
    inputs.runs[0].manifest.settings.train.select = LOSS;
    let view = View::new(&inputs);
    assert_eq!(view.comparison.metric, ACCURACY);
    for configuration in &view.decision.configurations {
        let validated = configuration.validation.as_ref().unwrap().mean;
        assert!((0.0..=1.0).contains(&validated), "a share, of the accuracy: {validated}");
    }
    assert!(
        view.answer.cautions.iter().any(|caution| caution.contains("by different metrics (F1, loss)")),
        "{:?}",
        view.answer.cautions
    );
}

#[test]
fn a_configuration_whose_metric_is_undefined_with_some_seed_is_not_compared_and_named() {
    let course = |rate: f64, seed: u32, blind: bool| Course { seed, select: MCC, blind, ..Course::at(rate, 1.0) };
    let courses = [course(2e-5, 42, false), course(2e-5, 43, false), course(1e-4, 42, false), course(1e-4, 43, true)];
    let view = View::new(&of_classes(&["Cytoplasm", "Nucleus"], &[325, 275], &courses));
    let [whole, partial] = view.decision.configurations.as_slice() else { panic!("two configurations") };
    assert!(whole.score.is_some() && partial.score.is_none() && !partial.metrics.contains_key(&MCC), "{partial:?}");
    assert!(partial.metrics.contains_key(&ACCURACY), "the accuracy is defined with both seeds");
    assert_eq!(view.decision.choice.as_ref().unwrap().configuration, 0);
    assert!(view.decision.pairs.pairs.is_empty(), "a mean over the other seed would flatter");
    assert!(
        view.answer
            .cautions
            .iter()
            .any(|caution| caution.starts_with("Not compared: learning rate 1e-4, whose MCC is undefined")),
        "{:#?}",
        view.answer.cautions
    );
}

#[test]
fn what_does_not_vary_is_not_called_equivalent() {
    for select in [F1, MCC, LOSS] {
        let mut inputs = with_margin(selected_by(select, [1.0, 1.0], 1), 0.05);
        inputs.runs[1].predictions = inputs.runs[0].predictions.clone();
        let pair = View::new(&inputs).decision.pairs.of(0, 1).unwrap();
        assert_eq!((pair.difference, pair.relation()), (0.0, Relation::Unknown), "{select}");
    }
}

#[test]
fn regions_of_equivalence_that_differ_are_not_applied() {
    let mut inputs = with_margin(selected_by(ACCURACY, [1.0, 1.0], 5), 0.3);
    let other = with_margin(inputs.clone(), 0.02).text;
    assert_eq!(View::new(&inputs).decision.pairs.equivalent, Some(0.3));
    inputs.beside.push(titer_report::inputs::Beside { name: "other".to_owned(), text: other, call: None });
    let view = View::new(&inputs);
    assert_eq!(view.decision.pairs.equivalent, None);
    assert!(view.answer.cautions.iter().any(|caution| caution.starts_with("No region of equivalence is applied")));
}

#[test]
fn json_says_what_is_compared() {
    let view = View::new(&selected_by(MACRO_F1, [1.0, 1.0], 2));
    let compared: Value = serde_json::to_value(titer_report::Compared::from(view)).unwrap();
    assert_eq!(compared["metric"], "macro-f1");
    assert_eq!(compared["pairs"]["metric"], "macro-f1");
    assert!(
        compared["configurations"][0]["score"]["mean"].is_f64() && compared["configurations"][0]["metrics"]["mcc"].is_object()
    );
}
