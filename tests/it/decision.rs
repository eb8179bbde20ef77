//! The report's answer follows from the tables, over seeds and proteins, and changes when they do.

use serde_json::{Value, json};
use titer_core::metric::ROC_AUC;
use titer_core::{data::Split, metric::ACCURACY, results::manifest::Status};
use titer_report::{
    Inputs, View, figures,
    view::{
        answer::Answer,
        choice::{By, Undecided},
        effects,
        pairs::{About, Needed, Pair, Test},
        table::{Row, Table},
    },
};

use crate::report::{
    drawn,
    fixture::{self, Course},
    of_classes,
};

/// Two classes, and test proteins enough to tell something.
fn some(courses: &[Course]) -> Inputs {
    of_classes(&["Cytoplasm", "Nucleus"], &[325, 275], courses)
}

/// Two rates, three seeds each, on proteins enough to tell something.
fn seeds(signals: [f64; 2]) -> Inputs {
    let course = |rate: f64, signal: f64| [42, 43, 44].map(|seed| Course { seed, ..Course::at(rate, signal) });
    some(&[course(2e-5, signals[0]), course(1e-4, signals[1])].concat())
}

/// Two rates and two decays, two seeds each.
fn two_keys() -> Inputs {
    let mut courses = Vec::new();
    for (rate, signal) in [(2e-5, 0.4), (1e-4, 2.0)] {
        for weight_decay in [0.01, 0.1] {
            courses.extend([42, 43].map(|seed| Course { seed, weight_decay, ..Course::at(rate, signal) }));
        }
    }
    some(&courses)
}

/// What the statistics say, in words and tables.
fn said(view: &View) -> Value {
    let View { answer, comparison, decision, .. } = view;
    json!({
        "answer": answer,
        "configurations": decision.table(comparison),
        "pairs": decision.pairs.table(&decision.configurations),
        "effects": effects::table(&decision.effects),
        "runs": comparison.table(),
    })
}

fn answer(inputs: &Inputs) -> Answer {
    View::new(inputs).answer
}

fn advice(answer: &Answer, term: &str) -> String {
    answer.advice.iter().find(|advice| advice.term == term).unwrap().text.clone()
}

#[test]
fn a_configuration_is_its_seeds() {
    let view = View::new(&seeds([1.0, 1.2]));
    assert_eq!(view.decision.configurations.len(), 2);
    assert_eq!(view.decision.configurations[0].label, "learning rate 2e-5");
    assert_eq!(view.decision.configurations[1].seeds, [42, 43, 44]);
    assert_eq!(view.comparison.runs[0].label, "learning rate 2e-5, seed 42");
    let accuracy = |run: usize| view.comparison.runs[run].scores.as_ref().unwrap().metrics.number(ACCURACY);
    let mean = (accuracy(0) + accuracy(1) + accuracy(2)) / 3.0;
    assert!((view.decision.configurations[0].score.as_ref().unwrap().mean - mean).abs() < 1e-12);
    insta::assert_json_snapshot!("seeds", said(&view));
    insta::assert_json_snapshot!("seeds_comparison", drawn(&figures::comparison::comparison(&view)));
}

#[test]
fn a_grid_of_two_keys_tells_what_each_does() {
    let view = View::new(&two_keys());
    insta::assert_json_snapshot!("two_keys", said(&view));
    insta::assert_json_snapshot!("two_keys_grid", drawn(&figures::grid::grid(&view)));
}

#[test]
fn what_the_proteins_tell_apart_is_called_better_and_what_they_do_not_is_not() {
    let apart = answer(&seeds([0.1, 4.0]));
    assert!(apart.headline.starts_with("Learning rate 1e-4 is better than 2e-5: "), "{}", apart.headline);
    assert!(advice(&apart, "Confidence").starts_with("Better than 2e-5: "), "{apart:?}");
    let close = answer(&seeds([1.0, 1.0]));
    assert!(close.headline.starts_with("No significant difference: "), "{}", close.headline);
    assert!(advice(&close, "Confidence").starts_with("Indistinguishable from "), "{close:?}");
    assert!(advice(&close, "What would settle it").contains("can detect differences of "), "{close:?}");
}

