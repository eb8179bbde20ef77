//! The answer misleads nobody: what is chance is never chosen, what is missing is named, and all
//! that is said of the choice says one thing.

use std::collections::BTreeSet;

use titer_core::{
    data::Split,
    experiment::Precision,
    metric::{ACCURACY, F1, LOSS},
    results::manifest::Status,
};
use titer_report::{
    Compared, Inputs, View,
    inputs::RunTables,
    view::{
        answer::Answer,
        configurations::Basis,
        pairs,
        verdict::{Doubt, Outcome, Verdict},
    },
};

use crate::{
    advice::{made, one},
    report::{
        fixture::{self, Course},
        of_classes, small,
    },
};

fn some(courses: &[Course]) -> Inputs {
    of_classes(&["Cytoplasm", "Nucleus"], &[325, 275], courses)
}

/// Every rate on every split.
fn splits(rates: &[f64], splits: &[u32], signal: impl Fn(f64) -> f64) -> Vec<Course> {
    let on = |&rate: &f64| {
        let signal = signal(rate);
        splits.iter().map(move |&split| Course { split, ..Course::at(rate, signal) })
    };
    rates.iter().flat_map(on).collect()
}

/// Sets a run's logits on a split, given each protein's place and class, and scores it again.
fn predict(run: &mut RunTables, split: Split, logits: impl Fn(usize, usize) -> [f32; 2]) {
    let classes = run.manifest.outcome.classes.clone();
    let (mut labels, mut all) = (Vec::new(), Vec::new());
    for (place, row) in run.predictions.iter_mut().filter(|row| row.split == split).enumerate() {
        let label = classes.iter().position(|class| *class == row.label).unwrap();
        row.logits = logits(place, label).to_vec();
        row.probabilities = titer_core::statistics::probabilities(&row.logits, 2);
        row.predicted.clone_from(&classes[titer_core::predictions::predicted(&row.logits)]);
        labels.push(label);
        all.extend_from_slice(&row.logits);
    }
    let scores = titer_core::scores::score(&labels, &all, 2);
    let evaluated = Some(scores);
    match split {
        Split::Test => run.manifest.outcome.test = evaluated,
        _ => run.manifest.outcome.validation = evaluated,
    }
}

fn answer(inputs: &Inputs) -> Answer {
    View::new(inputs).answer
}

fn verdict(inputs: &Inputs) -> Verdict {
    View::new(inputs).decision.verdict.unwrap()
}

fn advice(answer: &Answer, term: &str) -> String {
    answer.advice.iter().find(|advice| advice.term == term).map(|advice| advice.text.clone()).unwrap_or_default()
}

fn caution<'a>(answer: &'a Answer, start: &str) -> Option<&'a str> {
    answer.cautions.iter().map(String::as_str).find(|text| text.starts_with(start))
}

/// All that is said of the choice.
fn all(answer: &Answer) -> String {
    let advice = answer.advice.iter().map(|advice| format!("{}: {}", advice.term, advice.text));
    let said =
        std::iter::once(answer.headline.clone()).chain(advice).chain(answer.sentences.clone()).chain(answer.cautions.clone());
    said.collect::<Vec<_>>().join("\n")
}

#[test]
fn runs_that_were_computed_differently_are_cautioned_with_what_differs() {
    const START: &str = "The runs were not all computed in the same way";
    let alike = || some(&[Course::at(1e-5, 1.0), Course::at(1e-4, 2.0)]);
    assert_eq!(caution(&answer(&alike()), START), None);
    let told = |change: fn(&mut titer_core::results::Manifest)| {
        let mut inputs = alike();
        change(&mut inputs.runs[1].manifest);
        caution(&answer(&inputs), START)
            .map(|text| text[START.len()..].replace(": part of any difference may come from that.", ""))
    };
    let gpu = told(|run| {
        run.machine.gpu = Some("NVIDIA H200".to_owned());
        run.machine.architecture = Some("9.0".to_owned());
        run.machine.kernels = None;
    });
    assert_eq!(gpu.unwrap(), " (device CPU and GPU of compute capability 9.0)");
    let kernels = told(|run| {
        run.machine.kernels = Some("avx2".to_owned());
        run.versions.libtorch = "2.12.0".to_owned();
    });
    assert_eq!(kernels.unwrap(), " (kernels avx2 and avx512; libtorch 2.11.0 and 2.12.0)");
    assert_eq!(told(|run| run.outcome.precision = Precision::Fp32).unwrap(), " (precision bf16 and fp32)");
    // Named in the settings, it is compared like any setting.
    let set = |run: &mut titer_core::results::Manifest| {
        run.outcome.precision = Precision::Fp32;
        run.settings.train.precision = Precision::Fp32;
    };
    assert_eq!(told(set), None);
    assert_eq!(told(|run| run.machine.threads = 7), None);
}

