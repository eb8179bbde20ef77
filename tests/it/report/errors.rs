//! Where the runs are wrong: sentences, lists and figures follow from the predictions.

use serde_json::json;
use titer_core::data::Split;
use titer_report::{
    Inputs, View, figures, page,
    view::errors::{ErrorsView, HardProtein},
};

use super::{HOSTILE, drawn, fixture::Course, of_classes, two_rates};

/// An experiment that says what the report shows of proteins.
const FILE: &str = r#"[data]
source = "table"
path = "a.csv"
id = "Entry"
sequence = "Sequence"
label = "label"
[model]
weights = { random = "esm2-tiny" }
[report]
text = "about"
hints.Nucleus = ["nucle"]
hints.Cytoplasm = ["cytoplas"]
"#;

/// The inputs with a text about every protein: the one of its label, and of every fifth the other
/// too.
fn told(mut inputs: Inputs) -> Inputs {
    FILE.clone_into(&mut inputs.text);
    for (index, row) in inputs.proteins.iter_mut().enumerate() {
        let label = row.label.clone().unwrap_or_default();
        let other = if label == "Nucleus" { "Cytoplasm" } else { "perinuclear region" };
        let also = if index % 5 == 0 { format!(" Also {other}.") } else { String::new() };
        row.text = Some(format!("{label} {{ECO:0000305}}.{also}"));
    }
    inputs
}

fn errors(inputs: &Inputs) -> ErrorsView {
    View::new(inputs).errors.unwrap()
}

fn ids(errors: &ErrorsView) -> Vec<&str> {
    errors.hardest.proteins.iter().map(|protein| protein.id.as_str()).collect()
}

/// Makes the runs of these indices right, or wrong, about every test protein.
fn answer(inputs: &mut Inputs, runs: &[usize], right: bool) {
    for run in runs {
        for row in inputs.runs[*run].predictions.iter_mut().filter(|row| row.split == Split::Test) {
            let other = if row.label == "Nucleus" { "Cytoplasm" } else { "Nucleus" };
            row.predicted = if right { row.label.clone() } else { other.to_owned() };
        }
    }
}

#[test]
fn the_errors_of_three_runs_are_told_and_drawn() {
    let courses = [Course::at(2e-5, 0.6), Course::at(5e-5, 0.7), Course::at(1e-4, 0.8)];
    let mut inputs = told(of_classes(&["Cytoplasm", "Nucleus"], &[340, 300], &courses));
    inputs.card.max_length = 150;
    let view = View::new(&inputs);
    insta::assert_json_snapshot!("errors", view.errors);
    let errors = view.errors.as_ref().unwrap();
    let figures = json!([drawn(&figures::errors::errors(errors)), drawn(&figures::errors::agreement(errors))]);
    insta::assert_json_snapshot!("errors_figures", figures);
    let body = page::body(&inputs, &view).unwrap();
    assert!(body.contains("<a href=\"#errors\">Errors</a>") && body.contains("<mark>nucle</mark>"));
}