#[test]
fn an_accuracy_is_starred_where_the_headline_calls_it_better() {
    let starred = |inputs: &Inputs| {
        let View { comparison, decision, .. } = View::new(inputs);
        let stars = |table: Table| -> Vec<(usize, String)> {
            let rows = table.rows.iter().enumerate();
            let of_row = |(row, cells): (usize, Vec<String>)| cells.into_iter().map(move |name| (row, name));
            let names = |(row, found): (usize, &Row)| {
                (row, table.cells(found).filter(|(_, cell)| cell.best).map(|(column, _)| column.name.clone()).collect())
            };
            rows.map(names).flat_map(of_row).collect()
        };
        let caption = decision.table(&comparison).caption;
        (stars(decision.table(&comparison)), stars(comparison.table()), caption.contains("none is starred"))
    };
    let accuracy = |row: usize| vec![(row, "accuracy".to_owned())];
    assert_eq!(starred(&seeds([0.1, 4.0])), (accuracy(1), Vec::new(), false));
    assert_eq!(starred(&seeds([1.0, 1.0])), (Vec::new(), Vec::new(), true));
    assert_eq!(starred(&some(&[Course::at(2e-5, 4.0), Course::at(1e-4, 0.1)])), (accuracy(0), accuracy(0), false));
    assert_eq!(starred(&some(&[Course::at(2e-5, 4.0)])).0, Vec::new());
}

#[test]
fn the_sentence_changes_with_the_tables() {
    let mut inputs = seeds([0.1, 4.0]);
    let before = answer(&inputs);
    // The better rate's test predictions all turn wrong: validation still prefers it, the test set does not.
    for run in &mut inputs.runs[3..] {
        let classes = run.manifest.outcome.classes.clone();
        let test = run.predictions.iter_mut().filter(|row| row.split == Split::Test);
        let (mut labels, mut logits) = (Vec::new(), Vec::new());
        for row in test {
            let label = classes.iter().position(|class| *class == row.label).unwrap();
            row.predicted = classes[1 - label].clone();
            row.logits = (0..2).map(|class| if class == label { -1.0 } else { 1.0 }).collect();
            row.probabilities = titer_core::statistics::probabilities(&row.logits, 2);
            labels.push(label);
            logits.extend(row.logits.clone());
        }
        let scores = titer_core::scores::score(&labels, &logits, 2);
        run.manifest.outcome.test = Some(scores);
    }
    let after = answer(&inputs);
    assert_ne!(before.headline, after.headline);
    assert!(
        after.headline.contains("Validation and test disagree: validation accuracy chooses learning rate 1e-4 ("),
        "{}",
        after.headline
    );
    assert!(advice(&after, "Confidence").starts_with("Worse than 2e-5: "), "{after:?}");
}

#[test]
fn every_pair_is_corrected_for_all_others() {
    let courses = [2e-5, 5e-5, 1e-4, 2e-4].map(|rate| Course::at(rate, 1.0));
    let View { comparison, decision, .. } = View::new(&some(&courses));
    let proteins = comparison.runs[0].scores.as_ref().unwrap().proteins as f64;
    assert_eq!(decision.pairs.pairs.len(), 6);
    for pair in &decision.pairs.pairs {
        assert!(pair.corrected >= pair.p);
        let turned = decision.pairs.of(pair.second, pair.first).unwrap();
        assert_eq!((turned.difference, turned.p), (0.0 - pair.difference, pair.p));
        let Test::Mcnemar { only_first, only_second, mid_p, exact_p } = pair.test else { panic!("one seed each") };
        assert!(mid_p == pair.p && exact_p >= mid_p);
        assert_eq!(pair.about, About::Runs);
        assert!((pair.difference - (only_first as f64 - only_second as f64) / proteins).abs() < 1e-12);
        assert!(pair.interval[0] <= pair.difference && pair.difference <= pair.interval[1]);
    }
    let smallest = decision.pairs.pairs.iter().map(|pair| pair.p).fold(1.0, f64::min);
    let corrected = decision.pairs.pairs.iter().map(|pair| pair.corrected).fold(1.0, f64::min);
    assert!((corrected - (6.0 * smallest).min(1.0)).abs() < 1e-12);
}

#[test]
fn five_seeds_that_are_the_same_on_both_sides_are_paired_and_others_are_not() {
    let paired = |seeds: [&[u32]; 2]| {
        let side = |rate: f64, seeds: &[u32]| {
            seeds.iter().map(|&seed| Course { seed, ..Course::at(rate, 1.0) }).collect::<Vec<Course>>()
        };
        match View::new(&some(&[side(2e-5, seeds[0]), side(1e-4, seeds[1])].concat())).decision.pairs.pairs[0].test {
            Test::Crossed { seeds, paired, .. } => (seeds, paired),
            other => panic!("several seeds each: {other:?}"),
        }
    };
    assert_eq!(paired([&[1, 2, 3, 4, 5], &[5, 4, 3, 2, 1]]), (5, true));
    assert_eq!(paired([&[1, 2, 3, 4, 5], &[6, 7, 8, 9, 10]]), (5, false));
    assert_eq!(paired([&[42, 43], &[42, 43]]), (2, false));
    assert_eq!(paired([&[42, 43], &[42]]), (1, false));
}

