//! The bar of controls: what it shows, leaves out, paints and smooths.

use serde_json::{Value, json};

use super::{Browser, opened};
use crate::report::fixture::{self, Course};

/// What every script here may call. A figure far down is drawn when it is brought near.
const HELPERS: &str = r"
  const until = async (done) => { for (let tries = 0; tries < 300 && !done(); tries++) await new Promise((go) => setTimeout(go, 20)); };
  const frames = () => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  const figure = async (id) => {
    const chart = document.getElementById(id);
    chart.scrollIntoView();
    await until(() => chart._fullData);
    await frames();
    return chart;
  };
  const press = async (text) => {
    [...document.querySelectorAll('#controls button')].find((button) => button.textContent === text).click();
    await frames();
  };
  const set = async (name, value) => {
    const control = document.querySelector(`#controls .${name}`);
    if (typeof value === 'boolean') control.checked = value; else control.value = value;
    control.dispatchEvent(new Event('input'));
    control.dispatchEvent(new Event('change'));
    await frames();
  };
  const shown = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility()).length;
  const said = () => document.querySelector('#controls [role=status]').textContent;
  const lines = (chart) => chart.data.filter((trace) => trace.meta !== undefined && !trace.isEdge);
";

/// What a script comes to once it comes to `expected`: figures are drawn one after the other.
fn soon(browser: &mut Browser, act: &str, look: &str, expected: &Value) {
    tried(browser, act);
    let mut found = Value::Null;
    for _ in 0..200 {
        found = tried(browser, look);
        if found == *expected {
            return;
        }
    }
    panic!("{found} instead of {expected} after {act}");
}

fn tried(browser: &mut Browser, script: &str) -> Value {
    browser.evaluate(&format!("(async () => {{ {HELPERS} {script} }})()"))
}

/// Two rates, three seeds each.
fn sweep() -> Option<(tempfile::TempDir, Browser)> {
    let folder = tempfile::tempdir().unwrap();
    let inputs = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[65, 55]).inputs(&Course::grid(&[2e-5, 1e-4], 3));
    let browser = opened(folder.path(), &inputs)?;
    Some((folder, browser))
}

/// The same with every seed drawn.
fn seeds() -> Option<(tempfile::TempDir, Browser)> {
    let (folder, mut browser) = sweep()?;
    tried(&mut browser, "await set('seeds', true);");
    Some((folder, browser))
}

#[test]
fn runs_that_are_filtered_out_leave_figures_tables_and_sections() {
    let Some((_folder, mut browser)) = seeds() else { return };
    browser.evaluate("document.querySelectorAll('#comparison details').forEach((fold) => (fold.open = true))");
    let count = "const count = async () => [
        said(), lines(await figure('all-training-loss')).length, lines(await figure('all-roc')).length,
        shown('#comparison tr[data-run]'), shown('details[data-run]'), shown('nav li[data-run]') ];";
    let counted = |browser: &mut Browser, script: &str| tried(browser, &format!("{count} {script} return await count();"));
    let some = |of: u32| {
        let said = format!("{of} of 6 runs in the figures; text and statistics cover all 6");
        json!([said, of, of, of, of, of])
    };
    assert_eq!(counted(&mut browser, ""), json!(["all 6 runs", 6, 6, 6, 6, 6]));
    assert_eq!(counted(&mut browser, "await press('2e-5');"), some(3));
    assert_eq!(counted(&mut browser, "await press('43'); await press('44');"), some(2));
    assert_eq!(counted(&mut browser, "await press('Show all');"), json!(["all 6 runs", 6, 6, 6, 6, 6]));
    assert_eq!(counted(&mut browser, "await set('search', 'RATE 1e-4, seed 44');"), some(1));
    let left = tried(&mut browser, "return lines(await figure('all-training-loss'))[0].name;");
    assert_eq!(left, json!("learning rate 1e-4, seed 44"));
    let none = counted(&mut browser, "await set('search', 'no such run');");
    assert_eq!((&none[0], &none[1]), (&json!("no run fits the filter; text and statistics cover all 6"), &json!(0)));
    let empty = tried(&mut browser, "return (await figure('all-roc')).querySelector('.annotation').textContent;");
    assert_eq!(empty, json!("No run fits the filter."), "an empty figure says why it is empty");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_point_names_its_run() {
    let Some((_folder, mut browser)) = seeds() else { return };
    for (id, point) in [("all-training-loss", "step "), ("all-validation-score", "epoch "), ("all-roc", "false positive rate ")] {
        let told = tried(
            &mut browser,
            &format!(
                "const chart = await figure('{id}');
                 const curve = chart.data.findLastIndex((trace) => trace.meta === 4 && trace.mode !== 'markers' && !trace.isEdge);
                 Plotly.Fx.hover(chart, [{{ curveNumber: curve, pointNumber: 1 }}]);
                 await until(() => chart.querySelector('.hoverlayer text'));
                 return chart.querySelector('.hoverlayer').textContent;"
            ),
        );
        let told = told.as_str().unwrap();
        assert!(told.starts_with("learning rate 1e-4, seed 43") && told.contains(point), "{told}");
    }
}