#[test]
fn the_split_of_the_luckiest_seed_is_not_chosen() {
    // One setting on three splits: there is nothing to choose.
    let view = View::new(&some(&splits(&[2e-5], &[1, 2, 3], |_| 1.0)));
    let [configuration] = view.decision.configurations.as_slice() else { panic!("{:?}", view.decision.configurations) };
    assert_eq!((configuration.replicates.splits, configuration.replicates.seeds, configuration.replicates.scored), (3, 1, 3));
    let accuracy = configuration.score.as_ref().unwrap();
    assert_eq!(accuracy.of, Basis::Splits);
    assert!(accuracy.interval[0] < accuracy.seeds.low && accuracy.interval[1] > accuracy.seeds.high, "{accuracy:?}");
    assert_eq!(view.decision.verdict.as_ref().unwrap().outcome, Outcome::Sole);
    assert!(view.answer.headline.contains("on 3 test sets of 121 proteins (mean over 3 splits)"), "{}", view.answer.headline);
    let said = all(&view.answer);
    assert!(!said.contains("chosen by") && !said.contains("seed 1"), "{said}");
    // Every run has its own intervals, on its own proteins.
    assert!(view.decision.intervals.iter().all(|found| !found.is_empty()));
}

#[test]
fn settings_are_compared_over_all_splits_and_only_on_the_same_proteins() {
    let view = View::new(&some(&splits(&[2e-5, 1e-4], &[1, 2, 3, 4], |rate| if rate > 5e-5 { 4.0 } else { 0.1 })));
    assert_eq!(view.decision.configurations.len(), 2);
    let [pair] = view.decision.pairs.pairs.as_slice() else { panic!("one pair") };
    assert!(matches!(pair.test, pairs::Test::Splits { splits: 4, .. }), "{pair:?}");
    let accuracy = |run: usize| view.comparison.runs[run].scores.as_ref().unwrap().metrics.number(ACCURACY);
    let expected = (0..4).map(|split| accuracy(split) - accuracy(split + 4)).sum::<f64>() / 4.0;
    assert!((pair.difference - expected).abs() < 1e-12);
    assert!(view.answer.headline.starts_with("Learning rate 1e-4 is better than 2e-5: "), "{}", view.answer.headline);
    assert!(advice(&view.answer, "Confidence").contains("on 4 splits, split by split"), "{:?}", view.answer);
    assert!(advice(&view.answer, "Use").contains("chosen by validation accuracy"), "{:?}", view.answer);
    // Two settings of which one lacks a split are compared on those that both have.
    let mut courses = splits(&[2e-5, 1e-4], &[1, 2, 3], |_| 1.0);
    courses[5].diverged = true;
    let view = View::new(&some(&courses));
    assert!(matches!(view.decision.pairs.pairs[0].test, pairs::Test::Splits { splits: 2, .. }));
}

