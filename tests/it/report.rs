//! The report says what the tables hold, draws it, and writes it the same way every time.

mod baselines;
mod errors;
mod figures;
pub mod fixture;
pub mod regression;

use assert_cmd::Command;
use serde_json::{Value, json};
use titer_core::{
    data::{BySplit, Member, Shared, Split},
    metric::{ACCURACY, F1},
};
use titer_report::{
    self as report, Compared, Inputs, View,
    figures::{comparison, data, detail::Detail, test, training},
    page,
    view::table::Table,
};

use self::fixture::Course;

const HOSTILE: &str = "</script><script>alert(1)</script><b>&amp; %{x} $x$";

/// Two classes, a few proteins.
pub fn small(courses: &[Course]) -> Inputs {
    of_classes(&["Cytoplasm", "Nucleus"], &[65, 55], courses)
}

pub fn of_classes(classes: &[&str], sizes: &[usize], courses: &[Course]) -> Inputs {
    let folder = tempfile::tempdir().unwrap();
    fixture::proteins(folder.path(), classes, sizes).inputs(courses)
}

fn two_rates() -> Inputs {
    small(&[Course::at(2e-5, 1.0), Course::at(1e-4, 1.3)])
}

/// Everything the view says but its series: sentences and tables.
fn said(view: &View) -> Value {
    let View { title, answer, comparison, data, tokens, models, split, runs, failures, .. } = view;
    let run = |run: &report::view::run::RunView| {
        json!({
            "label": run.label, "chosen": run.chosen, "intervals": run.intervals, "diverged": run.diverged, "recipe": run.recipe,
            "training": run.training.sentences, "epochs": run.training.epochs,
            "test": run.test.as_ref().map(|test| json!({ "summary": test.summary, "report": test.report, "undefined": test.undefined })),
        })
    };
    json!({
        "title": title, "answer": answer, "comparison": comparison.table(),
        "data": { "summary": data.summary, "quality": data.quality, "classes": data.labels, "lengths": data.lengths, "samples": data.samples },
        "split": split, "tokens": tokens.summary, "example": tokens.example.as_ref().map(|example| &example.caption), "models": models,
        "runs": runs.iter().map(run).collect::<Vec<_>>(), "failures": failures,
    })
}

/// A figure's JSON with its long lists cut: how many there are, and the ends.
fn brief(value: Value) -> Value {
    match value {
        Value::Array(items) if items.len() > 6 && items.iter().all(|item| item.is_number() || item.is_null()) => {
            json!(format!("{} numbers: {}, {} … {}", items.len(), items[0], items[1], items[items.len() - 1]))
        }
        Value::Array(items) => items.into_iter().map(brief).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, field)| (key, brief(field))).collect(),
        plain => plain,
    }
}

pub fn drawn(figures: &[report::figures::Figure]) -> Value {
    figures.iter().map(|figure| (figure.id.clone(), brief(figure.json().unwrap()))).collect::<serde_json::Map<_, _>>().into()
}

/// Every text in a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn what_lies_on_disk_is_what_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut inputs = two_rates();
    inputs.failures.push(fixture::failed(2, 1.0, "the worker ended by signal 9"));
    let results = fixture::lay(&inputs, folder.path());
    assert_eq!(View::new(&Inputs::read(&results).unwrap()), View::new(&inputs));
}

#[test]
fn the_same_tables_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let results = fixture::lay(&two_rates(), folder.path());
    let first = fs_err::read(report::write(&results).unwrap()).unwrap();
    let again = fs_err::read(report::write(&results).unwrap()).unwrap();
    assert!(first == again);
}

#[test]
fn two_runs_and_a_failed_one_are_told_as_they_are() {
    let mut inputs = two_rates();
    inputs.failures.push(fixture::failed(2, 1.0, "the worker ended by signal 9"));
    let view = View::new(&inputs);
    insta::assert_json_snapshot!("two_runs", said(&view));
    insta::assert_json_snapshot!("two_runs_comparison", drawn(&comparison::comparison(&view)));
    insta::assert_json_snapshot!("two_runs_data", drawn(&data::data(&view.data, Some(view.tokens.max_length))));
    insta::assert_json_snapshot!("two_runs_training", drawn(&training::all(&view)));
    insta::assert_json_snapshot!("two_runs_test", drawn(&test::run(&view.runs[0], Detail::Full, None)));
}

