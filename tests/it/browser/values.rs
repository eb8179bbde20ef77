//! The report of a regression: every figure is drawn, and nothing sticks out, on a wide screen and
//! a phone, on a light page and a dark one.

use serde_json::json;

use super::{FIGURES, INK, OVERFLOW, fit::CUT, opened};
use crate::report::regression;

#[test]
fn the_report_of_a_regression_is_drawn_on_a_wide_screen_and_a_phone() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut browser) = opened(folder.path(), &regression::of_variants()) else { return };
    let figures = browser.evaluate(FIGURES);
    let figures = figures.as_array().unwrap();
    for id in ["predicted", "residuals", "errors-by-value", "errors-by-length", "labels", "run-1-predicted"] {
        assert!(figures.iter().any(|figure| figure["id"] == id), "{id}: {figures:?}");
    }
    for figure in figures {
        let count = |what: &str| figure[what].as_u64().unwrap();
        assert!(count("traces") > 0 && count("shown") == count("traces") && count("drawn") >= count("traces"), "{figure}");
    }
    assert_eq!(browser.evaluate(OVERFLOW), json!({ "over": 0, "out": [] }));
    assert_eq!(browser.evaluate(CUT), json!({ "shown": true, "cut": [] }));
    let light = figures[0]["ink"].clone();
    browser.screen(400, 800, true);
    assert_eq!(browser.evaluate(OVERFLOW), json!({ "over": 0, "out": [] }));
    browser.dark();
    assert_ne!(browser.evaluate(&INK.replace("BEFORE", &light.to_string())), light, "the figures follow the page's colours");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
