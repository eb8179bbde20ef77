//! What the report says of the baselines, and of a run beside them.

use titer_core::metric::ACCURACY;
use titer_report::{Inputs, View, view::baselines::Baselines};

use super::two_rates;

fn baselines(inputs: &Inputs) -> Baselines {
    View::new(inputs).baselines.unwrap()
}

#[test]
fn baselines_are_told_with_what_they_reach_and_how_they_were_made() {
    insta::assert_json_snapshot!("baselines", baselines(&two_rates()));
}

#[test]
fn what_was_not_made_says_why() {
    let mut inputs = two_rates();
    let table = inputs.baselines.as_mut().unwrap();
    table.rows.retain(|row| row.baseline != "mmseqs2");
    table.made.last_mut().unwrap().made = "Not made: mmseqs is not on PATH.".to_owned();
    let baselines = baselines(&inputs);
    assert_eq!(baselines.taken.len(), 3);
    assert_eq!(baselines.missing, ["Best MMseqs2 hit: Not made: mmseqs is not on PATH."]);
}

#[test]
fn a_run_is_set_beside_the_best_of_them_on_the_same_proteins() {
    let mut inputs = super::small(&[super::Course::at(2e-5, 1.0)]);
    for row in &mut inputs.runs[0].predictions {
        row.predicted = row.label.clone();
    }
    let baselines = baselines(&inputs);
    let best = baselines.best(ACCURACY).unwrap();
    assert!(
        baselines.taken.iter().all(|baseline| baseline.correct.as_ref().unwrap().right <= best.correct.as_ref().unwrap().right)
    );
    let counted = best.correct.as_ref().unwrap();
    let about = best.about(&inputs.runs[0], ACCURACY).unwrap();
    assert_eq!(about.right().iter().filter(|right| **right).count() as u64, counted.right);
    let told = |inputs: &Inputs| View::new(inputs).decision.beside.map(|beside| (beside.sentence("the run"), beside.difference));
    let (sentence, difference) = told(&inputs).unwrap();
    assert!(sentence.contains("the run beats it by "), "{sentence}");
    assert!((difference - (1.0 - counted.accuracy)).abs() < 1e-12);
    for row in &mut inputs.runs[0].predictions {
        row.predicted = if row.label == "Nucleus" { "Cytoplasm".into() } else { "Nucleus".into() };
    }
    let (sentence, _) = told(&inputs).unwrap();
    assert!(sentence.contains("the run falls short of it by "), "{sentence}");
    for row in &mut inputs.runs[0].predictions {
        row.id.push('X');
    }
    let (sentence, _) = told(&inputs).unwrap();
    assert!(sentence.starts_with("The one baseline, always "), "the others are of other proteins: {sentence}");
}
