//! The report says how far the runs' probabilities can be believed, in words that follow from the
//! predictions.

use serde_json::{Value, json};
use titer_core::data::Split;
use titer_report::{
    Inputs, View, figures, page,
    view::{calibration::CalibrationView, table::Table},
};

use crate::report::fixture::{self, Course};

fn of_classes(classes: &[&str], sizes: &[usize], courses: &[Course]) -> Inputs {
    let folder = tempfile::tempdir().unwrap();
    fixture::proteins(folder.path(), classes, sizes).inputs(courses)
}

/// A doubtful run and an overconfident one.
fn two_runs() -> Inputs {
    of_classes(&["Cytoplasm", "Nucleus"], &[260, 220], &[Course::at(2e-5, 1.0), Course::at(1e-4, 1.3)])
}

fn calibration(inputs: &Inputs) -> CalibrationView {
    View::new(inputs).calibration.unwrap()
}

/// Multiplies the logits of every prediction on a split.
fn sharpen(inputs: &mut Inputs, split: Split, factor: f32) {
    for row in inputs.runs.iter_mut().flat_map(|run| &mut run.predictions).filter(|row| row.split == split) {
        row.logits.iter_mut().for_each(|logit| *logit *= factor);
    }
}

fn column(table: &Table, name: &str) -> Vec<String> {
    let at = table.columns.iter().position(|column| column.name == name).unwrap();
    table.rows.iter().map(|row| row.cells[at].text.clone()).collect()
}

fn figures(view: &View) -> Value {
    figures::calibration::calibration(view.calibration.as_ref().unwrap())
        .iter()
        .map(|figure| json!({ figure.id.clone(): figure.json().unwrap()["data"] }))
        .collect()
}

