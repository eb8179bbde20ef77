//! What the report says of the yardsticks, and of a run beside them.

use titer::report::{Inputs, View, view::yardsticks::Yardsticks};

use super::two_rates;

fn yardsticks(inputs: &Inputs) -> Yardsticks {
    View::new(inputs).yardsticks.unwrap()
}

#[test]
fn yardsticks_are_told_with_what_they_reach_and_how_they_were_made() {
    insta::assert_json_snapshot!("yardsticks", yardsticks(&two_rates()));
}

#[test]
fn what_was_not_made_says_why() {
    let mut inputs = two_rates();
    let table = inputs.yardsticks.as_mut().unwrap();
    table.rows.retain(|row| row.yardstick != "mmseqs2");
    table.made.last_mut().unwrap().made = "Not made: mmseqs is not on PATH.".to_owned();
    let yardsticks = yardsticks(&inputs);
    assert_eq!(yardsticks.taken.len(), 3);
    assert_eq!(yardsticks.missing, ["Best MMseqs2 hit: Not made: mmseqs is not on PATH."]);
}

#[test]
fn a_run_is_set_beside_the_best_of_them_on_the_same_proteins() {
    let mut inputs = two_rates();
    for row in &mut inputs.runs[0].predictions {
        row.predicted = row.label.clone();
    }
    let yardsticks = yardsticks(&inputs);
    let best = yardsticks.best().unwrap();
    assert!(yardsticks.taken.iter().all(|yardstick| yardstick.right <= best.right));
    let beside = best.beside(&inputs.runs[0]).unwrap();
    assert_eq!((beside.only_yardstick, beside.only_run), (0, best.of - best.right));
    let sentence = yardsticks.sentence("the run", &inputs.runs[0]).unwrap();
    assert!(sentence.starts_with("The run beats the best yardstick by "), "{sentence}");
    for row in &mut inputs.runs[0].predictions {
        row.predicted = if row.label == "Nucleus" { "Cytoplasm".into() } else { "Nucleus".into() };
    }
    let sentence = yardsticks.sentence("the run", &inputs.runs[0]).unwrap();
    assert!(sentence.starts_with("The run falls short of the best yardstick by "), "{sentence}");
    for row in &mut inputs.runs[0].predictions {
        row.id.push('X');
    }
    assert_eq!(best.beside(&inputs.runs[0]), None, "other proteins");
}