/// The only comparison.
fn pair(inputs: &Inputs) -> Pair {
    let pairs = View::new(inputs).decision.pairs.pairs;
    assert_eq!(pairs.len(), 1);
    pairs[0].clone()
}

#[test]
fn one_seed_against_ten_is_not_surer_than_the_ten_allow() {
    // The ten range over many proteins; the one lies below most of them.
    let mut courses: Vec<Course> =
        (0..10).map(|seed| Course { seed, ..Course::at(2e-5, 0.8 + 0.25 * f64::from(seed)) }).collect();
    courses.push(Course { seed: 20, ..Course::at(1e-4, 1.0) });
    let found = pair(&some(&courses));
    let Test::Crossed { seeds: 1, lent: true, degrees_of_freedom, .. } = found.test else { panic!("{:?}", found.test) };
    assert!(found.difference > 0.05 && found.p > 0.05 && degrees_of_freedom < 15.0, "{found:?}");
    assert_eq!(found.about, About::Configurations);
}

#[test]
fn what_is_planned_is_a_range_and_nothing_of_the_best_of_many() {
    let found = pair(&seeds([1.0, 1.6]));
    let [from, to] = found.detectable.unwrap();
    assert!(0.0 < from && from < to, "{found:?}");
    let Needed { proteins, proteins_from, seeds: runs, seeds_from } = found.needed;
    assert!(proteins.is_none_or(|to| proteins_from.is_some_and(|from| from <= to)), "{found:?}");
    assert!(seeds_from.is_some_and(|from| runs.is_none_or(|to| from <= to)), "{found:?}");
    // What so few proteins leave open is more than a small difference: no number of seeds shows it on them.
    let close = pair(&seeds([1.0, 1.2]));
    assert!(close.difference.abs() < 0.02 && close.needed.seeds_from.is_none() && close.needed.seeds.is_none(), "{close:?}");
    let courses = [2e-5, 5e-5, 1e-4].map(|rate| Course::at(rate, 1.0));
    let three = View::new(&some(&courses)).decision.pairs.pairs;
    let two = pair(&some(&courses[..2]));
    assert!(three.iter().all(|pair| pair.needed == Needed::default()) && two.needed != Needed::default());
    // One of three comparisons must be greater to be found.
    assert!(three[0].detectable.unwrap()[0] > two.detectable.unwrap()[0]);
}

#[test]
fn the_same_predictions_do_not_differ_but_others_may() {
    let mut inputs = seeds([1.0, 1.0]);
    let (first, others) = inputs.runs.split_first_mut().unwrap();
    for other in others {
        other.predictions.clone_from(&first.predictions);
        other.manifest.outcome.test.clone_from(&first.manifest.outcome.test);
    }
    let found = pair(&inputs);
    let proteins = View::new(&inputs).comparison.runs[0].scores.as_ref().unwrap().proteins as f64;
    assert_eq!((found.difference, found.p, found.detectable), (0.0, 1.0, None));
    assert!(found.interval[0] < -1.0 / proteins && found.interval[1] > 1.0 / proteins, "{found:?}");
}

#[test]
fn all_correct_is_no_less_sure_than_all_but_one() {
    let interval = |wrong: usize| {
        let mut inputs = seeds([1.0, 1.0]);
        inputs.runs.truncate(3);
        let mut left = wrong;
        for run in &mut inputs.runs {
            let classes = run.manifest.outcome.classes.clone();
            let (mut labels, mut logits) = (Vec::new(), Vec::new());
            for row in run.predictions.iter_mut().filter(|row| row.split == Split::Test) {
                let label = classes.iter().position(|class| *class == row.label).unwrap();
                let predicted = if left > 0 { 1 - label } else { label };
                left = left.saturating_sub(1);
                row.predicted.clone_from(&classes[predicted]);
                row.logits = (0..2).map(|class| if class == predicted { 1.0 } else { -1.0 }).collect();
                labels.push(label);
                logits.extend_from_slice(&row.logits);
            }
            let scores = titer_core::scores::score(&labels, &logits, 2);
            run.manifest.outcome.test = Some(scores);
        }
        View::new(&inputs).decision.configurations[0].score.as_ref().unwrap().interval
    };
    let (none, one) = (interval(0), interval(1));
    assert!(none[1] == 1.0 && none[0] < 0.98, "{none:?}");
    assert!(one[0] <= none[0] && one[1] - one[0] >= none[1] - none[0] - 1e-12, "{one:?} {none:?}");
    let all = interval(usize::MAX);
    assert!(all[0] == 0.0 && all[1] > 0.02, "{all:?}");
}