/// The mean of three lines, by another way than the page's: how many of its values are wrong.
const MEAN: &str = r"
  const apart = (mean, of) => mean.filter((value, i) => Math.abs(value - of.reduce((sum, y) => sum + y[i], 0) / of.length) > 1e-9).length;
";

#[test]
fn a_figure_draws_a_line_a_configuration_and_every_seed_on_demand() {
    let Some((_folder, mut browser)) = sweep() else { return };
    let found = tried(
        &mut browser,
        &format!(
            "{MEAN} const chart = await figure('all-training-loss');
             const means = lines(chart);
             const bands = chart.data.filter((trace) => trace.isEdge).map((trace) => trace.y);
             const entries = [...chart.querySelectorAll('.legendtext')].map((text) => text.textContent);
             await set('seeds', true);
             await until(() => lines(chart).length === 6);
             const seeds = lines(chart).filter((trace) => trace.meta < 3).map((trace) => trace.y);
             const [low, high] = bands;
             const outside = seeds.flatMap((y) => y.filter((value, i) => value < low[i] || value > high[i]));
             const touched = low.filter((value, i) => !seeds.some((y) => y[i] === value)).length;
             return {{
               names: means.map((trace) => trace.name), entries, bands: bands.length,
               wrong: apart(means[0].y, seeds), whole: means[0].y.length === seeds[0].length, outside, touched,
               colours: [...new Set(lines(chart).map((trace) => trace.line.color))],
             }};"
        ),
    );
    assert_eq!(
        found,
        json!({
            "names": ["learning rate 2e-5, mean of 3", "learning rate 1e-4, mean of 3"], "entries": ["2e-5", "1e-4"], "bands": 4,
            "wrong": 0, "whole": true, "outside": [], "touched": 0, "colours": ["#0072B2", "#D55E00"],
        })
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn curves_are_averaged_at_common_places() {
    let Some((_folder, mut browser)) = sweep() else { return };
    let found = tried(
        &mut browser,
        "const read = async (id) => {
           const chart = await figure(id);
           const [mean] = lines(chart);
           const raw = JSON.parse(document.getElementById(`${id}-data`).textContent).data.filter((trace) => trace.meta < 3);
           return [chart, mean, raw];
         };
         const [, roc, rocs] = await read('all-roc');
         // The share of positives found at a false positive rate: the highest point at or before it, where there is a step.
         const upper = ({ x, y }, at) => Math.max(...y.filter((_, i) => x[i] <= at + 1e-9));
         const ends = [roc.y[0], roc.y.at(-1)];
         const atZero = rocs.reduce((sum, curve) => sum + upper(curve, 0), 0) / 3;
         const [, pr, prs] = await read('all-precision-recall');
         const best = ({ x, y }, at) => Math.max(...y.filter((_, i) => x[i] >= at - 1e-9 && !(x[i] === 0 && y[i] === 1)));
         const wrong = pr.x.filter((at, i) => Math.abs(pr.y[i] - prs.reduce((sum, curve) => sum + best(curve, at), 0) / 3) > 1e-9).length;
         const area = rocs.reduce((sum, trace) => sum + trace.area.value, 0) / 3;
         return { ends: [Math.abs(ends[0] - atZero) < 1e-9, ends[1]], rising: roc.y.every((y, i) => i === 0 || y >= roc.y[i - 1] - 1e-12),
           places: [roc.x.length, pr.x.length], wrong, named: roc.name.endsWith(`(AUC ${area.toFixed(3)})`) };",
    );
    let expected = json!({ "ends": [true, 1], "rising": true, "places": [101, 101], "wrong": 0, "named": true });
    assert_eq!(found, expected);
}

#[test]
fn runs_are_coloured_by_a_key_and_averaged() {
    let Some((_folder, mut browser)) = seeds() else { return };
    let colours = "const chart = await figure('all-training-loss');
        const colours = () => lines(chart).map((trace) => trace.line.color);
        const entries = () => [...chart.querySelectorAll('.legendtext')].map((text) => text.textContent);";
    let by_seed = json!([["#0072B2", "#D55E00", "#009E73", "#0072B2", "#D55E00", "#009E73"], ["42", "43", "44"]]);
    soon(&mut browser, "await set('by', '1');", &format!("{colours} return [colours(), entries()];"), &by_seed);
    let mean = tried(
        &mut browser,
        &format!(
            "{MEAN} {colours} const before = lines(chart).filter((trace) => trace.line.color === '#D55E00').map((trace) => trace.y);
             await set('means', true);
             await until(() => lines(chart).length === 3);
             const mean = lines(chart)[1];
             return [mean.name, mean.y.length === before[0].length, apart(mean.y, before)];"
        ),
    );
    assert_eq!(mean, json!(["seed 43, mean of 2", true, 0]));
    let own = "document.getElementById('run-1').open = true; return (await figure('run-1-validation-scores')).data.length;";
    assert_eq!(tried(&mut browser, own), json!(4), "a run's own figures have no run to be coloured by");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_line_hidden_by_a_click_on_its_legend_stays_hidden() {
    let Some((_folder, mut browser)) = sweep() else { return };
    let hidden = tried(
        &mut browser,
        "const chart = await figure('all-training-loss');
         const hidden = () => chart._fullData.filter((trace) => trace.visible === 'legendonly').map((trace) => trace.name);
         const entry = chart.querySelectorAll('.legendtoggle')[0];
         entry.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }));
         entry.dispatchEvent(new MouseEvent('mouseup', { bubbles: true }));
         await until(() => hidden().length > 0);
         await press('43');
         await until(() => lines(chart)[0].name === 'learning rate 2e-5');
         return hidden();",
    );
    assert_eq!(hidden, json!(["learning rate 2e-5", "2e-5"]), "the line of the seed that is left, and its entry");
}

