//! The page for readers without a mouse or a screen: headings in order, names of controls,
//! contrast.

use serde_json::{Value, json};

use super::{Browser, FIGURES, opened};
use crate::report::fixture::{self, Course};

/// The levels of the headings, in their order.
const HEADINGS: &str = "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((heading) => Number(heading.tagName[1]))";

/// Text whose contrast with what lies behind it is below WCAG's AA, outside of figures.
const FAINT: &str = r"
(() => {
  const parsed = (colour) => { const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number); return { rgb: [r, g, b], a }; };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const ground = parsed(getComputedStyle(e).backgroundColor);
      if (ground.a === 1) return ground.rgb;
    }
    return [255, 255, 255];
  };
  const words = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
  const found = new Set();
  for (const element of document.querySelectorAll('body *:not(script, style, .chart, .chart *)')) {
    if (!words(element) || !element.checkVisibility()) continue;
    const [a, b] = [parsed(getComputedStyle(element).color).rgb, behind(element)].map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
  }
  return [...found];
})()";

/// The roles of what can be pressed, written in or chosen from, and the figures.
const CONTROLS: [&str; 10] =
    ["button", "checkbox", "combobox", "link", "searchbox", "slider", "textbox", "image", "region", "DisclosureTriangle"];

fn everything() -> Option<(tempfile::TempDir, Browser)> {
    let folder = tempfile::tempdir().unwrap();
    let mut inputs =
        fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[65, 55]).inputs(&Course::grid(&[2e-5, 1e-4], 3));
    inputs.failures.push(fixture::failed(7, 1.0, "the worker ended by signal 9"));
    let mut browser = opened(folder.path(), &inputs)?;
    browser.evaluate(FIGURES);
    browser.evaluate(
        "document.querySelectorAll('details, #controls-panel').forEach((part) => { part.open = true; part.hidden = false; })",
    );
    Some((folder, browser))
}

#[test]
fn headings_do_not_skip_levels() {
    let Some((_folder, mut browser)) = everything() else { return };
    let levels: Vec<u64> = serde_json::from_value(browser.evaluate(HEADINGS)).unwrap();
    assert_eq!((levels[0], levels.iter().filter(|&&level| level == 1).count()), (1, 1));
    let skips: Vec<_> = levels.windows(2).filter(|pair| pair[1] > pair[0] + 1).collect();
    assert!(skips.is_empty(), "{skips:?} of {levels:?}");
}

#[test]
fn every_control_and_every_figure_has_a_name() {
    let Some((_folder, mut browser)) = everything() else { return };
    browser.call("Accessibility.enable", &json!({}));
    let tree = browser.call("Accessibility.getFullAXTree", &json!({}));
    let text = |node: &Value, part: &str| node[part]["value"].as_str().unwrap_or_default().to_owned();
    let named: Vec<(String, String)> = tree["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| node["ignored"] != json!(true) && CONTROLS.contains(&text(node, "role").as_str()))
        .map(|node| (text(node, "role"), text(node, "name")))
        .collect();
    let nameless: Vec<_> = named.iter().filter(|(_, name)| name.trim().is_empty()).collect();
    assert!(nameless.is_empty(), "{nameless:?}");
    for role in ["button", "checkbox", "combobox", "searchbox", "slider", "image"] {
        assert!(named.iter().any(|(found, _)| found == role), "no {role} of {named:?}");
    }
}

#[test]
fn paper_is_white_and_shows_neither_controls_nor_what_is_folded_nor_single_runs() {
    let Some((_folder, mut browser)) = everything() else { return };
    browser.evaluate("document.querySelector('#comparison details').open = false");
    let features = json!([{ "name": "prefers-color-scheme", "value": "dark" }]);
    browser.call("Emulation.setEmulatedMedia", &json!({ "media": "print", "features": features }));
    browser.evaluate("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(browser.evaluate(FAINT), json!([]));
    assert_eq!(
        browser.evaluate(
            "({ ground: getComputedStyle(document.body).backgroundColor, ink: document.querySelector('.chart')._fullLayout.font.color,
                hidden: [...document.querySelectorAll('#controls, .tool, nav, #runs, details:not([open])')].filter((e) => e.checkVisibility()).length })"
        ),
        json!({ "ground": "rgb(255, 255, 255)", "ink": "#000000", "hidden": 0 })
    );
    browser.evaluate("dispatchEvent(new Event('afterprint'))");
}

#[test]
fn a_link_to_a_folded_run_unfolds_it() {
    let Some((_folder, mut browser)) = everything() else { return };
    browser.evaluate("document.getElementById('run-5').open = false");
    browser.evaluate("document.querySelector('nav a[href=\"#run-5\"]').click()");
    assert_eq!(
        browser.evaluate(
            "(async () => {
                const run = document.getElementById('run-5');
                for (let tries = 0; tries < 200 && !run.open; tries++) await new Promise((done) => setTimeout(done, 20));
                return run.open;
            })()"
        ),
        json!(true)
    );
}

#[test]
fn text_stands_out_from_its_ground_in_both_themes() {
    let Some((_folder, mut browser)) = everything() else { return };
    assert_eq!(browser.evaluate(FAINT), json!([]), "light");
    browser.dark();
    assert_eq!(browser.evaluate(FAINT), json!([]), "dark");
}
