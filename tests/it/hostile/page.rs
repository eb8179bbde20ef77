//! What labels, ids and settings hold does not run in the report.

use serde_json::json;
use titer_report as report;

use crate::{
    browser::{Browser, FIGURES, chromium},
    report::fixture::{self, Course},
    skip::Skip,
};

/// Each would set `window.pwned` somewhere: in HTML, in an attribute, in a script, in plotly's own
/// markup, in a template.
const PAYLOADS: [&str; 12] = [
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=1</script>",
    "\"><img src=x onerror=\"window.pwned=1\">",
    "' onmouseover='window.pwned=1' x='",
    "<a href=\"javascript:window.pwned=1\">Nucleus</a>",
    "javascript:window.pwned=1",
    "</title></style></textarea><svg/onload=window.pwned=1>",
    "<!--<script>window.pwned=1//-->",
    "&lt;img src=x onerror=window.pwned=1&gt;",
    "{{constructor.constructor('window.pwned=1')()}} ${window.pwned=1} %{x:window.pwned=1}",
    "\u{2028}window.pwned=1\u{2029};window.pwned=1//\\\";window.pwned=1//",
    "<iframe srcdoc=\"<script>parent.pwned=1</script>\"></iframe>",
];

/// Unfolds, points at and follows all there is; then what has run, and what of the page is not the
/// report's own.
const PROVOKE: &str = r#"
(async () => {
  for (const details of document.querySelectorAll('details')) details.open = true;
  for (const plot of document.querySelectorAll('.chart')) {
    for (let curve = 0; curve < plot.data.length; curve++) {
      try { Plotly.Fx.hover(plot, [{ curveNumber: curve, pointNumber: 0 }]); } catch {}
      await new Promise((done) => setTimeout(done, 5));
    }
  }
  for (const element of document.querySelectorAll('body *')) element.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
  await new Promise((done) => setTimeout(done, 300));
  const scheme = (link) => (link.getAttribute('href') ?? link.getAttribute('xlink:href') ?? '#').trim()[0];
  return {
    ran: 'pwned' in window,
    links: [...document.querySelectorAll('a')].filter((link) => scheme(link) !== '#').length,
    strangers: document.querySelectorAll('body img, iframe, object, embed, base, form, svg[onload], [onerror], [onmouseover]').length,
    scripts: document.querySelectorAll('script:not([nonce]):not([type="application/json"])').length,
  };
})()"#;

#[test]
fn texts_of_strangers_do_not_run_in_the_report() {
    let Some(chromium) = chromium() else {
        Skip::NoChromium.because("no Chromium on this machine");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let data = fixture::proteins(folder.path(), &PAYLOADS, &[30; PAYLOADS.len()]);
    let mut inputs = data.inputs(&[Course::at(2e-5, 1.4), Course::at(1e-4, 1.5)]);
    let mut payloads = PAYLOADS.iter().cycle().map(|payload| (*payload).to_owned());
    let mut next = || payloads.next().unwrap();

    inputs.text = PAYLOADS.map(|payload| format!("# Question: {payload}\n# Run it: {payload}\n")).concat();
    for protein in &mut inputs.proteins {
        protein.id = next();
    }
    for (index, run) in inputs.runs.iter_mut().enumerate() {
        run.manifest.point = fixture::point(&json!({ "data.label": format!("{index}{}", next()), PAYLOADS[2]: next() }));
        let versions = &mut run.manifest.versions;
        (versions.titer, versions.libtorch, versions.cuda) = (next(), next(), Some(next()));
        let machine = &mut run.manifest.machine;
        (machine.os, machine.cpu, machine.device, machine.gpu) = (next(), next(), next(), Some(next()));
        run.manifest.inputs.data = next();
        run.manifest.outcome.finished = next();
        run.manifest.outcome.model.insert(next(), json!(next()));
        for block in &mut run.manifest.outcome.parameters.blocks {
            (block.name, block.shape) = (next(), next());
        }
        for row in &mut run.predictions {
            row.id = next();
        }
    }
    for (index, payload) in (2..).zip(PAYLOADS) {
        let mut failed = fixture::failed(index, 1.0, payload);
        failed.hint = Some(payload.to_owned());
        failed.point = fixture::point(&json!({ "data.label": payload, PAYLOADS[2]: payload }));
        inputs.failures.push(failed);
    }

    let report = report::write(&fixture::lay(&inputs, folder.path())).unwrap();
    // The page's own policy forbids scripts that do not bear its nonce: without it, escaping alone must do.
    let page = fs_err::read_to_string(&report).unwrap();
    let (before, after) = page.split_once("<meta http-equiv=\"Content-Security-Policy\"").unwrap();
    let unguarded = report.with_file_name("unguarded.html");
    fs_err::write(&unguarded, format!("{before}{}", after.split_once('>').unwrap().1)).unwrap();

    let mut browser = Browser::start(&chromium, folder.path());
    browser.screen(1400, 1000, false);
    for page in [&report, &unguarded] {
        browser.open(page);
        let figures = browser.evaluate(FIGURES);
        assert!(figures.as_array().unwrap().iter().all(|figure| figure["drawn"].as_u64() > Some(0)), "{figures}");
        let found = browser.evaluate(PROVOKE);
        assert_eq!(found, json!({ "ran": false, "links": 0, "strangers": 0, "scripts": 0 }), "{}", page.display());
    }
    let asked = browser.requests();
    assert_eq!(asked, [&report, &unguarded].map(|page| format!("file://{}", page.display())), "nothing is loaded");
}