#[test]
fn a_lucky_split_that_others_lack_does_not_choose() {
    let mut inputs = some(&splits(&[2e-5, 1e-4], &[1, 2, 3], |_| 1.0));
    let validated = |run: usize, inputs: &mut Inputs, f1: f64| {
        inputs.runs[run].manifest.outcome.validation.as_mut().unwrap().metrics.set(ACCURACY, Some(f1));
    };
    for (run, f1) in [0.9, 0.8, 0.8, 0.5, 0.81, 0.81].into_iter().enumerate() {
        validated(run, &mut inputs, f1);
    }
    let chosen = |inputs: &Inputs| View::new(inputs).decision.chosen().unwrap().label.clone();
    assert_eq!(chosen(&inputs), "learning rate 2e-5");
    // The second lost its hard split: both are compared on the two that are left.
    inputs.runs[3].manifest.status = Status::Diverged;
    assert_eq!(chosen(&inputs), "learning rate 1e-4");
    validated(1, &mut inputs, 0.83);
    assert_eq!(chosen(&inputs), "learning rate 2e-5");
}

#[test]
fn one_seed_is_told_of_as_a_run() {
    let answer = answer(&made(&[one(0..2), one(0..40)]));
    assert!(
        answer.headline.starts_with("The run with learning rate 1e-5 is better than the one with 2e-5: "),
        "{}",
        answer.headline
    );
    assert!(caution(&answer, "One seed per configuration").is_some(), "{:#?}", answer.cautions);
    assert!(advice(&answer, "What would settle it").contains("More seeds"), "{answer:#?}");
    // Ten seeds against one.
    let ten: Vec<_> = (0..10).map(|seed| seed..seed + 8).collect();
    let answer = self::answer(&made(&[ten, one(0..30)]));
    assert!(answer.headline.contains("the one with 2e-5"), "{}", answer.headline);
    assert!(caution(&answer, "Some configurations have one seed, others up to 10").is_some(), "{:#?}", answer.cautions);
}

#[test]
fn many_configurations_on_few_seeds_are_told_of_as_the_simulation_found() {
    let seeds = |count: usize| (0..count).map(|seed| seed..seed + 10).collect::<Vec<_>>();
    let told = |configurations: usize, count: usize| {
        let answer = answer(&made(&vec![seeds(count); configurations]));
        answer.cautions.iter().any(|text| text.contains("configurations on few seeds"))
    };
    assert_eq!([told(6, 2), told(6, 10)], [true, true]);
    assert_eq!([told(5, 2), told(6, 1), told(6, 11)], [false, false, false]);
}

#[test]
fn only_scored_seeds_count_and_the_others_are_named() {
    let five: Vec<_> = (0..5).map(|seed| seed..seed + 10).collect();
    let mut inputs = made(&[five.clone(), five]);
    for run in [1, 3, 4] {
        inputs.runs[run].manifest.status = Status::Diverged;
    }
    let answer = answer(&inputs);
    assert!(answer.headline.contains("(mean over 2 of 5 seeds; 3 diverged)"), "{}", answer.headline);
    assert!(answer.tiles[0].note.contains("2 of 5 seeds; 3 diverged"), "{:?}", answer.tiles);
    assert!(caution(&answer, "Learning rate 1e-5 is the mean over 2 of 5 seeds; 3 diverged").is_some(), "{:#?}", answer.cautions);
    assert!(caution(&answer, "3 runs diverged").is_some(), "{:#?}", answer.cautions);
    assert!(View::new(&inputs).decision.table(&View::new(&inputs).comparison).to_string().contains("2 of 5"));

    // One of two on each side: each mean is of one run.
    let mut inputs = made(&[vec![0..10, 0..12], vec![0..11, 0..13]]);
    inputs.runs[1].manifest.status = Status::Diverged;
    inputs.runs[2].manifest.status = Status::Diverged;
    let answer = self::answer(&inputs);
    for label in ["Learning rate 1e-5", "Learning rate 2e-5"] {
        assert!(caution(&answer, &format!("{label} rests on 1 of 2 seeds; 1 diverged")).is_some(), "{:#?}", answer.cautions);
    }
    assert!(answer.headline.contains("the run with learning rate 1e-5"), "{}", answer.headline);

    // A seed that failed left no tables, and is missed all the same.
    let mut inputs = made(&[vec![0..10, 0..12], vec![0..11, 0..13]]);
    let mut failed = fixture::failed(4, 1e-5, "out of memory");
    failed.point.insert("train.seed".into(), 44.into());
    inputs.failures.push(failed);
    assert!(self::answer(&inputs).headline.contains("2 of 3 seeds; 1 failed"), "{}", self::answer(&inputs).headline);
}

