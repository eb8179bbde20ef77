//! Every sentence of advice, case by case.

use std::{collections::BTreeMap, ops::Range};

use titer_core::metric::ACCURACY;
use titer_core::{data::Split, results::manifest::Status};
use titer_report::{Inputs, View, view::answer::Answer};

use crate::report::{fixture::Course, of_classes};

/// A configuration: of each of its seeds, from 42 on, which of the 121 test proteins it gets wrong.
pub type Wrong = Vec<Range<usize>>;

/// Configurations of which validation prefers the first.
pub fn made(configurations: &[Wrong]) -> Inputs {
    let course = |(place, seeds): (usize, &Wrong)| {
        let rate = 1e-5 * (place + 1) as f64;
        (42..).take(seeds.len()).map(move |seed| Course { seed, ..Course::at(rate, 1.0) }).collect::<Vec<Course>>()
    };
    let courses: Vec<Course> = configurations.iter().enumerate().flat_map(course).collect();
    let mut inputs = of_classes(&["Cytoplasm", "Nucleus"], &[325, 275], &courses);
    let places = configurations.iter().enumerate().flat_map(|(place, seeds)| seeds.iter().map(move |wrong| (place, wrong)));
    for (run, (place, wrong)) in inputs.runs.iter_mut().zip(places) {
        let classes = &run.manifest.outcome.classes;
        let (mut labels, mut logits) = (Vec::new(), Vec::new());
        for (protein, row) in run.predictions.iter_mut().filter(|row| row.split == Split::Test).enumerate() {
            let label = classes.iter().position(|class| *class == row.label).unwrap();
            let predicted = if wrong.contains(&protein) { 1 - label } else { label };
            row.predicted.clone_from(&classes[predicted]);
            row.logits = (0..2).map(|class| if class == predicted { 1.0 } else { -1.0 }).collect();
            labels.push(label);
            logits.extend_from_slice(&row.logits);
        }
        assert_eq!(labels.len(), 121);
        let scores = titer_core::scores::score(&labels, &logits, 2);
        run.manifest.outcome.test = Some(scores);
        run.manifest.outcome.validation.as_mut().unwrap().metrics.set(ACCURACY, Some(0.9 - 0.01 * place as f64));
    }
    inputs
}

/// The same with runs that were tested on other proteins.
fn elsewhere(configurations: &[Wrong], runs: Range<usize>) -> Inputs {
    let mut inputs = made(configurations);
    for row in inputs.runs[runs].iter_mut().flat_map(|run| &mut run.predictions).filter(|row| row.split == Split::Test) {
        row.id.push('x');
    }
    inputs
}

pub fn one(wrong: Range<usize>) -> Wrong {
    vec![wrong]
}

#[test]
fn every_sentence_follows_from_what_was_right() {
    let mut diverged = made(&[one(0..10), one(0..20)]);
    diverged.runs[1].manifest.status = Status::Diverged;
    let cases = vec![
        ("one run", made(&[one(0..10)])),
        ("one configuration, its seeds alike", made(&[vec![0..10, 1..11, 0..10]])),
        ("one configuration, its seeds far apart", made(&[vec![0..0, 0..30, 0..60]])),
        ("one configuration, always right", made(&[vec![0..0, 0..0]])),
        ("one configuration, a seed on other proteins", elsewhere(&[vec![0..10, 0..12, 0..14]], 2..3)),
        ("the other diverged", diverged),
        ("two, told apart", made(&[one(0..10), one(0..40)])),
        ("two, told apart the other way", made(&[one(0..40), one(0..10)])),
        ("two, not told apart", made(&[one(0..2), one(0..6)])),
        ("two, right equally often", made(&[one(0..5), one(5..10)])),
        ("two, over seeds", made(&[vec![0..4, 1..7, 0..5], vec![2..12, 0..9, 4..13]])),
        ("two, one of them of one seed", made(&[vec![0..4, 1..7], one(2..12)])),
        ("two, on other proteins", elsewhere(&[one(0..10), one(0..40)], 1..2)),
        ("too many comparisons", made(&[one(0..1), one(1..9), one(1..9), one(1..9)])),
        ("better than all", made(&[one(0..0), one(0..40), one(0..50)])),
        ("better than one, one open", made(&[one(0..0), one(0..60), one(0..2)])),
        ("better than one, two open", made(&[one(0..0), one(0..60), one(0..2), one(3..6)])),
        ("better than one, the other on other proteins", elsewhere(&[one(0..0), one(0..60), one(0..2)], 2..3)),
        ("better than one, one open, one on other proteins", elsewhere(&[one(0..0), one(0..60), one(0..2), one(0..9)], 3..4)),
    ];
    let said: BTreeMap<&str, Vec<String>> = cases
        .iter()
        .map(|(case, inputs)| {
            let Answer { headline, advice, .. } = View::new(inputs).answer;
            let advice = advice.into_iter().map(|advice| format!("{}: {}", advice.term, advice.text));
            (*case, std::iter::once(headline).chain(advice).collect())
        })
        .collect();
    assert_eq!(said.len(), cases.len());
    insta::assert_json_snapshot!("sentences", said);
}
