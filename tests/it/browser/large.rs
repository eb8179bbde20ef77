//! A grid of 200 runs: the page's size, and how long a browser takes to open it.

use serde_json::json;
use titer::report::{View, page};

use super::opened;
use crate::report::fixture::{self, Course};

const RATES: [f64; 10] = [1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3];

/// Waits for the figures near the screen; then the seconds since the page was asked for.
const DRAWN: &str = r"
(async () => {
  const near = (chart) => chart.checkVisibility() && chart.getBoundingClientRect().top < innerHeight && chart.getBoundingClientRect().bottom > 0;
  const open = () => [...document.querySelectorAll('.chart')].filter(near).some((chart) => !chart.querySelector('.main-svg'));
  while (open()) await new Promise((done) => setTimeout(done, 5));
  return performance.now() / 1000;
})()";

/// Brings every figure of all runs before the reader; the seconds that drawing took.
const OVERLAID: &str = r"
(async () => {
  const took = [];
  for (const chart of document.querySelectorAll('#comparison .chart')) {
    const start = performance.now();
    chart.scrollIntoView();
    while (!chart._fullData) await new Promise((done) => setTimeout(done, 5));
    took.push([chart.id, Math.round(performance.now() - start) / 1000, chart.data.length]);
  }
  return took;
})()";

#[test]
fn a_grid_of_200_runs_stays_small_and_opens_quickly() {
    let folder = tempfile::tempdir().unwrap();
    // As many proteins and steps as the experiments of this repository have.
    let data = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[1924, 1651]);
    let inputs = data.inputs(&Course::grid(&RATES, 20));
    let size = page::page(&View::new(&inputs)).unwrap().len();
    let Some(mut browser) = opened(folder.path(), &inputs) else { return };
    let wall = browser.evaluate(DRAWN);
    // A busy machine makes a page wait; of its own work it does the same.
    let metrics = browser.call("Performance.getMetrics", &json!({}));
    let busy = metrics["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == "ThreadTime").unwrap();
    let busy = busy["value"].as_f64().unwrap();
    let overlaid = browser.evaluate(OVERLAID);
    println!("200 runs: {size} bytes, opened after {wall} s, {busy} s of work; overlaid: {overlaid}");
    assert!(size < 15_000_000, "{size} bytes");
    assert!(busy < 3.0, "{busy} s");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