#[test]
fn degenerate_statistics_are_told_as_such() {
    // The same predictions from both.
    let alike = answer(&made(&[vec![0..10, 0..10, 0..10], vec![0..10, 0..10, 0..10]]));
    assert!(alike.headline.ends_with("correct on exactly the same proteins."), "{}", alike.headline);
    assert!(advice(&alike, "Confidence").contains("these proteins cannot separate them"), "{alike:#?}");
    // All correct, all wrong, one test protein or two, far apart seeds.
    let correct = answer(&made(&[vec![0..0, 0..0, 0..0]]));
    assert!(advice(&correct, "Confidence").contains("agree on every protein"), "{correct:#?}");
    assert!(advice(&correct, "Confidence").contains("leaves no error"), "{correct:#?}");
    let wrong = answer(&made(&[vec![0..121, 0..121, 0..121]]));
    assert!(advice(&wrong, "Confidence").contains("No prediction is correct"), "{wrong:#?}");
    let apart = answer(&made(&[vec![0..0, 0..121]]));
    assert!(advice(&apart, "Confidence").contains("which says next to nothing"), "{apart:#?}");
    for said in [&alike, &correct, &wrong, &apart].map(all) {
        assert!(
            !said.contains("from 0.0 points") && !said.contains("0.0 to 0.0 points") && !said.contains("of 0.0 points"),
            "{said}"
        );
    }
    let few = answer(&of_classes(&["A", "B"], &[6, 5], &[Course::at(2e-5, 1.0), Course::at(1e-4, 3.0)]));
    assert!(caution(&few, "Only ").unwrap().contains("a single protein can move every statistic"), "{few:#?}");
}

#[test]
fn confidence_errors_that_cancel_are_miscalibration() {
    let mut inputs = some(&[Course::at(2e-5, 1.0)]);
    // Half of the proteins sure and right half of the time, the other half unsure and always right: on average all is well.
    predict(&mut inputs.runs[0], Split::Test, |place, label| {
        let (size, right) = if place % 2 == 0 { (4.0, place % 4 == 0) } else { (0.1, true) };
        let lead = if (label == 1) == right { size } else { -size };
        [0.0, lead]
    });
    let calibration = View::new(&inputs).calibration.unwrap();
    let before = &calibration.runs[0].before;
    assert!((before.confidence - before.accuracy).abs() < 0.05 && before.ece > 0.2, "{before:?}");
    assert!(calibration.sentences[0].starts_with("Miscalibrated both ways: "), "{:?}", calibration.sentences);
}

#[test]
fn a_class_that_is_not_tested_is_missed_and_a_loss_is_called_one() {
    let mut inputs = some(&[Course::at(2e-5, 1.0)]);
    let run = &mut inputs.runs[0];
    run.predictions.retain(|row| row.split != Split::Test || row.label == "Cytoplasm");
    predict(run, Split::Test, |place, _| if place % 5 == 0 { [0.0, 1.0] } else { [1.0, 0.0] });
    let answer = answer(&inputs);
    assert!(
        caution(&answer, "No test protein belongs to Nucleus").unwrap().contains("areas under the curves"),
        "{:#?}",
        answer.cautions
    );

    // Validation asks for another threshold, which costs the test set dearly.
    let mut inputs = some(&[Course::at(2e-5, 1.0)]);
    let run = &mut inputs.runs[0];
    predict(run, Split::Validation, |_, label| if label == 1 { [0.0, 4.0] } else { [0.0, 3.0] });
    predict(run, Split::Test, |_, label| if label == 1 { [0.0, 2.0] } else { [2.0, 0.0] });
    let sentence = &View::new(&inputs).calibration.unwrap().sentences[1];
    assert!(sentence.ends_with("a loss that is significant."), "{sentence}");
}

