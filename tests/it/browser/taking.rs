//! What a reader takes from the page: tables in another order, tables and figures as CSV, figures
//! as files.

use serde_json::{Value, json};
use titer_core::metric::LOSS;
use titer_report::View;

use super::opened;
use crate::report::fixture::{self, Course};

/// The cells of a column of a table after its head has been pressed, and the order it is said to be
/// in.
const SORTED: &str = r"
(() => {
  const table = document.querySelector(TABLE);
  const head = [...table.tHead.rows[0].cells].find((cell) => cell.textContent === COLUMN);
  head.querySelector('button').click();
  return [head.getAttribute('aria-sort'), [...table.tBodies[0].rows].map((row) => row.cells[head.cellIndex].childNodes[0].textContent.trim())];
})()";

/// What a press on a tool copies.
const COPIED: &str = r"
(async () => {
  let copied;
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: async (text) => (copied = text) } });
  const chart = document.querySelector('#all-validation-loss');
  chart.scrollIntoView();
  for (let tries = 0; tries < 200 && !chart.data; tries++) await new Promise((done) => setTimeout(done, 20));
  document.querySelector(TOOL).click();
  await new Promise((done) => setTimeout(done, 20));
  return copied;
})()";

/// The file that a press on `SVG` saves, and under which name.
const SAVED: &str = r"
(async () => {
  const chart = document.querySelector('#all-validation-loss');
  chart.scrollIntoView();
  for (let tries = 0; tries < 200 && !chart.data; tries++) await new Promise((done) => setTimeout(done, 20));
  let saved;
  Plotly.downloadImage = (figure, options) => (saved = { figure, options });
  chart.closest('figure').querySelector('[aria-label$=SVG]').click();
  const url = await Plotly.toImage(saved.figure, saved.options);
  const svg = decodeURIComponent(url.slice(url.indexOf(',') + 1));
  const page = new DOMParser().parseFromString(svg, 'image/svg+xml');
  return {
    file: `${saved.options.filename}.${saved.options.format}`,
    ground: page.querySelector('rect').style.fill,
    ink: page.querySelector('.gtitle').style.fill,
    title: page.querySelector('.gtitle').textContent,
    lines: page.querySelectorAll('.scatterlayer .js-line').length,
    screen: chart._fullLayout.font.color,
  };
})()";