#[test]
fn validation_chooses_and_the_test_set_only_tells_how_good_the_choice_is() {
    let mut inputs = seeds([1.0, 1.2]);
    let chosen = |inputs: &Inputs| View::new(inputs).decision.choice.unwrap();
    let before = chosen(&inputs);
    assert_eq!(before.by, By::Validation(ACCURACY));
    for run in &mut inputs.runs[..3] {
        run.manifest.outcome.test.as_mut().unwrap().metrics.set(ACCURACY, Some(1.0));
    }
    assert_eq!(chosen(&inputs).configuration, before.configuration);
    for run in &mut inputs.runs {
        let better = run.manifest.settings.train.learning_rate < 5e-5;
        run.manifest.outcome.validation.as_mut().unwrap().metrics.set(ACCURACY, Some(if better { 0.99 } else { 0.5 }));
    }
    assert_eq!(chosen(&inputs).configuration, 0);
}

#[test]
fn choosing_among_several_costs_some_of_the_score_it_went_by() {
    let courses: Vec<Course> = (0..8).map(|run| Course { seed: 42, ..Course::at(2e-5 + 1e-6 * f64::from(run), 1.0) }).collect();
    let view = View::new(&some(&courses));
    let optimism = view.decision.choice.unwrap().optimism.unwrap();
    assert_eq!(optimism.candidates, 8);
    assert!(optimism.apparent > optimism.corrected, "{optimism:?}");
    assert!(
        view.answer.sentences.iter().any(|text| text.starts_with("Picking the best of 8 configurations")),
        "{:?}",
        view.answer
    );
}

#[test]
fn validation_scores_of_other_proteins_choose_nothing() {
    let mut inputs = seeds([0.1, 4.0]);
    let validated = |run: usize, inputs: &mut Inputs, f1: f64| {
        inputs.runs[run].manifest.outcome.validation.as_mut().unwrap().metrics.set(ACCURACY, Some(f1));
    };
    (0..6).for_each(|run| validated(run, &mut inputs, if run < 3 { 0.9 } else { 0.8 }));
    let chosen = |inputs: &Inputs| View::new(inputs).decision.choice.map(|choice| (choice.configuration, choice.by)).unwrap();
    assert_eq!(chosen(&inputs), (0, By::Validation(ACCURACY)));

    let mut fewer = inputs.clone();
    fewer.runs[5].manifest.outcome.validation.as_mut().unwrap().count -= 1;
    fewer.runs[5].predictions.retain(|row| row.split != Split::Validation);
    assert_eq!(chosen(&fewer), (1, By::Compared(ACCURACY, Undecided::OtherProteins)));
    let mut missing = inputs.clone();
    missing.runs[..3].iter_mut().for_each(|run| run.manifest.outcome.validation = None);
    assert_eq!(chosen(&missing), (1, By::Compared(ACCURACY, Undecided::NoValue)));

    for row in inputs.runs[5].predictions.iter_mut().filter(|row| row.split == Split::Validation) {
        row.id.push('x');
    }
    assert_eq!(chosen(&inputs), (1, By::Compared(ACCURACY, Undecided::OtherProteins)));
    let Answer { cautions, advice: told, .. } = answer(&inputs);
    let caution = "The choice uses the test accuracy itself, which inflates that score, because the runs were not all validated on the same proteins.";
    assert!(cautions.iter().any(|text| text == caution), "{cautions:#?}");
    let usage = "learning rate 1e-4, which has the highest test accuracy; validation cannot decide: the runs were not all validated on the same proteins.";
    assert_eq!(told[0].text, usage);
    assert!(View::new(&inputs).decision.choice.unwrap().optimism.is_none());
}