#[test]
fn one_run_is_not_compared_with_anything() {
    let view = View::new(&small(&[Course::at(2e-5, 1.0)]));
    insta::assert_json_snapshot!("one_run_answer", view.answer);
    assert!(training::all(&view).is_empty() && test::all(&view).is_empty());
}

#[test]
fn many_classes_are_told_one_from_the_rest() {
    let view = View::new(&of_classes(&["A", "B", "C", "D"], &[40, 35, 30, 25], &[Course::at(2e-5, 1.6), Course::at(1e-4, 1.2)]));
    insta::assert_json_snapshot!("many_classes_report", view.runs[0].test.as_ref().unwrap().report);
    insta::assert_json_snapshot!("many_classes_test", drawn(&test::run(&view.runs[0], Detail::Full, None)));
    assert_eq!(test::all(&view).len(), 2, "the pooled curves of both runs");
}

#[test]
fn a_metric_without_a_value_says_why() {
    let inputs = small(&[Course { blind: true, ..Course::at(2e-5, 1.0) }]);
    let view = View::new(&inputs);
    let test = view.runs[0].test.as_ref().unwrap();
    insta::assert_json_snapshot!(
        "undefined",
        json!({ "report": test.report, "undefined": test.undefined, "answer": view.answer })
    );
    let body = page::body(&inputs, &view).unwrap();
    assert!(body.contains(r#"<abbr title="nothing was predicted to be of this class">–</abbr>"#));
}

#[test]
fn a_diverged_run_shows_its_evidence_and_wins_nothing() {
    let inputs = small(&[Course::at(2e-5, 1.0), Course { diverged: true, ..Course::at(1e-2, 1.0) }]);
    let view = View::new(&inputs);
    assert_eq!(view.comparison.best, [0]);
    let run = &view.runs[1];
    assert!(run.diverged && run.test.is_none());
    assert!(run.training.sentences.iter().any(|text| text.contains("stopped being finite")), "{:?}", run.training.sentences);
    let losses = training::run(&view.runs[1], Detail::Full)[0].json().unwrap();
    assert!(losses["data"][0]["y"].as_array().unwrap().last().unwrap().is_null(), "what is not finite is a gap");
    assert!(page::body(&inputs, &view).unwrap().contains("diverged"));
}

#[test]
fn a_run_that_diverges_before_its_first_evaluation_shows_what_there_is() {
    let mut inputs = small(&[Course::at(2e-5, 1.0), Course { diverged: true, ..Course::at(1e-2, 1.0) }]);
    let run = &mut inputs.runs[1];
    (run.epochs, run.predictions) = (Vec::new(), Vec::new());
    run.steps.truncate(2);
    run.steps[1].loss = f64::NAN;
    let outcome = &mut run.manifest.outcome;
    (outcome.steps, outcome.selected_epoch, outcome.validation) = (2, None, None);
    let view = View::new(&inputs);
    let sentence = "The loss stopped being finite at step 2: the run diverged there, before its first evaluation.";
    assert!(view.runs[1].training.sentences.iter().any(|text| text == sentence), "{:?}", view.runs[1].training.sentences);
    assert!(view.answer.cautions.iter().any(|text| text.starts_with("1 run diverged: ")), "{:?}", view.answer.cautions);
    let losses = training::run(&view.runs[1], Detail::Full)[0].json().unwrap();
    assert_eq!(losses["data"][0]["mode"], "lines+markers", "one point is no line");
    assert!(page::body(&inputs, &view).unwrap().contains("diverged"));
    assert!(Compared::from(view).to_string().lines().any(|line| line.contains("0.01") && line.contains("diverged")));
}

/// How sure the report is of the choice.
fn sureness(inputs: &Inputs) -> String {
    let answer = View::new(inputs).answer;
    answer.advice.into_iter().find(|advice| advice.term == "Confidence").unwrap().text
}

#[test]
fn runs_are_told_apart_by_the_proteins_they_disagree_on() {
    let apart = sureness(&small(&[Course::at(2e-5, 0.2), Course::at(1e-4, 3.0)]));
    assert!(apart.starts_with("Better than the one with 2e-5: the difference is "), "{apart}");
    assert!(apart.contains("McNemar test on the ") && (apart.contains("p < 0.001") || apart.contains("p = 0.0")), "{apart}");
}

#[test]
fn predictions_are_paired_row_by_row() {
    let mut inputs = two_rates();
    let told = sureness(&inputs);
    assert!(told.contains("McNemar"), "{told}");
    for row in inputs.runs.iter_mut().flat_map(|run| &mut run.predictions) {
        row.id = "TWICE".to_owned();
    }
    assert_eq!(sureness(&inputs), told, "an id may come more than once");
    for row in &mut inputs.runs[1].predictions {
        row.id = "OTHER".to_owned();
    }
    assert!(!sureness(&inputs).contains("McNemar"), "other proteins");
}

#[test]
fn one_seed_is_cautioned_about_whatever_else_has_a_seed() {
    let cautioned = |inputs: &Inputs| View::new(inputs).answer.cautions.iter().any(|text| text.starts_with("One seed"));
    let mut inputs = two_rates();
    inputs.runs[1].manifest.point.insert("split.seed".to_owned(), json!(43));
    assert!(cautioned(&inputs));
    assert!(!cautioned(&small(&[Course::at(2e-5, 1.0), Course { seed: 43, ..Course::at(2e-5, 1.0) }])));
}

#[test]
fn runs_on_data_of_their_own_are_cautioned_about_where_data_is_described() {
    let mut inputs = two_rates();
    let caution = "The runs have their own split.seed:";
    assert!(!page::body(&inputs, &View::new(&inputs)).unwrap().contains(caution));
    inputs.runs[1].manifest.point.insert("split.seed".to_owned(), json!(43));
    let body = page::body(&inputs, &View::new(&inputs)).unwrap();
    assert_eq!(body.matches(caution).count(), 4, "the answer, data, split and tokens");
}

#[test]
fn sequences_that_the_given_splits_share_are_cautioned_about() {
    let mut inputs = two_rates();
    let cautions = |inputs: &Inputs| View::new(inputs).answer.cautions.join("\n");
    assert!(!cautions(&inputs).contains("given splits"));
    let member = |id: &str, split| Member { id: id.to_owned(), split };
    inputs.card.shared = Some(Shared {
        sequences: 3,
        train_validation: 0,
        train_test: 3,
        validation_test: 0,
        dropped: BySplit { train: 1, validation: 0, test: 3 },
        examples: vec![vec![member("P1", Split::Train), member("T1", Split::Test)]],
    });
    let told = cautions(&inputs);
    let expected = "3 sequences occur in more than one of the given splits (P1 in train and T1 in test; …). \
        Repeated sequences were excluded, 1 from the training set, 3 from the test set: the splits are not exactly the ones given. \
        Near-duplicates were not searched for.";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn the_best_possible_may_be_beaten_by_luck() {
    let mut inputs = two_rates();
    inputs.card.best_accuracy = Some(0.9);
    let sentences = View::new(&inputs).answer.sentences;
    assert!(sentences.iter().any(|text| text.ends_with("the choice lies above it, by luck.")), "{sentences:?}");
}

#[test]
fn the_command_shown_sets_what_the_sweep_was_told_to_set() {
    let mut inputs = two_rates();
    inputs.text.push_str("\n# Set on the command line:\n#   --set train.epochs=5\n#   --set data.classes=[\"a b\"]\n");
    let command = View::new(&inputs).making.experiments[0].command.clone();
    assert_eq!(command, "just sweep experiments/lr.toml --set train.epochs=5 --set 'data.classes=[\"a b\"]'");
}

#[test]
fn runs_of_long_names_have_a_line_each() {
    let mut inputs = two_rates();
    for run in &mut inputs.runs {
        run.manifest.point.insert("data.source".to_owned(), json!("x".repeat(60)));
    }
    let json = comparison::comparison(&View::new(&inputs))[0].json().unwrap();
    assert_ne!(json["data"][0]["y"], json["data"][1]["y"]);
}

#[test]
fn runs_selected_by_different_metrics_are_cautioned_about() {
    let view = View::new(&small(&[Course::at(2e-5, 1.0), Course { select: F1, ..Course::at(1e-4, 1.0) }]));
    assert!(view.answer.cautions.iter().any(|text| text.contains("F1, accuracy")), "{:?}", view.answer.cautions);
    assert!(view.answer.cautions.iter().any(|text| text.contains("train.select")), "{:?}", view.answer.cautions);
}

#[test]
fn a_sweep_without_a_finished_run_has_a_report_too() {
    let mut inputs = small(&[]);
    inputs.failures.push(fixture::failed(0, 1.0, "no such weights"));
    let view = View::new(&inputs);
    assert_eq!(view.answer.headline, "No run has finished: 1 run failed.");
    let body = page::body(&inputs, &view).unwrap();
    assert!(body.contains("no such weights") && !body.contains("id=\"comparison\""));
}

#[test]
fn text_from_files_is_never_markup() {
    let mut inputs = of_classes(&["Cytoplasm", HOSTILE], &[65, 55], &[Course::at(2e-5, 1.0), Course::at(1e-4, 1.3)]);
    inputs.text = format!("# {HOSTILE}\n");
    inputs.name = HOSTILE.to_owned();
    inputs.proteins[0].id = HOSTILE.to_owned();
    for run in &mut inputs.runs {
        run.manifest.point.insert(HOSTILE.to_owned(), json!(HOSTILE));
    }
    inputs.failures.push(fixture::failed(2, 1.0, HOSTILE));
    let view = View::new(&inputs);
    let body = page::body(&inputs, &view).unwrap();
    assert!(!body.contains("<script>") && !body.contains("<b>"), "HTML");
    assert_eq!(body.matches("<script").count(), body.matches("<script type=\"application/json\"").count(), "data alone");
    assert_eq!(body.matches("</script").count(), body.matches("<script").count(), "none closed early");

    let run = &view.runs[0];
    let all = [
        comparison::comparison(&view),
        data::data(&view.data, Some(view.tokens.max_length)),
        training::all(&view),
        test::all(&view),
        test::run(run, Detail::Full, None),
        training::run(run, Detail::Full),
    ];
    for figure in all.iter().flatten() {
        let json = figure.json().unwrap();
        for text in texts(&json) {
            let text = text.replace("<br>", "").replace("<extra></extra>", "");
            assert!(!text.contains('<') && !text.contains("%{x} $"), "{}: {text}", figure.id);
        }
    }
}

#[test]
fn the_page_without_its_bundle_and_figures_is_as_drawn() {
    let inputs = two_rates();
    let page = page::page(&inputs, &View::new(&inputs)).unwrap();
    assert_eq!(page.matches("plotly.js v").count(), 1, "one copy");
    assert!(page.len() < 5_000_000, "{}", page.len());
    let page = cut(&page);
    // Where a reader may go is no request.
    let page = page.replace("<a href=\"https://www.uniprot.org/", "<a href=\"…");
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("src="), "nothing from elsewhere");
    insta::assert_snapshot!("page", page);
}

/// The page with the contents of its styles and scripts cut out, and what depends on them.
fn cut(page: &str) -> String {
    let nonce = page.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let mut text = page.replace(nonce, "NONCE");
    for (open, close) in [("<style>", "</style>"), ("<script", "</script>")] {
        let mut kept = String::new();
        for (index, part) in text.split(open).enumerate() {
            match part.split_once(close) {
                Some((inside, rest)) if index > 0 => {
                    let attributes =
                        inside.split_once('>').filter(|_| open == "<script").map_or("", |(attributes, _)| attributes);
                    let end = if open == "<script" { ">" } else { "" };
                    kept.extend([open, attributes, end, "…", close, rest]);
                }
                _ => kept.push_str(part),
            }
        }
        text = kept;
    }
    text
}

/// `titer` in a folder of its own, and the experiment file that names its results.
fn titer(folder: &std::path::Path, arguments: &[&str]) -> Command {
    fs_err::write(folder.join("lr.toml"), EXPERIMENT).unwrap();
    let mut command = Command::cargo_bin("titer").unwrap();
    command.env_clear().current_dir(folder).args(arguments).arg("lr.toml");
    command
}

/// An experiment file whose inputs are not here: what they hold cannot have changed.
const EXPERIMENT: &str =
    "[data]\nsource = \"table\"\npath = \"x.csv\"\nid = \"id\"\nsequence = \"s\"\nlabel = \"l\"\n[model]\nweights = \"./w\"\n";

/// Lays the inputs down as a sweep of [`EXPERIMENT`] would.
fn lay(inputs: &Inputs, results: &std::path::Path) -> titer_core::results::ExperimentFolder {
    let folder = fixture::lay(inputs, results);
    fs_err::write(folder.experiment(), EXPERIMENT).unwrap();
    folder
}

fn printed(command: &mut Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

#[test]
fn the_commands_report_and_compare() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = two_rates();
    lay(&inputs, &folder.path().join("results"));
    assert_eq!(printed(&mut titer(folder.path(), &["report", "--output", "out.html"])), "out.html\n");
    let page = fs_err::read_to_string(folder.path().join("out.html")).unwrap();
    assert!(page.ends_with("</html>"));

    insta::assert_snapshot!("compare", printed(&mut titer(folder.path(), &["compare"])));
    let comparison: Value = serde_json::from_str(&printed(&mut titer(folder.path(), &["compare", "--json"]))).unwrap();
    let accuracy = inputs.runs[0].manifest.outcome.test.as_ref().unwrap().number(ACCURACY);
    assert_eq!(comparison["runs"][0]["scores"]["accuracy"], json!(accuracy), "in full");
    assert_eq!(comparison["runs"][1]["point"], json!({ "train.learning-rate": 1e-4 }));
}

#[test]
fn a_report_is_checked_against_its_tables() {
    let folder = tempfile::tempdir().unwrap();
    let results = lay(&two_rates(), &folder.path().join("results"));
    let check = || titer(folder.path(), &["report", "--check"]).assert();
    let told = |assert: &assert_cmd::assert::Assert| String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(told(&check().code(3)).contains("nothing to check"));
    titer(folder.path(), &["report"]).assert().success();
    check().success();
    let page = fs_err::read_to_string(results.report()).unwrap();
    let other = page.replace("Written by titer ", "Written by titer 9").replace("<style>", "<style>/* of its own */");
    fs_err::write(results.report(), other).unwrap();
    check().success();
    let headline = View::new(&two_rates()).answer.headline;
    assert!(page.contains(&headline));
    fs_err::write(results.report(), page.replace(&headline, "Learning rate 1 is best.")).unwrap();
    let told = told(&check().code(3));
    assert!(told.contains("Learning rate 1 is best.") && told.contains(&headline[..30]), "{told}");
}

#[test]
fn two_experiments_on_the_same_test_set_are_compared_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let proteins = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[65, 55]);
    let one = proteins.inputs(&[Course::at(2e-5, 1.0), Course::at(1e-4, 1.3)]);
    let mut other = proteins.inputs(&[Course::at(5e-5, 3.0)]);
    other.name = "frozen".to_owned();
    fixture::lay(&one, &results);
    fixture::lay(&other, &results);
    let files = ["lr", "frozen"].map(|name| format!("{}/experiments/{name}.toml", env!("CARGO_MANIFEST_DIR")));
    let call = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("titer").unwrap();
        command.env_clear().current_dir(folder.path()).args(arguments).args(&files);
        command.assert()
    };
    call(&["report"]).success().stdout("results/lr-and-frozen.html\n");
    let page = fs_err::read_to_string(results.join("lr-and-frozen.html")).unwrap();
    assert!(page.contains("The experiments lr and frozen on the same test set"));
    let output = call(&["compare", "--json"]).success().get_output().stdout.clone();
    let compared: Value = serde_json::from_slice(&output).unwrap();
    let labels: Vec<&str> = compared["configurations"].as_array().unwrap().iter().filter_map(|of| of["label"].as_str()).collect();
    assert_eq!(
        labels,
        ["experiment lr, learning rate 2e-5", "experiment lr, learning rate 1e-4", "experiment frozen, learning rate 5e-5"]
    );
    assert_eq!(compared["pairs"]["pairs"].as_array().unwrap().len(), 3);

    for row in other.runs.iter_mut().flat_map(|run| &mut run.predictions) {
        row.id.push('x');
    }
    fixture::lay(&other, &results);
    let error = String::from_utf8(call(&["report"]).code(3).get_output().stderr.clone()).unwrap();
    assert!(error.contains("lr and frozen were not tested on the same proteins"), "{error}");
}