#[test]
fn tables_sort_by_any_column_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let courses =
        [Course::at(2e-5, 1.0), Course { diverged: true, ..Course::at(1e-2, 1.0) }, Course::at(1e-4, 1.6), Course::at(3e-6, 0.4)];
    let mut inputs = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[65, 55]).inputs(&courses);
    for (run, seconds) in inputs.runs.iter_mut().zip([98.6, 4350.0, 59.4, 2981.0]) {
        run.manifest.outcome.seconds = seconds;
    }
    let table = View::new(&inputs).comparison.table();
    let column = |name: &str| {
        let place = table.columns.iter().position(|column| column.name == name).unwrap();
        table.rows.iter().map(|row| row.cells[place].text.clone()).collect::<Vec<_>>()
    };
    let Some(mut browser) = opened(folder.path(), &inputs) else { return };
    let mut sorted_in = |table: &str, name: &str| {
        let script = SORTED.replace("TABLE", &json!(table).to_string());
        browser.evaluate(&script.replace("COLUMN", &json!(name).to_string()))
    };
    let mut sorted = |name: &str| sorted_in("#comparison table", name);

    let accuracies = column("accuracy");
    let mut rising: Vec<String> = accuracies.iter().filter(|text| *text != "diverged").cloned().collect();
    let share = |text: &String| text.strip_suffix('%').unwrap().parse::<f64>().unwrap();
    rising.sort_by(|a, b| share(a).total_cmp(&share(b)));
    let falling: Vec<String> = rising.iter().rev().cloned().collect();
    let last = |mut texts: Vec<String>| {
        texts.push("diverged".to_owned());
        texts
    };
    assert_eq!(sorted("accuracy"), json!(["ascending", last(rising)]));
    assert_eq!(sorted("accuracy"), json!(["descending", last(falling)]));
    assert_eq!(sorted("accuracy"), json!([null, accuracies]));
    assert_eq!(sorted("learning rate"), json!(["ascending", ["3e-6", "2e-5", "1e-4", "0.01"]]), "as numbers");
    assert_eq!(sorted("time"), json!(["ascending", ["59.4 s", "1 min 39 s", "49 min 41 s", "1 h 12 min"]]), "as durations");
    let parameters = sorted_in("#model .pair > :last-child table", "parameters");
    assert_eq!(parameters[1][0], json!("121"));
    assert_eq!(parameters[1][6], json!("7,512,443"), "thousands apart");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn tables_and_figures_copy_as_csv() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = fixture::proteins(folder.path(), &["Cyto, \"plasm\"", "Nucleus"], &[65, 55])
        .inputs(&[Course::at(2e-5, 1.0), Course { diverged: true, ..Course::at(1e-2, 1.0) }]);
    let view = View::new(&inputs);
    let Some(mut browser) = opened(folder.path(), &inputs) else { return };
    let mut copied = |tool: &str| -> Vec<csv::StringRecord> {
        let text = browser.evaluate(&COPIED.replace("TOOL", &json!(tool).to_string()));
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_str().unwrap().as_bytes());
        reader.records().map(Result::unwrap).collect()
    };

    let comparison = copied("#comparison .table .tool");
    let column = |name: &str| {
        let at = comparison[0].iter().position(|head| head == name).unwrap_or_else(|| panic!("no {name} in {:?}", comparison[0]));
        comparison[1..].iter().map(|row| row[at].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(column("learning rate"), ["2e-5", "0.01"], "without the badge of the choice");
    let ends = view.comparison.runs[0]
        .scores
        .as_ref()
        .unwrap()
        .correct
        .as_ref()
        .unwrap()
        .accuracy_interval
        .map(|end| format!("{:.1}", 100.0 * end));
    let [low, high] = ["95% interval low (%)", "95% interval high (%)"].map(column);
    assert_eq!([[&low[0], &low[1]], [&high[0], &high[1]]], [[&ends[0], ""], [&ends[1], ""]], "a dash is no value");
    let accuracies = column("accuracy (%)");
    assert!(accuracies[0].parse::<f64>().is_ok() && accuracies[1] == "diverged", "{accuracies:?}");
    assert_eq!(column("time (s)"), ["1560", "1560"]);
    let classes = copied("#run-1 .pair > :nth-child(2) .tool");
    assert_eq!(classes[1].get(0), Some("Cyto, \"plasm\""));
    assert_eq!(copied("#model .pair > :last-child .tool")[1].get(2), Some("10560"), "no commas among digits");

    let figure = copied("#all-validation-loss ~ .tools [aria-label$=CSV]");
    let points = &view.runs[0].training.validation;
    assert_eq!(figure[0], vec!["run", "epoch", "loss"]);
    assert_eq!(figure[1].get(0), Some("learning rate 2e-5"));
    let loss: f64 = figure[1].get(2).unwrap().parse().unwrap();
    assert!((loss - points[0].metrics.number(LOSS)).abs() < 1e-4, "{figure:?}");
}

#[test]
fn a_figure_is_saved_dark_on_white_from_a_dark_page() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[65, 55])
        .inputs(&[Course::at(2e-5, 1.0), Course::at(1e-4, 1.6)]);
    let Some(mut browser) = opened(folder.path(), &inputs) else { return };
    browser.dark();
    let saved: Value = browser.evaluate(SAVED);
    assert_eq!(
        saved,
        json!({
            "file": "lr-all-validation-loss.svg", "ground": "rgb(255, 255, 255)", "ink": "rgb(27, 33, 41)",
            "title": "Validation loss", "lines": 2, "screen": "#e3e7ec",
        })
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(browser.requests().len(), 1, "the page itself");
}

#[test]
fn a_figures_csv_names_its_columns_and_holds_intervals() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[65, 55]).inputs(&Course::grid(&[2e-5, 1e-4], 3));
    let view = View::new(&inputs);
    let Some(mut browser) = opened(folder.path(), &inputs) else { return };
    let mut copied = |id: &str| -> Vec<csv::StringRecord> {
        let script = COPIED.replace("#all-validation-loss", &format!("#{id}"));
        let tool = format!("#{id} ~ .tools [aria-label$=CSV]");
        let text = browser.evaluate(&script.replace("TOOL", &json!(tool).to_string()));
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_str().unwrap().as_bytes());
        reader.records().map(Result::unwrap).collect()
    };
    let losses = copied("all-validation-loss");
    assert_eq!(losses[0], vec!["learning rate", "epoch", "loss", "low", "high"]);
    assert_eq!(losses[1..].len(), 10, "a row a configuration and epoch: {losses:?}");
    let at_first = |run: usize| view.runs[run].training.validation[0].metrics.number(LOSS);
    let number = |at: usize| losses[1][at].parse::<f64>().unwrap();
    let three = [0, 1, 2].map(at_first);
    assert!((number(2) - three.iter().sum::<f64>() / 3.0).abs() < 1e-4, "{losses:?}");
    assert!((number(3) - three.iter().copied().fold(9.0, f64::min)).abs() < 1e-4, "{losses:?}");
    let accuracies = copied("scores");
    assert_eq!(accuracies[0], vec!["learning rate", "accuracy", "low", "high"]);
    let first = view.decision.configurations[0].score.as_ref().unwrap();
    for (at, expected) in [(1, first.mean), (2, first.interval[0]), (3, first.interval[1])] {
        assert!((accuracies[1][at].parse::<f64>().unwrap() - expected).abs() < 1e-4, "{accuracies:?}");
    }
}
