//! The figures that set many runs side by side, and the methods that are told of them.

use serde_json::{Value, json};
use titer_report::{
    View,
    figures::{Figure, against, baselines, comparison, epochs, pairwise},
    view::methods::Methods,
};

use super::{Course, small};

const RATES: [f64; 4] = [1e-5, 1e-4, 1e-3, 1e-2];

fn grid() -> View {
    View::new(&small(&Course::grid(&RATES, 2)))
}

fn json(figure: &Figure) -> Value {
    figure.json().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

#[test]
fn a_numeric_key_has_a_dot_a_run_on_a_logarithmic_axis() {
    let view = grid();
    let [figure] = against::against(&view).try_into().unwrap_or_else(|_| panic!("one key of numbers"));
    let figure = json(&figure);
    assert_eq!(figure["layout"]["xaxis"]["type"], "log");
    let data = figure["data"].as_array().unwrap();
    assert_eq!(data.len(), 9, "the means, and eight runs");
    assert_eq!(numbers(&data[0]["x"]), RATES);
    let means = numbers(&data[0]["y"]);
    let dots: Vec<f64> = data[1..].iter().map(|dot| numbers(&dot["y"])[0]).collect();
    for (place, mean) in means.iter().enumerate() {
        assert!((mean - f64::midpoint(dots[2 * place], dots[2 * place + 1])).abs() < 1e-4, "{means:?} {dots:?}");
    }
    assert!(data[1..].iter().all(|dot| dot["meta"].is_number()), "the page can leave a run out");
    assert!(against::against(&View::new(&super::two_rates())).is_empty(), "two values are no course");
}

#[test]
fn the_matrix_of_pairs_is_antisymmetric_and_stars_what_is_significant() {
    let mut courses = Course::grid(&RATES, 2);
    courses[6].signal = 8.0;
    courses[7].signal = 8.0;
    let view = View::new(&super::of_classes(&["Cytoplasm", "Nucleus"], &[340, 300], &courses));
    let figure = json(&pairwise::pairwise(&view).unwrap());
    let rows: Vec<Vec<f64>> = figure["data"][0]["z"].as_array().unwrap().iter().map(numbers).collect();
    for (row, values) in rows.iter().enumerate() {
        assert!(values[row].is_nan(), "nothing is compared with itself");
        for (column, value) in values.iter().enumerate().filter(|(column, _)| *column != row) {
            assert!((value + rows[column][row]).abs() < 1e-9, "{rows:?}");
        }
    }
    let starred =
        figure["layout"]["annotations"].as_array().unwrap().iter().filter(|cell| cell["text"].as_str().unwrap().ends_with('*'));
    let significant = view.decision.pairs.pairs.iter().filter(|pair| pair.is_significant()).count();
    assert!(significant > 0 && significant < 6, "{significant}");
    assert_eq!(starred.count(), 2 * significant);
    assert!(pairwise::pairwise(&View::new(&super::two_rates())).is_none(), "of two there is one pair");
}

#[test]
fn every_run_counts_once_among_the_selected_epochs() {
    let view = grid();
    let figure = json(&epochs::selected(&view).unwrap());
    let bars: Vec<Vec<f64>> = figure["data"].as_array().unwrap().iter().map(|trace| numbers(&trace["y"])).collect();
    assert_eq!(bars.len(), 4, "a colour a configuration");
    assert_eq!(bars.iter().flatten().sum::<f64>(), 8.0);
    let first = view.comparison.runs[..2].iter().map(|run| run.selected_epoch.unwrap());
    let expected: Vec<f64> = (1..=5).map(|epoch| first.clone().filter(|of| *of == epoch).count() as f64).collect();
    assert_eq!(bars[0], expected);
}

#[test]
fn baselines_have_a_figure_of_their_own_that_marks_the_choice() {
    let view = grid();
    let names = |figure: &Value| -> Vec<String> {
        figure["data"].as_array().unwrap().iter().map(|trace| trace["name"].as_str().unwrap().to_owned()).collect()
    };
    let figure = json(&baselines::baselines(&view).unwrap());
    assert!(names(&figure).contains(&"majority class".to_owned()));
    let accuracies = json(&comparison::comparison(&view)[0]);
    assert!(!names(&accuracies).iter().any(|name| names(&figure).contains(name)), "they would squeeze the configurations");
    let chosen = view.decision.chosen().unwrap().score.as_ref().unwrap().mean;
    assert!((figure["layout"]["shapes"][0]["x0"].as_f64().unwrap() - chosen).abs() < 1e-4);
}

#[test]
fn the_methods_are_those_that_were_used_each_with_its_source() {
    let of = |view: &View| Methods::new(view).unwrap();
    let says = |methods: &Methods, what: &str| methods.sentences.iter().any(|sentence| sentence.contains(what));
    let cites = |methods: &Methods, who: &str| methods.references.iter().any(|work| work.starts_with(who));
    let runs = of(&View::new(&super::two_rates()));
    assert!(
        says(&runs, "McNemar's test with the mid-p value (McNemar 1947; Fagerland et al. 2013)") && cites(&runs, "McNemar Q")
    );
    assert!(!says(&runs, "random effects") && !cites(&runs, "Hillis"), "{runs:#?}");
    assert!(!says(&runs, "The p-values were adjusted for"), "one comparison is not adjusted");
    assert!(cites(&runs, "Bonett"), "{runs:#?}");
    let seeds = of(&grid());
    assert!(says(&seeds, "crossed random effects") && cites(&seeds, "Hillis") && !says(&seeds, "McNemar"), "{seeds:#?}");
    assert!(says(&seeds, "The p-values were adjusted for 6 comparisons (Holm 1979)."));
    let alone = of(&View::new(&small(&[Course::at(2e-5, 1.0)])));
    assert!(!says(&alone, "was chosen"), "of one there is no choice");
    assert_eq!(Methods::new(&View::new(&small(&[]))), None);
    assert_eq!(json!(seeds.references.len()), json!(seeds.references.iter().collect::<std::collections::BTreeSet<_>>().len()));
}
