//! What fits: every table on a wide screen, the page on a narrow one, twenty runs on a few sheets
//! of paper.

use std::process::Command;

use serde_json::json;

use super::{OVERFLOW, chromium, opened};
use crate::report::fixture::{self, Course};

/// Sheets of paper that twenty runs may take.
const SHEETS: usize = 15;

/// The visible tables that are wider than what shows them.
pub(super) const CUT: &str = r"
(() => {
  for (const fold of document.querySelectorAll('details')) fold.open = true;
  const tables = [...document.querySelectorAll('.table')].filter((table) => table.checkVisibility());
  const cut = tables.filter((table) => table.scrollWidth > table.clientWidth + 1);
  return { shown: tables.length > 20, cut: cut.map((table) => `${table.getAttribute('aria-label')}: ${table.scrollWidth} of ${table.clientWidth}`) };
})()";

/// Tables wider than the screen that no finger could scroll to the end of.
const STUCK: &str = r"
[...document.querySelectorAll('.table')]
  .filter((table) => table.scrollWidth > table.clientWidth + 1 && getComputedStyle(table).overflowX !== 'auto')
  .map((table) => table.getAttribute('aria-label'))";

fn twenty() -> Vec<Course> {
    Course::grid(&[1e-5, 2e-5, 5e-5, 1e-4], 5)
}

#[test]
fn tables_of_twenty_runs_fit_a_wide_screen_and_scroll_on_a_phone() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[260, 220]).inputs(&twenty());
    let Some(mut browser) = opened(folder.path(), &inputs) else { return };
    assert_eq!(browser.evaluate(CUT), json!({ "shown": true, "cut": [] }));
    browser.screen(400, 800, true);
    assert_eq!(browser.evaluate(STUCK), json!([]));
    assert_eq!(browser.evaluate(OVERFLOW), json!({ "over": 0, "out": [] }));
}

#[test]
fn twenty_runs_print_on_few_sheets() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[260, 220]).inputs(&twenty());
    let (Some(browser), Some(chromium)) = (opened(folder.path(), &inputs), chromium()) else { return };
    drop(browser);
    let [page, pdf, profile] = ["report.html", "report.pdf", "printing"].map(|name| folder.path().join(name));
    let status = Command::new(chromium)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--print-to-pdf={}", pdf.display()))
        .arg(format!("file://{}", page.display()))
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let bytes = fs_err::read(&pdf).unwrap();
    // Each sheet is an object of the type Page; the one that lists them is of the type Pages.
    let sheets = bytes.windows(12).filter(|part| part.starts_with(b"/Type /Page") && part[11] != b's').count();
    println!("twenty runs: {sheets} sheets");
    assert!((4..SHEETS).contains(&sheets), "{sheets} sheets");
}
