//! Shares of simulated experiments, and whether the page has them.

use std::{env, sync::Mutex};

/// Set to `page` it runs the experiments that the page is about, set to `write` too and puts the
/// rows there, set to a number so many times as many.
const HOW_MANY: &str = "TITER_SIMULATIONS";
/// Without it one of so many of the page's experiments is run.
const ONE_OF: u32 = 40;

const PAGE: &str = include_str!("../../../../docs/statistics.md");
/// The tables are made side by side, and one of them is written at a time.
static WRITING: Mutex<()> = Mutex::new(());

/// How many experiments of a row are to be run, of those that the page is about.
pub fn repetitions(of_page: u32) -> u32 {
    match env::var(HOW_MANY) {
        Ok(all) if all == "page" || all == "write" => of_page,
        Ok(share) => ((f64::from(of_page) * share.parse::<f64>().expect("a number, `page` or `write`")) as u32).max(1),
        Err(_) => (of_page / ONE_OF).max(4),
    }
}

/// Counts how often something is so.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rate {
    pub hits: u32,
    pub of: u32,
}

impl Rate {
    pub fn count(&mut self, hit: bool) {
        self.hits += u32::from(hit);
        self.of += 1;
    }

    pub fn share(self) -> f64 {
        f64::from(self.hits) / f64::from(self.of)
    }

    fn percent(self) -> String {
        if self.of == 0 { "–".to_owned() } else { format!("{:.1} %", 100.0 * self.share()) }
    }

    /// Whether so many hits may come of that share: at most five standard deviations away, or a
    /// few.
    fn may_be(self, share: f64) -> bool {
        let n = f64::from(self.of);
        let expected = share * n;
        let deviation = (n * share.clamp(0.001, 0.999) * (1.0 - share.clamp(0.001, 0.999))).sqrt();
        (f64::from(self.hits) - expected).abs() <= 5.0 * deviation + 1.0
    }
}

/// A value in a row of the page.
#[derive(Debug, Clone, Copy)]
pub enum Figure {
    Rate(Rate),
    /// A mean of so many with its standard error, in points.
    Points {
        mean: f64,
        error: f64,
    },
}

impl Figure {
    fn text(self) -> String {
        match self {
            Self::Rate(rate) => rate.percent(),
            Self::Points { mean, .. } => format!("{mean:+.1}"),
        }
    }

    fn may_be(self, text: &str) -> bool {
        let number = |text: &str| text.trim_end_matches(" %").trim_start_matches('+').parse::<f64>().ok();
        match (self, number(text)) {
            (Self::Rate(rate), Some(percent)) => rate.may_be(percent / 100.0),
            (Self::Rate(rate), None) => rate.of <= 1 || text == "–",
            (Self::Points { mean, error }, Some(points)) => (mean - points).abs() <= 5.0 * error + 0.1,
            (Self::Points { .. }, None) => false,
        }
    }
}

/// A table of the page, made again.
pub struct Table {
    name: &'static str,
    rows: Vec<String>,
    /// Rows that are not the page's.
    wrong: Vec<String>,
}

impl Table {
    /// The table under the heading that begins so.
    pub fn new(name: &'static str) -> Self {
        Self { name, rows: Vec::new(), wrong: Vec::new() }
    }

    /// Prints a row, and compares it with the page's of the same name: the same row where the
    /// page's experiments were run, else a possible one.
    #[expect(clippy::print_stdout, reason = "the table is made to be read, and copied to the page")]
    pub fn row(&mut self, name: &str, figures: &[Figure]) {
        let cells: Vec<String> = figures.iter().map(|figure| figure.text()).collect();
        let ours = format!("{name} {} |", cells.join(" | "));
        println!("{}: {ours}", self.name);
        let section = PAGE.split("\n### ").find(|section| section.starts_with(self.name)).unwrap_or_default();
        let page = section.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        let same = if env::var(HOW_MANY).is_ok_and(|all| all == "page") { page == ours } else { possible(page, name, figures) };
        if !same {
            self.wrong.push(format!("{ours}, where the page has {page:?}"));
        }
        self.rows.push(ours);
    }

    /// Puts its rows into the page.
    fn write(&self) {
        let _alone = WRITING.lock().unwrap();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/statistics.md");
        let page = fs_err::read_to_string(path).unwrap();
        let heading = page.find(&format!("\n### {}", self.name)).expect("the page has the table's heading");
        let ruler = heading + page[heading..].find("\n| ---").expect("a table has a ruler") + 1;
        let start = ruler + page[ruler..].find('\n').unwrap() + 1;
        let old: usize = page[start..].lines().take_while(|line| line.starts_with('|')).map(|line| line.len() + 1).sum();
        let rows = self.rows.join("\n");
        fs_err::write(path, format!("{}{rows}\n{}", &page[..start], &page[start + old..])).unwrap();
    }

    pub fn check(self) {
        if env::var(HOW_MANY).is_ok_and(|all| all == "write") {
            return self.write();
        }
        assert!(self.wrong.is_empty(), "docs/statistics.md, {}:\n{}", self.name, self.wrong.join("\n"));
    }
}

fn possible(page: &str, name: &str, figures: &[Figure]) -> bool {
    let Some(told) = page.strip_prefix(name) else { return false };
    let told: Vec<&str> = told.trim().trim_end_matches('|').split('|').map(str::trim).collect();
    told.len() == figures.len() && figures.iter().zip(told).all(|(figure, text)| figure.may_be(text))
}