#[test]
fn two_runs_are_told_how_sure_they_are_and_how_right() {
    let inputs = two_runs();
    let view = View::new(&inputs);
    let calibration = view.calibration.as_ref().unwrap();
    insta::assert_json_snapshot!(
        "calibration",
        json!({ "sentences": calibration.sentences, "table": calibration.table, "thresholds": calibration.thresholds })
    );
    insta::assert_json_snapshot!("calibration_figures", figures(&view));
    let body = page::body(&inputs, &view).unwrap();
    assert!(body.contains(r##"<a href="#calibration">"##) && body.contains(r#"<section id="calibration""#));
}

#[test]
fn the_words_follow_the_predictions() {
    let told = |factor: f32| {
        let mut inputs = two_runs();
        sharpen(&mut inputs, Split::Test, factor);
        calibration(&inputs).sentences[0].split(':').next().unwrap().to_owned()
    };
    assert_eq!([20.0, 0.05].map(told), ["Overconfident", "Underconfident"]);

    let mut inputs = two_runs();
    let before = calibration(&inputs);
    sharpen(&mut inputs, Split::Validation, 4.0);
    let after = calibration(&inputs);
    for (before, after) in before.runs.iter().zip(&after.runs) {
        assert_eq!(before.before, after.before, "validation says nothing of the test set");
        let [cool, hot] = [before, after].map(|run| run.scaled.as_ref().unwrap().temperature);
        assert!((hot / cool - 4.0).abs() < 1e-6, "{cool} {hot}");
    }
}

#[test]
fn a_temperature_of_its_own_undoes_what_sharpened_a_run() {
    let mut inputs = two_runs();
    let plain = calibration(&inputs);
    for split in [Split::Validation, Split::Test] {
        sharpen(&mut inputs, split, 8.0);
    }
    let sharpened = calibration(&inputs);
    for (plain, sharpened) in plain.runs.iter().zip(&sharpened.runs) {
        let [plain, sharpened] = [plain, sharpened].map(|run| run.scaled.as_ref().unwrap());
        assert!((sharpened.temperature / plain.temperature - 8.0).abs() < 1e-6);
        assert!((sharpened.after.log_loss - plain.after.log_loss).abs() < 1e-6);
        assert!((sharpened.after.ece - plain.after.ece).abs() < 1e-4);
    }
}

#[test]
fn a_shifted_run_gets_another_threshold_and_more_proteins_right() {
    let mut inputs = two_runs();
    let plain = calibration(&inputs);
    for row in inputs.runs.iter_mut().flat_map(|run| &mut run.predictions) {
        row.logits[1] += 3.0;
    }
    let shifted = calibration(&inputs);
    for (plain, shifted) in plain.runs.iter().zip(&shifted.runs) {
        let [plain, shifted] = [plain, shifted].map(|run| run.threshold.as_ref().unwrap());
        assert!(shifted.threshold > plain.threshold && shifted.threshold > 0.8, "{shifted:?}");
        assert!(shifted.at_half.right < plain.at_half.right && shifted.at_threshold.right > shifted.at_half.right, "{shifted:?}");
        assert!(shifted.p < 0.05, "{shifted:?}");
    }
    assert!(shifted.sentences[1].ends_with("a gain that is significant."), "{:?}", shifted.sentences);
}

#[test]
fn many_runs_are_summed_up_by_configuration_the_choice_first() {
    let rates = [1e-5, 2e-5, 5e-5, 1e-4, 2e-4];
    let courses = |seeds: u32| -> Vec<Course> {
        rates.iter().flat_map(|&rate| (42..42 + seeds).map(move |seed| Course { seed, ..Course::at(rate, 1.2) })).collect()
    };
    let classes = ["Cytoplasm", "Nucleus"];
    let view = View::new(&of_classes(&classes, &[65, 55], &courses(3)));
    let found = view.calibration.unwrap();
    assert!(found.sentences[0].starts_with("The choice, learning rate "), "{:?}", found.sentences);
    assert!(found.sentences[1].contains("of 15 runs "), "{:?}", found.sentences);
    assert_eq!((found.table.rows.len(), found.every_run.as_ref().unwrap().rows.len()), (5, 15));
    let first: Vec<usize> = found.runs.iter().take(3).map(|run| run.run).collect();
    assert_eq!(first, view.comparison.chosen, "the choice comes first");
    let mean = found.runs.iter().take(3).map(|run| run.before.confidence).sum::<f64>() / 3.0;
    let row = &found.table.rows[0];
    assert!(row.marked && row.cells[1].text == format!("{:.1}%", 100.0 * mean), "{row:?}");
    let choice = &found.reliability[0];
    assert_eq!((found.reliability.len(), choice.seeds), (5, 3));
    let proteins: f64 = choice.before.iter().map(|point| point.count).sum();
    assert!((proteins - choice.proteins as f64).abs() < 1e-9, "a mean over the seeds, not their sum: {proteins}");
}

#[test]
fn the_words_tell_which_configuration_is_too_sure() {
    let mut inputs = of_classes(&["Cytoplasm", "Nucleus"], &[260, 220], &Course::grid(&[2e-5, 1e-4], 3));
    let (_, second) = inputs.runs.split_at_mut(3);
    for row in second.iter_mut().flat_map(|run| &mut run.predictions) {
        row.logits.iter_mut().for_each(|logit| *logit *= 8.0);
    }
    let said = |inputs: &Inputs| {
        let CalibrationView { sentences, others, .. } = calibration(inputs);
        [sentences, others].concat()
    };
    let told = said(&inputs);
    // One run of that rate is right about nearly every protein: it may be as sure as it is.
    let overconfident = "Of 6 runs 2 are overconfident, all of learning rate 1e-4; 4 are not significantly miscalibrated.";
    assert_eq!(told[1], overconfident, "{told:#?}");
    let [first, second] =
        ["earning rate 2e-5: ", "earning rate 1e-4: "].map(|name| told.iter().find(|text| text.contains(name)).unwrap());
    assert!(first.contains(" on average over 3 runs; its ECE is "), "{first}");
    assert!(second.contains("and a temperature fitted on validation ("), "{second}");
    // Every run of one of them: nothing to tell apart.
    inputs.runs.truncate(3);
    inputs.runs.extend_from_within(..2);
    sharpen(&mut inputs, Split::Test, 20.0);
    let told = calibration(&inputs).sentences;
    assert!(told[0].starts_with("All 5 runs are overconfident"), "{told:#?}");
    assert!(told[1].starts_with("Their ECE is "), "{told:#?}");
}

#[test]
fn a_diverged_seed_hides_no_configuration() {
    let mut courses = Course::grid(&[1e-5, 2e-5, 5e-5, 1e-4, 2e-4], 3);
    courses[3].diverged = true;
    let shown = calibration(&of_classes(&["Cytoplasm", "Nucleus"], &[65, 55], &courses));
    let mut runs: Vec<usize> = shown.runs.iter().map(|run| run.run).collect();
    runs.sort_unstable();
    assert_eq!(runs, (0..15).filter(|run| *run != 3).collect::<Vec<_>>());
    let mut seeds: Vec<usize> = shown.reliability.iter().map(|line| line.seeds).collect();
    seeds.sort_unstable();
    assert_eq!(seeds, [2, 3, 3, 3, 3]);
}

#[test]
fn many_classes_are_as_sure_as_their_best_and_have_no_threshold() {
    let view = View::new(&of_classes(&["A", "B", "C", "D"], &[40, 35, 30, 25], &[Course::at(2e-5, 1.6)]));
    let calibration = view.calibration.as_ref().unwrap();
    assert_eq!(calibration.thresholds, None);
    assert!(calibration.runs[0].before.bins[0].confidence > 0.25);
    assert_eq!(calibration.sentences.len(), 1);
    assert_eq!(figures(&view).as_array().unwrap().len(), 2);
}

#[test]
fn without_validation_nothing_is_fitted_and_the_table_says_why() {
    let mut inputs = two_runs();
    for run in &mut inputs.runs {
        run.predictions.retain(|row| row.split == Split::Test);
    }
    let view = View::new(&inputs);
    let calibration = view.calibration.as_ref().unwrap();
    assert_eq!(column(&calibration.table, "temperature"), ["–", "–"]);
    assert_eq!(calibration.thresholds, None);
    assert!(calibration.sentences.iter().all(|sentence| sentence.ends_with("no temperature can be fitted on validation.")));
    assert_eq!(figures(&view).as_array().unwrap().len(), 1);
    assert!(page::body(&inputs, &view).unwrap().contains("its predictions are missing"));
}

#[test]
fn predictions_that_are_no_numbers_are_left_aside() {
    let mut inputs = two_runs();
    inputs.runs[0].predictions.last_mut().unwrap().logits[0] = f32::NAN;
    assert_eq!(calibration(&inputs).runs.iter().map(|run| run.run).collect::<Vec<_>>(), [1]);
    inputs.runs[1].manifest.outcome.test = None;
    let view = View::new(&inputs);
    assert_eq!(view.calibration, None);
    assert!(!page::body(&inputs, &view).unwrap().contains("calibration"));
}