#[test]
fn smoothing_changes_the_line_and_not_the_numbers() {
    let Some((_folder, mut browser)) = seeds() else { return };
    let found = tried(
        &mut browser,
        "const chart = await figure('all-training-loss');
         const raw = document.getElementById('all-training-loss-data').textContent;
         const before = [...lines(chart)[0].y];
         await set('smoothing', '0.5');
         await until(() => lines(chart).length === 12);
         const [behind, smooth] = lines(chart);
         const rough = (y) => y.slice(2).reduce((sum, value, i) => sum + Math.abs(value - 2 * y[i + 1] + y[i]), 0);
         const title = chart.querySelector('.ytitle').textContent;
         const kept = JSON.stringify(behind.y) === JSON.stringify(before);
         await set('smoothing', '0');
         await until(() => lines(chart).length === 6);
         const back = JSON.stringify(lines(chart)[0].y) === JSON.stringify(before);
         return { smoother: rough(smooth.y) < 0.6 * rough(before), kept, back, title, plain: chart.querySelector('.ytitle').textContent,
           untouched: raw === document.getElementById('all-training-loss-data').textContent };",
    );
    let expected = json!({
        "smoother": true, "kept": true, "back": true, "untouched": true, "title": "loss, smoothed (0.50)", "plain": "loss",
    });
    assert_eq!(found, expected);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn smoothing_leaves_a_straight_line_straight_to_its_ends() {
    let folder = tempfile::tempdir().unwrap();
    let courses = [Course::at(2e-5, 1.0), Course::at(1e-4, 1.0)];
    let mut inputs = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[65, 55]).inputs(&courses);
    for step in inputs.runs.iter_mut().flat_map(|run| &mut run.steps) {
        step.loss = 3.0 - 0.02 * step.step as f64;
    }
    let Some(mut browser) = opened(folder.path(), &inputs) else { return };
    let found = tried(
        &mut browser,
        "const chart = await figure('all-training-loss');
         const before = [...lines(chart)[0].y];
         await set('smoothing', '0.9');
         await until(() => lines(chart).length === 4);
         return lines(chart)[1].y.filter((y, i) => Math.abs(y - before[i]) > 1e-3).length;",
    );
    assert_eq!(found, json!(0));
}