#[test]
fn what_every_run_gets_wrong_is_told_with_how_much_of_it_hints_elsewhere() {
    let mut inputs = told(two_rates());
    answer(&mut inputs, &[0, 1], true);
    let sentences = errors(&inputs).sentences;
    assert!(
        sentences[0].starts_with("The choice, learning rate ") && sentences[0].contains(": 0 of 25 test proteins "),
        "{sentences:?}"
    );
    let of_all = "Over all 2 runs, 0.0% of the predictions are wrong; 0 proteins are misclassified by every run, 25 by none.";
    assert!(sentences.iter().any(|sentence| sentence == of_all), "{sentences:?}");
    assert!(!sentences.iter().any(|sentence| sentence.contains("hint")), "nothing is wrong in every run: {sentences:?}");
    assert!(errors(&inputs).hardest.proteins.is_empty());

    let hinting = inputs.proteins.iter().find(|row| {
        let text = row.text.as_deref().unwrap_or_default();
        row.split == Some(Split::Test) && text.contains("Also")
    });
    let id = hinting.unwrap().id.clone();
    for run in &mut inputs.runs {
        let row = run.predictions.iter_mut().find(|row| row.id == id).unwrap();
        row.predicted = if row.label == "Nucleus" { "Cytoplasm".into() } else { "Nucleus".into() };
    }
    let errors = errors(&inputs);
    let every = |sentence: &String| sentence.ends_with("1 protein is misclassified by every run, 24 by none.");
    assert!(errors.sentences.iter().any(every), "{:?}", errors.sentences);
    let told = errors.sentences.last().unwrap();
    assert!(
        told.starts_with("Of the 1 protein that every run misclassifies, 1 hints at another class in its text (100.0%); of the 24 that every run classifies correctly, "),
        "{told}"
    );
    let [HardProtein { wrong, hint: Some(_), text: Some(_), .. }] = errors.hardest.proteins.as_slice() else {
        panic!("{:?}", errors.hardest)
    };
    assert_eq!((ids(&errors), wrong.as_str()), (vec![id.as_str()], "2 of 2"));
}

#[test]
fn the_hardest_are_those_that_most_runs_get_wrong() {
    let mut inputs = two_rates();
    answer(&mut inputs, &[0], true);
    answer(&mut inputs, &[1], false);
    assert!(errors(&inputs).hardest.proteins.is_empty(), "one of two is not most");
    assert!(
        errors(&inputs).agreement.unwrap().sentence.starts_with("The two runs predict the same class for 0.0% of the proteins")
    );
    answer(&mut inputs, &[0], false);
    let errors = errors(&inputs);
    assert_eq!(errors.hardest.proteins.len(), 25);
    let probabilities: Vec<&str> = errors.hardest.proteins.iter().map(|protein| protein.probability.as_str()).collect();
    assert!(probabilities.is_sorted(), "{probabilities:?}");
    assert!(errors.agreement.unwrap().sentence.contains("100.0%"));
}

#[test]
fn runs_on_other_proteins_are_left_out_and_it_is_said() {
    let mut inputs = two_rates();
    assert_eq!(errors(&inputs).left_out, None);
    for row in &mut inputs.runs[1].predictions {
        row.id = format!("OTHER{}", row.id);
    }
    let errors = errors(&inputs);
    assert!(errors.left_out.unwrap().starts_with("1 run was not tested on"));
    assert_eq!(errors.agreement, None);
    for row in &mut inputs.runs[0].predictions {
        row.id = format!("OTHER{}", row.id);
    }
    let view = View::new(&inputs);
    assert_eq!(view.errors, None);
    assert!(!page::body(&inputs, &view).unwrap().contains("id=\"errors\""));
}

#[test]
fn ids_lead_to_uniprot_or_where_the_experiment_says_or_nowhere() {
    let mut inputs = two_rates();
    answer(&mut inputs, &[0, 1], false);
    let link = |inputs: &Inputs| errors(inputs).hardest.proteins[0].link.clone();
    let id = errors(&inputs).hardest.proteins[0].id.clone();
    assert_eq!(link(&inputs), Some(format!("https://www.uniprot.org/uniprotkb/{id}/entry")));
    inputs.text = FILE.replace("[report]", "[report]\nlink = \"https://example.org/?q={id}\"");
    assert_eq!(link(&inputs), Some(format!("https://example.org/?q={id}")));
    // As `--set` would have it.
    inputs.text = format!("{FILE}\n# Set on the command line:\n#   --set report.link=\"https://example.org/{{id}}\"\n");
    assert_eq!(link(&inputs), Some(format!("https://example.org/{id}")));
    inputs.text = String::new();
    for row in inputs.runs.iter_mut().flat_map(|run| &mut run.predictions).filter(|row| row.split == Split::Test) {
        row.id.push_str("_HUMAN");
    }
    for row in &mut inputs.proteins {
        row.id.push_str("_HUMAN");
    }
    assert_eq!(link(&inputs), None);
}