#[test]
fn a_model_of_one_class_is_never_recommended() {
    for several in [false, true] {
        let rates: &[f64] = if several { &[2e-5, 1e-4] } else { &[2e-5] };
        let inputs = some(&rates.iter().map(|&rate| Course { blind: true, ..Course::at(rate, 1.0) }).collect::<Vec<_>>());
        assert!(matches!(verdict(&inputs).doubt, Some(Doubt::OneClass { .. })));
        let answer = answer(&inputs);
        assert!(
            answer.headline.starts_with("Nothing was learned: ") && answer.headline.contains("predicts Cytoplasm"),
            "{}",
            answer.headline
        );
        assert!(advice(&answer, "Use").starts_with(if several { "none of these" } else { "not this model" }), "{answer:#?}");
    }
    // Where every test protein is of that class, it is no wonder.
    let mut inputs = some(&[Course { blind: true, ..Course::at(2e-5, 1.0) }]);
    inputs.runs[0].predictions.retain(|row| row.split != Split::Test || row.label == "Cytoplasm");
    predict(&mut inputs.runs[0], Split::Test, |_, _| [1.0, 0.0]);
    assert!(!matches!(verdict(&inputs).doubt, Some(Doubt::OneClass { .. })));
    // Of the others it is a caution.
    let blind = Course { blind: true, ..Course::at(1e-3, 1.0) };
    let answer = answer(&some(&[Course::at(2e-5, 3.0), blind]));
    assert!(
        caution(&answer, "1 run predicts one class for every test protein (learning rate 0.001)").is_some(),
        "{:#?}",
        answer.cautions
    );
}

#[test]
fn what_does_not_beat_the_best_baseline_says_so_first() {
    // About as good as a coin; the baselines know the majority and the composition.
    let weak = some(&[Course::at(2e-5, 0.05), Course::at(1e-4, 0.06)]);
    assert!(matches!(verdict(&weak).doubt, Some(Doubt::NotAboveBaseline | Doubt::BelowBaseline)));
    let told = answer(&weak);
    assert!(told.headline.contains("the best baseline, ") && told.headline.find("baseline").unwrap() < 60, "{}", told.headline);
    assert!(advice(&told, "Use").starts_with("the baseline"), "{told:#?}");
    let strong = some(&[Course::at(2e-5, 4.0), Course::at(1e-4, 4.2)]);
    assert_eq!(verdict(&strong).doubt, None);
    assert!(!answer(&strong).headline.contains("baseline"));
    // Without any that was taken the majority class stands for them.
    let inputs = Inputs { baselines: None, ..weak };
    assert!(verdict(&inputs).doubt.is_some());
    assert!(answer(&inputs).sentences.iter().any(|text| text.starts_with("The one baseline, always ")), "{:#?}", answer(&inputs));
}

/// Fixtures of every outcome, with the words that only that outcome may use.
fn outcomes() -> Vec<(Outcome, Inputs)> {
    let ten = |from: usize, to: usize| (0..10).map(move |seed| from + seed % 3..to + seed % 2).collect::<Vec<_>>();
    let mut diverged = made(&[one(0..10), one(0..20)]);
    diverged.runs[1].manifest.status = Status::Diverged;
    vec![
        (Outcome::Sole, made(&[one(0..10)])),
        (Outcome::Sole, made(&[vec![0..10, 2..12]])),
        (Outcome::Alone, diverged),
        (Outcome::Best, made(&[one(0..2), one(0..40)])),
        (Outcome::Best, made(&[ten(0, 4), ten(0, 50), ten(0, 40)])),
        (Outcome::Leads, made(&[one(0..2), one(0..40), one(0..3)])),
        (Outcome::Leads, made(&[ten(0, 4), ten(0, 50), ten(1, 5), ten(2, 6)])),
        (Outcome::Tied, made(&[one(0..5), one(5..10)])),
        (Outcome::Tied, made(&[ten(0, 4), ten(1, 5), ten(2, 6), ten(1, 6), ten(0, 5), ten(0, 6)])),
        (Outcome::Contradicted, made(&[one(0..20), one(0..2)])),
        (Outcome::Contradicted, made(&[ten(0, 20), ten(0, 3), ten(0, 21), ten(1, 4)])),
    ]
}