#[test]
fn a_key_of_one_experiments_grid_is_told_of_the_others_runs_too() {
    let one = two_rates();
    let mut other = small(&[Course::at(5e-5, 3.0)]);
    other.name = "frozen".to_owned();
    other.runs[0].manifest.point.clear();
    other.runs[0].manifest.settings.train.weight_decay = 0.0;
    let mut decayed = small(&[Course { weight_decay: 0.0, ..Course::at(5e-5, 3.0) }]);
    decayed.name = "decay".to_owned();
    // As a grid may write it.
    decayed.runs[0].manifest.point = fixture::point(&json!({ "train.weight-decay": 0 }));
    let view = View::new(&report::joined(vec![one, other, decayed]).unwrap());
    let labels: Vec<&str> = view.comparison.runs.iter().map(|run| run.label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "experiment lr, learning rate 2e-5, weight decay 0.01",
            "experiment lr, learning rate 1e-4, weight decay 0.01",
            "experiment frozen, learning rate 5e-5, weight decay 0",
            "experiment decay, learning rate 5e-5, weight decay 0",
        ]
    );
    let values = |run: usize| &view.comparison.points.rows[run].values[1..];
    assert_eq!(values(2), values(3));
}

#[test]
fn without_results_the_commands_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["report", "compare"] {
        let output = titer(folder.path(), &[command]).assert().code(3).get_output().clone();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains("nothing to report") && message.contains("titer sweep"), "{message}");
        assert!(output.stdout.is_empty());
    }
    assert!(!folder.path().join("results").exists());
}