#[test]
fn kinds_of_proteins_are_counted_apart() {
    let mut inputs = two_rates();
    let groups = errors(&inputs).groups;
    let count = |groups: &[titer_report::view::errors::Group]| groups.iter().map(|group| group.proteins).sum::<u64>();
    assert_eq!((count(&groups.classes), groups.lengths.len()), (25, 0), "too few for bins of length");
    inputs.card.max_length = 100;
    let groups = errors(&inputs).groups;
    assert_eq!((groups.truncated.len(), count(&groups.truncated)), (2, 25));
    inputs.card.max_length = 100_000;
    assert!(errors(&inputs).groups.truncated.is_empty(), "none is truncated");
}

#[test]
fn what_the_data_say_is_never_markup() {
    let mut inputs = told(two_rates());
    answer(&mut inputs, &[0, 1], false);
    for row in &mut inputs.proteins {
        row.text = Some(format!("{HOSTILE} nucle cytoplas {HOSTILE}"));
    }
    let body = page::body(&inputs, &View::new(&inputs)).unwrap();
    assert!(body.contains("<mark>nucle</mark>"));
    assert!(!body.contains("<script>") && !body.contains("<b>"));
}

#[test]
fn errors_are_the_choices_and_those_of_the_others_are_listed() {
    let mut inputs = super::small(&Course::grid(&[2e-5, 1e-4], 2));
    let chosen = View::new(&inputs).comparison.chosen;
    let others: Vec<usize> = (0..4).filter(|run| !chosen.contains(run)).collect();
    answer(&mut inputs, &chosen, true);
    answer(&mut inputs, &chosen[..1], false);
    answer(&mut inputs, &others, false);
    let errors = errors(&inputs);
    let summary = "50.0% of 25 test proteins are misclassified (mean over 2 seeds); 0 with every seed, 0 with none.";
    assert!(errors.sentences[0].ends_with(summary), "{:?}", errors.sentences);
    assert_eq!(errors.confusion.counts.iter().flatten().sum::<f64>(), 25.0, "a mean over seeds, not their sum");
    assert!((errors.groups.classes[0].wrong - 0.5).abs() < 1e-12);
    let table = errors.configurations.unwrap();
    let wrong: Vec<(bool, &str)> = table.rows.iter().map(|row| (row.marked, row.cells[1].text.as_str())).collect();
    assert!(wrong.contains(&(true, "50.0%")) && wrong.contains(&(false, "100.0%")), "{wrong:?}");
}

#[test]
fn a_trend_with_length_is_found_where_there_is_one() {
    let mut inputs = of_classes(&["Cytoplasm", "Nucleus"], &[340, 300], &[Course::at(2e-5, 0.6)]);
    answer(&mut inputs, &[0], true);
    let said = |inputs: &Inputs| {
        let sentences = errors(inputs).sentences;
        sentences.into_iter().find(|sentence| sentence.contains("with length")).unwrap_or_default()
    };
    let mut lengths: Vec<u32> = inputs.proteins.iter().map(|protein| protein.length).collect();
    lengths.sort_unstable();
    let longest = lengths[lengths.len() * 9 / 10];
    let long: Vec<String> =
        inputs.proteins.iter().filter(|protein| protein.length > longest).map(|protein| protein.id.clone()).collect();
    assert_eq!(said(&inputs), "", "without an error there is no trend");
    for row in inputs.runs[0].predictions.iter_mut().filter(|row| long.contains(&row.id)) {
        row.predicted = if row.label == "Nucleus" { "Cytoplasm".into() } else { "Nucleus".into() };
    }
    assert!(said(&inputs).starts_with("The error rate rises with length (trend test, p < 0.001): 0.0% at "), "{}", said(&inputs));
}