#[test]
fn headline_use_and_confidence_say_one_thing() {
    for (expected, inputs) in outcomes() {
        let view = View::new(&inputs);
        let verdict = view.decision.verdict.clone().unwrap();
        assert_eq!((verdict.outcome, &verdict.doubt), (expected, &None), "{}", view.answer.headline);
        let answer = &view.answer;
        let (usage, confidence) = (advice(answer, "Use"), advice(answer, "Confidence"));
        let said = all(answer);
        let label = &view.decision.configurations[verdict.chosen].label;
        // The headline and the confidence claim what the outcome is, and nothing else.
        let claims = |text: &str| {
            let claims = [
                ("better than", "better"),
                ("ndistinguishable from", "tied"),
                ("o significant difference", "tied"),
                ("Worse than", "worse"),
                ("disagree", "worse"),
            ];
            claims.iter().filter(|(words, _)| text.contains(words)).map(|(_, claim)| *claim).collect::<BTreeSet<&str>>()
        };
        let (head, sure) = (claims(&answer.headline), claims(&confidence));
        match expected {
            Outcome::Sole | Outcome::Alone | Outcome::Apart => assert!(head.is_empty() && sure.is_empty(), "{said}"),
            Outcome::Best => assert!(head == ["better"].into() && !sure.contains("tied") && !sure.contains("worse"), "{said}"),
            Outcome::Leads => assert!(head == ["better", "tied"].into() && sure == ["tied"].into(), "{said}"),
            Outcome::Tied => assert!(head == ["tied"].into() && sure == head, "{said}"),
            Outcome::Contradicted => assert!(head.contains("worse") && sure == ["worse"].into(), "{said}"),
        }
        // What is used is what the headline is about; where they disagree neither is.
        match expected {
            Outcome::Sole => assert_eq!(usage, ""),
            Outcome::Contradicted => assert!(usage.starts_with("neither without another check"), "{said}"),
            _ => assert!(
                usage.starts_with(label.as_str()) && answer.headline.contains(label.trim_start_matches("learning ")),
                "{said}"
            ),
        }
        // Those that the choice is not told from are named wherever they are spoken of; where others are better it is about these.
        let contradicted = expected == Outcome::Contradicted;
        let named = if contradicted { &verdict.better } else { &verdict.tied };
        for &other in named.iter().filter(|_| named.len() <= 3) {
            let short = view.decision.configurations[other].short.as_str();
            assert!(usage.contains(short) && confidence.contains(short), "{short}: {said}");
            assert!(!contradicted || answer.headline.contains(short), "{short}: {said}");
        }
        // The other scores are set against one of those the confidence speaks of.
        if let Some(versus) = &view.decision.versus {
            assert!(named.is_empty() || named.contains(&versus.against), "{said}");
        }
        let settle = advice(answer, "What would settle it");
        assert_eq!(settle.contains("No comparison with the choice remains open"), expected == Outcome::Best, "{said}");
        // What the terminal prints is the same.
        let printed = Compared::from(view.clone()).to_string();
        assert!([&answer.headline, &usage, &confidence, &settle].iter().all(|text| printed.contains(text.as_str())), "{printed}");
        assert!(answer.cautions.iter().chain(&answer.sentences).all(|text| printed.contains(text)), "{printed}");
        assert!(printed.contains("\nBaselines: "), "{printed}");
    }
}

#[test]
fn how_sure_validations_own_choice_is_stands_beside_how_the_test_set_judges_it() {
    let courses: Vec<Course> = (0..8).map(|run| Course::at(2e-5 + 1e-6 * f64::from(run), 1.0)).collect();
    let view = View::new(&some(&courses));
    let again = view.decision.choice.as_ref().unwrap().optimism.unwrap().again;
    assert!(again > 0.05 && again < 0.95, "eight equal ones: {again}");
    assert!(advice(&view.answer, "Confidence").contains("it would be chosen again in "), "{:?}", view.answer);
    assert!(
        caution(&view.answer, "The score of the choice is optimistic for new seeds").is_some(),
        "{:#?}",
        view.answer.cautions
    );
}