#[test]
fn what_choosing_costs_is_estimated_from_the_runs_that_have_predictions() {
    let courses: Vec<Course> =
        (0..8).flat_map(|run| [42, 43].map(|seed| Course { seed, ..Course::at(2e-5 + 1e-6 * f64::from(run), 1.0) })).collect();
    let whole = some(&courses);
    let choice = |inputs: &Inputs| View::new(inputs).decision.choice.unwrap();
    let best = choice(&whole).configuration;
    let found = choice(&whole).optimism.unwrap();
    assert_eq!((found.candidates, found.left_out), (8, 0));
    let without = |runs: &[usize]| {
        let mut inputs = whole.clone();
        for &run in runs {
            inputs.runs[run].predictions.retain(|row| row.split != Split::Validation);
        }
        assert_eq!(choice(&inputs).configuration, best);
        inputs
    };
    let worst = (0..8).filter(|of| *of != best).min_by(|one, other| {
        let configurations = &View::new(&whole).decision.configurations;
        let value = |of: usize| configurations[of].validation.as_ref().unwrap().mean;
        value(*one).total_cmp(&value(*other))
    });
    let worst = worst.unwrap();
    let one_seed = without(&[2 * worst]);
    let found = choice(&one_seed).optimism.unwrap();
    assert_eq!((found.candidates, found.left_out), (8, 1));
    assert!(found.apparent > found.corrected);
    let sentences = answer(&one_seed).sentences;
    assert!(sentences.iter().any(|text| text.ends_with("Excluded: 1 run without validation predictions.")), "{sentences:#?}");
    let found = choice(&without(&[2 * worst, 2 * worst + 1])).optimism.unwrap();
    assert_eq!((found.candidates, found.left_out), (7, 2));
    // Of the choice itself nothing is known: another's correction is not its own.
    assert_eq!(choice(&without(&[2 * best, 2 * best + 1])).optimism, None);
}

#[test]
fn other_scores_say_why_there_is_nothing_to_tell() {
    let scores = |inputs: &Inputs| View::new(inputs).decision.versus.unwrap().scores;
    // Seven test proteins of the second class, then none.
    let mut inputs = of_classes(&["Cytoplasm", "Nucleus"], &[325, 35], &[Course::at(2e-5, 1.0), Course::at(1e-4, 1.3)]);
    let few = scores(&inputs);
    assert!(few.iter().all(|score| score.tested.is_none() && score.chosen.is_some()), "{few:?}");
    assert_eq!(few[0].untested.as_deref(), Some("the smallest class has 7 proteins: too few to test"));
    for run in &mut inputs.runs {
        run.predictions.retain(|row| row.split != Split::Test || row.label == "Cytoplasm");
    }
    let absent = scores(&inputs);
    let area = absent.iter().find(|score| score.score == ROC_AUC).unwrap();
    assert_eq!((area.chosen, area.untested.as_deref()), (None, Some("a class has no protein on this split")));
    assert!(absent.iter().all(|score| score.tested.is_none()));
}

#[test]
fn other_scores_of_two_runs_alone_are_told_of_nothing_else() {
    let mut inputs = some(&[Course::at(2e-5, 4.0), Course::at(1e-4, 0.3)]);
    inputs.baselines = None;
    let view = View::new(&inputs);
    let versus = view.decision.versus.as_ref().unwrap();
    assert!(versus.scores.iter().any(|score| score.tested.is_some_and(|tested| tested.corrected < 0.001)));
    assert!(!view.answer.sentences.iter().any(|text| text.starts_with("Besides the accuracy")), "{:#?}", view.answer);
}

#[test]
fn lucky_seeds_are_told_by_how_much_they_flatter() {
    let luck = |inputs: &Inputs| View::new(inputs).decision.choice.unwrap().lucky_seeds;
    let mut inputs = seeds([1.0, 1.2]);
    assert_eq!(luck(&some(&[Course::at(2e-5, 1.0), Course::at(1e-4, 1.0)])), None);
    // Each rate's three seeds range over ten points, on validation as on the test set.
    for (run, shift) in inputs.runs.iter_mut().zip([0.0, 0.05, 0.1, 0.02, 0.07, 0.12]) {
        run.manifest.outcome.validation.as_mut().unwrap().metrics.set(ACCURACY, Some(0.8 + shift));
        run.manifest.outcome.test.as_mut().unwrap().metrics.set(ACCURACY, Some(0.8 + shift));
    }
    // The means are 0.02 apart, far less than such seeds make of equal ones: the second is half of that ahead, and all of it may be luck.
    assert!((luck(&inputs).unwrap() - 0.01).abs() < 1e-9, "{:?}", luck(&inputs));
}

