//! Shares of simulated experiments, and whether the page has them.

use std::env;

/// Set to `page` it runs the experiments that the page is about, set to a number that share of them.
const HOW_MANY: &str = "TITER_SIMULATIONS";
/// Of the page's experiments a row without it, at most so many.
const FEW: u32 = 24;

const PAGE: &str = include_str!("../../../../docs/statistics.md");

/// How many experiments of a row are to be run, of those that the page is about.
pub fn repetitions(of_page: u32) -> u32 {
    match env::var(HOW_MANY) {
        Ok(all) if all == "page" => of_page,
        Ok(share) => ((f64::from(of_page) * share.parse::<f64>().expect("a share, or `page`")) as u32).max(1),
        Err(_) => of_page.min(FEW),
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

    /// Whether so many hits may come of that share: at most five standard deviations away, or a few.
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
    wrong: Vec<String>,
}

impl Table {
    /// The table under the heading that begins so.
    pub fn new(name: &'static str) -> Self {
        Self { name, wrong: Vec::new() }
    }

    /// Prints a row, and compares it with the page's of the same name: the same row where the page's experiments were run, else a possible one.
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
    }

    pub fn check(self) {
        assert!(self.wrong.is_empty(), "docs/statistics.md, {}:\n{}", self.name, self.wrong.join("\n"));
    }
}

fn possible(page: &str, name: &str, figures: &[Figure]) -> bool {
    let Some(told) = page.strip_prefix(name) else { return false };
    let told: Vec<&str> = told.trim().trim_end_matches('|').split('|').map(str::trim).collect();
    told.len() == figures.len() && figures.iter().zip(told).all(|(figure, text)| figure.may_be(text))
}