#[test]
fn overfitting_and_unfinished_training_are_cautioned_about() {
    let mut inputs = small(&[Course::at(2e-5, 3.0)]);
    let epochs = |inputs: &mut Inputs, losses: [f64; 5], selected: usize| {
        for (epoch, row) in inputs.runs[0].epochs.iter_mut().enumerate() {
            row.scores.metrics.set(LOSS, Some(losses[epoch]));
            row.selected = epoch == selected;
        }
    };
    epochs(&mut inputs, [0.6, 0.44, 0.5, 0.6, 0.7], 4);
    let told = answer(&inputs);
    assert!(
        caution(&told, "Overfitting: at the selected epoch the validation loss of the choice is 59.1% above").is_some(),
        "{told:#?}"
    );
    assert!(caution(&told, "The choice selects its last epoch").is_some(), "{told:#?}");
    inputs.runs[0].manifest.settings.train.stop_after = Some(4);
    let stopped = "The choice selects its last epoch: it may still have been improving, and a later `stop-after` may change";
    assert!(caution(&answer(&inputs), stopped).is_some(), "{told:#?}");
    epochs(&mut inputs, [0.6, 0.44, 0.5, 0.6, 0.7], 1);
    let told = answer(&inputs);
    assert!(caution(&told, "Overfitting").is_none() && caution(&told, "The choice selects").is_none(), "{told:#?}");
}

#[test]
fn a_test_set_that_is_the_easier_one_is_named() {
    let mut inputs = made(&[one(0..2), one(0..3)]);
    let validated = |inputs: &mut Inputs, f1: f64| {
        inputs.runs.iter_mut().for_each(|run| run.manifest.outcome.validation.as_mut().unwrap().metrics.set(ACCURACY, Some(f1)));
    };
    validated(&mut inputs, 0.93);
    let told = answer(&inputs);
    assert!(caution(&told, "The test accuracy exceeds validation's by ").unwrap().contains("split.seed"), "{told:#?}");
    validated(&mut inputs, 0.99);
    assert!(caution(&answer(&inputs), "The test accuracy exceeds").is_none());
}

#[test]
fn the_first_screen_names_task_data_and_model() {
    let scope = answer(&small(&[Course::at(2e-5, 1.0)])).scope;
    assert_eq!(
        scope,
        "facebook/esm2_t6_8M_UR50D, fine-tuned to classify proteins as Cytoplasm or Nucleus (positive class: Nucleus). \
         Data: proteins.csv, 121 proteins (72 training, 24 validation, 25 test)."
    );
    let many = answer(&of_classes(&["A", "B", "C", "D"], &[40, 35, 30, 25], &[Course::at(2e-5, 1.6)])).scope;
    assert!(many.contains("as A, B, C or D. ") && !many.contains("positive"), "{many}");
}

#[test]
fn epochs_that_max_steps_cut_short_are_told_as_they_were() {
    let length = |steps: u64, max_steps: Option<u64>, stop_after: Option<u32>| {
        let mut inputs = small(&[Course { select: F1, ..Course::at(2e-5, 1.0) }]);
        let run = &mut inputs.runs[0];
        let train = &mut run.manifest.settings.train;
        (train.max_steps, train.stop_after) = (max_steps, stop_after);
        run.steps.truncate(steps as usize);
        run.manifest.outcome.steps = run.steps.len() as u64;
        let recipe = View::new(&inputs).runs[0].recipe.to_string();
        recipe
            .lines()
            .find(|line| line.contains("epochs and steps"))
            .unwrap()
            .trim_start_matches("epochs and steps")
            .trim()
            .to_owned()
    };
    // 72 training proteins in batches of 16: five steps an epoch.
    assert_eq!(length(25, None, None), "5 epochs, 25 steps");
    assert_eq!(length(3, Some(3), None), "3 steps, 0.6 of an epoch");
    assert_eq!(length(7, Some(7), None), "7 steps, 1.4 epochs of 5");
    assert_eq!(length(10, None, Some(2)), "2 epochs of 5, 10 steps");
    assert_eq!(length(25, None, Some(5)), "5 epochs, 25 steps");
    assert_eq!(length(7, Some(7), Some(2)), "7 steps, 1.4 epochs of 5");
}
