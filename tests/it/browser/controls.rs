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
  const lines = (chart) => chart.data.filter((trace) => trace.meta !== undefined);
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

#[test]
fn runs_that_are_filtered_out_leave_figures_tables_and_sections() {
    let Some((_folder, mut browser)) = sweep() else { return };
    let count = "const count = async () => [
        said(), lines(await figure('all-training-loss')).length, lines(await figure('all-roc')).length,
        shown('#comparison tr[data-run]'), shown('details[data-run]'), shown('nav li[data-run]') ];";
    let counted = |browser: &mut Browser, script: &str| tried(browser, &format!("{count} {script} return await count();"));
    assert_eq!(counted(&mut browser, ""), json!(["all 6 runs shown", 6, 6, 6, 6, 6]));
    assert_eq!(counted(&mut browser, "await press('2e-5');"), json!(["3 of 6 runs shown", 3, 3, 3, 3, 3]));
    assert_eq!(counted(&mut browser, "await press('43'); await press('44');"), json!(["2 of 6 runs shown", 2, 2, 2, 2, 2]));
    assert_eq!(counted(&mut browser, "await press('Show all');"), json!(["all 6 runs shown", 6, 6, 6, 6, 6]));
    assert_eq!(counted(&mut browser, "await set('search', 'RATE 1e-4, seed 44');"), json!(["1 of 6 runs shown", 1, 1, 1, 1, 1]));
    let left = tried(&mut browser, "return lines(await figure('all-training-loss'))[0].name;");
    assert_eq!(left, json!("learning rate 1e-4, seed 44"));
    assert_eq!(counted(&mut browser, "await set('search', 'no such run');")[1], json!(0));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_point_names_its_run() {
    let Some((_folder, mut browser)) = sweep() else { return };
    for (id, point) in [("all-training-loss", "step "), ("all-validation-f1", "epoch "), ("all-roc", "false positive rate ")] {
        let told = tried(
            &mut browser,
            &format!(
                "const chart = await figure('{id}');
                 const curve = chart.data.findLastIndex((trace) => trace.meta === 4 && trace.mode !== 'markers');
                 Plotly.Fx.hover(chart, [{{ curveNumber: curve, pointNumber: 1 }}]);
                 await until(() => chart.querySelector('.hoverlayer text'));
                 return chart.querySelector('.hoverlayer').textContent;"
            ),
        );
        let told = told.as_str().unwrap();
        assert!(told.starts_with("learning rate 1e-4, seed 43") && told.contains(point), "{told}");
    }
}

#[test]
fn runs_are_coloured_by_a_key_and_averaged() {
    let Some((_folder, mut browser)) = sweep() else { return };
    let colours = "const chart = await figure('all-training-loss');
        const colours = () => lines(chart).map((trace) => trace.line.color);
        const entries = () => [...chart.querySelectorAll('.legendtext')].map((text) => text.textContent);";
    let six = tried(&mut browser, &format!("{colours} return new Set(colours()).size;"));
    assert_eq!(six, json!(6), "a colour a run");
    let by_rate = json!([["#0072B2", "#0072B2", "#0072B2", "#D55E00", "#D55E00", "#D55E00"], ["2e-5", "1e-4"]]);
    soon(&mut browser, "await set('by', '0');", &format!("{colours} return [colours(), entries()];"), &by_rate);
    // The mean of what is drawn, by another way than the page's.
    let mean = tried(
        &mut browser,
        &format!(
            "{colours} const before = lines(chart).filter((trace) => trace.line.color === '#D55E00').map((trace) => trace.y);
             await set('means', true);
             await until(() => lines(chart).length === 2);
             const mean = chart.data.findLast((trace) => trace.meta !== undefined);
             const wrong = mean.y.filter((value, i) => Math.abs(value - (before[0][i] + before[1][i] + before[2][i]) / 3) > 1e-12);
             return [lines(chart).length, mean.name, mean.y.length === before[0].length, wrong.length];"
        ),
    );
    assert_eq!(mean, json!([2, "learning rate 1e-4: mean of 3", true, 0]));
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
         const entry = chart.querySelectorAll('.legendtoggle')[1];
         entry.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }));
         entry.dispatchEvent(new MouseEvent('mouseup', { bubbles: true }));
         await until(() => hidden().length === 1);
         await press('2e-5');
         await until(() => lines(chart).length === 3);
         return hidden();",
    );
    assert_eq!(hidden, json!(["learning rate 2e-5, seed 43"]));
}

#[test]
fn smoothing_changes_the_line_and_not_the_numbers() {
    let Some((_folder, mut browser)) = sweep() else { return };
    let found = tried(
        &mut browser,
        "const chart = await figure('all-training-loss');
         const raw = document.getElementById('all-training-loss-data').textContent;
         const before = [...lines(chart)[0].y];
         await set('smoothing', '0.5');
         await until(() => lines(chart).length === 12);
         const [behind, smooth] = lines(chart);
         // Each value counts half of what the one after it counts.
         const weights = before.map((_, i) => 0.5 ** i);
         const expected = before.map((_, i) => before.slice(0, i + 1).reduceRight((sum, y, j) => sum + y * weights[i - j], 0)
           / weights.slice(0, i + 1).reduce((sum, weight) => sum + weight));
         const wrong = smooth.y.filter((y, i) => Math.abs(y - expected[i]) > 1e-12).length;
         const moved = smooth.y.filter((y, i) => Math.abs(y - before[i]) > 1e-6).length;
         const kept = JSON.stringify(behind.y) === JSON.stringify(before);
         await set('smoothing', '0');
         await until(() => lines(chart).length === 6);
         const back = JSON.stringify(lines(chart)[0].y) === JSON.stringify(before);
         return { wrong, moved: moved > 3, kept, back, untouched: raw === document.getElementById('all-training-loss-data').textContent };",
    );
    assert_eq!(found, json!({ "wrong": 0, "moved": true, "kept": true, "back": true, "untouched": true }));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
