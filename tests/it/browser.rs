//! A report opens in a real browser, offline: every figure is drawn, nothing complains, nothing is
//! asked of the network, nothing sticks out of a phone's screen.
//!
//! Chromium is spoken to over its debugging pipe: messages of its developer protocol, a zero byte
//! after each.

mod access;
mod controls;
mod fit;
mod large;
mod taking;
mod values;

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use titer_report::{self as report, Inputs, View, page};

use crate::{
    report::fixture::{self, Course},
    skip::Skip,
};

/// Unfolds and draws everything, and tells of each figure what plotly made of it.
pub const FIGURES: &str = r"
(async () => {
  for (const fold of document.querySelectorAll('details')) fold.open = true;
  const plots = [...document.querySelectorAll('.chart')];
  for (const plot of plots) {
    plot.scrollIntoView();
    for (let tries = 0; tries < 200 && !(plot._fullLayout && plot.querySelector('.main-svg')); tries++)
      await new Promise((done) => setTimeout(done, 20));
  }
  const drawn = plots.map((plot) => ({
    id: plot.id,
    traces: plot.data ? plot.data.length : 0,
    shown: plot._fullData ? plot._fullData.filter((trace) => trace.visible === true).length : 0,
    drawn: plot.querySelectorAll('g.trace, .hm image').length,
    ink: plot._fullLayout ? plot._fullLayout.font.color : '',
  }));
  return drawn;
})()";

/// How far the page is wider than the screen, and what sticks out.
const OVERFLOW: &str = r"
(() => {
  const width = document.documentElement.clientWidth;
  const inside = (element) => element.closest('.table, pre, .chart, .skip');
  const out = [...document.querySelectorAll('body *')].filter((e) => !inside(e) && e.getBoundingClientRect().right > width + 1);
  return { over: document.documentElement.scrollWidth - width, out: out.slice(0, 5).map((e) => `${e.tagName}.${e.className}`) };
})()";

/// The first figure's text colour, once it is another.
const INK: &str = r"
(async () => {
  const chart = document.querySelector('.chart');
  chart.scrollIntoView();
  const ink = () => chart._fullLayout.font.color;
  for (let tries = 0; tries < 200 && ink() === BEFORE; tries++) await new Promise((done) => setTimeout(done, 50));
  return ink();
})()";

#[test]
fn a_report_opens_offline_with_every_figure_drawn() {
    let Some(chromium) = chromium() else {
        Skip::NoChromium.because("no Chromium on this machine");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let data =
        fixture::proteins(folder.path(), &["Cytoplasm", "<b>Nucleus</b> & </script><script>alert(1)</script>"], &[130, 110]);
    let mut inputs = data.inputs(&[Course::at(2e-5, 1.4), Course::at(1e-4, 1.5)]);
    inputs.failures.push(fixture::failed(2, 1.0, "<img src=x onerror=alert(1)>"));
    let report = report::write(&fixture::lay(&inputs, folder.path())).unwrap();

    let mut browser = Browser::start(&chromium, folder.path());
    browser.screen(1400, 1000, false);
    browser.open(&report);
    let figures = browser.evaluate(FIGURES);
    let figures = figures.as_array().unwrap();
    assert!(figures.len() >= 20, "{figures:?}");
    for figure in figures {
        let count = |what: &str| figure[what].as_u64().unwrap();
        assert!(count("traces") > 0 && count("shown") == count("traces") && count("drawn") >= count("traces"), "{figure}");
    }
    assert_eq!(browser.evaluate(OVERFLOW), json!({ "over": 0, "out": [] }));
    let light = figures[0]["ink"].clone();

    browser.screen(400, 800, true);
    assert_eq!(browser.evaluate(OVERFLOW), json!({ "over": 0, "out": [] }));

    browser.dark();
    assert_ne!(browser.evaluate(&INK.replace("BEFORE", &light.to_string())), light, "the figures follow the page's colours");

    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(browser.requests(), [format!("file://{}", report.display())]);
}

#[test]
fn a_report_in_a_folder_of_any_name_opens_with_its_figures() {
    let Some(chromium) = chromium() else {
        Skip::NoChromium.because("no Chromium on this machine");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let data = fixture::proteins(folder.path(), &["Cytoplasm", "Nucleus"], &[130, 110]);
    let mut inputs = data.inputs(&[Course::at(2e-5, 1.4), Course::at(1e-4, 1.5)]);
    inputs.name = "実験(größe)+lora@1,2=3".to_owned();
    let place = folder.path().join(&inputs.name);
    fs_err::create_dir(&place).unwrap();
    let report = place.join("report.html");
    fs_err::write(&report, page::page(&inputs, &View::new(&inputs)).unwrap()).unwrap();
    let mut browser = Browser::start(&chromium, folder.path());
    browser.screen(1400, 1000, false);
    browser.open(&report);
    assert!(browser.evaluate(FIGURES).as_array().unwrap().len() >= 20);
    assert!(browser.evaluate("document.body.textContent").as_str().unwrap().contains(&inputs.name));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

pub fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name))).find(|file| file.is_file())
}