#[test]
fn a_run_with_a_damaged_table_is_named_beside_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = two_rates();
    let results = fixture::lay(&inputs, folder.path());
    let path = results.run(&inputs.runs[1].manifest.key).predictions();
    let bytes = fs_err::read(&path).unwrap();
    fs_err::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let page = report::write(&results).unwrap();
    let read = Inputs::read(&results).unwrap();
    assert_eq!((read.runs.len(), read.failures.len()), (1, 1));
    let text = fs_err::read_to_string(&page).unwrap();
    assert!(text.contains("predictions.parquet is not a Parquet file that titer can read"));
    assert!(!text.contains(&folder.path().display().to_string()), "the report tells where it was made");
}

#[test]
fn where_the_data_card_is_damaged_the_last_report_stays() {
    let folder = tempfile::tempdir().unwrap();
    let results = fixture::lay(&two_rates(), folder.path());
    let page = report::write(&results).unwrap();
    let before = fs_err::read(&page).unwrap();
    fs_err::write(results.card(), "{}").unwrap();
    let error = report::write(&results).unwrap_err();
    assert!(error.to_string().contains("dataset.json"), "{error}");
    assert!(before == fs_err::read(&page).unwrap());
}

#[test]
fn a_report_is_drawn_again_only_where_something_changed() {
    let folder = tempfile::tempdir().unwrap();
    let results = fixture::lay(&two_rates(), folder.path());
    let page = report::refresh(&results).unwrap();
    fs_err::write(&page, "as it was").unwrap();
    report::refresh(&results).unwrap();
    assert_eq!(fs_err::read_to_string(&page).unwrap(), "as it was");
    let text = fs_err::read_to_string(results.experiment()).unwrap();
    fs_err::write(results.experiment(), text + "\n# another word\n").unwrap();
    report::refresh(&results).unwrap();
    assert_ne!(fs_err::read_to_string(&page).unwrap(), "as it was");
}

#[test]
fn a_table_keeps_its_cells_under_their_columns() {
    let table: Table = View::new(&two_rates()).comparison.table();
    assert!(table.rows.iter().all(|row| row.cells.len() == table.columns.len()), "{table}");
}