#[test]
fn other_scores_that_tell_the_two_apart_are_told() {
    let mut inputs = seeds([1.0, 1.0]);
    let told = |inputs: &Inputs| answer(inputs).sentences.into_iter().find(|text| text.starts_with("Besides the accuracy"));
    // The same predictions, said ten times as surely where they are wrong too: the accuracy stays, the loss does not.
    let (sure, other) = inputs.runs.split_at_mut(3);
    for (run, as_it_is) in sure.iter_mut().zip(other) {
        run.predictions.clone_from(&as_it_is.predictions);
        for row in &mut run.predictions {
            row.logits.iter_mut().for_each(|logit| *logit *= 10.0);
        }
    }
    let sentence = told(&inputs).unwrap();
    assert!(sentence.contains("learning rate 1e-4 has the lower loss (") && !sentence.contains("F1"), "{sentence}");
    for row in inputs.runs[..3].iter_mut().flat_map(|run| &mut run.predictions) {
        row.logits.iter_mut().for_each(|logit| *logit /= 10.0);
    }
    assert_eq!(told(&inputs), None);
}

#[test]
fn runs_on_other_proteins_are_not_compared() {
    let mut inputs = seeds([0.1, 4.0]);
    // Of the test set alone, then of the validation set too.
    for (split, by) in [(Split::Test, "validation accuracy"), (Split::Validation, "test accuracy")] {
        for row in inputs.runs[3..].iter_mut().flat_map(|run| &mut run.predictions).filter(|row| row.split == split) {
            row.id = format!("other {}", row.id);
        }
        let view = View::new(&inputs);
        assert!(view.decision.pairs.pairs.is_empty());
        assert!(view.answer.headline.contains(&format!("is chosen by {by}")), "{}", view.answer.headline);
    }
}

#[test]
fn what_a_run_left_before_it_diverged_counts_nowhere() {
    let mut inputs = seeds([1.0, 1.2]);
    // With all its predictions and scores.
    inputs.runs[3].manifest.status = Status::Diverged;
    let view = View::new(&inputs);
    assert!(view.comparison.runs[3].scores.is_none() && view.runs[3].test.is_none() && view.decision.intervals[3].is_empty());
    assert_eq!(view.decision.configurations[1].score.as_ref().unwrap().seeds.n, 2);
    let calibration = view.calibration.as_ref().unwrap();
    let calibrated: std::collections::BTreeSet<usize> = calibration.runs.iter().map(|run| run.run).collect();
    assert_eq!(calibrated.into_iter().collect::<Vec<_>>(), [0, 1, 2, 4, 5]);
    assert!(view.errors.as_ref().unwrap().left_out.as_ref().unwrap().starts_with("1 run was not tested"), "{:?}", view.errors);
    // The one baseline left is then the largest class of the next seed's proteins.
    inputs.baselines = None;
    for run in &mut inputs.runs[3..] {
        run.manifest.outcome.validation.as_mut().unwrap().metrics.set(ACCURACY, Some(0.99));
    }
    let view = View::new(&inputs);
    assert_eq!(view.decision.chosen().unwrap().label, "learning rate 1e-4");
    assert!(view.answer.sentences.iter().any(|text| text.starts_with("The one baseline, always ")), "{:#?}", view.answer);
}

#[test]
fn a_configuration_whose_runs_diverged_is_neither_chosen_nor_forgotten() {
    let mut courses = [42, 43].map(|seed| Course { seed, ..Course::at(2e-5, 1.0) }).to_vec();
    courses.extend([42, 43].map(|seed| Course { seed, diverged: true, ..Course::at(1e-2, 1.0) }));
    let mut inputs = some(&courses);
    inputs.failures.push(fixture::failed(4, 1.0, "the worker ended by signal 9"));
    // It was evaluated before it did so, and well.
    let (good, diverged) = inputs.runs.split_at_mut(2);
    for run in diverged {
        run.manifest.outcome.test.clone_from(&good[0].manifest.outcome.test);
        run.manifest.outcome.validation.as_mut().unwrap().metrics.set(ACCURACY, Some(1.0));
    }
    let view = View::new(&inputs);
    assert_eq!(view.decision.chosen().unwrap().label, "learning rate 2e-5");
    assert!(view.decision.configurations[1].score.is_none());
    insta::assert_json_snapshot!("diverged_and_failed", said(&view));
}