/// A browser that shows the report of `inputs`; `None` where there is none on this machine.
fn opened(folder: &Path, inputs: &Inputs) -> Option<Browser> {
    let Some(chromium) = chromium() else {
        Skip::NoChromium.because("no Chromium on this machine");
        return None;
    };
    let report = folder.join("report.html");
    fs_err::write(&report, page::page(inputs, &View::new(inputs)).unwrap()).unwrap();
    let mut browser = Browser::start(&chromium, folder);
    browser.screen(1400, 1000, false);
    browser.open(&report);
    Some(browser)
}

/// A headless Chromium with one page.
pub struct Browser {
    child: Child,
    to: File,
    from: BufReader<File>,
    session: Option<String>,
    calls: u64,
    events: Vec<Value>,
}

impl Browser {
    pub fn start(chromium: &Path, folder: &Path) -> Self {
        let [to, from] = ["to", "from"].map(|name| folder.join(name));
        assert!(Command::new("mkfifo").args([&to, &from]).status().unwrap().success());
        // Chromium reads file descriptor 3 and writes file descriptor 4; `timeout` ends it should it hang.
        let pipes = r#"exec timeout -k 5 300 "$0" "$@" 3<"$TO" 4>"$FROM""#;
        let child = Command::new("sh")
            .args(["-c", pipes])
            .arg(chromium)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"])
            .arg(format!("--user-data-dir={}", folder.join("profile").display()))
            .env("TO", &to)
            .env("FROM", &from)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = fs_err::OpenOptions::new().write(true).open(to).unwrap().into_parts().0;
        let from = BufReader::new(fs_err::File::open(from).unwrap().into_parts().0);
        let mut browser = Self { child, to, from, session: None, calls: 0, events: Vec::new() };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", &json!({ "targetId": target, "flatten": true }));
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network", "Performance"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        write!(self.to, "{message}\0").unwrap();
        loop {
            let message = self.receive();
            if message["id"] == json!(self.calls) {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    fn receive(&mut self) -> Value {
        let mut message = Vec::new();
        self.from.read_until(0, &mut message).unwrap();
        assert_eq!(message.pop(), Some(0), "chromium hung up");
        serde_json::from_slice(&message).unwrap()
    }

    pub fn screen(&mut self, width: u32, height: u32, mobile: bool) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
    }

    fn dark(&mut self) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
        self.call("Emulation.setEmulatedMedia", &features);
    }

    pub fn open(&mut self, page: &Path) {
        let before = self.events("Page.loadEventFired").count();
        self.call("Page.navigate", &json!({ "url": format!("file://{}", page.display()) }));
        while self.events("Page.loadEventFired").count() == before {
            let event = self.receive();
            self.events.push(event);
        }
    }

    pub fn evaluate(&mut self, script: &str) -> Value {
        let answer = self.call("Runtime.evaluate", &json!({ "expression": script, "awaitPromise": true, "returnByValue": true }));
        assert!(answer.get("exceptionDetails").is_none(), "{answer}");
        answer["result"]["value"].clone()
    }

    fn events<'a>(&'a self, method: &str) -> impl Iterator<Item = &'a Value> {
        let method = json!(method);
        self.events.iter().filter(move |event| event["method"] == method).map(|event| &event["params"])
    }

    /// Whatever a console shows.
    pub fn complaints(&self) -> Vec<String> {
        let methods = ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"];
        methods.iter().flat_map(|method| self.events(method)).map(ToString::to_string).collect()
    }

    /// What was asked for, by anything but the page itself out of itself.
    pub fn requests(&self) -> Vec<String> {
        let urls = self.events("Network.requestWillBeSent").filter_map(|event| event["request"]["url"].as_str());
        urls.filter(|url| !url.starts_with("data:") && !url.starts_with("blob:")).map(str::to_owned).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closing its pipe ends it; `timeout` passes the signal on where that did not.
        let _ = write!(self.to, "{}\0", json!({ "id": 0, "method": "Browser.close" }));
        let _ = self.child.wait();
    }
}
